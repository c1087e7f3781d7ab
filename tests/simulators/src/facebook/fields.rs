//! Parses `fields=id,from{id,name},comments.limit(5).filter(stream){id}` (contract A2).

use std::{collections::BTreeMap, iter::Peekable, str::Chars};

use super::errors::GraphError;

/// One wanted field, with its modifiers (`.limit(5)`) and the fields wanted below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) modifiers: BTreeMap<String, String>,
    pub(super) fields: Option<Vec<Field>>,
    /// What stood in the braces, to repeat it in a nested `paging.next`.
    pub(super) source: Option<String>,
}

/// Reads a whole `fields` parameter.
pub(super) fn parse(text: &str) -> Result<Vec<Field>, GraphError> {
    let mut parser = Parser { text, rest: text.chars().peekable(), at: 0 };
    let fields = parser.list()?;
    match parser.rest.peek().copied() {
        None => Ok(fields),
        Some(other) => Err(parser.expected(&format!("end of string instead of \"{other}\""))),
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: Peekable<Chars<'a>>,
    /// Characters read so far.
    at: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.at += usize::from(next.is_some());
        next
    }

    fn takes(&mut self, wanted: char) -> bool {
        let there = self.rest.peek() == Some(&wanted);
        if there {
            self.next();
        }
        there
    }

    fn spaces(&mut self) {
        while self.rest.peek().is_some_and(|c| c.is_whitespace()) {
            self.next();
        }
    }

    fn list(&mut self) -> Result<Vec<Field>, GraphError> {
        let mut fields = vec![self.field()?];
        while self.takes(',') {
            fields.push(self.field()?);
        }
        Ok(fields)
    }

    fn field(&mut self) -> Result<Field, GraphError> {
        self.spaces();
        let mut field = Field { name: self.name()?, ..Field::default() };
        loop {
            if self.takes('.') {
                let (name, value) = (self.name()?, self.argument()?);
                field.modifiers.insert(name, value);
            } else if self.takes('{') {
                let start = self.at;
                field.fields = Some(self.list()?);
                field.source = Some(self.text.chars().skip(start).take(self.at - start).collect());
                self.close('}')?;
            } else {
                self.spaces();
                return Ok(field);
            }
        }
    }

    fn name(&mut self) -> Result<String, GraphError> {
        let mut name = String::new();
        while let Some(letter) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            self.at += 1;
            name.push(letter);
        }
        match self.rest.peek().copied() {
            _ if !name.is_empty() => Ok(name),
            None => Err(self.expected("name at end of string")),
            Some(other) => Err(self.expected(&format!("name instead of \"{other}\""))),
        }
    }

    fn argument(&mut self) -> Result<String, GraphError> {
        self.close('(')?;
        let mut argument = String::new();
        while let Some(letter) = self.rest.next_if(|c| *c != ')') {
            self.at += 1;
            argument.push(letter);
        }
        self.close(')')?;
        Ok(argument)
    }

    fn close(&mut self, wanted: char) -> Result<(), GraphError> {
        if self.takes(wanted) { Ok(()) } else { Err(self.expected(&format!("\"{wanted}\""))) }
    }

    fn expected(&self, what: &str) -> GraphError {
        GraphError::syntax(format!(
            "Syntax error \"Expected {what}.\" at character {}: {}",
            self.at, self.text
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_fields_with_modifiers_on_either_side_of_the_braces() {
        let fields =
            parse("id, from{id,name},comments.limit(5).filter(stream){id,parent{id}}.order(x)")
                .unwrap();
        let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "from", "comments"]);
        let comments = &fields[2];
        assert_eq!(comments.modifiers["limit"], "5");
        assert_eq!(comments.modifiers["filter"], "stream");
        assert_eq!(comments.modifiers["order"], "x");
        assert_eq!(comments.source.as_deref(), Some("id,parent{id}"));
        assert_eq!(comments.fields.as_ref().unwrap()[1].fields.as_ref().unwrap()[0].name, "id");
    }

    #[test]
    fn what_cannot_be_read_is_a_syntax_error_with_its_place() {
        for text in ["id,", "from{id", "id}", "comments.limit", "comments.limit(5", "a b"] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code, 2500, "{text}");
            assert!(error.message.contains("at character"), "{}", error.message);
        }
    }
}

//! Cuts a query into tokens.

use super::{Clause, Words, matcher::fold, operators};

/// A token, with its place counted from one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(crate) kind: Kind,
    pub(crate) position: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    Or,
    Minus,
    Clause(Clause),
}

/// Reads all tokens, or says what is wrong and where.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, String> {
    Lexer { chars: query.chars().collect(), at: 0 }.run()
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

/// What X's parser says, with the place.
pub(super) fn wrong(what: &str, position: usize) -> String {
    format!("There were errors processing your request: {what} (at position {position})")
}

impl Lexer {
    fn run(mut self) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        while let Some(c) = self.peek() {
            let position = self.at + 1;
            let kind = match c {
                c if c.is_whitespace() => {
                    self.at += 1;
                    continue;
                }
                '(' => self.single(Kind::Open),
                ')' => self.single(Kind::Close),
                '-' => self.negation()?,
                '"' => Kind::Clause(Clause::Phrase(Words::of(self.quoted()?))),
                '@' => Kind::Clause(Clause::Mention(self.handle()?)),
                '#' => {
                    let tag = self.tag(|c| c.is_alphanumeric() || c == '_')?;
                    Kind::Clause(Clause::Hashtag(fold(&tag)))
                }
                '$' => Kind::Clause(Clause::Cashtag(self.tag(|c| c.is_ascii_alphabetic())?)),
                _ => self.word()?,
            };
            tokens.push(Token { kind, position });
        }
        Ok(tokens)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn single(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    /// A minus belongs to what follows it at once.
    fn negation(&mut self) -> Result<Kind, String> {
        self.at += 1;
        match self.peek() {
            Some(c) if !c.is_whitespace() && c != '-' && c != ')' => Ok(Kind::Minus),
            _ => Err(wrong("no viable alternative at character '-'", self.at)),
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        let start = self.at + 1;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(wrong("mismatched character '<EOF>' expecting '\"'", start));
            };
            self.at += 1;
            match c {
                '"' => break,
                '\\' if self.peek().is_some_and(|next| next == '"' || next == '\\') => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                other => text.push(other),
            }
        }
        if text.trim().is_empty() {
            return Err(wrong("an exact phrase may not be empty", start));
        }
        Ok(text)
    }

    fn take(&mut self, part: impl Fn(char) -> bool) -> String {
        let taken: String = self.chars.iter().skip(self.at).take_while(|c| part(**c)).collect();
        self.at += taken.chars().count();
        taken
    }

    fn handle(&mut self) -> Result<String, String> {
        let start = self.at + 1;
        let handle = self.tag(|c| c.is_ascii_alphanumeric() || c == '_')?;
        if handle.len() > 15 {
            return Err(wrong("a username has at most 15 characters", start));
        }
        Ok(handle)
    }

    /// What follows `@`, `#` or `$`, up to a space or parenthesis.
    fn tag(&mut self, part: impl Fn(char) -> bool) -> Result<String, String> {
        let start = self.at + 1;
        let sign = self.peek().unwrap_or(' ');
        self.at += 1;
        let text = self.take(part);
        if text.is_empty() {
            return Err(wrong(&format!("no viable alternative at character '{sign}'"), start));
        }
        self.boundary()?;
        Ok(text)
    }

    fn boundary(&self) -> Result<(), String> {
        match self.peek() {
            Some(c) if !c.is_whitespace() && c != ')' && c != '(' => {
                Err(wrong(&format!("no viable alternative at character '{c}'"), self.at + 1))
            }
            _ => Ok(()),
        }
    }

    fn word(&mut self) -> Result<Kind, String> {
        let position = self.at + 1;
        let operator = self.chars.iter().skip(self.at).take_while(|c| operator_name(**c)).count();
        if operator > 0 && self.chars.get(self.at + operator) == Some(&':') {
            return self.operator(position);
        }
        let word = self.take(bare);
        if word.is_empty() {
            let c = self.peek().unwrap_or(' ');
            return Err(wrong(&format!("no viable alternative at character '{c}'"), position));
        }
        self.boundary()?;
        match word.to_ascii_lowercase().as_str() {
            "or" if word == "OR" => Ok(Kind::Or),
            "or" => Err(wrong(
                "Ambiguous use of or as a keyword. Use OR to logically join two clauses, or \"OR\" to \
                 treat as a keyword",
                position,
            )),
            bare @ ("and" | "not") => Err(wrong(&ambiguous(bare), position)),
            _ => Ok(Kind::Clause(Clause::Keyword(Words::of(word)))),
        }
    }

    fn operator(&mut self, position: usize) -> Result<Kind, String> {
        let name = self.take(operator_name).to_ascii_lowercase();
        self.at += 1;
        let value = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            let value = self.take(|c| !c.is_whitespace() && c != '(' && c != ')' && c != '"');
            if value.is_empty() {
                return Err(wrong(&format!("operator '{name}' needs a value"), position));
            }
            value
        };
        self.boundary()?;
        operators::read(&name, &value).map(Kind::Clause).map_err(|what| wrong(&what, position))
    }
}

fn ambiguous(word: &str) -> String {
    let (use_, quoted) = match word {
        "not" => ("- to logically negate a clause", "NOT"),
        _ => ("a space to logically join two clauses", "AND"),
    };
    format!(
        "Ambiguous use of {word} as a keyword. Use {use_}, or \"{quoted}\" to treat as a keyword"
    )
}

fn operator_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What a keyword may hold outside quotes: letters, digits and plain emoji, no punctuation.
fn bare(c: char) -> bool {
    c.is_alphanumeric()
        || unicode_normalization::char::is_combining_mark(c)
            && !matches!(c, '\u{fe00}'..='\u{fe0f}')
        || matches!(u32::from(c), 0x1F300..=0x1FAFF | 0x2600..=0x27BF)
}

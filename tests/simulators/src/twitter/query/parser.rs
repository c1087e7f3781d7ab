//! Builds the expression: AND binds tighter than OR, parentheses group, minus negates one clause.

use super::{
    Expression, check,
    lexer::{self, Kind, Token, wrong},
};

/// Reads a query, or says what X says about it.
pub(crate) fn parse(query: &str) -> Result<Expression, String> {
    let tokens = lexer::tokens(query)?;
    let mut parser = Parser { tokens, at: 0, end: query.chars().count() + 1 };
    let expression = parser.any()?;
    if let Some(token) = parser.peek() {
        return Err(wrong("missing EOF at ')'", token.position));
    }
    check::check(&expression)?;
    Ok(expression)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn position(&self) -> usize {
        self.peek().map_or(self.end, |token| token.position)
    }

    fn eat(&mut self, kind: &Kind) -> bool {
        let eaten = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(eaten);
        eaten
    }

    fn any(&mut self) -> Result<Expression, String> {
        let mut branches = vec![self.all()?];
        while self.eat(&Kind::Or) {
            branches.push(self.all()?);
        }
        Ok(one_or(branches, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut terms = Vec::new();
        while self.peek().is_some_and(|token| !matches!(token.kind, Kind::Or | Kind::Close)) {
            terms.push(self.term()?);
        }
        if terms.is_empty() {
            let input = match self.peek().map(|token| &token.kind) {
                Some(Kind::Or) => "OR",
                Some(_) => ")",
                None => "<EOF>",
            };
            return Err(wrong(
                &format!("no viable alternative at input '{input}'"),
                self.position(),
            ));
        }
        Ok(one_or(terms, Expression::All))
    }

    fn term(&mut self) -> Result<Expression, String> {
        let position = self.position();
        if self.eat(&Kind::Minus) {
            if self.peek().is_some_and(|token| token.kind == Kind::Open) {
                return Err(wrong(
                    "Negation of a group is not supported. Negate each clause instead",
                    position,
                ));
            }
            return Ok(Expression::Not(Box::new(self.term()?)));
        }
        if self.eat(&Kind::Open) {
            let inner = self.any()?;
            if !self.eat(&Kind::Close) {
                return Err(wrong("missing ')' at '<EOF>'", self.position()));
            }
            return Ok(inner);
        }
        let clause = self.peek().and_then(|token| match &token.kind {
            Kind::Clause(clause) => Some(clause.clone()),
            _ => None,
        });
        self.at += 1;
        clause
            .map(Expression::Clause)
            .ok_or_else(|| wrong("no viable alternative at input", position))
    }
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

//! The search language: reads a query as strictly as X does and matches tweets (contract B2).

mod check;
mod lexer;
mod matcher;
mod operators;
mod parser;

pub(crate) use matcher::{Subject, Text, Words, matches, wants_retweets};
pub(crate) use parser::parse;

/// A query that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Clause(Clause),
}

/// One operator with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clause {
    /// A bare word.
    Keyword(Words),
    /// Words in quotes: these tokens, side by side.
    Phrase(Words),
    Mention(String),
    /// Folded, as those of a text are.
    Hashtag(String),
    Cashtag(String),
    From(String),
    To(String),
    Lang(String),
    Url(Words),
    Conversation(u64),
    ReplyTo(u64),
    QuoteOf(u64),
    Is(Kind),
    Has(Part),
    /// `min_likes:` and its like; nothing here is ever liked.
    AtLeast(u64),
}

/// What `is:` can ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Retweet,
    Reply,
    Quote,
    Verified,
}

/// What `has:` can ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Part {
    Links,
    Mentions,
    Hashtags,
    Cashtags,
    Media,
    Geo,
}

impl Clause {
    /// Whether the operator may stand alone, or needs another one beside it; else its name.
    fn needs_company(&self) -> Option<&'static str> {
        match self {
            Self::Lang(_) => Some("lang"),
            Self::Is(_) => Some("is"),
            Self::Has(_) => Some("has"),
            Self::AtLeast(_) => Some("min_likes"),
            _ => None,
        }
    }
}

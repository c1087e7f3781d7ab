//! Terms of a Twitter channel, refused with a reason where the network could not search for them.

use std::fmt;

/// A handle without its `@`: 1 to 15 letters, digits and underscores. Compared without case.
#[derive(Debug, Clone)]
pub struct Handle(String);

impl Handle {
    /// Parses `@acme` or `acme`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let handle = text.trim().trim_start_matches('@');
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if handle.is_empty() || handle.len() > 15 || !handle.chars().all(allowed) {
            return Err("is no handle: up to 15 letters, digits and underscores after the @");
        }
        Ok(Self(handle.to_owned()))
    }

    /// Without the `@`, as the administrator wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `handle` (without `@`) is this one.
    pub fn is(&self, handle: &str) -> bool {
        self.0.eq_ignore_ascii_case(handle)
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Handle {}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// A keyword, phrase, `#hashtag` or `$cashtag`, white space collapsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword(String);

impl Keyword {
    /// Longest term that leaves room for the rest of a query of 512 characters.
    pub const MAX_CHARS: usize = 200;

    /// Parses a term. Quotes and control characters would change a query's meaning: refused.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let term = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !term.chars().any(char::is_alphanumeric) {
            return Err("has no letter or digit to search for");
        }
        if term.chars().any(|c| c.is_control() || matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\\'))
        {
            return Err("must not hold quotation marks, backslashes or control characters");
        }
        if term.chars().count() > Self::MAX_CHARS {
            return Err("is longer than 200 characters");
        }
        Ok(Self(term))
    }

    /// The term as the administrator wrote it, white space collapsed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

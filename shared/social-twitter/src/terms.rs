//! Terms as X's search understands them (contract B2): what is asked for, and what explains a hit.

use social_core::channel::{Handle, Keyword, TwitterSource};

use crate::tokens;

/// What a term looks for. Two spellings of the same thing are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Term {
    /// A mention that X recognised: never a handle inside an e-mail address.
    Mention(String),
    Hashtag(String),
    Cashtag(String),
    /// Words side by side.
    Phrase(Vec<String>),
}

impl Term {
    /// Matches mentions of the handle.
    pub(crate) fn handle(handle: &Handle) -> Self {
        Self::Mention(handle.as_str().to_ascii_lowercase())
    }

    /// As the query has it: what is searched as a hashtag is matched as one.
    pub(crate) fn keyword(keyword: &Keyword) -> Self {
        let term = keyword.as_str();
        let is_plain = written(term) == term;
        match (term.strip_prefix('@'), term.strip_prefix('#'), term.strip_prefix('$')) {
            (Some(handle), _, _) if is_plain => Self::Mention(handle.to_ascii_lowercase()),
            (_, Some(tag), _) if is_plain => Self::Hashtag(tokens::fold(tag)),
            (_, _, Some(tag)) if is_plain => Self::Cashtag(tokens::fold(tag)),
            _ => Self::Phrase(tokens::words(term)),
        }
    }

    /// The words that a text with this term holds.
    pub(crate) fn words(&self) -> Vec<String> {
        match self {
            Self::Phrase(words) => words.clone(),
            Self::Mention(name) | Self::Hashtag(name) | Self::Cashtag(name) => tokens::words(name),
        }
    }
}

/// A source's terms, each with the way a query writes it.
pub(crate) fn of_source(source: &TwitterSource) -> impl Iterator<Item = (Term, String)> {
    let handle = |handle: &Handle| (Term::handle(handle), format!("@{}", handle.as_str()));
    let keyword = |keyword: &Keyword| (Term::keyword(keyword), written(keyword.as_str()));
    source.handles.iter().map(handle).chain(source.keywords.iter().map(keyword))
}

/// A term as a query holds it: quoted unless it is a handle, a hashtag, a cashtag or a plain word.
/// Unquoted, `:` would make an operator of it, `-` would negate it, and `or` is refused.
pub(crate) fn written(term: &str) -> String {
    let plain = match term.chars().next() {
        Some('@') => Handle::parse(term).is_ok() && !term.starts_with("@@"),
        Some('#') => is_hashtag(term.trim_start_matches('#')) && !term.starts_with("##"),
        Some('$') => term.strip_prefix('$').is_some_and(is_cashtag),
        _ => {
            let operator = ["and", "or", "not"].iter().any(|word| word.eq_ignore_ascii_case(term));
            !term.is_empty() && term.chars().all(char::is_alphanumeric) && !operator
        }
    };
    if plain { term.to_owned() } else { format!("\"{}\"", quotable(term)) }
}

/// What would end the quotation goes; white space collapses.
fn quotable(term: &str) -> String {
    let kept: String = term
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '"' | '\\'))
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters, digits and underscores, at least one of them a letter.
pub(crate) fn is_hashtag(tag: &str) -> bool {
    tag.chars().all(|c| c.is_alphanumeric() || c == '_') && tag.chars().any(char::is_alphabetic)
}

/// One to six letters, as X has it.
fn is_cashtag(tag: &str) -> bool {
    (1..=6).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic())
}

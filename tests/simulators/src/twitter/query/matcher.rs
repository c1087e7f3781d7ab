//! Decides whether a tweet answers a query.

use std::sync::{Arc, OnceLock};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

use super::{Clause, Expression, Kind, Part};
use crate::twitter::text::{
    entities::{self, Entities},
    weigh::is_emoji,
};

/// Words to look for or to look in, cut into tokens once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    said: String,
    tokens: OnceLock<Vec<String>>,
}

impl Words {
    /// Of a text as it was written.
    pub(crate) fn of(said: impl Into<String>) -> Self {
        Self { said: said.into(), tokens: OnceLock::new() }
    }

    fn tokens(&self) -> &[String] {
        self.tokens.get_or_init(|| tokens(&self.said))
    }

    /// Whether the tokens of `wanted` stand side by side in these.
    fn contain(&self, wanted: &Self) -> bool {
        if wanted.tokens().is_empty() {
            return self.said.contains(wanted.said.trim());
        }
        self.tokens().windows(wanted.tokens().len()).any(|window| window == wanted.tokens())
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.said == other.said
    }
}

/// A tweet's text, read once for all queries.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) words: Words,
    pub(crate) entities: Entities,
    /// Folded once: a search asks each tweet for many.
    hashtags: Vec<String>,
}

impl Text {
    /// Reads a whole text.
    pub(crate) fn of(text: &str) -> Self {
        let entities = entities::find(text);
        let hashtags = entities.hashtags.iter().map(|found| fold(&found.value)).collect();
        Self { words: Words::of(text), entities, hashtags }
    }
}

/// What a query can see of a tweet.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    pub(crate) text: Arc<Text>,
    pub(crate) lang: String,
    /// Id and username of the author.
    pub(crate) author: [String; 2],
    /// Id and username of whom the tweet answers.
    pub(crate) replied_user: Option<[String; 2]>,
    pub(crate) conversation: u64,
    pub(crate) in_reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    pub(crate) is_retweet: bool,
    pub(crate) has_media: bool,
}

/// Whether the tweet answers the query.
pub(crate) fn matches(expression: &Expression, subject: &Subject) -> bool {
    match expression {
        Expression::All(terms) => terms.iter().all(|term| matches(term, subject)),
        Expression::Any(branches) => branches.iter().any(|branch| matches(branch, subject)),
        Expression::Not(inner) => !matches(inner, subject),
        Expression::Clause(clause) => holds(clause, subject),
    }
}

/// Whether retweets may be among the results: not where the query asks for words (contract B1).
pub(crate) fn wants_retweets(expression: &Expression) -> bool {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().all(wants_retweets),
        Expression::Not(_) => true,
        Expression::Clause(clause) => !matches!(
            clause,
            Clause::Keyword(_)
                | Clause::Phrase(_)
                | Clause::Mention(_)
                | Clause::Hashtag(_)
                | Clause::Cashtag(_)
                | Clause::Url(_)
        ),
    }
}

fn holds(clause: &Clause, subject: &Subject) -> bool {
    let is = |wanted: &String, who: &[String; 2]| {
        who.iter().any(|name| name.eq_ignore_ascii_case(wanted))
    };
    match clause {
        Clause::Keyword(words) | Clause::Phrase(words) => subject.text.words.contain(words),
        Clause::Mention(handle) => subject.text.entities.mentions(handle),
        Clause::Hashtag(tag) => subject.text.hashtags.contains(tag),
        Clause::Cashtag(tag) => {
            subject.text.entities.cashtags.iter().any(|found| found.value.eq_ignore_ascii_case(tag))
        }
        Clause::From(user) => is(user, &subject.author),
        Clause::To(user) => subject.replied_user.as_ref().is_some_and(|who| is(user, who)),
        Clause::Lang(lang) => subject.lang.eq_ignore_ascii_case(lang),
        Clause::Url(part) => {
            subject.text.entities.urls.iter().any(|url| Words::of(&url.value).contain(part))
        }
        Clause::Conversation(id) => subject.conversation == *id,
        Clause::ReplyTo(id) => subject.in_reply_to == Some(*id),
        Clause::QuoteOf(id) => subject.quoted == Some(*id),
        Clause::Is(kind) => match kind {
            Kind::Retweet => subject.is_retweet,
            Kind::Reply => subject.in_reply_to.is_some(),
            Kind::Quote => subject.quoted.is_some(),
            Kind::Verified => false,
        },
        Clause::Has(part) => match part {
            Part::Links => !subject.text.entities.urls.is_empty(),
            Part::Mentions => !subject.text.entities.mentions.is_empty(),
            Part::Hashtags => !subject.text.entities.hashtags.is_empty(),
            Part::Cashtags => !subject.text.entities.cashtags.is_empty(),
            Part::Media => subject.has_media,
            Part::Geo => false,
        },
        Clause::AtLeast(count) => *count == 0,
    }
}

/// Lower case, without diacritics.
pub(super) fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Words between punctuation and symbols. Scripts without spaces give a token per character, and so
/// does each emoji.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for cluster in text.graphemes(true) {
        let first = cluster.chars().next().unwrap_or(' ');
        let symbol = is_emoji(cluster) || unspaced(first);
        if first.is_alphanumeric() && !symbol {
            word.push_str(&fold(cluster));
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if symbol {
            tokens.push(cluster.nfkc().filter(|c| *c != '\u{fe0f}').collect());
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

fn unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

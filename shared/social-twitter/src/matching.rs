//! Decides to which channels a tweet belongs, by the rules of X's own search (contract B2), so
//! that one packed search serves them all.

use std::sync::Arc;

use social_core::{
    Channel,
    channel::{Handle, Keyword, TwitterSource},
};

use crate::{packing, text, tokens, wire::Tweet};

/// What a channel makes of a tweet, as far as its text and its fields tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// None of its terms is in it.
    NotFound,
    /// A term is, but the channel leaves such tweets out.
    LeftOut,
    Taken,
}

/// A tweet as the search sees it, read once for all channels.
#[derive(Debug)]
pub(crate) struct Subject {
    words: Vec<String>,
    mentions: Vec<String>,
    hashtags: Vec<String>,
    cashtags: Vec<String>,
    language: Option<String>,
    is_repost: bool,
}

impl Subject {
    /// Reads a tweet.
    pub(crate) fn of(tweet: &Tweet) -> Self {
        let mut subject = Self {
            words: tokens::words(&text::shown(tweet)),
            mentions: Vec::new(),
            hashtags: Vec::new(),
            cashtags: Vec::new(),
            language: tweet.lang.clone(),
            is_repost: tweet.reference("retweeted").is_some(),
        };
        for entities in tweet.all_entities() {
            let handles = entities.mentions.iter().map(|who| who.username.to_ascii_lowercase());
            subject.mentions.extend(handles);
            subject.hashtags.extend(entities.hashtags.iter().map(|tag| tokens::fold(&tag.tag)));
            subject.cashtags.extend(entities.cashtags.iter().map(|tag| tokens::fold(&tag.tag)));
        }
        subject
    }
}

/// One term, ready to compare.
#[derive(Debug, PartialEq, Eq)]
enum Term {
    /// A mention that X recognised: never a handle inside an e-mail address.
    Mention(String),
    Hashtag(String),
    Cashtag(String),
    /// Words side by side.
    Phrase(Vec<String>),
}

impl Term {
    fn handle(handle: &Handle) -> Self {
        Self::Mention(handle.as_str().to_ascii_lowercase())
    }

    /// As the query has it: what is searched as a hashtag is matched as one.
    fn keyword(keyword: &Keyword) -> Self {
        let term = keyword.as_str();
        let is_plain = packing::written(term) == term;
        match (term.strip_prefix('@'), term.strip_prefix('#'), term.strip_prefix('$')) {
            (Some(handle), _, _) if is_plain => Self::Mention(handle.to_ascii_lowercase()),
            (_, Some(tag), _) if is_plain => Self::Hashtag(tokens::fold(tag)),
            (_, _, Some(tag)) if is_cashtag(tag) => Self::Cashtag(tokens::fold(tag)),
            _ => Self::Phrase(tokens::words(term)),
        }
    }

    fn is_in(&self, subject: &Subject) -> bool {
        match self {
            Self::Mention(handle) => subject.mentions.contains(handle),
            Self::Hashtag(tag) => subject.hashtags.contains(tag),
            Self::Cashtag(tag) => subject.cashtags.contains(tag),
            Self::Phrase(words) => tokens::contain(&subject.words, words),
        }
    }
}

/// One to six letters, as X has it.
fn is_cashtag(tag: &str) -> bool {
    (1..=6).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A channel, ready to be held against tweets.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) channel: Arc<Channel>,
    pub(crate) source: TwitterSource,
    terms: Vec<Term>,
    excluded: Vec<Term>,
}

impl Reader {
    /// `None` where the channel is not one of Twitter.
    pub(crate) fn new(channel: Arc<Channel>) -> Option<Self> {
        let source = channel.twitter()?.clone();
        let handles = source.handles.iter().map(Term::handle);
        let terms = handles.chain(source.keywords.iter().map(Term::keyword)).collect();
        let excluded = channel.exclude_keywords.iter().map(Term::keyword).collect();
        Some(Self { channel, source, terms, excluded })
    }

    /// Decides about a tweet, its author aside.
    pub(crate) fn decide(&self, subject: &Subject) -> Decision {
        if !self.terms.iter().any(|term| term.is_in(subject)) {
            return Decision::NotFound;
        }
        let reposts = self.source.include_reposts || !subject.is_repost;
        let taken = reposts
            && self.takes_language(subject)
            && !self.excluded.iter().any(|term| term.is_in(subject));
        if taken { Decision::Taken } else { Decision::LeftOut }
    }

    /// X names no language, or `und`, where it cannot tell: such tweets are taken.
    fn takes_language(&self, subject: &Subject) -> bool {
        let languages = &self.source.languages;
        let Some(language) = subject.language.as_deref() else { return true };
        let unknown = matches!(language, "und" | "zxx" | "qme" | "qam" | "qct" | "qht" | "qst");
        languages.is_empty()
            || unknown
            || languages.iter().any(|wanted| wanted.eq_ignore_ascii_case(language))
    }

    /// Whether the channel leaves this author out.
    pub(crate) fn blocks(&self, id: Option<&str>, username: Option<&str>) -> bool {
        names(&self.channel.blocked_authors, id, username)
    }

    /// Whether the author is the company itself.
    pub(crate) fn is_own(&self, id: Option<&str>, username: Option<&str>) -> bool {
        is_company(&self.channel, id, username)
    }
}

/// Whether an account is the replying handle or another account of the company.
pub(crate) fn is_company(channel: &Channel, id: Option<&str>, username: Option<&str>) -> bool {
    let reply_handle = channel.twitter().and_then(|source| source.reply_handle.as_ref());
    let replies = reply_handle.zip(username).is_some_and(|(handle, name)| handle.is(name));
    replies || names(&channel.own_accounts, id, username)
}

/// Whether a list of handles, with or without `@`, or of ids names an account.
fn names(list: &[String], id: Option<&str>, username: Option<&str>) -> bool {
    list.iter().any(|entry| {
        let entry = entry.trim();
        Some(entry) == id
            || username.is_some_and(|name| entry.trim_start_matches('@').eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests;

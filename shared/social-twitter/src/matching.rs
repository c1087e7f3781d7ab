//! Decides to which channels a tweet belongs, by the rules of X's own search (contract B2), so
//! that one packed search serves them all.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use social_core::{
    Channel,
    channel::{Handle, TwitterSource},
};

use crate::{
    packing::Query,
    terms::{self, Term},
    text, tokens,
    wire::{Tweet, User},
};

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

/// A number that stands for a term of a [`Matcher`].
pub(crate) type TermId = usize;

/// The terms of all channels, found in a tweet by its words: the effort grows with the tweet, not
/// with the channels.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    readers: Vec<Reader>,
    terms: HashMap<Term, TermId>,
    /// Phrases by the word that the fewest of them hold, and where in the phrase it stands.
    phrases: HashMap<String, Vec<(TermId, usize, Vec<String>)>>,
    /// For each term the readers that look for it, and those that leave out tweets with it.
    wanted_by: Vec<Vec<usize>>,
    refused_by: Vec<Vec<usize>>,
}

impl Matcher {
    /// Indexes the terms of Twitter's channels; others are left out.
    pub(crate) fn new(channels: Vec<Arc<Channel>>) -> Self {
        let company = reply_handles(&channels);
        let reader = |channel: Arc<Channel>| {
            let company = company.get(&channel.credential).cloned().unwrap_or_default();
            Some(Reader { source: channel.twitter()?.clone(), channel, company })
        };
        let readers = channels.into_iter().filter_map(reader).collect();
        let mut matcher = Self { readers, ..Self::default() };
        for reader in 0..matcher.readers.len() {
            let Some(Reader { channel, source, .. }) = matcher.readers.get(reader) else {
                continue;
            };
            let wanted: Vec<Term> = terms::of_source(source).map(|(term, _)| term).collect();
            let refused: Vec<Term> = channel.exclude_keywords.iter().map(Term::keyword).collect();
            for term in wanted {
                let id = matcher.id(term);
                matcher.wanted_by.get_mut(id).into_iter().for_each(|by| by.push(reader));
            }
            for term in refused {
                let id = matcher.id(term);
                matcher.refused_by.get_mut(id).into_iter().for_each(|by| by.push(reader));
            }
        }
        matcher.index_phrases();
        matcher
    }

    fn id(&mut self, term: Term) -> TermId {
        let next = self.terms.len();
        let id = *self.terms.entry(term).or_insert(next);
        if id == next {
            self.wanted_by.push(Vec::new());
            self.refused_by.push(Vec::new());
        }
        id
    }

    fn index_phrases(&mut self) {
        let phrases = || {
            self.terms.iter().filter_map(|(term, id)| match term {
                Term::Phrase(words) => Some((words, *id)),
                _ => None,
            })
        };
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for word in phrases().flat_map(|(words, _)| words) {
            *uses.entry(word).or_default() += 1;
        }
        let mut index: HashMap<String, Vec<_>> = HashMap::new();
        for (words, id) in phrases() {
            let rarest = words.iter().enumerate().min_by_key(|(_, word)| uses.get(word.as_str()));
            if let Some((place, word)) = rarest {
                index.entry(word.clone()).or_default().push((id, place, words.clone()));
            }
        }
        self.phrases = index;
    }

    /// The channels themselves.
    pub(crate) fn into_readers(self) -> Vec<Reader> {
        self.readers
    }

    /// The channels, in the order given.
    pub(crate) fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// Which terms a tweet holds.
    pub(crate) fn found(&self, subject: &Subject) -> BTreeSet<TermId> {
        let tags = |names: &[String], term: fn(String) -> Term| -> Vec<TermId> {
            names.iter().filter_map(|name| self.terms.get(&term(name.clone())).copied()).collect()
        };
        let mut found = BTreeSet::new();
        found.extend(tags(&subject.mentions, Term::Mention));
        found.extend(tags(&subject.hashtags, Term::Hashtag));
        found.extend(tags(&subject.cashtags, Term::Cashtag));
        for (at, word) in subject.words.iter().enumerate() {
            for (id, place, phrase) in self.phrases.get(word).into_iter().flatten() {
                let start = at.checked_sub(*place);
                let there = start.and_then(|start| subject.words.get(start..start + phrase.len()));
                if there == Some(phrase) {
                    found.insert(*id);
                }
            }
        }
        found
    }

    /// The channels that take a tweet in which these terms were found, its author aside.
    pub(crate) fn takers(&self, subject: &Subject, found: &BTreeSet<TermId>) -> Vec<&Reader> {
        let of = |by: &[Vec<usize>]| -> BTreeSet<usize> {
            found.iter().filter_map(|id| by.get(*id)).flatten().copied().collect()
        };
        let refused = of(&self.refused_by);
        let wanted = of(&self.wanted_by);
        let readers = wanted.difference(&refused).filter_map(|reader| self.readers.get(*reader));
        readers.filter(|reader| reader.takes(subject)).collect()
    }

    /// Whether some channel looks for one of these terms.
    pub(crate) fn explains(&self, found: &BTreeSet<TermId>) -> bool {
        let mut wanted = found.iter().filter_map(|id| self.wanted_by.get(*id));
        wanted.any(|readers| !readers.is_empty())
    }

    /// The terms that a query asks for, each with the way it writes it.
    pub(crate) fn terms_of(&self, query: &Query) -> HashMap<TermId, String> {
        let known = query.terms.iter();
        known
            .filter_map(|(term, written)| Some((*self.terms.get(term)?, written.clone())))
            .collect()
    }
}

/// A channel, ready to be held against tweets.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) channel: Arc<Channel>,
    pub(crate) source: TwitterSource,
    /// All handles that reply with the channel's credential: one brand's tweet is no visitor's in
    /// another channel either.
    company: Arc<[Handle]>,
}

impl Reader {
    /// Whether the channel takes such tweets, as far as their fields tell.
    fn takes(&self, subject: &Subject) -> bool {
        (self.source.include_reposts || !subject.is_repost) && self.takes_language(subject)
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

    /// Whether the channel leaves this author out; X does not tell of everybody.
    pub(crate) fn blocks(&self, id: Option<&str>, author: Option<&User>) -> bool {
        let username = author.map(|author| author.username.as_str());
        let followers = author.and_then(User::followers);
        let few = followers.is_some_and(|followers| followers < self.source.minimum_followers);
        names(&self.channel.blocked_authors, id, username) || (few && !self.is_own(id, username))
    }

    /// Whether the channel answers by this account.
    pub(crate) fn answers_as(&self, username: &str) -> bool {
        self.source.reply_handle.as_ref().is_some_and(|handle| handle.is(username))
    }

    /// Whether the author is the company itself.
    pub(crate) fn is_own(&self, id: Option<&str>, username: Option<&str>) -> bool {
        let replies = |name| self.company.iter().any(|handle| handle.is(name));
        username.is_some_and(replies) || is_company(&self.channel, id, username)
    }
}

/// The replying handles of each credential.
fn reply_handles(channels: &[Arc<Channel>]) -> HashMap<String, Arc<[Handle]>> {
    let mut handles: HashMap<String, Vec<Handle>> = HashMap::new();
    for channel in channels {
        let handle = channel.twitter().and_then(|source| source.reply_handle.clone());
        handles.entry(channel.credential.clone()).or_default().extend(handle);
    }
    handles.into_iter().map(|(credential, handles)| (credential, handles.into())).collect()
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

//! The world's state: accounts, tweets, what is left of the credits.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    auth::oauth2::Grants,
    id,
    limits::Windows,
    private::PrivateMessage,
    query::{Subject, Text},
    text::entities::{self, Entities},
    webhooks::{Hook, Outcome},
};
use crate::seed::twitter::{BRAND, COMPETITOR};

/// How often, and for how long, a tweet can be edited (contract B2).
const EDITS: usize = 5;
const EDITABLE: Duration = Duration::from_mins(30);

/// Of everybody of whom nothing else is said.
pub(crate) const FOLLOWERS: u64 = 10;

/// Somebody on X.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) followers: u64,
    pub(crate) suspended: bool,
    pub(crate) protected: bool,
}

/// A tweet, or one version of an edited one.
#[derive(Clone, Debug)]
pub(crate) struct Tweet {
    pub(crate) id: u64,
    pub(crate) author: String,
    /// As its author wrote it.
    pub(crate) text: String,
    /// The mentions that X puts before a reply, with a space behind each.
    pub(crate) prefix: String,
    pub(crate) created_at: Timestamp,
    pub(crate) conversation_id: u64,
    pub(crate) in_reply_to: Option<u64>,
    pub(crate) in_reply_to_user: Option<String>,
    pub(crate) quoted: Option<u64>,
    pub(crate) retweeted: Option<u64>,
    pub(crate) lang: String,
    pub(crate) photo_url: Option<String>,
    /// Every version up to this one, oldest first.
    pub(crate) history: Vec<u64>,
    /// A later version took its place.
    pub(crate) superseded: bool,
    /// The whole text as searches see it, read at the first search.
    pub(crate) read: OnceLock<Arc<Text>>,
}

impl Tweet {
    /// The whole text, with the mentions before it.
    pub(crate) fn full_text(&self) -> String {
        format!("{}{}", self.prefix, self.text)
    }

    /// Everything X recognises in the whole text.
    pub(crate) fn entities(&self) -> Entities {
        entities::find(&self.full_text())
    }
}

/// A tweet that is about to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) author: String,
    pub(crate) text: String,
    pub(crate) in_reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    pub(crate) retweeted: Option<u64>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) lang: Option<String>,
    pub(crate) photo_url: Option<String>,
    /// Whether X puts the mentions of those who are answered before the text.
    pub(crate) mentions_those_answered: bool,
    /// Ids of accounts that are not to be mentioned.
    pub(crate) unmentioned: Vec<String>,
}

/// Why a tweet could not be edited.
pub(crate) enum Refusal {
    Unknown,
    TooLate,
    TooOften,
}

/// Everything that a reset restores.
pub(crate) struct State {
    pub(crate) tweets: BTreeMap<u64, Tweet>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) private_messages: BTreeMap<u64, PrivateMessage>,
    pub(crate) grants: Grants,
    pub(crate) windows: Windows,
    /// Nonces of signed requests, with their times.
    pub(crate) nonces: BTreeSet<(i64, String)>,
    /// What may still be read or written; nothing is counted down without it.
    pub(crate) credits: Option<u64>,
    pub(crate) hook: Option<Hook>,
    /// Events that were not sent yet.
    pub(crate) outbox: VecDeque<Value>,
    pub(crate) outcome: Outcome,
    last_id: u64,
}

impl State {
    /// The brand and its competitor, and nobody has written yet.
    pub(crate) fn seeded() -> Self {
        let account = |seed: &crate::seed::twitter::Account| Account {
            id: seed.id.to_owned(),
            username: seed.username.to_owned(),
            name: seed.name.to_owned(),
            followers: FOLLOWERS,
            suspended: false,
            protected: false,
        };
        Self {
            tweets: BTreeMap::new(),
            private_messages: BTreeMap::new(),
            accounts: [&BRAND, &COMPETITOR]
                .map(|seed| (seed.id.to_owned(), account(seed)))
                .into_iter()
                .collect(),
            grants: Grants::seeded(),
            windows: Windows::default(),
            nonces: BTreeSet::new(),
            credits: None,
            hook: None,
            outbox: VecDeque::new(),
            outcome: Outcome::default(),
            last_id: 0,
        }
    }

    /// The account with this username, whatever its case.
    pub(crate) fn by_username(&self, username: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.username.eq_ignore_ascii_case(username))
    }

    /// Tweets that can be found, newest first: the latest version of each.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Tweet> {
        self.tweets.values().rev().filter(|tweet| !tweet.superseded)
    }

    /// Takes `amount` off the credits.
    pub(crate) fn spend(&mut self, amount: usize) {
        self.credits = self.credits.map(|left| left.saturating_sub(amount as u64));
    }

    /// Writes a tweet; its id follows its time.
    pub(crate) fn write(&mut self, draft: Draft, now: Timestamp) -> u64 {
        let created_at = draft.created_at.unwrap_or(now);
        let tweet_id = self.next_id(draft.created_at, now);
        let target = draft.in_reply_to.and_then(|target| self.tweets.get(&target));
        let prefix = if draft.mentions_those_answered {
            target.map(|target| self.prefix(target, &draft)).unwrap_or_default()
        } else {
            String::new()
        };
        let tweet = Tweet {
            id: tweet_id,
            conversation_id: target.map_or(tweet_id, |target| target.conversation_id),
            in_reply_to_user: target.map(|target| target.author.clone()),
            author: draft.author,
            text: draft.text,
            prefix,
            created_at,
            in_reply_to: draft.in_reply_to,
            quoted: draft.quoted,
            retweeted: draft.retweeted,
            lang: draft.lang.unwrap_or_else(|| "en".to_owned()),
            photo_url: draft.photo_url,
            history: vec![tweet_id],
            superseded: false,
            read: OnceLock::new(),
        };
        self.tweets.insert(tweet_id, tweet);
        tweet_id
    }

    fn next_id(&mut self, asked: Option<Timestamp>, now: Timestamp) -> u64 {
        if let Some(time) = asked {
            let mut free = id::at(time);
            while self.tweets.contains_key(&free) {
                free += 1;
            }
            return free;
        }
        self.last_id = id::at(now).max(self.last_id + 1);
        while self.tweets.contains_key(&self.last_id) {
            self.last_id += 1;
        }
        self.last_id
    }

    /// `@target @others `, less the author and those whom the text mentions in front already.
    fn prefix(&self, target: &Tweet, draft: &Draft) -> String {
        let mut handles: Vec<String> = Vec::new();
        if let Some(author) = self.accounts.get(&target.author) {
            handles.push(author.username.clone());
        }
        handles.extend(target.entities().mentions.into_iter().map(|mention| mention.value));
        let own = self.accounts.get(&draft.author).map(|account| account.username.as_str());
        let written = entities::find(&draft.text);
        let mut mentioned: Vec<String> = Vec::new();
        for handle in handles {
            let known = self.by_username(&handle);
            let left_out = known.is_none_or(|account| draft.unmentioned.contains(&account.id))
                || own.is_some_and(|own| own.eq_ignore_ascii_case(&handle))
                || written.mentions(&handle)
                || mentioned.iter().any(|name| name.eq_ignore_ascii_case(&handle));
            if !left_out {
                mentioned.push(handle);
            }
        }
        let at = |handle: &String| ["@", handle, " "].concat();
        mentioned.iter().map(at).collect::<Vec<_>>().concat()
    }

    /// Puts a new version in a tweet's place.
    pub(crate) fn edit(
        &mut self,
        tweet_id: u64,
        text: String,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        let old = self.tweets.get(&tweet_id).cloned().ok_or(Refusal::Unknown)?;
        let first = old.history.first().copied().unwrap_or(tweet_id);
        let began = self.tweets.get(&first).map_or(old.created_at, |tweet| tweet.created_at);
        if old.history.len() > EDITS {
            return Err(Refusal::TooOften);
        }
        if now.duration_since(began).unsigned_abs() > EDITABLE {
            return Err(Refusal::TooLate);
        }
        let new_id = self.next_id(None, now);
        let mut tweet = Tweet {
            id: new_id,
            text,
            created_at: now,
            superseded: false,
            read: OnceLock::new(),
            ..old
        };
        tweet.history.push(new_id);
        if let Some(old) = self.tweets.get_mut(&tweet_id) {
            old.superseded = true;
        }
        self.tweets.insert(new_id, tweet);
        Ok(new_id)
    }

    /// Takes a tweet away, with all its versions.
    pub(crate) fn delete(&mut self, tweet_id: u64) -> Option<Tweet> {
        let deleted = self.tweets.get(&tweet_id).cloned()?;
        let first = deleted.history.first().copied();
        self.tweets.retain(|_, tweet| tweet.history.first().copied() != first);
        Some(deleted)
    }

    /// What a search sees of a tweet.
    pub(crate) fn subject(&self, tweet: &Tweet) -> Subject {
        let names = |user: &String| {
            let username = self.accounts.get(user).map(|account| account.username.clone());
            [user.clone(), username.unwrap_or_default()]
        };
        Subject {
            text: Arc::clone(tweet.read.get_or_init(|| Text::of(&tweet.full_text()).into())),
            lang: tweet.lang.clone(),
            author: names(&tweet.author),
            replied_user: tweet.in_reply_to_user.as_ref().map(names),
            conversation: tweet.conversation_id,
            in_reply_to: tweet.in_reply_to,
            quoted: tweet.quoted,
            is_retweet: tweet.retweeted.is_some(),
            has_media: tweet.photo_url.is_some(),
        }
    }
}

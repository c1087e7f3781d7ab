//! Polls X for all channels of a credential: as few searches as hold their terms, each matching
//! tweet once, handed to every channel whose terms it holds (contract B2).

mod checkpoint;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures::future::try_join_all;
use jiff::Timestamp;
use social_core::{
    Channel, Clock,
    credential::TwitterCredential,
    inbound::Incoming,
    polling::{Pass, Source},
    verdict::Failure,
};

use crate::{
    api::{Api, Search, Since, Vocabulary},
    authors::Authors,
    error::TwitterError,
    matching::{Decision, Reader, Subject},
    normal::{self, Known},
    packing::{self, DEFAULT_QUERY_LENGTH, Query},
    snowflake,
    wire::{Tweet, User},
};
use checkpoint::Checkpoint;

/// How far back recent search goes, less a minute for clocks that differ.
const REACH: Duration = Duration::from_mins(7 * 24 * 60 - 1);
/// A `since_id` that will soon be out of reach is not sent any more.
const SURE_REACH: Duration = Duration::from_mins(7 * 24 * 60 - 30);

/// How a credential's searches are made.
#[derive(Debug, Clone)]
pub struct PollSettings {
    /// Longest query, in characters: 512 on self-serve tiers, 4,096 on Enterprise.
    pub query_length: usize,
    /// The names in which fields are asked for.
    pub vocabulary: Vocabulary,
    /// How long after its creation X may show a tweet for the first time.
    pub index_lag: Duration,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            query_length: DEFAULT_QUERY_LENGTH,
            vocabulary: Vocabulary::default(),
            index_lag: Duration::from_mins(3),
        }
    }
}

/// The searches of one credential.
#[derive(Debug)]
pub struct TwitterPoll<C> {
    api: Api,
    name: String,
    credential: Arc<TwitterCredential>,
    settings: PollSettings,
    clock: C,
    readers: Vec<Reader>,
    queries: Vec<Query>,
    authors: Authors,
}

/// What one query found.
struct Found {
    tweets: Vec<Tweet>,
    /// The first page's `newest_id`.
    newest: Option<u64>,
}

/// A tweet and the channels that take it.
struct Matched<'a> {
    tweet: &'a Tweet,
    readers: Vec<&'a Reader>,
}

impl<C: Clock> TwitterPoll<C> {
    /// Packs the terms of `channels`; those of other networks are left out.
    pub fn new(
        api: Api,
        credential_name: &str,
        credential: Arc<TwitterCredential>,
        channels: Vec<Arc<Channel>>,
        settings: PollSettings,
        clock: C,
    ) -> Self {
        let queries =
            packing::pack(channels.iter().map(|channel| &**channel), settings.query_length);
        Self {
            api,
            name: format!("twitter#{credential_name}"),
            credential,
            settings,
            clock,
            readers: channels.into_iter().filter_map(Reader::new).collect(),
            queries,
            authors: Authors::default(),
        }
    }

    /// Reads all pages of a query. A page that fails fails the pass: what came before it is newer,
    /// and moving past it would lose what is behind.
    async fn search(
        &self,
        query: &Query,
        since: u64,
        now: Timestamp,
    ) -> Result<Found, TwitterError> {
        let mut found = Found { tweets: Vec::new(), newest: None };
        let mut since = reachable(since, now);
        let mut next: Option<String> = None;
        loop {
            let search = Search {
                query: &query.text,
                since,
                next_token: next.as_deref(),
                vocabulary: self.settings.vocabulary,
            };
            let page = match self.api.search(&self.credential, search).await {
                // X's clock and ours differ: begin where X says.
                Err(TwitterError::SinceTooOld { oldest: Some(oldest) })
                    if next.is_none() && since != Since::Id(oldest + 1) =>
                {
                    since = Since::Id(oldest + 1);
                    continue;
                }
                answer => answer?,
            };
            if next.is_none() {
                found.newest = page.meta.newest_id.as_deref().and_then(snowflake::parse);
            }
            found.tweets.extend(page.data);
            next = page.meta.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Which channels take which tweets. What no channel's terms explain is counted: our rules
    /// and X's have come apart.
    fn matched<'a>(&'a self, tweets: &'a [Tweet], checkpoint: &Checkpoint) -> Vec<Matched<'a>> {
        let mut unexplained = 0;
        let mut all = Vec::new();
        for tweet in tweets {
            let subject = Subject::of(tweet);
            let decisions: Vec<(&Reader, Decision)> =
                self.readers.iter().map(|reader| (reader, reader.decide(&subject))).collect();
            if decisions.iter().all(|(_, decision)| *decision == Decision::NotFound) {
                unexplained += 1;
            }
            let written = normal::created_at(tweet);
            let takes = |(reader, decision): (&'a Reader, Decision)| {
                let start = checkpoint.start(&reader.channel.id);
                // X cuts times to seconds.
                let started = start.is_none_or(|start| written.as_second() >= start.as_second());
                (decision == Decision::Taken && started).then_some(reader)
            };
            let readers: Vec<&Reader> = decisions.into_iter().filter_map(takes).collect();
            if !readers.is_empty() {
                all.push(Matched { tweet, readers });
            }
        }
        if unexplained > 0 {
            tracing::warn!(source = self.name, unexplained, "tweets match no channel's terms");
        }
        all
    }

    /// Looks up who wrote the tweets, and who wrote what they quote where an answer depends on it.
    async fn messages(
        &self,
        matched: &[Matched<'_>],
        now: Timestamp,
    ) -> Result<Vec<Incoming>, TwitterError> {
        let quoted: BTreeSet<String> =
            matched.iter().filter_map(Matched::doubtful_quote).map(ToOwned::to_owned).collect();
        let quoted = self
            .authors
            .of_tweets(&self.api, &self.credential, quoted, self.settings.vocabulary)
            .await?;
        let written = matched.iter().filter_map(|matched| matched.tweet.author_id.clone());
        let ids = written.chain(quoted.values().cloned()).collect();
        let users = self.authors.users(&self.api, &self.credential, ids, now).await?;
        Ok(matched.iter().flat_map(|matched| matched.messages(&users, &quoted)).collect())
    }
}

impl Matched<'_> {
    /// The quoted tweet, where only its author tells whether some channel may answer.
    fn doubtful_quote(&self) -> Option<&str> {
        let quoted = self.tweet.reference("quoted")?;
        let handles = self.readers.iter().filter_map(|reader| reader.source.reply_handle.as_ref());
        let mut doubts = handles.filter(|handle| !self.tweet.mentions(|name| handle.is(name)));
        doubts.next().map(|_| quoted)
    }

    /// One message per channel.
    fn messages(
        &self,
        users: &BTreeMap<String, Arc<User>>,
        quoted: &BTreeMap<String, String>,
    ) -> Vec<Incoming> {
        let user = |id: Option<&String>| id.and_then(|id| users.get(id)).map(|user| &**user);
        let quoted = self.tweet.reference("quoted").and_then(|tweet| quoted.get(tweet));
        let known = Known {
            tweet: self.tweet,
            author: user(self.tweet.author_id.as_ref()),
            quoted: user(quoted),
        };
        let id = self.tweet.author_id.as_deref();
        let username = known.author.map(|author| author.username.as_str());
        let readers = self.readers.iter().filter(|reader| !reader.blocks(id, username));
        readers
            .map(|reader| Incoming {
                channel_id: reader.channel.id.clone(),
                message: normal::message(known, reader),
            })
            .collect()
    }
}

impl<C: Clock> Source for TwitterPoll<C> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn pass(&self, stored: Option<&str>) -> Result<Pass, Failure> {
        let now = self.clock.now();
        let lag = self.settings.index_lag;
        let before = stored.map(Checkpoint::read).transpose()?;
        let channels = self.readers.iter().map(|reader| &*reader.channel);
        let mut checkpoint = Checkpoint::begin(before.clone(), &self.queries, channels, now, lag);

        let searches =
            self.queries.iter().map(|query| self.search(query, checkpoint.since(query), now));
        let found = try_join_all(searches).await?;

        let tweets = fresh(&found, &self.queries, &checkpoint);
        let matched = self.matched(&tweets, &checkpoint);
        let messages = self.messages(&matched, now).await?;

        let ids =
            |found: &Found| found.tweets.iter().filter_map(|t| snowflake::parse(&t.id)).collect();
        let marks = self.queries.iter().zip(&found);
        let marks = marks.map(|(query, found)| (query, ids(found), found.newest));
        checkpoint.advance(marks, now, lag);
        let checkpoint = match stored {
            Some(stored) if before.as_ref() == Some(&checkpoint) => stored.to_owned(),
            _ => checkpoint.write()?,
        };
        Ok(Pass { messages, checkpoint })
    }
}

/// X refuses a `since_id` of more than seven days ago.
fn reachable(since: u64, now: Timestamp) -> Since {
    let oldest = snowflake::before(now, REACH);
    if snowflake::time_of(since) < snowflake::before(now, SURE_REACH) {
        Since::Time(oldest)
    } else {
        Since::Id(since)
    }
}

/// What no pass has found before, each tweet once, however many queries it answers.
fn fresh(found: &[Found], queries: &[Query], checkpoint: &Checkpoint) -> Vec<Tweet> {
    let mut fresh = BTreeMap::new();
    for (query, found) in queries.iter().zip(found) {
        let since = checkpoint.since(query);
        for tweet in &found.tweets {
            let Some(id) = snowflake::parse(&tweet.id) else { continue };
            // A search by time instead of by id begins earlier than it has to.
            if id > since && !checkpoint.has_seen(id) {
                fresh.entry(id).or_insert_with(|| tweet.clone());
            }
        }
    }
    fresh.into_values().collect()
}

#[cfg(test)]
mod tests;

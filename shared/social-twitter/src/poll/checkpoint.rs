//! How far a credential's searches are read. It changes only when something was found, so that an
//! idle pass writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use social_core::{Channel, ChannelId, Classify, Verdict, channel::Start};

use crate::{packing::Query, snowflake};

/// Ids that are remembered per query. More than that in one overlap, and the ledger of seen
/// messages has to tell them apart.
const REMEMBERED: usize = 500;
/// Ids that are remembered of all queries together: the checkpoint is one item of a table.
const REMEMBERED_IN_ALL: usize = 4_000;
/// Farther back than this, a query that found nothing is not read again once another one found
/// something. Bounds what a change of terms reads, and bills, a second time.
const REREAD: Duration = Duration::from_hours(24);

/// The stored checkpoint is none of ours.
#[derive(Debug, thiserror::Error)]
#[error("the checkpoint of the search cannot be read")]
pub(crate) struct CheckpointError;

impl Classify for CheckpointError {
    /// Beginning anew would lose messages, or pay for a week of them: somebody has to look.
    fn verdict(&self) -> Verdict {
        Verdict::WAIT
    }

    fn error_type(&self) -> &'static str {
        "twitter_checkpoint"
    }
}

/// All queries of a credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    queries: BTreeMap<String, Mark>,
    /// Since when each channel takes messages in.
    channels: BTreeMap<ChannelId, Timestamp>,
    /// When all queries were read to their newest tweet, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) read: Option<Timestamp>,
    /// Since when keyword searches pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paused: Option<Timestamp>,
}

/// One query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The next pass's `since_id`: behind the newest tweet by the time that X takes to index,
    /// until that time has passed.
    since: u64,
    /// What was found after `since`: it will be found again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    seen: BTreeSet<u64>,
}

impl Checkpoint {
    /// Reads a stored checkpoint.
    pub(crate) fn read(text: &str) -> Result<Self, CheckpointError> {
        serde_json::from_str(text).map_err(|_| CheckpointError)
    }

    /// The same as text.
    pub(crate) fn write(&self) -> Result<String, CheckpointError> {
        serde_json::to_string(self).map_err(|_| CheckpointError)
    }

    /// Where this pass begins: the stored checkpoint, fitted to today's channels and queries.
    pub(crate) fn begin<'a>(
        stored: Option<Self>,
        queries: impl Iterator<Item = &'a Query>,
        channels: impl Iterator<Item = &'a Channel>,
        now: Timestamp,
        lag: Duration,
    ) -> Self {
        let stored = stored.unwrap_or_default();
        let (read, paused) = (stored.read, stored.paused);
        let mut current = Self { read, paused, ..Self::default() };
        let mut earliest: Option<Timestamp> = None;
        for channel in channels {
            let known = stored.channels.get(&channel.id).copied();
            let start = match channel.start {
                Start::Now => known.unwrap_or(now),
                Start::At(time) => time,
            };
            if known.is_none() {
                earliest = Some(earliest.map_or(start, |earliest| earliest.min(start)));
            }
            current.channels.insert(channel.id.clone(), start);
        }
        let new = earliest.map(|start| snowflake::at(snowflake::before(start.min(now), lag)));
        // Its terms were in some query before: in the one that is farthest behind, for all we know.
        let oldest = stored.queries.values().map(|mark| mark.since).min();
        for query in queries {
            let mark = stored.queries.get(&query.key).cloned();
            let mut mark = mark.unwrap_or_else(|| Mark::at(oldest.or(new).unwrap_or_default()));
            // A new channel's terms may be in any query.
            mark.since = new.map_or(mark.since, |new| mark.since.min(new));
            current.queries.insert(query.key.clone(), mark);
        }
        current
    }

    /// Lets a query that was never read begin where others stand that found its tweets so far.
    pub(crate) fn begin_at<'a>(&mut self, query: &Query, others: impl Iterator<Item = &'a Query>) {
        let since = others.filter_map(|other| self.queries.get(&other.key)).map(|mark| mark.since);
        if let Some(since) = since.min() {
            self.queries.insert(query.key.clone(), Mark::at(since));
        }
    }

    /// Whether the query has a place of its own.
    pub(crate) fn knows(&self, query: &Query) -> bool {
        self.queries.contains_key(&query.key)
    }

    /// The query's `since_id`.
    pub(crate) fn since(&self, query: &Query) -> u64 {
        self.queries.get(&query.key).map_or(0, |mark| mark.since)
    }

    /// Whether some query found the tweet before.
    pub(crate) fn has_seen(&self, id: u64) -> bool {
        self.queries.values().any(|mark| mark.seen.contains(&id))
    }

    /// Whether this query found the tweet before, in the time that it reads again.
    pub(crate) fn saw(&self, query: &Query, id: u64) -> bool {
        self.queries.get(&query.key).is_some_and(|mark| mark.seen.contains(&id))
    }

    /// When a channel began to take messages in.
    pub(crate) fn start(&self, channel: &ChannelId) -> Option<Timestamp> {
        self.channels.get(channel).copied()
    }

    /// After a query was read. `ids` are what it found; everything up to `high` is read, as far as
    /// X had `indexed` it by then. `true` if something is new.
    pub(crate) fn advance(
        &mut self,
        query: &Query,
        ids: BTreeSet<u64>,
        high: u64,
        indexed: u64,
    ) -> bool {
        let mark = self.queries.get_mut(&query.key);
        mark.is_some_and(|mark| mark.advance(ids, high, indexed))
    }

    /// After a pass that found something: queries that were read to their end and found nothing
    /// move up, and what is remembered stays within bounds.
    pub(crate) fn finish<'a>(&mut self, whole: impl Iterator<Item = &'a Query>, now: Timestamp) {
        let floor = snowflake::at(snowflake::before(now, REREAD));
        for query in whole {
            if let Some(mark) = self.queries.get_mut(&query.key) {
                mark.since = mark.since.max(floor);
            }
        }
        let mut over = self.queries.values().map(|mark| mark.seen.len()).sum::<usize>();
        over = over.saturating_sub(REMEMBERED_IN_ALL);
        for mark in self.queries.values_mut() {
            while over > 0 && mark.seen.pop_first().is_some() {
                over -= 1;
            }
        }
    }
}

impl Mark {
    fn at(since: u64) -> Self {
        Self { since, seen: BTreeSet::new() }
    }

    /// Everything up to `indexed` can be found by now, and was. `true` if something is new.
    fn advance(&mut self, ids: BTreeSet<u64>, high: u64, indexed: u64) -> bool {
        let before = self.seen.len();
        self.seen.extend(ids.into_iter().filter(|id| *id > self.since));
        let is_new = self.seen.len() > before;
        let high = high.max(self.seen.last().copied().unwrap_or_default());
        // Nothing new: the overlap stays as it is, until it can be given up at once.
        if is_new || (high <= indexed && high > self.since) {
            self.since = self.since.max(high.min(indexed));
            self.seen = self.seen.split_off(&(self.since + 1));
            while self.seen.len() > REMEMBERED {
                self.seen.pop_first();
            }
        }
        is_new
    }
}

#[cfg(test)]
mod tests;

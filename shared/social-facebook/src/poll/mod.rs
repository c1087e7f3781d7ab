//! Polling a page: what callbacks did not bring (contract A2 to A4, A6). One call where nothing happened.
//!
//! A page has two sources, each with its lease, its checkpoint and its pace: the feed with its comments, and the
//! private messages. What stops one of them leaves the other alone.

mod checkpoint;
mod feed;
mod health;
mod inbox;
mod node;
mod reading;
mod subscription;
mod trouble;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use social_core::{
    Channel, Clock, Failure, Message,
    channel::{Include, Start},
    credential::{Credentials, FacebookCredential},
    message::Verb,
    store::Seen,
};

use self::health::Evidence;
pub use self::{feed::FacebookPoll, inbox::FacebookInbox, trouble::Troubles};
use crate::graph::{Graph, GraphError};

/// How far back a poll looks, and how often.
#[derive(Debug, Clone)]
pub struct PollSettings {
    /// What is younger than the newest by this much is looked at again: some things appear late.
    pub overlap: Duration,
    /// Between two looks at a post that left the feed's first page.
    pub revisit: Duration,
    /// Between two passes while callbacks bring everything; `None` never slows down.
    pub slow: Option<Duration>,
    /// How long a callback may take before the poll counts it as missing.
    pub grace: Duration,
    /// Posts that the nightly look goes through.
    pub deep_posts: usize,
    /// How old what the nightly look brings may be. Less than the ledger remembers.
    pub deep_reach: Duration,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            overlap: Duration::from_mins(10),
            revisit: Duration::from_mins(5),
            slow: None,
            grace: Duration::from_mins(1),
            deep_posts: 100,
            deep_reach: Duration::from_hours(7 * 24),
        }
    }
}

impl PollSettings {
    fn overlap_seconds(&self) -> i64 {
        seconds(self.overlap)
    }

    fn revisit_seconds(&self) -> i64 {
        seconds(self.revisit)
    }
}

fn seconds(duration: Duration) -> i64 {
    duration.as_secs().try_into().unwrap_or(i64::MAX / 2)
}

/// What the polls of all pages share.
#[derive(Clone)]
pub struct PollPorts<C, K, S> {
    pub graph: Graph<C>,
    /// Asked before each pass, so that a new token is used as soon as it is there.
    pub credentials: K,
    /// Tells which messages callbacks have brought.
    pub seen: S,
    pub troubles: Troubles,
}

/// What the polls of one channel's page have in common.
struct Common<C, K, S> {
    ports: PollPorts<C, K, S>,
    channel: Arc<Channel>,
    page_id: String,
    name: String,
    settings: PollSettings,
    /// Since when the channel is switched on, where that is known.
    since: Option<Timestamp>,
}

impl<C: Clock, K: Credentials, S: Seen> Common<C, K, S> {
    fn new(ports: PollPorts<C, K, S>, channel: Arc<Channel>, source: &str) -> Option<Self> {
        let page_id = channel.facebook()?.page_id.clone();
        let name = format!("facebook#{page_id}#{}{source}", channel.id);
        Some(Self { ports, channel, page_id, name, settings: PollSettings::default(), since: None })
    }

    fn includes(&self, what: Include) -> bool {
        self.channel.facebook().is_some_and(|page| page.include.contains(&what))
    }

    fn now(&self) -> Timestamp {
        self.ports.graph.now()
    }

    /// From when on messages are taken in: nothing older than the channel's start.
    fn floor(&self) -> i64 {
        self.start().unwrap_or_else(|| self.now().as_second())
    }

    fn start(&self) -> Option<i64> {
        match self.channel.start {
            Start::Now => self.since.map(Timestamp::as_second),
            Start::At(time) => Some(time.as_second()),
        }
    }

    /// Whether a poll that began at `floor` began before the channel did, which was off meanwhile.
    fn is_outdated(&self, floor: i64) -> bool {
        self.start().is_some_and(|start| floor < start)
    }

    /// Whether it was there when the channel was switched on, be it in that very second.
    fn is_history(&self, at: i64) -> bool {
        self.channel.start == Start::Now && at <= self.floor()
    }

    async fn credential(&self) -> Result<Arc<FacebookCredential>, Failure> {
        self.ports.credentials.facebook(&self.channel.credential).await
    }

    /// Where a poll stood, if the channel has been on ever since.
    fn stood<T>(
        &self,
        checkpoint: Option<&str>,
        read: fn(&str) -> Result<T, Failure>,
        floor: fn(&T) -> i64,
    ) -> Result<Option<T>, Failure> {
        let checkpoint = self.readable(checkpoint.map(read).transpose())?;
        Ok(checkpoint.filter(|checkpoint| !self.is_outdated(floor(checkpoint))))
    }

    /// A checkpoint that cannot be read is told: nobody but an administrator can mend it.
    fn readable<T>(&self, checkpoint: Result<T, Failure>) -> Result<T, Failure> {
        if checkpoint.is_err() {
            self.ports.troubles.tell_unreadable(&self.channel, &self.name);
        }
        checkpoint
    }

    /// Says once what keeps this source from being read, and takes it back once it is read again.
    fn tell<T>(&self, outcome: Result<T, GraphError>) -> Result<T, Failure> {
        match &outcome {
            Ok(_) => self.ports.troubles.over(&self.channel, &self.name),
            Err(error) => self.ports.troubles.tell_of(&self.channel, &self.name, error),
        }
        outcome.map_err(Failure::from)
    }

    /// What new messages say of the callbacks. Only what a callback would have brought is asked for.
    async fn judge(&self, messages: impl Iterator<Item = &Message>) -> Evidence {
        if self.settings.slow.is_none() {
            return Evidence::default();
        }
        let of_visitors = messages.filter(|message| !message.own && message.verb == Verb::Add);
        let late = self.now() - self.settings.grace;
        health::judge(&self.ports.seen, &self.channel.id, of_visitors, late).await
    }
}

/// Says what a pass left to the next one, because of `post_limit`.
fn tell_left(channel: &Channel, left: usize) {
    if left > 0 {
        tracing::warn!(
            metric = "PassLimited", channel_id = %channel.id, field = "post_limit", left,
            limit = channel.post_limit, "a pass took as many messages as it may; the next one goes on"
        );
    }
}

#[cfg(test)]
mod tests;

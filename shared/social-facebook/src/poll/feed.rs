//! The poll of a page's feed: visitors' posts, posts that tag the page, and comments.

use std::sync::Arc;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use social_core::{
    Channel, Clock, Failure,
    channel::{Include, Start},
    credential::Credentials,
    inbound::Incoming,
    polling::{Pass, Source},
    store::Seen,
};

use super::{
    Common, PollPorts, PollSettings,
    checkpoint::{Checkpoint, Progress},
    health::Evidence,
    reading::{Candidate, Found, Reader},
    seconds, subscription, tell_left,
};
use crate::{admission, graph::Page};

/// The nightly look begins at three; pages share out the hours up to seven (UTC).
const NIGHT: i64 = 3 * 60 * 60;
const NIGHT_SPREAD: i64 = 4 * 60 * 60;
const DAY: i64 = 24 * 60 * 60;
/// Questions to the ledger side by side.
const ASKED_AT_ONCE: usize = 16;

/// The poll of one channel's feed.
pub struct FacebookPoll<C, K, S>(Common<C, K, S>);

impl<C: Clock, K: Credentials, S: Seen> FacebookPoll<C, K, S> {
    /// The poll of a channel; `None` where it takes nothing of a feed. Time is the graph's.
    pub fn new(ports: PollPorts<C, K, S>, channel: Arc<Channel>) -> Option<Self> {
        let common = Common::new(ports, channel, "")?;
        let of_feed = [Include::VisitorPosts, Include::Comments, Include::Mentions];
        of_feed.into_iter().any(|what| common.includes(what)).then_some(Self(common))
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_settings(self, settings: PollSettings) -> Self {
        Self(Common { settings, ..self.0 })
    }

    /// The same for a channel that is switched on since then. What a checkpoint from before says no longer counts.
    #[must_use]
    pub fn since(self, since: Option<Timestamp>) -> Self {
        Self(Common { since, ..self.0 })
    }

    fn stood(&self, checkpoint: Option<&str>) -> Result<Option<Checkpoint>, Failure> {
        self.0.stood(checkpoint, Checkpoint::read, Checkpoint::floor)
    }

    /// The night whose deeper look is due; it changes at another time for each page.
    fn night(&self) -> i64 {
        let digits = self.0.page_id.bytes().map(i64::from);
        let number = digits.fold(0, |number, digit| (number * 10 + digit) % NIGHT_SPREAD);
        (self.0.now().as_second() - NIGHT - number).div_euclid(DAY)
    }

    fn incoming(&self, candidate: &Candidate) -> Option<Incoming> {
        let message = candidate.message.clone();
        let message = admission::admit(&self.0.channel, candidate.mention, message)?;
        Some(Incoming { channel_id: self.0.channel.id.clone(), message })
    }

    /// Leaves of a deeper look what no road has brought yet.
    async fn leave_known(&self, found: &mut Found) -> Result<(), Failure> {
        let channel = &self.0.channel;
        let asked = stream::iter(std::mem::take(&mut found.new)).map(async |candidate| {
            let admitted = self.incoming(&candidate).map(|incoming| incoming.message);
            let known = match &admitted {
                Some(message) => self.0.ports.seen.is_known(&channel.id, message).await?,
                None => true,
            };
            Ok::<_, Failure>((!known).then_some(candidate))
        });
        let mut answers = asked.buffered(ASKED_AT_ONCE);
        while let Some(answer) = answers.next().await {
            found.new.extend(answer?);
        }
        Ok(())
    }

    async fn judge(&self, taken: &[Candidate], reader: &Reader<'_, C>) -> Evidence {
        if reader.deep_from.is_some() {
            return Evidence::default();
        }
        // Mentions are another field's, and may not be subscribed.
        let taken = taken.iter().filter(|candidate| !candidate.mention);
        let admitted: Vec<Incoming> =
            taken.filter_map(|candidate| self.incoming(candidate)).collect();
        self.0.judge(admitted.iter().map(|incoming| &incoming.message)).await
    }

    async fn reconcile(&self, page: &Page<'_, C>) {
        let Common { page_id, channel, ports, .. } = &self.0;
        subscription::reconcile(page, page_id, channel, &ports.troubles).await;
    }
}

impl<C: Clock, K: Credentials, S: Seen> Source for FacebookPoll<C, K, S> {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn due(&self, checkpoint: Option<&str>) -> Option<Timestamp> {
        self.stood(checkpoint).ok()??.health.due(&self.0.settings)
    }

    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure> {
        let Common { ports, channel, page_id, settings, .. } = &self.0;
        let (now, night) = (self.0.now().as_second(), self.night());
        let stood = self.stood(checkpoint)?;
        let is_first = stood.is_none();
        let before = stood.unwrap_or_else(|| Checkpoint::starting(self.0.floor(), night));
        let deep_from = before.deep_from(night, now - seconds(settings.deep_reach));
        let credential = self.0.credential().await?;
        let page = ports.graph.page(page_id, &credential);
        let reader = Reader { page, page_id, channel, settings, before: &before, deep_from, now };
        let mut found = self.0.tell(reader.read().await)?;
        if deep_from.is_some() {
            self.leave_known(&mut found).await?;
        }
        let is_history = |taken: &Candidate| is_first && self.0.is_history(taken.at);
        let starts_now = is_first && channel.start == Start::Now;
        let count = found.order(if starts_now { u32::MAX } else { channel.post_limit });
        let (taken, pending) = found.new.split_at(count);
        tell_left(channel, pending.len());
        let evidence =
            if starts_now { Evidence::default() } else { self.judge(taken, &reader).await };
        if is_first || deep_from.is_some() || evidence.missed > 0 {
            self.reconcile(&reader.page).await;
        }
        let done = pending.is_empty();
        let progress = Progress {
            on_feed: found.on_feed,
            taken,
            pending,
            checked: if done { found.checked } else { Vec::new() },
            gone: found.gone,
            night: done.then_some(night),
            health: before.health.after(evidence, !done, now),
            now,
        };
        let after = before.after(&progress, settings);
        let taken = taken.iter().filter(|taken| !is_history(taken));
        let messages = taken.filter_map(|candidate| self.incoming(candidate)).collect();
        let checkpoint = match checkpoint {
            Some(unchanged) if after == before && !is_first => unchanged.to_owned(),
            _ => after.write()?,
        };
        Ok(Pass { messages, checkpoint })
    }
}

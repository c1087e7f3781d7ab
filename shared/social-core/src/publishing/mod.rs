//! Publishing: what waits in `outbound.fifo` goes onto its network once, or back to its agent.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    channel::{Channel, Channels},
    chat::ContactCenter,
    clock::Clock,
    desk::{Desk, DeskError},
    inbound::{InboundQueue, OutboundQueue},
    message::Network,
    reply::{
        Fingerprint, PublishError, Publisher, Refusal, Reply, ReplyRecord, ReplyState, Target,
        lifecycle::{Bounds, Outcome, Step},
    },
    store::{Conversations, Replies},
    text,
    verdict::{Classify, Failure, Verdict},
};

/// Characters of a returned reply that the agent reads again.
const RETURNED_CHARS: usize = 4_000;

/// Limits that differ between installations.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A reply that waited longer is given back to its agent.
    pub max_age: Duration,
    /// An attempt is over for certain after this: longer than the function may run.
    pub lease: Duration,
}

/// Why a reply is not settled yet.
#[derive(Debug, thiserror::Error)]
pub enum PublishingError {
    #[error("the reply waits for its time")]
    NotYet { after: Duration },
    #[error("another worker changed the reply")]
    Busy,
    #[error("no enabled channel has this id")]
    NoChannel,
    #[error("cannot read the channels")]
    Channels(#[source] Failure),
    #[error("cannot read or write the bridge's state")]
    Store(#[source] Failure),
    #[error("the network did not take the reply")]
    Network(#[source] Failure),
    #[error("cannot look for the reply on the network")]
    Look(#[source] Failure),
    #[error("cannot tell the agent")]
    Desk(#[source] DeskError),
}

impl Classify for PublishingError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::NotYet { after } => Verdict::Wait { after: Some(*after) },
            Self::Busy => Verdict::RETRY,
            Self::NoChannel => Verdict::WAIT,
            Self::Channels(failure) | Self::Store(failure) => failure.verdict(),
            // A reply is never parked for what a network said: it waits, or comes back to its agent.
            Self::Network(failure) | Self::Look(failure) => match failure.verdict() {
                Verdict::Reject => Verdict::WAIT,
                verdict => verdict,
            },
            Self::Desk(error) => error.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::NotYet { .. } => "not_yet",
            Self::Busy => "busy",
            Self::NoChannel => "channel_unknown",
            Self::Channels(failure)
            | Self::Store(failure)
            | Self::Network(failure)
            | Self::Look(failure) => failure.error_type(),
            Self::Desk(error) => error.error_type(),
        }
    }
}

/// The publisher: the networks, and the desk that hears what came to nothing.
#[derive(Debug, Clone)]
pub struct Publishing<H, F, X, S, C, I, O, K> {
    pub channels: H,
    pub facebook: F,
    pub twitter: X,
    pub desk: Desk<S, C, I, O, K>,
    pub limits: Limits,
}

impl<H, F, X, S, C, I, O, K> Publishing<H, F, X, S, C, I, O, K>
where
    H: Channels,
    F: Publisher,
    X: Publisher,
    S: Conversations + Replies,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Brings one reply as far as it can be brought now.
    pub async fn publish(&self, reply: &Reply) -> Result<(), PublishingError> {
        let now = self.desk.clock.now();
        let channels = self.channels.all().await.map_err(PublishingError::Channels)?;
        let Some(channel) = channels.find(&reply.channel_id) else {
            return match too_old(reply, now, self.limits) {
                Some(refusal) => self.refuse(reply, refusal, now).await,
                None => Err(PublishingError::NoChannel),
            };
        };
        let target = match may_publish(channel, reply, now, self.limits) {
            Ok(target) => target,
            Err(refusal) => return self.refuse(reply, refusal, now).await,
        };
        match channel.network() {
            Network::Facebook => self.publish_on(&self.facebook, channel, reply, target).await,
            Network::Twitter => self.publish_on(&self.twitter, channel, reply, target).await,
        }
    }

    async fn publish_on(
        &self,
        network: &impl Publisher,
        channel: &Channel,
        reply: &Reply,
        target: &Target,
    ) -> Result<(), PublishingError> {
        let bounds = Bounds { lease: self.limits.lease, settle: network.settle_time() };
        let now = self.desk.clock.now();
        let parts = network.parts(channel, &reply.text);
        let first = ReplyRecord {
            parts: parts.iter().map(|part| Fingerprint::of(part)).collect(),
            ..ReplyRecord::first(reply, now, bounds)
        };
        let Some(mut record) = self.begin(reply, &first).await? else {
            return self.attempt(network, channel, reply, target, &first).await;
        };
        loop {
            let now = self.desk.clock.now();
            match record.next_step(now, bounds) {
                Step::Done => return Ok(()),
                Step::TellRefused(refusal) => return self.give_back(reply, &refusal).await,
                Step::WaitUntil(time) => return Err(not_yet(time, now)),
                Step::Settle(next) => {
                    self.advance(reply, &record, &next).await?;
                    record = next;
                }
                Step::Look => record = self.look(network, channel, reply, target, &record).await?,
                Step::Post(next) => {
                    self.advance(reply, &record, &next).await?;
                    return self.attempt(network, channel, reply, target, &next).await;
                }
            }
        }
    }

    /// Posts once; the record says already that it may be on the network.
    async fn attempt(
        &self,
        network: &impl Publisher,
        channel: &Channel,
        reply: &Reply,
        target: &Target,
        record: &ReplyRecord,
    ) -> Result<(), PublishingError> {
        let posted = network.publish(channel, target, &reply.text).await;
        let now = self.desk.clock.now();
        let bounds = Bounds { lease: self.limits.lease, settle: network.settle_time() };
        let (outcome, failure) = match posted {
            Ok(remote_id) => (Outcome::Published(remote_id), None),
            Err(PublishError::Refused(refusal)) => (Outcome::Refused(refusal), None),
            Err(PublishError::NotPublished(failure)) => (Outcome::NotPublished, Some(failure)),
            Err(PublishError::Unknown(failure)) => (Outcome::Unknown, Some(failure)),
        };
        let next = record.after_attempt(outcome.clone(), now, bounds);
        match (outcome, self.advance(reply, record, &next).await) {
            // The echo was here before the answer, and settled the reply as published.
            (Outcome::Published(_), Ok(()) | Err(PublishingError::Busy)) => Ok(()),
            (_, Err(error)) => Err(error),
            (Outcome::Refused(refusal), Ok(())) => self.give_back(reply, &refusal).await,
            (Outcome::NotPublished | Outcome::Unknown, Ok(())) => match (&next.state, failure) {
                (ReplyState::Refused { refusal }, _) => self.give_back(reply, refusal).await,
                (_, Some(failure)) => Err(PublishingError::Network(failure)),
                (_, None) => Err(PublishingError::Busy),
            },
        }
    }

    async fn look(
        &self,
        network: &impl Publisher,
        channel: &Channel,
        reply: &Reply,
        target: &Target,
        record: &ReplyRecord,
    ) -> Result<ReplyRecord, PublishingError> {
        let there = match network.own_messages(channel, target, record.since).await {
            Ok(there) => there,
            // It can never be looked for, as when the visitor's message is gone by now.
            Err(failure) if failure.verdict() == Verdict::Reject => {
                let state = ReplyState::Refused { refusal: Refusal::Unknown };
                let next = ReplyRecord { state, ..record.clone() };
                self.advance(reply, record, &next).await?;
                return Ok(next);
            }
            Err(failure) => return Err(PublishingError::Look(failure)),
        };
        let others = self.desk.store.of(&reply.channel_id, &reply.conversation).await;
        let others = others.map_err(PublishingError::Store)?;
        let next = record.after_look(&there, &others, self.desk.clock.now());
        self.advance(reply, record, &next).await?;
        Ok(next)
    }

    async fn refuse(
        &self,
        reply: &Reply,
        refusal: Refusal,
        now: Timestamp,
    ) -> Result<(), PublishingError> {
        let record = ReplyRecord::refused(reply, refusal.clone(), now);
        let Some(stored) = self.begin(reply, &record).await? else {
            return self.give_back(reply, &refusal).await;
        };
        let bounds = Bounds { lease: self.limits.lease, settle: Duration::ZERO };
        match stored.next_step(now, bounds) {
            // It grew too old, or the channel changed, while it waited untouched.
            Step::Post(_) => {
                self.advance(reply, &stored, &record).await?;
                self.give_back(reply, &refusal).await
            }
            // What was found out then counts, not what the rules would say now.
            Step::TellRefused(refusal) => self.give_back(reply, &refusal).await,
            Step::Done => Ok(()),
            Step::WaitUntil(time) => Err(not_yet(time, now)),
            Step::Settle(_) | Step::Look => self.settle_refused(reply, &stored).await,
        }
    }

    /// An attempt was made before the rule forbade the reply, and its outcome is unknown.
    async fn settle_refused(
        &self,
        reply: &Reply,
        stored: &ReplyRecord,
    ) -> Result<(), PublishingError> {
        let unknown = ReplyRecord {
            state: ReplyState::Refused { refusal: Refusal::Unknown },
            ..stored.clone()
        };
        self.advance(reply, stored, &unknown).await?;
        self.give_back(reply, &Refusal::Unknown).await
    }

    /// The whole reply comes back to its agent, with the reason.
    async fn give_back(&self, reply: &Reply, refusal: &Refusal) -> Result<(), PublishingError> {
        let loaded = self.desk.store.load(&reply.channel_id, &reply.conversation).await;
        let mut conversation = loaded.map_err(PublishingError::Store)?;
        let excerpt = text::excerpt(&text::clean(&reply.text), RETURNED_CHARS);
        let written = excerpt.replace('\n', "\n    ");
        let notice = format!("your reply was not published: {refusal}.\n    {written}");
        let id = format!("returned#{}", reply.id);
        self.desk.tell(&mut conversation, &id, &notice).await.map_err(PublishingError::Desk)
    }

    async fn begin(
        &self,
        reply: &Reply,
        record: &ReplyRecord,
    ) -> Result<Option<ReplyRecord>, PublishingError> {
        let begun = self.desk.store.begin(&reply.channel_id, &reply.conversation, record).await;
        begun.map_err(PublishingError::Store)
    }

    async fn advance(
        &self,
        reply: &Reply,
        old: &ReplyRecord,
        new: &ReplyRecord,
    ) -> Result<(), PublishingError> {
        let store = &self.desk.store;
        let ours = store.advance(&reply.channel_id, &reply.conversation, old, new).await;
        if ours.map_err(PublishingError::Store)? { Ok(()) } else { Err(PublishingError::Busy) }
    }
}

/// The rules of what may be published, before any call.
fn may_publish<'r>(
    channel: &Channel,
    reply: &'r Reply,
    now: Timestamp,
    limits: Limits,
) -> Result<&'r Target, Refusal> {
    if channel.is_read_only() {
        return Err(Refusal::ReadOnly);
    }
    let target = reply.target.as_ref().map_err(Clone::clone)?;
    if !channel.publishing {
        return Err(Refusal::PublishingOff);
    }
    match too_old(reply, now, limits) {
        Some(refusal) => Err(refusal),
        None => Ok(target),
    }
}

fn too_old(reply: &Reply, now: Timestamp, limits: Limits) -> Option<Refusal> {
    let age = Duration::try_from(now.duration_since(reply.written_at)).unwrap_or_default();
    (age > limits.max_age).then_some(Refusal::TooOld { minutes: limits.max_age.as_secs() / 60 })
}

fn not_yet(time: Timestamp, now: Timestamp) -> PublishingError {
    let after = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    PublishingError::NotYet { after: after + Duration::from_secs(1) }
}

#[cfg(test)]
mod tests;

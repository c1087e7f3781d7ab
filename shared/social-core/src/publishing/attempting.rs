//! Attempting: one reply on its network, once in effect.

use std::time::Duration;

use super::{Ports, Publishing, PublishingError, not_yet};
use crate::{
    channel::Channel,
    clock::Clock,
    command::Command,
    message::Kind,
    reply::{
        Fingerprint, PublishError, Publisher, Refusal, Reply, ReplyRecord, ReplyState, Target,
        lifecycle::{Bounds, Outcome, Step},
    },
    store::Replies,
    verdict::{Failure, Verdict},
};

/// Attempts after which even a passing trouble counts as a delay.
const MANY_ATTEMPTS: u32 = 3;

impl<P: Ports> Publishing<P> {
    pub(super) async fn publish_on(
        &self,
        network: &impl Publisher,
        channel: &Channel,
        reply: &Reply,
        target: &Target,
    ) -> Result<(), PublishingError> {
        let bounds = self.bounds(network, reply);
        let parts = network.parts(channel, &reply.text);
        let first = ReplyRecord {
            parts: parts.iter().map(|part| Fingerprint::of(part)).collect(),
            reply_under: Some(target.reply_under.clone()),
            ..ReplyRecord::first(reply, self.desk.clock.now(), bounds)
        };
        let Some(mut record) = self.begin(reply, &first).await? else {
            return self.attempt(network, channel, reply, target, &first).await;
        };
        loop {
            let now = self.desk.clock.now();
            match record.next_step(now, bounds) {
                Step::Done => return self.tell_published(channel, reply, &record).await,
                Step::TellRefused(refusal) => {
                    return self.give_back(Some(channel), reply, &refusal).await;
                }
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

    fn bounds(&self, network: &impl Publisher, reply: &Reply) -> Bounds {
        let moderates = reply.command.is_some_and(Command::moderates);
        let settle = if moderates { Duration::ZERO } else { network.settle_time() };
        Bounds { lease: self.limits.lease, settle }
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
        self.note_hiding(reply).await?;
        let (outcome, failure) = match carry_out(network, channel, reply, target).await {
            Ok(outcome) => (outcome, None),
            // The attempt before, whose answer was lost, was the one that Facebook takes.
            Err(PublishError::Refused(Refusal::AnsweredPrivately)) if record.unknown > 0 => {
                (Outcome::Done, None)
            }
            Err(PublishError::Refused(refusal)) => (Outcome::Refused(refusal), None),
            Err(PublishError::NotPublished(failure)) => (Outcome::NotPublished, Some(failure)),
            Err(PublishError::Unknown(failure))
                if reply.command.is_some_and(Command::moderates) =>
            {
                (Outcome::NotPublished, Some(failure))
            }
            Err(PublishError::Unknown(failure)) => (Outcome::Unknown, Some(failure)),
        };
        if outcome == Outcome::Done {
            self.leave_a_trail(reply, target).await?;
        }
        let bounds = self.bounds(network, reply);
        let mut next = record.after_attempt(outcome.clone(), self.desk.clock.now(), bounds);
        next.delayed |= is_delayed(reply, record, &outcome, failure.as_ref());
        match (outcome, self.advance(reply, record, &next).await) {
            // Busy: the echo was here before the answer, and settled the reply as published.
            (Outcome::Published(_) | Outcome::Done, Ok(()) | Err(PublishingError::Busy)) => {
                self.tell_published(channel, reply, &next).await
            }
            (_, Err(error)) => Err(error),
            (Outcome::Refused(refusal), Ok(())) => {
                self.give_back(Some(channel), reply, &refusal).await
            }
            (Outcome::NotPublished | Outcome::Unknown, Ok(())) => match (&next.state, failure) {
                (ReplyState::Refused { refusal }, _) => {
                    self.give_back(Some(channel), reply, refusal).await
                }
                (_, Some(failure)) => {
                    if next.delayed && !record.delayed {
                        self.tell_delayed(reply, &next).await;
                    }
                    Err(PublishingError::Network(failure))
                }
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
        if reply.command.is_some_and(Command::moderates) {
            let next = record.to_be_repeated();
            self.advance(reply, record, &next).await?;
            return Ok(next);
        }
        let target = whereabouts(reply, target);
        let there = match network.own_messages(channel, &target, record.since).await {
            Ok(there) => there,
            // It can never be looked for, as when the visitor's message is gone by now.
            Err(failure) if failure.verdict() == Verdict::Reject => {
                let next = record.with(ReplyState::Refused { refusal: Refusal::Unknown });
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
}

async fn carry_out(
    network: &impl Publisher,
    channel: &Channel,
    reply: &Reply,
    target: &Target,
) -> Result<Outcome, PublishError> {
    let text = reply.text.as_str();
    match reply.command {
        Some(Command::Private) if target.kind != Kind::PrivateMessage => {
            network.private_reply(channel, target, text).await.map(Outcome::Published)
        }
        Some(Command::Image) => {
            let (image, text) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let published = network.publish_image(channel, target, image, text.trim()).await;
            published.map(Outcome::Published)
        }
        Some(command) if command.moderates() => {
            network.moderate(channel, &target.message_id, command).await.map(|()| Outcome::Done)
        }
        _ => network.publish(channel, target, text).await.map(Outcome::Published),
    }
}

/// Where a read-back looks: a private reply is among the private messages with the author.
fn whereabouts(reply: &Reply, target: &Target) -> Target {
    let kind = match reply.command {
        Some(Command::Private) => Kind::PrivateMessage,
        _ => target.kind,
    };
    Target { kind, ..target.clone() }
}

/// Whether the agent has waited long enough, or will, to be told.
fn is_delayed(
    reply: &Reply,
    record: &ReplyRecord,
    outcome: &Outcome,
    failure: Option<&Failure>,
) -> bool {
    let waits = failure.is_some_and(|failure| matches!(failure.verdict(), Verdict::Wait { .. }));
    let long = waits || *outcome == Outcome::Unknown || record.attempt >= MANY_ATTEMPTS;
    failure.is_some() && reply.speaks() && long
}

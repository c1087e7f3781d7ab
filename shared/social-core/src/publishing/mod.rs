//! Publishing: what waits in `outbound.fifo` goes onto its network once, or back to its agent.

mod attempting;
mod error;
mod obeying;
mod placing;
mod ports;
mod telling;

use std::time::Duration;

pub use error::PublishingError;
use jiff::Timestamp;
pub use ports::{DeskOf, Ports};

use crate::{
    channel::{Channel, ChannelSet, Channels},
    clock::Clock,
    command::Command,
    message::{Kind, Network},
    reply::{
        Refusal, Reply, ReplyRecord, ReplyState, Target,
        lifecycle::{Bounds, Step},
    },
    store::{Ledger, Replies},
};

/// Limits that differ between installations.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A reply that waited longer is given back to its agent.
    pub max_age: Duration,
    /// An attempt is over for certain after this: longer than the function may run.
    pub lease: Duration,
}

/// The publisher: the networks, and the desk that hears what came to nothing.
pub struct Publishing<P: Ports> {
    pub channels: P::Channels,
    pub facebook: P::Facebook,
    pub twitter: P::Twitter,
    pub desk: DeskOf<P>,
    pub limits: Limits,
}

impl<P: Ports> Publishing<P> {
    /// Brings one reply or command as far as it can be brought now.
    pub async fn publish(&self, reply: &Reply) -> Result<(), PublishingError> {
        let now = self.desk.clock.now();
        let channels = self.channels.all().await.map_err(PublishingError::Channels)?;
        let Some(channel) = channels.find(&reply.channel_id) else {
            return match too_old(reply, now, self.limits) {
                Some(refusal) => self.refuse(None, reply, refusal, now).await,
                None => Err(PublishingError::NoChannel),
            };
        };
        if reply.in_doubt {
            return self.refuse(Some(channel), reply, Refusal::InDoubt, now).await;
        }
        match reply.command {
            Some(command) if !channel.desk_rules.allow(command) => {
                return self.refuse(Some(channel), reply, Refusal::UnknownCommand, now).await;
            }
            Some(command) if command.stays_in_the_chat() => {
                return self.obey(channel, reply, command).await;
            }
            _ => {}
        }
        let reply = &*self.placed(reply, now).await?;
        let target = self.target(reply).await?;
        let target = match may_publish(channel, reply, target, now, self.limits) {
            Ok(target) => target,
            Err(refusal) => return self.refuse(Some(channel), reply, refusal, now).await,
        };
        if let Some(channel_name) = self.answered_elsewhere(&channels, reply, &target).await? {
            let refusal = Refusal::AnsweredElsewhere { channel: channel_name };
            return self.refuse(Some(channel), reply, refusal, now).await;
        }
        if channel.desk_rules.approval && reply.speaks() && reply.approved_by.is_none() {
            return self.await_approval(channel, reply, now).await;
        }
        match channel.network() {
            Network::Facebook => self.publish_on(&self.facebook, channel, reply, &target).await,
            Network::Twitter => self.publish_on(&self.twitter, channel, reply, &target).await,
        }
    }

    /// What the reply answers, or what of ours is to be deleted.
    async fn target(&self, reply: &Reply) -> Result<Result<Target, Refusal>, PublishingError> {
        if reply.command != Some(Command::Delete) {
            return Ok(reply.target.clone());
        }
        if reply.conversation.is_private() {
            return Ok(Err(Refusal::Unsupported));
        }
        let named = match &reply.target {
            Ok(target) => Some(&target.message_id),
            Err(Refusal::NoneNamed) => None,
            Err(refusal) => return Ok(Err(refusal.clone())),
        };
        let replies = self.desk.store.of(&reply.channel_id, &reply.conversation).await;
        let replies = replies.map_err(PublishingError::Store)?;
        // Once begun it stays with what it was begun for: the newest may be another one by now.
        let begun = replies.iter().find(|record| record.id == reply.id);
        let begun = begun.map(|record| record.reply_under.clone());
        let ours = replies.iter().filter(|record| {
            record.command != Some(Command::Private)
                && matches!(record.state, ReplyState::Published { .. })
                && named.is_none_or(|named| record.answers.as_ref() == Some(named))
        });
        let newest = ours.max_by_key(|record| record.since);
        let id =
            begun.unwrap_or_else(|| newest.and_then(|record| record.state.remote_id().cloned()));
        let kind = reply.target.as_ref().map_or(Kind::Comment, |target| target.kind);
        Ok(id.ok_or(Refusal::NothingToDelete).map(|id| Target {
            message_id: id.clone(),
            kind,
            reply_under: id,
            author_id: None,
        }))
    }

    /// The name of another channel from which the same message was answered in public.
    async fn answered_elsewhere(
        &self,
        channels: &ChannelSet,
        reply: &Reply,
        target: &Target,
    ) -> Result<Option<String>, PublishingError> {
        let public = reply.speaks() && reply.command != Some(Command::Private);
        if reply.also_in.is_empty() || reply.confirmed || !public {
            return Ok(None);
        }
        let store = &self.desk.store;
        let ours = store.of(&reply.channel_id, &reply.conversation).await;
        if ours.map_err(PublishingError::Store)?.iter().any(|record| record.id == reply.id) {
            return Ok(None);
        }
        for other in reply.also_in.iter().filter(|other| **other != reply.channel_id) {
            let key = Ledger::conversation_of(store, other, &target.message_id).await;
            let Some(key) = key.map_err(PublishingError::Store)? else { continue };
            let theirs = store.of(other, &key).await.map_err(PublishingError::Store)?;
            let answers = |record: &ReplyRecord| {
                record.may_be_public() && record.answers.as_ref() == Some(&target.message_id)
            };
            if theirs.iter().any(answers) {
                let name = channels.find(other).map(|channel| channel.name.clone());
                return Ok(Some(name.unwrap_or_else(|| other.to_string())));
            }
        }
        Ok(None)
    }

    async fn refuse(
        &self,
        channel: Option<&Channel>,
        reply: &Reply,
        refusal: Refusal,
        now: Timestamp,
    ) -> Result<(), PublishingError> {
        let record = ReplyRecord::refused(reply, refusal.clone(), now);
        let Some(stored) = self.begin(reply, &record).await? else {
            return self.give_back(channel, reply, &refusal).await;
        };
        let bounds = Bounds { lease: self.limits.lease, settle: Duration::ZERO };
        match stored.next_step(now, bounds) {
            // It grew too old, or the channel changed, while it waited untouched.
            Step::Post(_) => {
                self.advance(reply, &stored, &record).await?;
                self.give_back(channel, reply, &refusal).await
            }
            // What was found out then counts, not what the rules would say now.
            Step::TellRefused(refusal) => self.give_back(channel, reply, &refusal).await,
            Step::Done => Ok(()),
            Step::WaitUntil(time) => Err(not_yet(time, now)),
            // An attempt was made before the rule forbade the reply, and its outcome is unknown.
            Step::Settle(_) | Step::Look => {
                let unknown = stored.with(ReplyState::Refused { refusal: Refusal::Unknown });
                self.advance(reply, &stored, &unknown).await?;
                self.give_back(channel, reply, &Refusal::Unknown).await
            }
        }
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
fn may_publish(
    channel: &Channel,
    reply: &Reply,
    target: Result<Target, Refusal>,
    now: Timestamp,
    limits: Limits,
) -> Result<Target, Refusal> {
    if channel.is_read_only() {
        return Err(Refusal::ReadOnly);
    }
    let target = target?;
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

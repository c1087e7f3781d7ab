//! The reply's state machine: every change of a [`ReplyRecord`], as pure functions.
//!
//! A reply whose outcome is unknown is never posted again before it was looked for on the network,
//! and never looked for before nothing of the attempt can still be in flight.

use std::time::Duration;

use jiff::Timestamp;

use super::{Fingerprint, OwnMessage, Refusal, Reply, ReplyRecord, ReplyState};
use crate::{command::Command, message::MessageId};

/// Looks at the network that must agree before "not there" is believed.
const LOOKS: u32 = 2;
/// Attempts with an unknown outcome before a person has to look.
const ATTEMPTS: u32 = 2;
/// Pause between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(20);

/// How long things take at the most.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// An attempt is over for certain when it ends: longer than the function may run.
    pub lease: Duration,
    /// How long after the attempt its message may still turn up on the network.
    pub settle: Duration,
}

/// What to do with a reply next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is on the network.
    Done,
    /// It was refused; the agent must know.
    TellRefused(Refusal),
    /// Somebody else may be posting it.
    WaitUntil(Timestamp),
    /// Nobody knows; record that first: the state as it must become.
    Settle(ReplyRecord),
    /// Look for it on the network.
    Look,
    /// Post it, once the record says so: the state as it must become.
    Post(ReplyRecord),
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Published(MessageId),
    /// A moderating command was carried out.
    Done,
    /// Nothing was published, for certain.
    NotPublished,
    Refused(Refusal),
    Unknown,
}

impl ReplyRecord {
    /// A reply that nobody has touched, as its first attempt begins.
    pub fn first(reply: &Reply, now: Timestamp, bounds: Bounds) -> Self {
        let target = reply.target.as_ref().ok();
        let reply_under = target.map(|target| target.reply_under.clone());
        let answers = target.map(|target| target.message_id.clone());
        Self {
            id: reply.id.clone(),
            state: ReplyState::InFlight { lease_until: now + bounds.lease },
            attempt: 1,
            unknown: 0,
            fingerprint: Fingerprint::of(&reply.text),
            parts: Vec::new(),
            reply_under,
            answers,
            since: now,
            command: reply.command,
            delayed: false,
        }
    }

    /// A reply that will never be posted.
    pub fn refused(reply: &Reply, refusal: Refusal, now: Timestamp) -> Self {
        let bounds = Bounds { lease: Duration::ZERO, settle: Duration::ZERO };
        Self { state: ReplyState::Refused { refusal }, ..Self::first(reply, now, bounds) }
    }

    /// What to do with a reply that was begun before.
    pub fn next_step(&self, now: Timestamp, bounds: Bounds) -> Step {
        match &self.state {
            ReplyState::Published { .. } | ReplyState::Done | ReplyState::Deleted { .. } => {
                Step::Done
            }
            ReplyState::Refused { refusal } => Step::TellRefused(refusal.clone()),
            ReplyState::InFlight { lease_until } if now < *lease_until => {
                Step::WaitUntil(*lease_until)
            }
            ReplyState::InFlight { lease_until } => {
                let settled_at = *lease_until + bounds.settle;
                let state = ReplyState::Unknown { settled_at, looked: 0 };
                Step::Settle(Self { unknown: self.unknown + 1, ..self.with(state) })
            }
            ReplyState::Unknown { settled_at, .. } if now < *settled_at => {
                Step::WaitUntil(*settled_at)
            }
            ReplyState::Unknown { .. } => Step::Look,
            ReplyState::Pending => Step::Post(Self {
                attempt: self.attempt + 1,
                state: ReplyState::InFlight { lease_until: now + bounds.lease },
                ..self.clone()
            }),
        }
    }

    /// After an attempt of ours.
    #[must_use]
    pub fn after_attempt(&self, outcome: Outcome, now: Timestamp, bounds: Bounds) -> Self {
        let unknown = self.unknown + u32::from(outcome == Outcome::Unknown);
        let state = match outcome {
            Outcome::Published(remote_id) => ReplyState::Published { remote_id },
            Outcome::Done => ReplyState::Done,
            Outcome::NotPublished => ReplyState::Pending,
            Outcome::Refused(refusal) => ReplyState::Refused { refusal },
            // It was looked for and not found, and again nobody knows: a third try would be a guess.
            Outcome::Unknown if self.unknown + 1 >= ATTEMPTS => {
                ReplyState::Refused { refusal: Refusal::Unknown }
            }
            Outcome::Unknown => {
                ReplyState::Unknown { settled_at: now + bounds.lease + bounds.settle, looked: 0 }
            }
        };
        Self { unknown, ..self.with(state) }
    }

    /// After a look at the network. `others` are the other replies of the conversation: equal
    /// texts of theirs are told apart by the ids that they were published under.
    #[must_use]
    pub fn after_look(&self, there: &[OwnMessage], others: &[Self], now: Timestamp) -> Self {
        let ReplyState::Unknown { looked, .. } = self.state else { return self.clone() };
        let taken = |id: &MessageId| {
            others.iter().any(|other| other.id != self.id && other.state.remote_id() == Some(id))
        };
        let ours = there.iter().find(|own| own.fingerprint == self.fingerprint && !taken(&own.id));
        self.with(match ours {
            Some(own) => ReplyState::Published { remote_id: own.id.clone() },
            None if looked + 1 < LOOKS => {
                ReplyState::Unknown { settled_at: now + BETWEEN_LOOKS, looked: looked + 1 }
            }
            None => ReplyState::Pending,
        })
    }

    /// After our own message came back as an echo: settles the reply if it can be this one.
    pub fn after_echo(&self, own: &OwnMessage) -> Option<Self> {
        let open = matches!(self.state, ReplyState::InFlight { .. } | ReplyState::Unknown { .. });
        let open = open && !self.command.is_some_and(Command::moderates);
        let same = self.fingerprint == own.fingerprint;
        (open && same).then(|| self.with(ReplyState::Published { remote_id: own.id.clone() }))
    }

    /// A moderating command whose outcome is unknown is carried out again: that changes nothing.
    #[must_use]
    pub fn to_be_repeated(&self) -> Self {
        self.with(ReplyState::Pending)
    }

    pub(crate) fn with(&self, state: ReplyState) -> Self {
        Self { state, ..self.clone() }
    }
}

#[cfg(test)]
mod tests;

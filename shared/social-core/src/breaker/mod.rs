//! Breakers: while the other side is known to be down, work waits without a call.
//!
//! What is known is shared in the bridge's state, and remembered in the process: as long as all is
//! well nothing is read or written for it. While it is not, one call now and then is let through,
//! whoever makes it, and its success lets all others through: soon after the beginning, since a
//! switchover takes seconds, then ever more seldom until the pause is `probe_every`.

mod guarded;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use guarded::{GuardedCic, GuardedOwners, GuardedPublisher, GuardedSource};
use jiff::Timestamp;

use crate::{
    channel::Channel,
    chat::{ChatError, Sent},
    clock::Clock,
    message::Network,
    reply::PublishError,
    verdict::{Classify, Failure, Verdict},
};

/// Longest pauses between tries. A chat that nobody polls is dropped soon, so CIC is tried often; a token
/// that is dead stays so until a person replaces it.
const PROBE_CIC: Duration = Duration::from_secs(10);
const PROBE_CREDENTIAL: Duration = Duration::from_mins(1);
/// This share of it is the first pause, and how often a process asks whether others were luckier.
const FIRST_SHARE: u32 = 10;

/// The label of work that was held back.
pub const HELD_BACK: &str = "held_back";

/// What is known of somebody who is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    pub since: Timestamp,
    /// When the next call may be tried.
    pub probe_at: Timestamp,
}

/// The answer to who wants to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    Ours,
    /// It is not yet time, or somebody else tries.
    Others(Outage),
    /// It works again.
    Needless,
}

/// What is known of the others, shared by all functions.
pub trait Breakers {
    /// `None`: nothing is wrong.
    async fn outage(&self, name: &str) -> Result<Option<Outage>, Failure>;

    /// Notes that a call failed; of an outage that is known, keeps the beginning and the next try.
    async fn note_down(&self, name: &str, probe_at: Timestamp) -> Result<Outage, Failure>;

    /// Takes the right to try, if it is time; the next one is due at `next`.
    async fn take_probe(&self, name: &str, next: Timestamp) -> Result<Probe, Failure>;

    /// Notes that a call succeeded.
    async fn note_up(&self, name: &str) -> Result<(), Failure>;
}

/// The failure of work that was held back.
#[derive(Debug, thiserror::Error)]
#[error("no call was made: the other side is known to be down")]
pub struct HeldBack;

impl Classify for HeldBack {
    /// No time is named: who waits in a queue comes ever more seldom, and outlasts days of it.
    fn verdict(&self) -> Verdict {
        Verdict::WAIT
    }

    fn error_type(&self) -> &'static str {
        HELD_BACK
    }
}

/// An error that can tell that the other side is down.
pub trait Breakable {
    /// Whether nothing else can be done there either.
    fn is_outage(&self) -> bool;

    /// The error of a call that was not made.
    fn held_back() -> Self;
}

impl Breakable for Failure {
    fn is_outage(&self) -> bool {
        self.is_outage()
    }

    fn held_back() -> Self {
        HeldBack.into()
    }
}

impl Breakable for ChatError {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Failed { failure, .. } if failure.is_outage())
    }

    fn held_back() -> Self {
        Self::Failed { failure: HeldBack.into(), sent: Sent::No }
    }
}

impl Breakable for PublishError {
    fn is_outage(&self) -> bool {
        matches!(self, Self::NotPublished(failure) if failure.is_outage())
    }

    fn held_back() -> Self {
        Self::NotPublished(HeldBack.into())
    }
}

/// What a credential is used for: on X, reading and writing have tokens of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Reading,
    Writing,
}

impl Use {
    /// The breaker of a channel's credential.
    pub fn of(self, channel: &Channel) -> String {
        match (channel.network(), self) {
            (Network::Facebook, _) => channel.credential.clone(),
            (Network::Twitter, Self::Reading) => format!("{}#read", channel.credential),
            (Network::Twitter, Self::Writing) => format!("{}#write", channel.credential),
        }
    }
}

/// What this process knows. A breaker that is not here was never asked about.
type Known = HashMap<String, Option<Heard>>;

/// An outage as this process has heard of it last.
#[derive(Debug, Clone, Copy)]
struct Heard {
    outage: Outage,
    /// When to ask again: somebody else may have found that it is over.
    ask_at: Timestamp,
}

/// Breakers by name, with one longest pause between tries.
#[derive(Debug, Clone)]
pub struct Breaker<B, K> {
    breakers: B,
    clock: K,
    probe_every: Duration,
    known: Arc<Mutex<Known>>,
}

/// Whether a call may be made.
enum Admission {
    Free,
    /// As the one that tries.
    Probe,
    No,
}

impl<B: Breakers, K: Clock> Breaker<B, K> {
    /// The breaker of CIC. Nothing is known yet.
    pub fn of_cic(breakers: B, clock: K) -> Self {
        Self::new(breakers, clock, PROBE_CIC)
    }

    /// The breakers of credentials.
    pub fn of_credentials(breakers: B, clock: K) -> Self {
        Self::new(breakers, clock, PROBE_CREDENTIAL)
    }

    fn new(breakers: B, clock: K, probe_every: Duration) -> Self {
        Self { breakers, clock, probe_every, known: Arc::default() }
    }

    /// Makes the call unless it is known to be in vain, and learns from it. The bridge's own state
    /// being away stops nobody.
    pub fn guard<'a, T, E: Breakable>(
        &'a self,
        name: &'a str,
        call: impl Future<Output = Result<T, E>> + 'a,
    ) -> impl Future<Output = Result<T, E>> + 'a {
        // Boxed, so that being guarded makes nobody's future larger.
        let call = Box::pin(call);
        async move {
            let admission = self.admit(name).await;
            if matches!(admission, Admission::No) {
                return Err(E::held_back());
            }
            let outcome = call.await;
            match &outcome {
                Err(error) if error.is_outage() => self.note_down(name).await,
                _ if matches!(admission, Admission::Probe) => self.note_up(name).await,
                _ => {}
            }
            outcome
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first_pause(&self) -> Duration {
        self.probe_every / FIRST_SHARE
    }

    /// As long again as it has lasted, within limits: each pause is twice the one before.
    fn next_probe(&self, since: Timestamp, now: Timestamp) -> Timestamp {
        let lasted = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        now + lasted.clamp(self.first_pause(), self.probe_every)
    }

    fn learn(&self, name: &str, outage: Option<Outage>) {
        let ask_at = self.clock.now() + self.first_pause();
        let heard = outage.map(|outage| Heard { outage, ask_at: ask_at.min(outage.probe_at) });
        self.known().insert(name.to_owned(), heard);
    }

    async fn admit(&self, name: &str) -> Admission {
        let known = self.known().get(name).copied();
        let heard = if let Some(heard) = known {
            heard
        } else {
            let outage = self.breakers.outage(name).await.ok().flatten();
            outage.map(|outage| Heard { outage, ask_at: Timestamp::MIN })
        };
        let Some(Heard { outage, ask_at }) = heard else {
            self.known().insert(name.to_owned(), None);
            return Admission::Free;
        };
        let now = self.clock.now();
        if now < ask_at {
            return Admission::No;
        }
        let next = self.next_probe(outage.since, now);
        match self.breakers.take_probe(name, next).await {
            Ok(Probe::Ours) => {
                self.learn(name, Some(Outage { probe_at: next, ..outage }));
                Admission::Probe
            }
            Ok(Probe::Others(outage)) => {
                self.learn(name, Some(outage));
                Admission::No
            }
            Ok(Probe::Needless) => {
                self.learn(name, None);
                Admission::Free
            }
            Err(_) => Admission::Free,
        }
    }

    async fn note_down(&self, name: &str) {
        if self.known().get(name).is_some_and(Option::is_some) {
            // Who tried has moved the next try already.
            return;
        }
        let now = self.clock.now();
        let probe_at = self.next_probe(now, now);
        self.learn(name, Some(Outage { since: now, probe_at }));
        match self.breakers.note_down(name, probe_at).await {
            Ok(outage) => {
                if outage.since == now {
                    tracing::error!(
                        metric = "OtherSideDown",
                        credential = name,
                        error_type = "other_side_down",
                        "what needs it waits until it works again"
                    );
                }
                self.learn(name, Some(outage));
            }
            Err(failure) => tracing::warn!(
                error_type = failure.error_type(), error = %failure, "an outage cannot be noted"
            ),
        }
    }

    async fn note_up(&self, name: &str) {
        self.learn(name, None);
        match self.breakers.note_up(name).await {
            Ok(()) => tracing::info!(credential = name, "it works again"),
            Err(failure) => tracing::warn!(
                error_type = failure.error_type(), error = %failure, "an outage's end cannot be noted"
            ),
        }
    }
}

#[cfg(test)]
mod tests;

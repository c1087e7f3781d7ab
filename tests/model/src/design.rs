//! The design that is built, and the naive ones that others have: what each does with a record.

use std::time::Duration;

use jiff::Timestamp;
use social_core::reply::{
    OwnMessage, ReplyRecord, ReplyState,
    lifecycle::{Bounds, Outcome, Step},
};

/// How a reply is brought onto the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Design {
    /// `social_core::reply::lifecycle`, as it is.
    Built,
    /// Post again until an answer says that it is there.
    RetryBlindly,
    /// Nothing is written before the post; what was posted is marked after it.
    MarkAfter,
    /// Claim it once; whatever comes of it is final.
    ClaimOnce,
    /// A claim with a lease; when the lease is over, post again.
    LeaseThenBlind,
    /// A claim with a lease; when the lease is over or the answer lost, look at once.
    LookAtOnce,
}

impl Design {
    /// Whether the claim is written before the post.
    pub(crate) fn claims_first(self) -> bool {
        self != Self::MarkAfter
    }

    pub(crate) fn next_step(self, record: &ReplyRecord, now: Timestamp, bounds: Bounds) -> Step {
        let built = record.next_step(now, bounds);
        let post = || {
            Step::Post(ReplyRecord {
                attempt: record.attempt + 1,
                state: ReplyState::InFlight { lease_until: now + bounds.lease },
                ..record.clone()
            })
        };
        match (self, built) {
            (_, last @ (Step::Done | Step::TellRefused(_))) => last,
            (Self::ClaimOnce, _) => Step::Done,
            (Self::RetryBlindly | Self::MarkAfter, _)
            | (Self::LeaseThenBlind, Step::Settle(_) | Step::Look) => post(),
            (Self::Built | Self::LookAtOnce | Self::LeaseThenBlind, step) => step,
        }
    }

    pub(crate) fn after_attempt(
        self,
        record: &ReplyRecord,
        outcome: Outcome,
        now: Timestamp,
        bounds: Bounds,
    ) -> ReplyRecord {
        let unknown = outcome == Outcome::Unknown;
        match self {
            Self::RetryBlindly if unknown => {
                record.after_attempt(Outcome::NotPublished, now, bounds)
            }
            // The lease goes on, and is all that keeps the next worker away.
            Self::LeaseThenBlind if unknown => record.clone(),
            Self::LookAtOnce if unknown => {
                let at_once = Bounds { lease: Duration::ZERO, settle: Duration::ZERO };
                record.after_attempt(outcome, now, at_once)
            }
            _ => record.after_attempt(outcome, now, bounds),
        }
    }

    pub(crate) fn after_look(
        self,
        record: &ReplyRecord,
        there: &[OwnMessage],
        others: &[ReplyRecord],
        now: Timestamp,
    ) -> ReplyRecord {
        let looked = record.after_look(there, others, now);
        match (self, &looked.state) {
            (Self::LookAtOnce, ReplyState::Unknown { .. }) => {
                ReplyRecord { state: ReplyState::Pending, ..looked }
            }
            _ => looked,
        }
    }
}

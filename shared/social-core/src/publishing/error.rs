//! Why a reply is not settled yet, and what to do about it.

use std::time::Duration;

use crate::{
    desk::DeskError,
    verdict::{Classify, Failure, Verdict},
};

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
    #[error("cannot queue the reply again")]
    Queue(#[source] Failure),
    #[error("cannot tell the agent")]
    Desk(#[source] DeskError),
}

impl Classify for PublishingError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::NotYet { after } => Verdict::Wait { after: Some(*after) },
            Self::Busy => Verdict::RETRY,
            Self::NoChannel => Verdict::WAIT,
            Self::Channels(failure) | Self::Store(failure) | Self::Queue(failure) => {
                failure.verdict()
            }
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
            | Self::Look(failure)
            | Self::Queue(failure) => failure.error_type(),
            Self::Desk(error) => error.error_type(),
        }
    }
}

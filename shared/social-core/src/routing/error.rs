//! Why a change did not reach its agent, and what to do about it.

use std::time::Duration;

use crate::{
    desk::DeskError,
    verdict::{Classify, Failure, Verdict},
};

/// Why a change did not reach its agent.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("another worker has this message or its conversation")]
    Busy,
    #[error("another worker opens the conversation's chat, or died of it")]
    Opening { after: Duration },
    #[error("the invocation's time is over")]
    OutOfTime,
    #[error("it is not yet time to offer the conversation again")]
    NotYet { after: Duration },
    #[error("as many chats are open as the caps allow")]
    NoSlot { after: Duration },
    #[error("more chats start at once than the caps allow")]
    StartsTooFast { after: Duration },
    #[error("the channel is closed at this hour")]
    OutsideHours { after: Duration },
    #[error("CIC says that no agent of the workgroup is available")]
    NobodyAvailable { after: Duration },
    #[error("the message ended every worker that began it")]
    Deadly,
    #[error("no enabled channel has this id")]
    NoChannel,
    #[error("cannot read the channels")]
    Channels(#[source] Failure),
    #[error("cannot read or write the bridge's state")]
    Store(#[source] Failure),
    #[error("cannot ask the network whose thread it is")]
    Thread(#[source] Failure),
    #[error("cannot queue or park")]
    Queue(#[source] Failure),
    #[error("the agent's desk did not take it")]
    Desk(#[source] DeskError),
}

impl Classify for RouteError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Busy => Verdict::RETRY,
            Self::OutOfTime => Verdict::Retry { after: Some(Duration::ZERO) },
            Self::NotYet { after }
            | Self::NoSlot { after }
            | Self::OutsideHours { after }
            | Self::NobodyAvailable { after } => Verdict::Wait { after: Some(*after) },
            Self::StartsTooFast { after } | Self::Opening { after } => {
                Verdict::Retry { after: Some(*after) }
            }
            Self::Deadly => Verdict::Reject,
            // It may be switched off for an hour, or its entry broken: nothing is dropped for that.
            Self::NoChannel => Verdict::WAIT,
            Self::Channels(failure) | Self::Store(failure) | Self::Queue(failure) => {
                failure.verdict()
            }
            // A network that will not tell is no reason to drop what a visitor wrote.
            Self::Thread(failure) => match failure.verdict() {
                Verdict::Reject => Verdict::WAIT,
                verdict => verdict,
            },
            Self::Desk(error) => error.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Busy | Self::Opening { .. } => "busy",
            Self::OutOfTime => "out_of_time",
            Self::NotYet { .. } => "not_yet",
            Self::NoSlot { .. } => "chats_at_cap",
            Self::StartsTooFast { .. } => "starts_at_cap",
            Self::OutsideHours { .. } => "outside_hours",
            Self::NobodyAvailable { .. } => "nobody_available",
            Self::Deadly => "deadly_message",
            Self::NoChannel => "channel_unknown",
            Self::Channels(failure)
            | Self::Store(failure)
            | Self::Thread(failure)
            | Self::Queue(failure) => failure.error_type(),
            Self::Desk(error) => error.error_type(),
        }
    }
}

impl From<DeskError> for RouteError {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl RouteError {
    /// Whether the agent may have seen the message although the work failed.
    pub(super) fn perhaps_done(&self) -> bool {
        match self {
            Self::Desk(DeskError::Chat(error)) => error.perhaps_sent(),
            Self::Desk(DeskError::Store(_)) => true,
            _ => false,
        }
    }
}

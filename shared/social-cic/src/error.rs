//! Why a call to CIC failed, and what that means for the caller.

use std::time::Duration;

use social_core::{
    Classify, Failure, Verdict,
    chat::{ChatError, Sent},
};
use social_http::HttpError;

use crate::extras::Extra;

/// The Web Services Parameter that caps the open chats of one client address.
pub(crate) const PER_ADDRESS: &str = "MaxInteractionsAllowedPerIP";

/// A call to CIC that failed. Holds no text, no name and no participant id: an id is a secret.
#[derive(Debug, thiserror::Error)]
pub enum CicError {
    /// The server did not answer, or not whole.
    #[error("a CIC server gives no answer")]
    Unreachable(#[source] HttpError),
    /// An HTTP status that is no success (section 2.3 of the contract).
    #[error("CIC answered HTTP {status} ({error_id})")]
    Status { status: u16, error_id: String, after: Option<Duration> },
    /// A failure of `websvcs` inside HTTP 200 (section 4.1).
    #[error("CIC refused: {reason}")]
    Refused { reason: String },
    /// A success that cannot be read.
    #[error("CIC's answer cannot be read")]
    Malformed,
    /// The server offers no chat interface that the settings allow.
    #[error("CIC offers no chat interface that the settings allow")]
    NoInterface,
    /// No server of the pair takes calls; the cause is the first one's.
    #[error("no server of the CIC pair takes calls")]
    PairDown(#[source] Box<Self>),
    /// The server does not know the chat.
    #[error("the CIC server does not know the chat")]
    Gone,
    /// A server that has just taken over does not know the chat yet, or never will.
    #[error("the CIC server that took over does not know the chat yet")]
    Recovering,
    /// Properties of a new chat that it can do without.
    #[error("CIC refuses properties of a new chat")]
    Extras(Vec<Extra>),
    /// The target of a new chat is unknown.
    #[error("CIC knows no workgroup of that name")]
    UnknownWorkgroup,
    /// CIC takes no more chats (sections 7 and 9; inferred). Which limit was met is not told.
    #[error("CIC takes no more chats; raise {PER_ADDRESS} of its Web Services Parameters")]
    Throttled,
}

impl CicError {
    /// Whether the pair's other server should be asked (section 8, rule 6).
    pub(crate) fn is_down(&self) -> bool {
        match self {
            Self::Unreachable(HttpError::Connect(_) | HttpError::NoAnswer(_))
            | Self::NoInterface => true,
            Self::Status { status, .. } => matches!(status, 502..=504),
            _ => false,
        }
    }

    /// Whether CIC may have done what it was asked for. A 503 says that it did not.
    pub(crate) fn perhaps_done(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.perhaps_sent(),
            Self::Status { status, .. } => *status >= 500 && *status != 503,
            Self::Refused { reason } => {
                let reason = reason.to_ascii_lowercase();
                ["error.websvc", "error.websvc.general"].contains(&reason.as_str())
            }
            Self::Malformed => true,
            _ => false,
        }
    }

    /// Whether CIC itself failed in passing, as the vendor's client sees it: `websvcs` in general,
    /// and 5xx other than those that say that nobody is there.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500 && !self.is_down(),
            Self::Refused { .. } => self.perhaps_done(),
            _ => false,
        }
    }

    /// The error as the port tells it.
    pub(crate) fn into_chat_error(self, sent: Sent) -> ChatError {
        match self {
            Self::Gone => ChatError::Gone,
            Self::UnknownWorkgroup => ChatError::UnknownWorkgroup,
            Self::Throttled => ChatError::Throttled,
            other => ChatError::Failed { failure: Failure::from(other), sent },
        }
    }

    /// The same for a new chat. What CIC dislikes about a start is an installation's peculiarity,
    /// never one message's fault: nothing is parked for it.
    pub(crate) fn into_open_error(self, sent: Sent) -> ChatError {
        if self.verdict() != Verdict::Reject {
            return self.into_chat_error(sent);
        }
        let failure = Failure::new(Verdict::WAIT, self.error_type(), self);
        ChatError::Failed { failure, sent }
    }
}

impl Classify for CicError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Unreachable(error) => error.verdict(),
            Self::Status { status, after, .. } => match status {
                400 | 413..=415 | 422 => Verdict::Reject,
                429 | 502..=504 => Verdict::Wait { after: *after },
                500.. => Verdict::RETRY,
                _ => Verdict::WAIT,
            },
            Self::Refused { reason } => refusal_verdict(&reason.to_ascii_lowercase()),
            Self::Malformed => Verdict::RETRY,
            Self::Recovering => Verdict::Retry { after: Some(Duration::from_secs(2)) },
            Self::NoInterface
            | Self::PairDown(_)
            | Self::Extras(_)
            | Self::Gone
            | Self::UnknownWorkgroup
            | Self::Throttled => Verdict::WAIT,
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "cic_no_answer",
            Self::Status { .. } => "cic_status",
            Self::Refused { .. } => "cic_refused",
            Self::Malformed => "cic_malformed",
            Self::NoInterface => "cic_no_interface",
            Self::PairDown(_) => "cic_pair_down",
            Self::Gone => "cic_chat_gone",
            Self::Recovering => "cic_recovering",
            Self::Extras(_) => "cic_start_refused",
            Self::UnknownWorkgroup => "cic_unknown_workgroup",
            Self::Throttled => "cic_throttled",
        }
    }

    fn is_outage(&self) -> bool {
        matches!(self, Self::PairDown(_))
    }
}

fn refusal_verdict(reason: &str) -> Verdict {
    match reason {
        "error.websvc" | "error.websvc.general" => Verdict::RETRY,
        reason if reason.starts_with("error.websvc.content") => Verdict::Reject,
        _ => Verdict::WAIT,
    }
}

/// Makes a code of CIC's fit for a log line: it should hold no more than letters, digits and dots.
pub(crate) fn code(text: &str) -> String {
    const LONGEST: usize = 80;
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    text.chars().filter(fits).take(LONGEST).collect()
}

//! The port to CIC: one chat per conversation, as the visitor's leg of it sees things.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    channel::RoutingContext,
    verdict::{Classify, Failure, Verdict},
};

/// Which of CIC's two chat interfaces a chat was opened through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// ICWS `/icws/web-chat`.
    WebChat,
    /// The older `websvcs/chat`.
    Websvcs,
}

/// A chat in CIC. `participant_id` is the secret of the visitor's leg, `chat_id` what survives a switchover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    pub interface: Interface,
    /// Index into the deployment's list of CIC servers: where the chat was last seen.
    pub server: usize,
    pub chat_id: String,
    pub participant_id: String,
}

/// What a new chat begins with. Attribute values are plain strings, already cleaned and capped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub workgroup: String,
    pub participant_name: String,
    pub language: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub routing_contexts: Vec<RoutingContext>,
}

/// Who a participant is, as CIC tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Party {
    Agent,
    System,
    /// The visitor's leg, which is ours.
    Visitor,
}

/// A participant's state in the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParticipantState {
    Initializing,
    Alerting,
    Active,
    Held,
    Disconnected,
}

/// One event of a chat. Echoes of our own text are already left out.
///
/// `sequence` orders events and is unique within a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatEvent {
    pub sequence: i64,
    pub participant_id: String,
    pub party: Party,
    /// Display name; may be empty.
    pub name: String,
    /// When it happened, by CIC's clock. Only a history tells it: what comes otherwise has just happened.
    pub at: Option<Timestamp>,
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Somebody wrote. HTML has become text.
    Text(String),
    /// Somebody sent a file, by its name.
    File(String),
    /// Somebody pushed a URL; never published.
    Url(String),
    State(ParticipantState),
}

/// What an answer of CIC told: any answer to any call may carry events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The chat as it is now; differs from the one asked about after a switchover.
    pub chat: Chat,
    pub events: Vec<ChatEvent>,
    /// The numbers of all that was told, of echoes and of typing too: one that is missing was lost.
    pub numbers: Vec<i64>,
    /// How long CIC suggests to wait before the next poll.
    pub poll_after: Duration,
}

/// Why CIC did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// Neither server knows the chat any more.
    #[error("the chat is gone")]
    Gone,
    /// CIC knows no such workgroup. Only [`ContactCenter::open`] says so.
    #[error("CIC knows no workgroup of that name")]
    UnknownWorkgroup,
    /// CIC's own throttle: too many chats of one address, or too many new ones a second.
    #[error(
        "CIC takes no more chats; raise MaxInteractionsAllowedPerIP in its Web Services Parameters"
    )]
    Throttled,
    /// Anything else. `sent` tells whether CIC may have done it all the same.
    #[error("the call to CIC failed")]
    Failed {
        #[source]
        failure: Failure,
        sent: Sent,
    },
}

impl ChatError {
    /// Whether CIC may have done what was asked.
    pub fn perhaps_sent(&self) -> bool {
        matches!(self, Self::Failed { sent: Sent::Perhaps, .. })
    }
}

impl Classify for ChatError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Gone => Verdict::RETRY,
            Self::UnknownWorkgroup | Self::Throttled => Verdict::WAIT,
            Self::Failed { failure, .. } => failure.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Gone => "chat_gone",
            Self::UnknownWorkgroup => "workgroup_unknown",
            Self::Throttled => "cic_throttled",
            Self::Failed { failure, .. } => failure.error_type(),
        }
    }
}

/// Whether a call that failed may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing left this machine, or the other side said that it did nothing.
    No,
    /// The answer was lost.
    Perhaps,
}

/// CIC, with both servers of its pair behind it. Switchover happens inside.
pub trait ContactCenter {
    /// Opens a chat in a workgroup. Sends no text.
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError>;

    /// Says one line in the chat, as the visitor. Not idempotent.
    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError>;

    /// Reads what is new. Events vanish from CIC when read.
    async fn poll(&self, chat: &Chat) -> Result<Told, ChatError>;

    /// Everything that was ever written in the chat, ours included; `None` where the server keeps no history.
    async fn history(&self, chat: &Chat) -> Result<Option<Vec<ChatEvent>>, ChatError>;

    /// Ends the chat from the visitor's side.
    async fn exit(&self, chat: &Chat) -> Result<(), ChatError>;

    /// How many agents of a workgroup could take a chat now; `None` where the server does not tell.
    async fn agents_available(&self, workgroup: &str) -> Result<Option<u32>, ChatError>;
}

impl<C: ContactCenter> ContactCenter for &C {
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError> {
        (**self).open(opening).await
    }

    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        (**self).say(chat, text).await
    }

    async fn poll(&self, chat: &Chat) -> Result<Told, ChatError> {
        (**self).poll(chat).await
    }

    async fn history(&self, chat: &Chat) -> Result<Option<Vec<ChatEvent>>, ChatError> {
        (**self).history(chat).await
    }

    async fn exit(&self, chat: &Chat) -> Result<(), ChatError> {
        (**self).exit(chat).await
    }

    async fn agents_available(&self, workgroup: &str) -> Result<Option<u32>, ChatError> {
        (**self).agents_available(workgroup).await
    }
}

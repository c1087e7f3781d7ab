//! A reply: what an agent wrote, on its way to the network, exactly once in effect.

pub mod lifecycle;
pub(crate) mod targeting;

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::{
    channel::{Channel, ChannelId},
    command::Command,
    conversation::ConversationKey,
    message::{Kind, MessageId},
    verdict::Failure,
};

/// A reply as it waits in `outbound.fifo`. Its target was fixed when it was collected.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// `{chat}#{sequence}`: the same however often the text is collected.
    pub id: String,
    pub channel_id: ChannelId,
    pub conversation: ConversationKey,
    pub generation: u32,
    pub agent: String,
    pub text: String,
    pub written_at: Timestamp,
    pub target: Result<Target, Refusal>,
    /// What the agent asked for, where it is no plain answer; `text` is what followed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// The agent's participant id in the chat: names may be the same, or change.
    #[serde(default)]
    pub participant_id: String,
    /// Other channels that have the visitor's message too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_in: Vec<ChannelId>,
    /// The agent sends it although another channel has answered the same message.
    #[serde(default)]
    pub confirmed: bool,
    /// Nobody told that its writer is the active agent: never published as it stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// Who approved it, where the channel wants that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

impl Reply {
    /// Whether a visitor will read its text.
    pub fn speaks(&self) -> bool {
        self.command.is_none_or(Command::has_text)
    }
}

/// Ids only: what agents wrote belongs in no log line.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("channel_id", &self.channel_id)
            .field("command", &self.command)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// What a reply answers, and where it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The visitor's message.
    pub message_id: MessageId,
    pub kind: Kind,
    /// What the reply hangs under: the message itself, or its top-level comment.
    pub reply_under: MessageId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_id: Option<String>,
}

/// Why a reply is not published, in words for the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("this channel only watches; nothing is ever published from it")]
    ReadOnly,
    #[error("publishing is switched off for this channel")]
    PublishingOff,
    #[error(
        "this tweet does not mention the company's account, and X lets us reply only to tweets that do"
    )]
    NotMentioned,
    #[error("the network takes no comments there")]
    Closed,
    #[error(
        "several visitors write here; begin with the number of the line you answer, as in “>{example} thank you”"
    )]
    NameOne { example: u32 },
    #[error("there is no line {number} in this conversation")]
    UnknownLine { number: u32 },
    #[error("that message was deleted by the visitor")]
    Deleted,
    #[error("no visitor's message was shown before it")]
    NothingToAnswer,
    #[error("a line that begins with / is a command, and this is none that this channel knows")]
    UnknownCommand,
    #[error("a command takes no more than the number of a line here")]
    ExcessWords,
    #[error("no line is named")]
    NoneNamed,
    #[error("no reply of ours that could be deleted stands there")]
    NothingToDelete,
    #[error("the network offers no such thing to programs")]
    Unsupported,
    #[error("it was answered privately before, and Facebook takes one private answer to it")]
    AnsweredPrivately,
    #[error(
        "the same message was answered from the channel “{channel}” already; look there, then /retry publishes yours too"
    )]
    AnsweredElsewhere { channel: String },
    #[error("{waiting} replies wait for approval already; /approve or /discard one of them first")]
    TooManyWait { waiting: usize },
    #[error("it holds only a quotation of what the visitor wrote")]
    OnlyAQuote,
    #[error("it repeats what the visitor wrote; send your answer without the quotation")]
    Quote,
    #[error("it is empty")]
    Empty,
    #[error(
        "CIC did not hand over who was in this chat when it was written, so it may be an automatic text"
    )]
    InDoubt,
    #[error("it waited longer than {minutes} minutes; send it again if it still fits")]
    TooOld { minutes: u64 },
    #[error("it is too long: {length} of at most {limit} characters as the network counts them")]
    TooLong { length: usize, limit: usize },
    #[error("the network refused it: {reason}")]
    Network { reason: String },
    #[error(
        "only the first {published} of its {parts} parts are on the network and could not be taken back: {reason}; send the rest, or delete them there"
    )]
    PartlyPublished { published: usize, parts: usize, reason: String },
    #[error("it is unknown whether it was published; look at the network before you send it again")]
    Unknown,
}

/// A reply as the publisher's state machine stores it, beside its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRecord {
    pub id: String,
    pub state: ReplyState,
    /// Counts attempts; a worker finalises only the one it began.
    pub attempt: u32,
    /// Attempts of which nobody knows what became.
    #[serde(default)]
    pub unknown: u32,
    pub fingerprint: Fingerprint,
    /// Of each message that it becomes, where the network needs several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Fingerprint>,
    /// What it is posted under, or what a moderating command acts on.
    pub reply_under: Option<MessageId>,
    /// The visitor's message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
    /// When the first attempt began, for the read-back.
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// The agent was told that it is delayed, and not yet that it is published.
    #[serde(default)]
    pub delayed: bool,
}

impl ReplyRecord {
    /// Whether it is on the network in public, or may be.
    pub fn may_be_public(&self) -> bool {
        let public = matches!(self.command, None | Some(Command::Image));
        let there = matches!(
            self.state,
            ReplyState::InFlight { .. } | ReplyState::Unknown { .. } | ReplyState::Published { .. }
        );
        public && there
    }
}

/// Where a reply stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ReplyState {
    /// Nothing is on the network, for certain.
    Pending,
    /// A worker may be posting it, until `lease_until` at the latest.
    InFlight { lease_until: Timestamp },
    /// It may be on the network. Look there from `settled_at` on, never before.
    Unknown { settled_at: Timestamp, looked: u32 },
    /// On the network.
    Published { remote_id: MessageId },
    /// Done, and nothing stands on the network for it: a moderating command.
    Done,
    /// It was published, and an agent deleted it.
    Deleted { remote_id: MessageId },
    /// Not on the network, and never will be; the agent was told, or is about to be.
    Refused { refusal: Refusal },
}

impl ReplyState {
    /// Under which id the network has it, or had it.
    pub fn remote_id(&self) -> Option<&MessageId> {
        match self {
            Self::Published { remote_id } | Self::Deleted { remote_id } => Some(remote_id),
            _ => None,
        }
    }
}

/// A hash of a text as it can be recognised on the network: trimmed, NFC, spaces collapsed,
/// entities unescaped; links (the network rewrites them) and leading mentions (it adds them) left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    /// Of a text as an agent wrote it or as the network shows it.
    pub fn of(text: &str) -> Self {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let words = text.split_whitespace().skip_while(|word| word.starts_with('@'));
        let words = words.filter(|word| !is_link(word));
        let normal: String = words.collect::<Vec<_>>().join(" ").nfc().collect();
        Self(hex::encode(Sha256::digest(normal.as_bytes())))
    }
}

fn is_link(word: &str) -> bool {
    word.starts_with("http://") || word.starts_with("https://")
}

/// Why a reply is not on the network, or may be.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// For certain nothing was published; the verdict says whether to try again.
    #[error("the reply was not published")]
    NotPublished(#[source] Failure),
    /// The network will never take it.
    #[error("the network refused the reply")]
    Refused(#[source] Refusal),
    /// It may be on the network: the answer was lost, or the network says that it is a duplicate.
    #[error("the reply may have been published")]
    Unknown(#[source] Failure),
}

/// One of our own messages under a target, as a read-back finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessage {
    pub id: MessageId,
    pub fingerprint: Fingerprint,
    pub at: Timestamp,
}

/// A network that takes replies.
pub trait Publisher {
    /// Publishes the reply, once: never retries by itself.
    async fn publish(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError>;

    /// The messages that the text becomes, where one does not hold it; empty where one does.
    fn parts(&self, channel: &Channel, text: &str) -> Vec<String>;

    /// What our account wrote under the target since then, oldest first.
    async fn own_messages(
        &self,
        channel: &Channel,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure>;

    /// How long after an attempt the network may still show it for the first time.
    fn settle_time(&self) -> Duration;

    /// Answers a public message privately, once: never retries by itself, never in public.
    async fn private_reply(
        &self,
        _channel: &Channel,
        _target: &Target,
        _text: &str,
    ) -> Result<MessageId, PublishError> {
        Err(PublishError::Refused(Refusal::Unsupported))
    }

    /// Answers with the picture at an address, once: never retries by itself.
    async fn publish_image(
        &self,
        _channel: &Channel,
        _target: &Target,
        _image: &str,
        _text: &str,
    ) -> Result<MessageId, PublishError> {
        Err(PublishError::Refused(Refusal::Unsupported))
    }

    /// Carries out a moderating command. What is so already is no failure.
    async fn moderate(
        &self,
        _channel: &Channel,
        _message_id: &MessageId,
        _command: Command,
    ) -> Result<(), PublishError> {
        Err(PublishError::Refused(Refusal::Unsupported))
    }
}

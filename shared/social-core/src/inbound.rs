//! What waits in `inbound.fifo`: changes of one group, in order, in as few queue messages as hold them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    channel::ChannelId,
    conversation::ConversationKey,
    message::{InLedger, Message, MessageId, Thread},
    reply::Reply,
    verdict::Failure,
};

/// Changes that one queue message carries at the most.
pub const MAX_CHANGES: usize = 50;
/// Bytes of JSON that one queue message carries at the most.
pub const MAX_BYTES: usize = 200 * 1024;

/// The body of a queue message of `inbound.fifo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundBatch {
    pub channel_id: ChannelId,
    /// In order.
    pub changes: Vec<Change>,
    /// In a group of its conversation's own, because it had to wait and others did not.
    #[serde(default)]
    pub detour: bool,
    /// How often it was put back after it had been parked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redriven: u32,
}

impl InboundBatch {
    /// Changes in the group of their post, thread or visitor.
    pub fn new(channel_id: ChannelId, changes: Vec<Change>) -> Self {
        Self { channel_id, changes, detour: false, redriven: 0 }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Something that happened and that an agent may have to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// On the network.
    Message(Box<Message>),
    /// In the bridge: the agent must read this, in a new interaction if the last one has ended.
    Tell(Tell),
    /// In CIC: a handler sent what an agent wrote.
    Pushed(Pushed),
    /// In the bridge: it is time to tell the agent what was counted instead of shown.
    Folded(DueFolded),
}

/// A notice that must reach an agent of the conversation: a reply that came back, or an
/// interaction that ended before anybody answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tell {
    /// Tells it from every other notice.
    pub id: String,
    pub conversation: ConversationKey,
    pub notice: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reoffer: Option<Reoffer>,
}

/// An agent's text, as a handler of CIC sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// Tells the push from every other one.
    pub id: String,
    pub conversation: ConversationKey,
    /// The chat, where the handler knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    /// The agent's display name, where the handler tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    pub text: String,
    pub at: Timestamp,
}

/// What was folded in a conversation has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueFolded {
    pub conversation: ConversationKey,
    pub due: Timestamp,
}

/// Only while the conversation is closed and that interaction unanswered, and not before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reoffer {
    pub generation: u32,
    pub not_before: Timestamp,
}

impl Tell {
    /// As a queue message of its own, in the conversation's own group.
    pub fn into_batch(self, channel_id: &ChannelId) -> (String, InboundBatch) {
        let group = conversation_group(channel_id, &self.conversation);
        let changes = vec![Change::Tell(self)];
        (group, InboundBatch::new(channel_id.clone(), changes))
    }
}

impl DueFolded {
    /// As a queue message of its own: nobody waits behind it.
    pub fn into_batch(self, channel_id: &ChannelId) -> (String, InboundBatch) {
        let group = format!("{channel_id}#folded#{}", self.conversation);
        let changes = vec![Change::Folded(self)];
        (group, InboundBatch::new(channel_id.clone(), changes))
    }

    /// Tells it from every other one.
    pub fn id(&self) -> String {
        format!("folded#{}#{}", self.conversation, self.due.as_millisecond())
    }
}

impl Pushed {
    /// As a queue message of its own: it waits for nobody but those pushed before.
    pub fn into_batch(self, channel_id: &ChannelId) -> (String, InboundBatch) {
        let group = format!("{channel_id}#pushed#{}", self.conversation);
        let changes = vec![Change::Pushed(self)];
        (group, InboundBatch::new(channel_id.clone(), changes))
    }
}

/// A message as one channel takes it, on its way into the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    pub channel_id: ChannelId,
    pub message: Message,
}

impl InLedger for Tell {
    fn ledger_key(&self) -> (MessageId, String) {
        (MessageId(self.id.clone()), "tell".to_owned())
    }
}

/// The FIFO group of a message: channel and post, thread or visitor.
pub fn group_id(channel_id: &ChannelId, thread: &Thread) -> String {
    let kind = match thread {
        Thread::Post { .. } => "post",
        Thread::Tweets { .. } => "tweets",
        Thread::Private { .. } => "private",
    };
    format!("{channel_id}#{kind}#{}", thread.root())
}

/// The FIFO group that a conversation has for itself.
pub fn conversation_group(channel_id: &ChannelId, key: &ConversationKey) -> String {
    format!("{channel_id}#conversation#{key}")
}

/// The dead-letter queue of `inbound.fifo`.
pub trait DeadLetters {
    /// Keeps a queue message whole, with the reason why it is not tried again.
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure>;
}

/// `inbound.fifo`, for those who fill it.
pub trait InboundQueue {
    /// Queues one batch in a group. `deduplication` tells it from every other batch.
    async fn send(
        &self,
        group: &str,
        deduplication: &str,
        batch: &InboundBatch,
    ) -> Result<(), Failure>;
}

/// `outbound.fifo`, for those who fill it. The group is the reply's conversation.
pub trait OutboundQueue {
    /// Queues a reply; a second time within five minutes is folded into the first.
    async fn send(&self, reply: &Reply) -> Result<(), Failure>;
}

/// Asks the collector to look at a chat at once.
pub trait Nudges {
    /// Names the chat by its id.
    async fn nudge(&self, chat_id: &str) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests;

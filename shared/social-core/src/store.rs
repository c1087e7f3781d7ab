//! Ports to the bridge's own state, the `social-state` table.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    channel::ChannelId,
    chat::Chat,
    conversation::{Conversation, ConversationKey},
    message::{Author, InLedger, Message, MessageId, Network, Owner},
    reply::ReplyRecord,
    slots::Slots,
    verdict::Failure,
};

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The work is ours. `again`: an earlier worker began it and was not heard of since; `attempts`
    /// counts the workers that began it, ours included.
    Granted { again: bool, attempts: u32 },
    /// Somebody else's lease.
    Busy,
    /// The work was done before.
    Done,
}

/// The ledger of seen messages: one item per change, kept for 30 days.
pub trait Ledger {
    /// Claims a change for the time of a lease.
    async fn claim(&self, channel: &ChannelId, change: &impl InLedger) -> Result<Claim, Failure>;

    /// Marks the change as done, and remembers which conversation the message went to.
    async fn complete(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure>;

    /// Gives the claim back: the work failed, and its worker lives. `perhaps_done`: it may have been
    /// done all the same, so that the next claim is granted `again`.
    async fn release(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        perhaps_done: bool,
    ) -> Result<(), Failure>;

    /// Marks the change as parked: done, until somebody puts it back into its queue.
    async fn park(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure>;

    /// A change that was put back can be claimed again, if it was parked; one that is done stays done.
    async fn unpark(&self, channel: &ChannelId, change: &impl InLedger) -> Result<(), Failure>;

    /// The conversation that the message with this id went to.
    async fn conversation_of(
        &self,
        channel: &ChannelId,
        message_id: &MessageId,
    ) -> Result<Option<ConversationKey>, Failure>;
}

/// What the ledger has seen, for those who only want to know.
pub trait Seen {
    /// Whether this change has been worked on, whichever road brought it. May be a moment behind.
    async fn is_known(&self, channel: &ChannelId, message: &Message) -> Result<bool, Failure>;
}

/// Conversations. A write names the version that it read. Who keeps them keeps the slots of their
/// chats too.
pub trait Conversations: Slots {
    /// Reads consistently; a conversation that was never written is a new one.
    async fn load(
        &self,
        channel: &ChannelId,
        key: &ConversationKey,
    ) -> Result<Conversation, Failure>;

    /// Writes if nobody else did since `conversation.version`, and raises that version in place.
    /// `Some` is what stands there instead.
    async fn save(&self, conversation: &mut Conversation) -> Result<Option<Conversation>, Failure>;

    /// The open chats of a shard.
    async fn open_chats(&self, shard: u32) -> Result<Vec<OpenChat>, Failure>;
}

/// A row of the index of open chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenChat {
    pub channel_id: ChannelId,
    pub conversation: ConversationKey,
    pub chat: Chat,
    /// The conversation's generation whose chat it is.
    pub generation: u32,
    /// Some agent was active in it at some time.
    pub answered: bool,
    /// Since when an agent has had the last word; absent while a visitor has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_word_at: Option<Timestamp>,
    /// When events that nobody was told count as lost, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_at: Option<Timestamp>,
    /// When somebody wrote last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stirred_at: Option<Timestamp>,
}

impl OpenChat {
    /// The row of a conversation that has an open chat.
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let interaction = conversation.interaction()?;
        Some(Self {
            channel_id: conversation.channel_id.clone(),
            conversation: conversation.key.clone(),
            chat: interaction.chat.clone(),
            generation: conversation.generation,
            answered: interaction.answered,
            last_word_at: interaction.last_word_at,
            lost_at: interaction.hearing.numbers().lost_at(),
            stirred_at: conversation.lines.last().map(|line| line.at),
        })
    }
}

/// Whose thread it is, remembered.
pub trait Threads {
    /// What is remembered of a post or first tweet.
    async fn owner(&self, channel: &ChannelId, root: &str) -> Result<Option<Owner>, Failure>;

    /// Remembers it.
    async fn remember(&self, channel: &ChannelId, root: &str, owner: Owner) -> Result<(), Failure>;
}

/// Authors whose data was deleted: what they wrote before is not taken any more.
pub trait Forgotten {
    /// When the author was forgotten, as long as anything from before then may still be on its way.
    async fn forgotten_at(
        &self,
        network: Network,
        author_id: &str,
    ) -> Result<Option<Timestamp>, Failure>;
}

/// Whose thread it is, asked of the network where nothing is remembered.
pub trait ThreadOwners {
    /// `None` where the network does not tell.
    async fn look_up(
        &self,
        channel: &crate::channel::Channel,
        message: &Message,
    ) -> Result<Option<Owner>, Failure>;

    /// Who wrote a private message that told no name. `None` where the network tells nothing.
    async fn author(
        &self,
        channel: &crate::channel::Channel,
        author: &Author,
    ) -> Result<Option<Author>, Failure>;
}

/// Replies and their states, beside their conversation.
pub trait Replies {
    /// Creates the record if there is none: `None`. Otherwise what stands there.
    async fn begin(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        record: &ReplyRecord,
    ) -> Result<Option<ReplyRecord>, Failure>;

    /// Replaces `old` by `new`; `false` if somebody else changed it meanwhile.
    async fn advance(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        old: &ReplyRecord,
        new: &ReplyRecord,
    ) -> Result<bool, Failure>;

    /// All replies of a conversation.
    async fn of(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
    ) -> Result<Vec<ReplyRecord>, Failure>;
}

/// A held lease: `epoch` tells it from every earlier and later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub epoch: u64,
    pub until: Timestamp,
    /// What the holder before left behind, opaque.
    pub checkpoint: Option<String>,
}

/// Leases with a checkpoint: one poller per source, one collector per shard.
pub trait Leases {
    /// Takes the lease if it is free or over.
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure>;

    /// Takes the lease whoever holds it: the successor's way.
    async fn take_over(&self, name: &str, length: Duration) -> Result<Lease, Failure>;

    /// Whether the lease is still ours.
    async fn holds(&self, lease: &Lease) -> Result<bool, Failure>;

    /// Moves the checkpoint, once and for good, if the lease is still ours; `false` if it is not.
    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure>;

    /// Gives the lease back before its time.
    async fn release(&self, lease: &Lease) -> Result<(), Failure>;
}

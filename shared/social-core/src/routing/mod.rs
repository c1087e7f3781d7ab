//! Routing: what waits in `inbound.fifo` becomes interactions, each message shown once.

mod echo;
mod opening;
mod resolving;
mod showing;

use std::sync::Arc;

use futures::{StreamExt, stream};
use resolving::Placed;

use crate::{
    channel::{Channel, ChannelId, Channels},
    chat::ContactCenter,
    clock::Clock,
    conversation::{Conversation, ConversationKey},
    desk::{Desk, DeskError},
    inbound::{Change, InboundBatch, InboundQueue, OutboundQueue, Tell},
    message::{Message, Verb},
    store::{Claim, Conversations, Ledger, Replies, ThreadOwners, Threads},
    verdict::{Classify, Failure, Verdict},
};

/// Conversations of one queue message that are worked on side by side.
const CONVERSATIONS_AT_ONCE: usize = 10;

/// Why a change did not reach its agent.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("another worker has this message or its conversation")]
    Busy,
    #[error("no enabled channel has this id")]
    NoChannel,
    #[error("cannot read the channels")]
    Channels(#[source] Failure),
    #[error("cannot read or write the bridge's state")]
    Store(#[source] Failure),
    #[error("cannot ask the network whose thread it is")]
    Thread(#[source] Failure),
    #[error("the agent's desk did not take it")]
    Desk(#[source] DeskError),
}

impl Classify for RouteError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Busy => Verdict::RETRY,
            // It may be switched off for an hour, or its entry broken: nothing is dropped for that.
            Self::NoChannel => Verdict::WAIT,
            Self::Channels(failure) | Self::Store(failure) | Self::Thread(failure) => {
                failure.verdict()
            }
            Self::Desk(error) => error.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NoChannel => "channel_unknown",
            Self::Channels(failure) | Self::Store(failure) | Self::Thread(failure) => {
                failure.error_type()
            }
            Self::Desk(error) => error.error_type(),
        }
    }
}

impl From<DeskError> for RouteError {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

/// The router: channels, the agents' desk, and whom to ask whose thread it is.
#[derive(Debug, Clone)]
pub struct Router<H, T, S, C, I, O, K> {
    pub channels: H,
    pub thread_owners: T,
    pub desk: Desk<S, C, I, O, K>,
}

impl<H, T, S, C, I, O, K> Router<H, T, S, C, I, O, K>
where
    H: Channels,
    T: ThreadOwners,
    S: Conversations + Ledger + Replies + Threads,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Routes one queue message: each conversation in order, different ones side by side.
    ///
    /// Fails with the first error after everything that could be done was done; a redelivery
    /// finds that in the ledger and goes on behind it.
    pub async fn route(&self, batch: InboundBatch) -> Result<(), RouteError> {
        let channel = self.channel(&batch.channel_id).await?;
        let mut conversations: Vec<(Option<ConversationKey>, Vec<Change>)> = Vec::new();
        let mut placed = Placed::new();
        for change in batch.changes {
            let conversation = self.resolve(&channel, &change, &mut placed).await?;
            let known = conversations.iter_mut().find(|(key, _)| *key == conversation);
            match known {
                Some((_, changes)) => changes.push(change),
                None => conversations.push((conversation, vec![change])),
            }
        }
        let outcomes: Vec<Result<(), RouteError>> = stream::iter(conversations)
            .map(|(key, changes)| self.route_conversation(&channel, key, changes))
            .buffer_unordered(CONVERSATIONS_AT_ONCE)
            .collect()
            .await;
        outcomes.into_iter().collect()
    }

    async fn channel(&self, id: &ChannelId) -> Result<Arc<Channel>, RouteError> {
        let channels = self.channels.all().await.map_err(RouteError::Channels)?;
        channels.find(id).cloned().ok_or(RouteError::NoChannel)
    }

    async fn resolve(
        &self,
        channel: &Channel,
        change: &Change,
        placed: &mut Placed,
    ) -> Result<Option<ConversationKey>, RouteError> {
        match change {
            Change::Tell(tell) => Ok(Some(tell.conversation.clone())),
            Change::Message(message) => {
                let conversation = self.conversation_of(channel, message, placed).await?;
                if let Some(key) = &conversation {
                    placed.insert(message.id.clone(), key.clone());
                }
                Ok(conversation)
            }
        }
    }

    async fn route_conversation(
        &self,
        channel: &Channel,
        key: Option<ConversationKey>,
        changes: Vec<Change>,
    ) -> Result<(), RouteError> {
        for change in changes {
            match change {
                Change::Message(message) => {
                    self.route_message(channel, key.as_ref(), &message).await?;
                }
                Change::Tell(tell) => self.route_tell(channel, &tell).await?,
            }
        }
        Ok(())
    }

    /// Claims the message and reads its conversation side by side, then does what its verb asks.
    async fn route_message(
        &self,
        channel: &Channel,
        key: Option<&ConversationKey>,
        message: &Message,
    ) -> Result<(), RouteError> {
        let store = &self.desk.store;
        let load = async {
            match key {
                Some(key) => store.load(&channel.id, key).await.map(Some),
                None => Ok(None),
            }
        };
        let (claim, conversation) = futures::join!(store.claim(&channel.id, message), load);
        let again = match claim.map_err(RouteError::Store)? {
            Claim::Done => return Ok(()),
            Claim::Busy => return Err(RouteError::Busy),
            Claim::Granted { again } => again,
        };
        let conversation = conversation.map_err(RouteError::Store)?;
        match self.act(channel, conversation, message, again).await {
            Ok(()) => store.complete(&channel.id, message, key).await.map_err(RouteError::Store),
            Err(error) => {
                if !error.perhaps_done() {
                    // Failing to give it back only means waiting for the lease.
                    store.release(&channel.id, message).await.map_err(RouteError::Store)?;
                }
                Err(error)
            }
        }
    }

    async fn act(
        &self,
        channel: &Channel,
        conversation: Option<Conversation>,
        message: &Message,
        again: bool,
    ) -> Result<(), RouteError> {
        match (&message.verb, conversation) {
            (_, None) => self.note_own_thread(channel, message).await,
            (Verb::Add, Some(mut conversation)) if message.own => {
                self.settle_echo(&mut conversation, message).await
            }
            (_, Some(_)) if message.own => Ok(()),
            (Verb::Add, Some(mut conversation)) => {
                self.show(channel, &mut conversation, message, again).await
            }
            (Verb::Edit { .. }, Some(mut conversation)) => {
                self.show_edit(channel, &mut conversation, message, again).await
            }
            (Verb::Delete, Some(mut conversation)) => {
                self.show_deletion(channel, &mut conversation, message).await
            }
        }
    }

    async fn route_tell(&self, channel: &Channel, tell: &Tell) -> Result<(), RouteError> {
        let loaded = self.desk.store.load(&channel.id, &tell.conversation).await;
        let mut conversation = loaded.map_err(RouteError::Store)?;
        let line = crate::text::notice(&tell.notice);
        self.say_in_an_open_chat(channel, &mut conversation, None, &line, |_| {}).await
    }
}

impl RouteError {
    /// Whether the agent may have seen the message although the work failed.
    fn perhaps_done(&self) -> bool {
        match self {
            Self::Desk(DeskError::Chat(error)) => error.perhaps_sent(),
            Self::Desk(DeskError::Store(_)) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;

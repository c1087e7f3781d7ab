//! Routing: what waits in `inbound.fifo` becomes interactions, each message shown once.

mod attendance;
mod detour;
mod echo;
mod error;
mod folding;
mod opening;
mod ports;
mod resolving;
mod showing;
mod telling;

use std::{sync::Arc, time::Duration};

pub use error::RouteError;
use futures::{StreamExt, stream};
use jiff::Timestamp;
pub use ports::{DeskOf, Ports};
use resolving::Placed;

use crate::{
    channel::{Channel, ChannelId, Channels},
    clock::Clock,
    conversation::{Conversation, ConversationKey},
    desk::PushTaken,
    inbound::{Change, InboundBatch, Pushed},
    message::{Message, Verb},
    store::{Claim, Conversations, Forgotten, Ledger},
    verdict::{Classify, Verdict},
};

/// Conversations of one queue message that are worked on side by side.
const CONVERSATIONS_AT_ONCE: usize = 10;

/// The longest that one change may take. None is begun with less time left than that.
const WORST_CHANGE: Duration = Duration::from_secs(14);
/// Until a push is looked at again whose agent is not known to be active yet.
const PUSH_PAUSE: Duration = Duration::from_secs(2);
/// Workers that a message may have killed before it is parked.
const DEADLY_ATTEMPTS: u32 = 10;

/// The router: channels, the agents' desk, and whom to ask whose thread it is.
pub struct Router<P: Ports> {
    pub channels: P::Channels,
    pub thread_owners: P::ThreadOwners,
    pub dead_letters: P::DeadLetters,
    pub desk: DeskOf<P>,
}

/// How a queue message came here, and until when it may be worked on.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// Its group is one conversation's own: waiting holds nobody else back.
    own_group: bool,
    /// It was sent into that group because it had to wait.
    detour: bool,
    /// How often it was put back after it had been parked.
    redriven: u32,
    deadline: Timestamp,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routed {
    /// The agent has it, now or since an earlier delivery.
    Done { anew: bool },
    /// Earlier messages of its conversation wait elsewhere; it has to follow them.
    MustFollow,
}

impl<P: Ports> Router<P> {
    /// Routes one queue message: each conversation in order, different ones side by side.
    ///
    /// Fails with the first error after everything that could be done was done; a redelivery
    /// finds that in the ledger and goes on behind it. Nothing is begun that may not end before
    /// `deadline`.
    pub async fn route(&self, batch: InboundBatch, deadline: Timestamp) -> Result<(), RouteError> {
        let channel = self.channel(&batch.channel_id).await?;
        let told_only = batch.changes.iter().all(|change| !matches!(change, Change::Message(_)));
        let own_group = batch.detour || told_only;
        let (detour, redriven) = (batch.detour, batch.redriven);
        let course = Course { own_group, detour, redriven, deadline };
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
            .map(|(key, changes)| self.route_conversation(&channel, key, changes, course))
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
            Change::Pushed(pushed) => Ok(Some(pushed.conversation.clone())),
            Change::Folded(folded) => Ok(Some(folded.conversation.clone())),
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
        course: Course,
    ) -> Result<(), RouteError> {
        let mut anew = false;
        let mut changes = changes.into_iter();
        while let Some(change) = changes.next() {
            if self.desk.clock.now() + WORST_CHANGE > course.deadline {
                return Err(RouteError::OutOfTime);
            }
            let outcome = match &change {
                Change::Message(message) => {
                    self.route_message(channel, key.as_ref(), message, course).await
                }
                Change::Tell(tell) => self.route_tell(channel, tell, course).await,
                Change::Pushed(pushed) => self.route_pushed(channel, pushed).await,
                Change::Folded(folded) => self.route_folded(channel, folded).await,
            };
            let left = || std::iter::once(change.clone()).chain(changes.clone()).collect();
            match (outcome, &key) {
                (Ok(Routed::Done { anew: now }), _) => anew |= now,
                (Ok(Routed::MustFollow), Some(key)) => {
                    return self.send_aside(channel, key, left(), course).await;
                }
                (Ok(Routed::MustFollow), None) => {}
                (Err(error), _) if error.verdict() == Verdict::Reject => {
                    self.park(channel, key.as_ref(), change, course, &error).await?;
                }
                (Err(error), Some(key)) if course.holds_others_back(key, &error) => {
                    tracing::warn!(
                        channel_id = %channel.id, error_type = error.error_type(), error = %error,
                        "the conversation waits in a group of its own"
                    );
                    return self.send_aside(channel, key, left(), course).await;
                }
                (Err(error), _) => return Err(error),
            }
        }
        match key {
            Some(key) if course.detour && anew => self.came_back(channel, &key).await,
            _ => Ok(()),
        }
    }

    /// Claims the message and reads its conversation side by side, then does what its verb asks.
    async fn route_message(
        &self,
        channel: &Channel,
        key: Option<&ConversationKey>,
        message: &Message,
        course: Course,
    ) -> Result<Routed, RouteError> {
        let store = &self.desk.store;
        self.unpark(channel, message, course).await?;
        let load = async {
            match key {
                Some(key) => store.load(&channel.id, key).await.map(Some),
                None => Ok(None),
            }
        };
        let (claim, conversation, forgotten) = futures::join!(
            store.claim(&channel.id, message),
            load,
            self.is_forgotten(channel, message)
        );
        let (again, attempts) = match claim.map_err(RouteError::Store)? {
            Claim::Done => return Ok(Routed::Done { anew: false }),
            Claim::Busy => return Err(RouteError::Busy),
            Claim::Granted { again, attempts } => (again, attempts),
        };
        if attempts > DEADLY_ATTEMPTS {
            return Err(RouteError::Deadly);
        }
        if forgotten? {
            let completed = store.complete(&channel.id, message, None).await;
            completed.map_err(RouteError::Store)?;
            tracing::info!(channel_id = %channel.id, "a message of a forgotten author is left out");
            return Ok(Routed::Done { anew: false });
        }
        let conversation = conversation.map_err(RouteError::Store)?;
        let waits = conversation.as_ref().is_some_and(|conversation| conversation.detoured > 0);
        if waits && !course.own_group {
            store.release(&channel.id, message, again).await.map_err(RouteError::Store)?;
            return Ok(Routed::MustFollow);
        }
        match self.act(channel, conversation, message, again).await {
            Ok(()) => {
                let completed = store.complete(&channel.id, message, key).await;
                completed.map_err(RouteError::Store)?;
                Ok(Routed::Done { anew: true })
            }
            Err(error) => {
                // What an earlier worker may have done stays so, whatever this one did not do.
                let perhaps_done = again || error.perhaps_done();
                let released = store.release(&channel.id, message, perhaps_done).await;
                released.map_err(RouteError::Store)?;
                Err(error)
            }
        }
    }

    /// Whether its author was forgotten after it was written. Deletions are carried out all the same.
    async fn is_forgotten(&self, channel: &Channel, message: &Message) -> Result<bool, RouteError> {
        let author = message.author.as_ref().filter(|_| !message.own);
        let Some(author) = author.filter(|_| message.verb != Verb::Delete) else {
            return Ok(false);
        };
        let at = self.desk.store.forgotten_at(channel.network(), &author.id).await;
        // Networks tell whole seconds: what was written within that one may be newer.
        let before = |at: Timestamp| message.at.as_second() < at.as_second();
        Ok(at.map_err(RouteError::Store)?.is_some_and(before))
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
            (Verb::Hide { .. }, Some(mut conversation)) => {
                self.show_hidden(&mut conversation, message, true).await
            }
            (Verb::Unhide { .. }, Some(mut conversation)) => {
                self.show_hidden(&mut conversation, message, false).await
            }
        }
    }

    async fn route_pushed(&self, channel: &Channel, pushed: &Pushed) -> Result<Routed, RouteError> {
        let loaded = self.desk.store.load(&channel.id, &pushed.conversation).await;
        let mut conversation = loaded.map_err(RouteError::Store)?;
        match self.desk.take_in_pushed(&mut conversation, pushed).await? {
            PushTaken::Done => Ok(Routed::Done { anew: true }),
            PushTaken::NotYet => Err(RouteError::NotYet { after: PUSH_PAUSE }),
        }
    }
}

#[cfg(test)]
mod tests;

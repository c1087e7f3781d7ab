//! Routing: what waits in `inbound.fifo` becomes interactions, each message shown once.

mod detour;
mod echo;
mod opening;
mod resolving;
mod showing;

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use resolving::Placed;
use showing::PERHAPS_SHOWN;

use crate::{
    channel::{Channel, ChannelId, Channels},
    chat::ContactCenter,
    clock::Clock,
    conversation::{Conversation, ConversationKey},
    desk::{Desk, DeskError},
    inbound::{Change, DeadLetters, InboundBatch, InboundQueue, OutboundQueue, Tell},
    message::{Message, Verb},
    store::{Claim, Conversations, Ledger, Replies, ThreadOwners, Threads},
    verdict::{Classify, Failure, Verdict},
};

/// Conversations of one queue message that are worked on side by side.
const CONVERSATIONS_AT_ONCE: usize = 10;

/// The longest that one change may take. None is begun with less time left than that.
const WORST_CHANGE: Duration = Duration::from_secs(14);
/// Workers that a message may have killed before it is parked.
const DEADLY_ATTEMPTS: u32 = 10;

/// Why a change did not reach its agent.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("another worker has this message or its conversation")]
    Busy,
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
            Self::NotYet { after } | Self::NoSlot { after } | Self::OutsideHours { after } => {
                Verdict::Wait { after: Some(*after) }
            }
            Self::StartsTooFast { after } => Verdict::Retry { after: Some(*after) },
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
            Self::Busy => "busy",
            Self::OutOfTime => "out_of_time",
            Self::NotYet { .. } => "not_yet",
            Self::NoSlot { .. } => "chats_at_cap",
            Self::StartsTooFast { .. } => "starts_at_cap",
            Self::OutsideHours { .. } => "outside_hours",
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

/// The router: channels, the agents' desk, and whom to ask whose thread it is.
#[derive(Debug, Clone)]
pub struct Router<H, T, D, S, C, I, O, K> {
    pub channels: H,
    pub thread_owners: T,
    pub dead_letters: D,
    pub desk: Desk<S, C, I, O, K>,
}

/// How a queue message came here, and until when it may be worked on.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// Its group is one conversation's own: waiting holds nobody else back.
    own_group: bool,
    /// It was sent into that group because it had to wait.
    detour: bool,
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

impl<H, T, D, S, C, I, O, K> Router<H, T, D, S, C, I, O, K>
where
    H: Channels,
    T: ThreadOwners,
    D: DeadLetters,
    S: Conversations + Ledger + Replies + Threads,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Routes one queue message: each conversation in order, different ones side by side.
    ///
    /// Fails with the first error after everything that could be done was done; a redelivery
    /// finds that in the ledger and goes on behind it. Nothing is begun that may not end before
    /// `deadline`.
    pub async fn route(&self, batch: InboundBatch, deadline: Timestamp) -> Result<(), RouteError> {
        let channel = self.channel(&batch.channel_id).await?;
        let tells_only = batch.changes.iter().all(|change| matches!(change, Change::Tell(_)));
        let own_group = batch.detour || tells_only;
        let course = Course { own_group, detour: batch.detour, deadline };
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
                Change::Tell(tell) => self.route_tell(channel, tell).await,
            };
            let left = || std::iter::once(change.clone()).chain(changes.clone()).collect();
            match (outcome, &key) {
                (Ok(Routed::Done { anew: now }), _) => anew |= now,
                (Ok(Routed::MustFollow), Some(key)) => {
                    return self.send_aside(channel, key, left()).await;
                }
                (Ok(Routed::MustFollow), None) => {}
                (Err(error), _) if error.verdict() == Verdict::Reject => {
                    self.park(channel, key.as_ref(), change, &error).await?;
                }
                (Err(error), Some(key)) if course.holds_others_back(key, &error) => {
                    tracing::warn!(
                        channel_id = %channel.id, error_type = error.error_type(), error = %error,
                        "the conversation waits in a group of its own"
                    );
                    return self.send_aside(channel, key, left()).await;
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
        let load = async {
            match key {
                Some(key) => store.load(&channel.id, key).await.map(Some),
                None => Ok(None),
            }
        };
        let (claim, conversation) = futures::join!(store.claim(&channel.id, message), load);
        let (again, attempts) = match claim.map_err(RouteError::Store)? {
            Claim::Done => return Ok(Routed::Done { anew: false }),
            Claim::Busy => return Err(RouteError::Busy),
            Claim::Granted { again, attempts } => (again, attempts),
        };
        if attempts > DEADLY_ATTEMPTS {
            return Err(RouteError::Deadly);
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

    async fn route_tell(&self, channel: &Channel, tell: &Tell) -> Result<Routed, RouteError> {
        let now = self.desk.clock.now();
        let early = tell.reoffer.as_ref().filter(|reoffer| now < reoffer.not_before);
        if let Some(reoffer) = early {
            let after = Duration::try_from(reoffer.not_before.duration_since(now));
            return Err(RouteError::NotYet { after: after.unwrap_or_default() });
        }
        let store = &self.desk.store;
        let claim = store.claim(&channel.id, tell).await;
        let again = match claim.map_err(RouteError::Store)? {
            Claim::Done => return Ok(Routed::Done { anew: false }),
            Claim::Busy => return Err(RouteError::Busy),
            Claim::Granted { attempts, .. } if attempts > DEADLY_ATTEMPTS => {
                return Err(RouteError::Deadly);
            }
            Claim::Granted { again, .. } => again,
        };
        match self.say_notice(channel, tell, again).await {
            Ok(()) => {
                let completed = store.complete(&channel.id, tell, None).await;
                completed.map_err(RouteError::Store)?;
                Ok(Routed::Done { anew: true })
            }
            Err(error) => {
                let perhaps_done = again || error.perhaps_done();
                let released = store.release(&channel.id, tell, perhaps_done).await;
                released.map_err(RouteError::Store)?;
                Err(error)
            }
        }
    }

    async fn say_notice(
        &self,
        channel: &Channel,
        tell: &Tell,
        again: bool,
    ) -> Result<(), RouteError> {
        let loaded = self.desk.store.load(&channel.id, &tell.conversation).await;
        let mut conversation = loaded.map_err(RouteError::Store)?;
        let needless = tell.reoffer.as_ref().is_some_and(|reoffer| {
            conversation.generation != reoffer.generation
                || conversation.interaction().is_some()
                || conversation.ended.as_ref().is_some_and(|ended| ended.answered)
        });
        if needless {
            return Ok(());
        }
        let line = crate::text::notice(&tell.notice);
        let line = match (again, self.was_said(&conversation, &line, again).await?) {
            (_, Some(true)) => return Ok(()),
            (true, None) => format!("{PERHAPS_SHOWN}\n{line}"),
            _ => line,
        };
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

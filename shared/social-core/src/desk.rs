//! The desk: everything that is said to an agent, and everything an agent says, goes through here.
//!
//! What an agent wrote is in `outbound.fifo` before CIC is asked for more.

use std::time::Duration;

use crate::{
    channel::ChannelId,
    chat::{ChatError, ContactCenter, Told},
    clock::Clock,
    conversation::{Conversation, Heard},
    inbound::{InboundQueue, OutboundQueue, Tell},
    store::Conversations,
    text,
    verdict::{Classify, Failure, Verdict},
};

/// Tries to store what an agent wrote before the answer that brought it is given up.
const STORE_TRIES: u32 = 6;
/// Pause before the second try; doubles.
const STORE_PAUSE: Duration = Duration::from_millis(200);

/// The agents' side of the bridge.
#[derive(Debug, Clone)]
pub struct Desk<S, C, I, O, K> {
    pub store: S,
    pub contact_center: C,
    pub inbound: I,
    pub outbound: O,
    pub clock: K,
}

/// Why something did not reach the desk.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// CIC does not have the chat any more; the conversation is closed by now.
    #[error("the chat has ended")]
    Ended,
    #[error("CIC did not take it")]
    Chat(#[source] ChatError),
    #[error("cannot read or write the bridge's state")]
    Store(#[source] Failure),
}

impl Classify for DeskError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Ended => Verdict::RETRY,
            Self::Chat(error) => error.verdict(),
            Self::Store(failure) => failure.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Ended => "chat_ended",
            Self::Chat(error) => error.error_type(),
            Self::Store(failure) => failure.error_type(),
        }
    }
}

impl<S, C, I, O, K> Desk<S, C, I, O, K>
where
    S: Conversations,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Says a line in the conversation's open chat, and takes in what the answer told.
    ///
    /// `note` records in the conversation that it was said; it may run more than once.
    pub async fn say(
        &self,
        conversation: &mut Conversation,
        line: &str,
        note: impl Fn(&mut Conversation),
    ) -> Result<(), DeskError> {
        let Some(interaction) = conversation.interaction() else { return Err(DeskError::Ended) };
        match self.contact_center.say(&interaction.chat, line).await {
            Ok(told) => self.take_in(conversation, &told, note).await,
            Err(ChatError::Gone) => {
                self.hear_out(conversation).await?;
                Err(DeskError::Ended)
            }
            Err(error) => Err(DeskError::Chat(error)),
        }
    }

    /// Reads the last words of a chat that takes no more, and closes its conversation.
    ///
    /// A chat that has ended refuses lines, and still tells once what an agent wrote before.
    async fn hear_out(&self, conversation: &mut Conversation) -> Result<(), DeskError> {
        let Some(interaction) = conversation.interaction() else { return Ok(()) };
        let chat = interaction.chat.clone();
        match self.contact_center.poll(&chat).await {
            Ok(told) => self.take_in(conversation, &told, |_| {}).await?,
            Err(ChatError::Gone) => {}
            // It stays open until somebody could read it: there may be a reply in it.
            Err(_) => return Ok(()),
        }
        // Somebody else may have opened the next one meanwhile.
        if conversation.is_open_in(&chat) { self.end(conversation).await } else { Ok(()) }
    }

    /// Tells the agent something, in a new interaction if the last one has ended.
    pub async fn tell(
        &self,
        conversation: &mut Conversation,
        id: &str,
        notice: &str,
    ) -> Result<(), DeskError> {
        match self.say(conversation, &text::notice(notice), |_| {}).await {
            Err(DeskError::Ended) => self.tell_later(conversation, id, notice).await,
            other => other,
        }
    }

    /// Takes in what an answer of CIC told about the conversation's open chat.
    ///
    /// Replies are in the queue before the conversation says that they were heard: a crash in
    /// between tells them twice, which the queue folds, and never not at all.
    pub async fn take_in(
        &self,
        conversation: &mut Conversation,
        told: &Told,
        note: impl Fn(&mut Conversation),
    ) -> Result<(), DeskError> {
        let now = self.clock.now();
        let before = conversation.clone().hear_told(told, now);
        self.pass_on(conversation, &before).await?;
        let mut after = Vec::new();
        self.amend(conversation, |conversation| {
            after = conversation.hear_told(told, now);
            note(conversation);
        })
        .await?;
        // A fresher item may have known of an agent whom ours had not met yet.
        after.retain(|heard| !before.contains(heard));
        self.pass_on(conversation, &after).await
    }

    /// Closes a conversation whose chat is gone.
    pub async fn end(&self, conversation: &mut Conversation) -> Result<(), DeskError> {
        let mut heard = Vec::new();
        self.amend(conversation, |conversation| heard = conversation.end().into_iter().collect())
            .await?;
        self.pass_on(conversation, &heard).await
    }

    /// Changes a conversation and writes it; on a clash the change is made to what stands there.
    pub async fn amend(
        &self,
        conversation: &mut Conversation,
        mut change: impl FnMut(&mut Conversation),
    ) -> Result<(), DeskError> {
        loop {
            let before = conversation.clone();
            change(conversation);
            if *conversation == before {
                return Ok(());
            }
            match self.store.save(conversation).await.map_err(DeskError::Store)? {
                None => return Ok(()),
                Some(current) => *conversation = current,
            }
        }
    }

    async fn pass_on(&self, conversation: &Conversation, heard: &[Heard]) -> Result<(), DeskError> {
        for heard in heard {
            match heard {
                Heard::Reply(reply) => {
                    self.stored(async || self.outbound.send(reply).await).await?;
                }
                Heard::Unpublishable { sequence, notice } => {
                    let id = format!("{}#unpublishable#{sequence}", conversation.generation);
                    self.tell_later(conversation, &id, notice).await?;
                }
                Heard::Ended { answered: true } => {}
                Heard::Ended { answered: false } => {
                    let notice =
                        "offered again: the last interaction ended before anybody answered";
                    let id = format!("{}#unanswered", conversation.generation);
                    self.tell_later(conversation, &id, notice).await?;
                }
            }
        }
        Ok(())
    }

    /// Leaves it to the router to tell the agent, which opens a new interaction where needed.
    async fn tell_later(
        &self,
        conversation: &Conversation,
        id: &str,
        notice: &str,
    ) -> Result<(), DeskError> {
        let tell = Tell {
            id: format!("{}#{id}", conversation.key),
            conversation: conversation.key.clone(),
            notice: notice.to_owned(),
        };
        let channel_id: &ChannelId = &conversation.channel_id;
        let (group, batch) = tell.clone().into_batch(channel_id);
        let deduplication = format!("{channel_id}#{}", tell.id);
        self.stored(async || self.inbound.send(&group, &deduplication, &batch).await).await
    }

    /// Events vanish from CIC when they are read: what they brought is stored now or never.
    async fn stored(&self, store: impl AsyncFn() -> Result<(), Failure>) -> Result<(), DeskError> {
        let mut pause = STORE_PAUSE;
        for _ in 1..STORE_TRIES {
            if store().await.is_ok() {
                return Ok(());
            }
            self.clock.sleep(pause).await;
            pause *= 2;
        }
        store().await.map_err(|failure| {
            tracing::error!(metric = "ReplyAtRisk", error = %failure, "cannot store what an agent wrote");
            DeskError::Store(failure)
        })
    }
}

//! The desk: everything that is said to an agent, and everything an agent says, goes through here.
//!
//! What an agent wrote is in `outbound.fifo` before CIC is asked for more.

mod gaps;
mod pushes;

use std::time::Duration;

pub use pushes::PushTaken;

use crate::{
    channel::ChannelId,
    chat::{Chat, ChatError, ContactCenter, Sent, Told},
    clock::Clock,
    conversation::{Conversation, Heard},
    inbound::{InboundQueue, OutboundQueue, Reoffer, Tell},
    reply::Fingerprint,
    slots::Token,
    store::Conversations,
    text,
    verdict::{Classify, Failure, Verdict},
};

/// How long it is tried to store what an answer of CIC told: longer than any invocation has left when
/// it gets the answer. The invocation's own deadline ends it before.
const STORE_FOR: Duration = Duration::from_secs(20);
/// From this pause on a reply counts as at risk.
const AT_RISK: Duration = Duration::from_secs(1);
/// Longest pause between two tries.
const LONGEST_STORE_PAUSE: Duration = Duration::from_secs(2);
/// Pause before an unanswered conversation is offered again; doubles with each time in a row.
const FIRST_OFFER: Duration = Duration::from_secs(3);
/// Longest such pause.
const LAST_OFFER: Duration = Duration::from_secs(15 * 60);
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
    /// What CIC is configured to send by itself, also in an agent's name: never published.
    pub automatic: Vec<Fingerprint>,
}

/// Why something did not reach the desk.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The chat is over; the conversation is closed by now.
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
    /// `note` records in the conversation that it was said; it may run more than once. A chat that
    /// ends with the very answer has not been told: [`DeskError::Ended`].
    pub async fn say(
        &self,
        conversation: &mut Conversation,
        line: &str,
        note: impl Fn(&mut Conversation),
    ) -> Result<(), DeskError> {
        let Some(interaction) = conversation.interaction() else { return Err(DeskError::Ended) };
        let chat = interaction.chat.clone();
        match self.contact_center.say(&chat, line).await {
            Ok(told) => {
                self.take_in(conversation, &told, note).await?;
                let open = conversation.is_open_in(&told.chat);
                if open { Ok(()) } else { Err(DeskError::Ended) }
            }
            Err(ChatError::Gone) => {
                self.hear_out(conversation, &chat).await?;
                Err(DeskError::Ended)
            }
            Err(error) => Err(DeskError::Chat(error)),
        }
    }

    /// Tells the agent something, in a new interaction if the last one has ended.
    pub async fn tell(
        &self,
        conversation: &mut Conversation,
        id: &str,
        notice: &str,
    ) -> Result<(), DeskError> {
        match self.say(conversation, &text::notice(notice), |_| {}).await {
            Err(DeskError::Ended) => self.tell_later(conversation, id, notice, None).await,
            other => other,
        }
    }

    /// Takes in what an answer of CIC told about one of the conversation's chats.
    ///
    /// Replies are in the queue before the conversation says that they were heard: a crash in
    /// between tells them twice, which the queue folds, and never not at all.
    pub async fn take_in(
        &self,
        conversation: &mut Conversation,
        told: &Told,
        note: impl Fn(&mut Conversation),
    ) -> Result<(), DeskError> {
        if !told.events.is_empty() {
            // What an agent's text answers is decided by what the conversation holds now.
            *conversation = self.fresh(conversation).await?;
        }
        let told = self.completed(conversation, told).await;
        let now = self.clock.now();
        let hear = |conversation: &mut Conversation| {
            let heard = conversation.hear_told(&told, &self.automatic, now);
            if conversation.is_open_in(&told.chat) {
                note(conversation);
            }
            heard
        };
        self.hear(conversation, hear).await
    }

    /// Passes on what a change of the conversation makes heard, and then writes the change.
    async fn hear(
        &self,
        conversation: &mut Conversation,
        change: impl Fn(&mut Conversation) -> Vec<Heard>,
    ) -> Result<(), DeskError> {
        let before = change(&mut conversation.clone());
        self.pass_on(conversation, &before).await?;
        let mut after = self.changed(conversation, change).await?;
        after.retain(|heard| before.iter().all(|known| !known.is_same_as(heard)));
        self.pass_on(conversation, &after).await
    }

    async fn changed(
        &self,
        conversation: &mut Conversation,
        change: impl Fn(&mut Conversation) -> Vec<Heard>,
    ) -> Result<Vec<Heard>, DeskError> {
        loop {
            let before = conversation.clone();
            let heard = change(conversation);
            if *conversation == before {
                return Ok(heard);
            }
            let saved = async || {
                let mut saved = conversation.clone();
                Ok((self.store.save(&mut saved).await?, saved))
            };
            let (clash, saved) = self.stored(saved).await?;
            let Some(current) = clash else {
                *conversation = saved;
                return Ok(heard);
            };
            *conversation = current;
        }
    }

    /// A chat that CIC calls gone may have last words; then it is over.
    pub async fn hear_out(
        &self,
        conversation: &mut Conversation,
        chat: &Chat,
    ) -> Result<(), DeskError> {
        match self.contact_center.poll(chat).await {
            Ok(told) => self.take_in(conversation, &told, |_| {}).await?,
            // Ended now, the chat would never be asked again, and its last words be lost.
            Err(ChatError::Failed { failure, .. }) if failure.verdict() != Verdict::Reject => {
                return Err(DeskError::Chat(ChatError::Failed { failure, sent: Sent::No }));
            }
            Err(_) => {}
        }
        if conversation.is_open_in(chat) {
            self.last_words(conversation, chat).await?;
        }
        self.hear(conversation, |conversation| conversation.end(chat)).await
    }

    async fn fresh(&self, conversation: &Conversation) -> Result<Conversation, DeskError> {
        self.stored(async || self.store.load(&conversation.channel_id, &conversation.key).await)
            .await
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
                Heard::Unpublishable { id, notice } => {
                    self.tell_later(conversation, &format!("unpublishable#{id}"), notice, None)
                        .await?;
                }
                Heard::Ended { answered, missing } => {
                    self.free_slot(conversation).await;
                    if !answered {
                        self.offer_again(conversation).await?;
                    } else if *missing {
                        self.ask_in_the_next(conversation).await?;
                    }
                    self.ask_again_for_approval(conversation).await?;
                }
            }
        }
        Ok(())
    }

    /// What cannot be given back here, the collector's tidying takes.
    async fn free_slot(&self, conversation: &Conversation) {
        let Conversation { channel_id, key, generation, .. } = conversation;
        let token = Token::of(channel_id, key, *generation);
        if let Err(failure) = self.store.free_slot(&token, false).await {
            tracing::warn!(error_type = failure.error_type(), error = %failure, "a slot was not given back");
        }
    }

    /// What waits for a second person waits in a new interaction when this one is over.
    async fn ask_again_for_approval(&self, conversation: &Conversation) -> Result<(), DeskError> {
        for reply in conversation.awaiting_approval() {
            let id = format!("approval#{}#{}", conversation.generation, reply.id);
            self.tell_later(conversation, &id, &reply.awaits_approval(), None).await?;
        }
        Ok(())
    }

    /// An interaction that ended before any agent was active is no answer. Each time in a row it
    /// waits longer, and is told to the administrator from the second time on.
    async fn offer_again(&self, conversation: &Conversation) -> Result<(), DeskError> {
        let again = conversation.unanswered.saturating_sub(1);
        if again > 0 {
            tracing::warn!(
                metric = "UnansweredAgain", channel_id = %conversation.channel_id, times = again + 1,
                "an interaction ended unanswered, again"
            );
        }
        let pause = FIRST_OFFER.saturating_mul(2_u32.saturating_pow(again)).min(LAST_OFFER);
        let reoffer =
            Reoffer { generation: conversation.generation, not_before: self.clock.now() + pause };
        let notice = "offered again: the last interaction ended before anybody answered";
        let id = format!("unanswered#{}", conversation.generation);
        self.tell_later(conversation, &id, notice, Some(reoffer)).await
    }

    /// Leaves it to the router to tell the agent, which opens a new interaction where needed.
    pub(crate) async fn tell_later(
        &self,
        conversation: &Conversation,
        id: &str,
        notice: &str,
        reoffer: Option<Reoffer>,
    ) -> Result<(), DeskError> {
        let tell = Tell {
            id: format!("{}#{id}", conversation.key),
            conversation: conversation.key.clone(),
            notice: notice.to_owned(),
            reoffer,
        };
        let channel_id: &ChannelId = &conversation.channel_id;
        let (group, batch) = tell.clone().into_batch(channel_id);
        let deduplication = format!("{channel_id}#{}", tell.id);
        self.stored(async || self.inbound.send(&group, &deduplication, &batch).await).await
    }

    /// Events vanish from CIC when they are read: what they brought is stored now or never.
    async fn stored<T>(&self, store: impl AsyncFn() -> Result<T, Failure>) -> Result<T, DeskError> {
        let give_up = self.clock.now() + STORE_FOR;
        let mut pause = STORE_PAUSE;
        loop {
            let failure = match store().await {
                Ok(stored) => return Ok(stored),
                Err(failure) => failure,
            };
            if self.clock.now() >= give_up {
                return Err(DeskError::Store(failure));
            }
            if pause < AT_RISK && pause * 2 >= AT_RISK {
                tracing::error!(
                    metric = "ReplyAtRisk", error_type = failure.error_type(), error = %failure,
                    "cannot store what an answer of CIC told; it is tried until the time is up"
                );
            }
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_STORE_PAUSE);
        }
    }
}

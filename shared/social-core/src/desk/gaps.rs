//! Gaps: events of a chat that nobody was told, found again where CIC keeps a history.

use std::{borrow::Cow, time::Duration};

use super::{Desk, DeskError};
use crate::{
    chat::{Chat, ChatError, ChatEvent, ContactCenter, Happening, ParticipantState, Party, Told},
    clock::Clock,
    conversation::{Conversation, Interaction, Numbers},
    inbound::{InboundQueue, OutboundQueue},
    store::Conversations,
};

/// What the agent is asked where nothing can be found again.
const REPEAT: &str = "CIC did not hand over everything that was written here. Please compare your \
    last messages with the network, and send again what is not there";
/// The same where the interaction is over.
const REPEAT_ANEW: &str = "CIC did not hand over everything that was written in the last \
    interaction. Please compare its last messages with the network, and send again what is not there";

impl<S, C, I, O, K> Desk<S, C, I, O, K>
where
    S: Conversations,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Looks for lost events of an open chat in its history; without one the agent is asked.
    pub async fn fill_gap(
        &self,
        conversation: &mut Conversation,
        chat: &Chat,
    ) -> Result<(), DeskError> {
        let now = self.clock.now();
        let lost = match conversation.interaction() {
            Some(interaction) if interaction.chat.chat_id == chat.chat_id => {
                interaction.hearing.numbers().lost(now).cloned()
            }
            _ => None,
        };
        let Some(lost) = lost else { return Ok(()) };
        if self.catch_up(conversation, chat).await? {
            return Ok(());
        }
        self.hear(conversation, |conversation| conversation.settle(chat, &lost, false, now))
            .await?;
        if lost.is_empty() {
            return Ok(());
        }
        tell_missing(conversation, lost.len());
        let mut ask = false;
        self.amend(conversation, |conversation| ask = conversation.ask_to_repeat(chat)).await?;
        if ask {
            let id = format!("missing#{}", conversation.generation);
            self.tell(conversation, &id, REPEAT).await?;
        }
        Ok(())
    }

    /// Takes in what a chat's history tells and nobody heard. `false`: there is no history.
    pub async fn catch_up(
        &self,
        conversation: &mut Conversation,
        chat: &Chat,
    ) -> Result<bool, DeskError> {
        let history = match self.contact_center.history(chat).await {
            Ok(Some(history)) => history,
            Ok(None) => return Ok(false),
            // What a chat that is gone has left is asked for when it is heard out.
            Err(ChatError::Gone) => return Ok(true),
            Err(error) => return Err(DeskError::Chat(error)),
        };
        self.take_in_history(conversation, chat, history).await?;
        Ok(true)
    }

    /// Takes in what nobody heard of a history that was just read.
    pub(crate) async fn take_in_history(
        &self,
        conversation: &mut Conversation,
        chat: &Chat,
        history: Vec<ChatEvent>,
    ) -> Result<(), DeskError> {
        let Some(interaction) = conversation.interaction() else { return Ok(()) };
        let numbers = interaction.hearing.numbers().clone();
        let now = self.clock.now();
        let lost = numbers.lost(now).cloned().unwrap_or_default();
        let whole = is_whole(&history);
        let told = found(chat, history, &numbers);
        if !told.events.is_empty() {
            self.take_in(conversation, &told, |_| {}).await?;
        }
        self.hear(conversation, |conversation| conversation.settle(chat, &lost, whole, now)).await
    }

    /// An answer that ends a chat is the last one: what is missing before it is looked for now.
    pub(super) async fn completed<'t>(
        &self,
        conversation: &Conversation,
        told: &'t Told,
    ) -> Cow<'t, Told> {
        let Some(interaction) = conversation.interaction() else { return Cow::Borrowed(told) };
        let is_end = |event: &ChatEvent| {
            event.party == Party::Visitor
                && event.what == Happening::State(ParticipantState::Disconnected)
        };
        let numbers = interaction.hearing.numbers();
        if !told.events.iter().any(is_end) || numbers.are_complete_with(&told.numbers) {
            return Cow::Borrowed(told);
        }
        let Ok(Some(history)) = self.contact_center.history(&told.chat).await else {
            return Cow::Borrowed(told);
        };
        let mut whole = told.clone();
        if is_whole(&history) {
            whole.numbers.extend(history.iter().map(|event| event.sequence));
            whole.numbers.extend(numbers.missing_with(&told.numbers));
        }
        let earlier = found(&told.chat, history, numbers).events.into_iter();
        whole.events.extend(earlier.filter(|event| !told.numbers.contains(&event.sequence)));
        whole.events.sort_by_key(|event| event.sequence);
        Cow::Owned(whole)
    }

    /// Asks the history of a chat that is gone, without a word about its end, what nobody was told.
    pub(super) async fn last_words(
        &self,
        conversation: &mut Conversation,
        chat: &Chat,
    ) -> Result<(), DeskError> {
        let Some(Interaction { answered, .. }) = conversation.interaction() else { return Ok(()) };
        let answered = *answered;
        if let Ok(Some(history)) = self.contact_center.history(chat).await {
            self.take_in_history(conversation, chat, history).await?;
        } else if answered {
            tracing::warn!(
                metric = "EventsMissing", channel_id = %conversation.channel_id,
                error_type = "cic_end_unheard",
                "a chat is gone without a word about its end: read its transcript in CIC"
            );
        }
        Ok(())
    }

    /// The interaction is over, and something that was told in it is lost.
    pub(super) async fn ask_in_the_next(
        &self,
        conversation: &Conversation,
    ) -> Result<(), DeskError> {
        tell_missing(conversation, 1);
        let id = format!("missing at the end#{}", conversation.generation);
        self.tell_later(conversation, &id, REPEAT_ANEW, None).await
    }
}

fn tell_missing(conversation: &Conversation, count: usize) {
    tracing::error!(
        metric = "EventsMissing", channel_id = %conversation.channel_id,
        error_type = "cic_numbers_missing", count,
        "CIC numbered events of a chat that nobody was told; the agent is asked to repeat"
    );
}

/// What nobody was told of a history.
fn found(chat: &Chat, history: Vec<ChatEvent>, numbers: &Numbers) -> Told {
    let is_unheard = |event: &ChatEvent| numbers.is_unheard(event.sequence);
    let events: Vec<ChatEvent> = history.into_iter().filter(is_unheard).collect();
    let numbers = events.iter().map(|event| event.sequence).collect();
    Told { chat: chat.clone(), events, numbers, poll_after: Duration::ZERO }
}

/// Whether a history tells who came and went, and not only who wrote.
fn is_whole(history: &[ChatEvent]) -> bool {
    history.iter().any(|event| matches!(event.what, Happening::State(_)))
}

#[cfg(test)]
mod tests;

//! Gaps: events of a chat that nobody was told, found again where CIC keeps a history.

use super::{Desk, DeskError};
use crate::{
    chat::{Chat, ChatError, ChatEvent, ContactCenter, Told},
    clock::Clock,
    conversation::{Conversation, Interaction},
    inbound::{InboundQueue, OutboundQueue},
    store::Conversations,
};

/// What the agent is asked where nothing can be found again.
const REPEAT: &str = "CIC did not hand over everything that was written here. Please compare your \
    last messages with the network, and send again what is not there";

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
        match self.contact_center.history(chat).await {
            Ok(Some(history)) => {
                let is_lost = |event: &ChatEvent| lost.contains(&event.sequence);
                let told = found(chat, history, is_lost);
                self.take_in(conversation, &told, |_| {}).await?;
                self.amend(conversation, |conversation| {
                    give_up(conversation, false);
                })
                .await
            }
            Ok(None) => {
                tracing::error!(
                    metric = "EventsMissing", channel_id = %conversation.channel_id,
                    error_type = "cic_numbers_missing", count = lost.len(),
                    "CIC numbered events of a chat that nobody was told; the agent is asked to repeat"
                );
                let mut ask = false;
                self.amend(conversation, |conversation| ask = give_up(conversation, true)).await?;
                if ask {
                    let id = format!("missing#{}", conversation.generation);
                    self.tell(conversation, &id, REPEAT).await?;
                }
                Ok(())
            }
            // What a chat that is gone has left is asked for when it is heard out.
            Err(ChatError::Gone) => Ok(()),
            Err(error) => Err(DeskError::Chat(error)),
        }
    }

    /// Asks the history of a chat that is gone, without a word about its end, what nobody was told.
    pub(super) async fn last_words(
        &self,
        conversation: &mut Conversation,
        chat: &Chat,
    ) -> Result<(), DeskError> {
        let Some(Interaction { hearing, answered, .. }) = conversation.interaction() else {
            return Ok(());
        };
        let (numbers, answered) = (hearing.numbers().clone(), *answered);
        if let Ok(Some(history)) = self.contact_center.history(chat).await {
            let told = found(chat, history, |event| numbers.is_unheard(event.sequence));
            self.take_in(conversation, &told, |_| {}).await?;
        } else if answered {
            tracing::warn!(
                metric = "EventsMissing", channel_id = %conversation.channel_id,
                error_type = "cic_end_unheard",
                "a chat is gone without a word about its end: read its transcript in CIC"
            );
        }
        Ok(())
    }
}

/// The events of a history that are looked for.
fn found(chat: &Chat, history: Vec<ChatEvent>, is_it: impl Fn(&ChatEvent) -> bool) -> Told {
    let events: Vec<ChatEvent> = history.into_iter().filter(is_it).collect();
    let numbers = events.iter().map(|event| event.sequence).collect();
    Told { chat: chat.clone(), events, numbers, poll_after: std::time::Duration::ZERO }
}

fn give_up(conversation: &mut Conversation, ask: bool) -> bool {
    let numbers = conversation.interaction_mut().map(|open| open.hearing.numbers_mut());
    numbers.is_some_and(|numbers| numbers.give_up(ask))
}

#[cfg(test)]
mod tests;

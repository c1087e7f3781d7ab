//! Hearing: what the events of a chat mean for its conversation. Pure, and safe to apply twice.

use jiff::Timestamp;

use super::{Agent, Conversation, State, Who};
use crate::{
    chat::{ChatEvent, Happening, ParticipantState, Party, Told},
    reply::{Reply, targeting},
};

/// What came of the events, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The active agent wrote something to be published.
    Reply(Box<Reply>),
    /// The active agent did something that cannot be published; in words for the agent.
    Unpublishable { sequence: i64, notice: &'static str },
    /// The interaction ended. `answered`: some agent had been active in it.
    Ended { answered: bool },
}

impl Conversation {
    /// Applies an answer of CIC: the chat as it is now, and its events. Another chat's is nothing to us.
    pub fn hear_told(&mut self, told: &Told, now: Timestamp) -> Vec<Heard> {
        match self.interaction_mut() {
            Some(interaction) if interaction.chat.chat_id == told.chat.chat_id => {
                interaction.chat = told.chat.clone();
                self.hear(&told.events, now)
            }
            _ => Vec::new(),
        }
    }

    /// Applies the events of the open chat that were not applied before.
    ///
    /// Only the text of the single active agent becomes a reply. Greetings, supervisors, early
    /// texts and everything of the system do not.
    pub fn hear(&mut self, events: &[ChatEvent], now: Timestamp) -> Vec<Heard> {
        let mut heard = Vec::new();
        for event in events {
            let Some(interaction) = self.interaction_mut() else { break };
            if interaction.sequence.is_some_and(|last| event.sequence <= last) {
                continue;
            }
            interaction.sequence = Some(event.sequence);
            heard.extend(self.hear_one(event, now));
        }
        heard
    }

    /// The chat is gone without a last word.
    pub fn end(&mut self) -> Option<Heard> {
        let answered = self.interaction()?.answered;
        self.state = State::Closed;
        Some(Heard::Ended { answered })
    }

    fn hear_one(&mut self, event: &ChatEvent, now: Timestamp) -> Option<Heard> {
        match &event.what {
            Happening::State(state) => self.hear_state(event, *state),
            Happening::Text(text) if self.is_active(event) => self.hear_text(event, text, now),
            Happening::File(_) if self.is_active(event) => Some(Heard::Unpublishable {
                sequence: event.sequence,
                notice: "the file was not published: files cannot be sent to the network from here",
            }),
            Happening::Url(_) if self.is_active(event) => Some(Heard::Unpublishable {
                sequence: event.sequence,
                notice: "the pushed page was not published; write the link in a message instead",
            }),
            Happening::Text(_) | Happening::File(_) | Happening::Url(_) => None,
        }
    }

    fn is_active(&self, event: &ChatEvent) -> bool {
        let agent = self.interaction().and_then(|interaction| interaction.agent.as_ref());
        event.party == Party::Agent
            && agent.is_some_and(|agent| agent.participant_id == event.participant_id)
    }

    fn hear_state(&mut self, event: &ChatEvent, state: ParticipantState) -> Option<Heard> {
        let interaction = self.interaction_mut()?;
        match (event.party, state) {
            (Party::Agent, ParticipantState::Active) => {
                // The first active agent keeps the floor; whoever joins beside is a second party.
                let floor = interaction.agent.get_or_insert_with(|| Agent {
                    participant_id: event.participant_id.clone(),
                    name: String::new(),
                });
                if floor.participant_id == event.participant_id && !event.name.is_empty() {
                    floor.name.clone_from(&event.name);
                }
                interaction.answered = true;
                None
            }
            (Party::Agent, ParticipantState::Disconnected) => {
                interaction.agent.take_if(|agent| agent.participant_id == event.participant_id);
                None
            }
            (Party::Visitor, ParticipantState::Disconnected) => self.end(),
            _ => None,
        }
    }

    fn hear_text(&mut self, event: &ChatEvent, text: &str, now: Timestamp) -> Option<Heard> {
        let interaction = self.interaction()?;
        let agent = interaction.agent.as_ref()?.name.clone();
        let id = format!("{}#{}", interaction.chat.chat_id, event.sequence);
        let (target, text) = targeting::target(self, text);
        self.remember(Who::Agent, &agent, &text, now);
        Some(Heard::Reply(Box::new(Reply {
            id,
            channel_id: self.channel_id.clone(),
            conversation: self.key.clone(),
            generation: self.generation,
            agent,
            text,
            written_at: now,
            target,
        })))
    }
}

#[cfg(test)]
mod tests;

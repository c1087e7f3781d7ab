//! Doubts: texts of an agent of whom nobody told that it is one, where something that was told got lost.
//!
//! The news that somebody is active may be what was lost. Such a text is an agent's, or an automatic
//! one in an agent's name: it is never published as it stands, and goes back to the chat.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Before, HELD_TEXTS, Heard, Hearing, HeldText, Standing};
use crate::{
    chat::Chat,
    command::{Command, Written},
    conversation::{Conversation, Needs},
};

impl Hearing {
    /// Whether its writer may have the floor for all that is known. While the chat lives, what is
    /// missing may still be found, as long as not too many texts wait for that.
    pub(super) fn is_in_doubt(&self, text: &HeldText, is_open: bool) -> bool {
        match self.numbers.before(text.at.1) {
            Before::Complete => false,
            Before::Missing => !is_open || self.held.len() >= HELD_TEXTS,
            Before::Lost => true,
        }
    }

    /// Its writer has been there at least since just before it.
    pub(super) fn arrived_before(&mut self, text: &HeldText) {
        let (leg, sequence) = text.at;
        if self.active_at(text.at, &text.participant_id).is_none() {
            self.standings.push(Standing {
                at: (leg, sequence - 1),
                participant_id: text.participant_id.clone(),
                name: text.name.clone(),
                active: true,
            });
            self.standings.sort_by_key(|standing| standing.at);
        }
    }
}

impl Conversation {
    /// Whether only a person can have written that: no automatic text sends again or takes back what
    /// came back to its own writer.
    pub(super) fn is_in_person(&self, text: &HeldText) -> bool {
        let decides = matches!(
            Written::read(&text.text),
            Written::Command(Command::Retry | Command::Discard, _)
        );
        let own = |reply: &crate::reply::Reply| {
            reply.in_doubt
                && reply.generation == self.generation
                && reply.participant_id == text.participant_id
        };
        decides && self.undecided.iter().any(|kept| kept.needs == Needs::Retry && own(&kept.reply))
    }

    /// Nobody looks any more for these numbers of a chat. `found`: its history told everything that
    /// mattered of them.
    pub fn settle(
        &mut self,
        chat: &Chat,
        looked_for: &BTreeSet<i64>,
        found: bool,
        now: Timestamp,
    ) -> Vec<Heard> {
        let Some(interaction) = self.interaction_in(chat) else { return Vec::new() };
        interaction.hearing.numbers.settle(looked_for, found, now);
        self.hear_held(chat)
    }

    /// Whether the chat's agent is to be asked to repeat what is lost: once.
    pub fn ask_to_repeat(&mut self, chat: &Chat) -> bool {
        self.interaction_in(chat).is_some_and(|interaction| interaction.hearing.numbers.ask())
    }
}

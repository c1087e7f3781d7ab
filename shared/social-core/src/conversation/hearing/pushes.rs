//! Pushes: what an agent wrote, as a handler of CIC sent it.

use jiff::Timestamp;

use super::{HeldText, Place, Standing};
use crate::{
    conversation::Conversation,
    inbound::Pushed,
    reply::{Fingerprint, Reply},
};

/// After everything that was told so far.
const LAST: Place = (usize::MAX, i64::MAX);

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushHeard {
    Reply(Box<Reply>),
    /// It was heard before, by either road, or is never published.
    Known,
    /// Nobody is known to be active, or somebody else is.
    NobodyActive,
}

impl Conversation {
    /// Applies a handler's push: the text of the agent who is active in the open chat now.
    pub fn hear_pushed(
        &mut self,
        pushed: &Pushed,
        automatic: &[Fingerprint],
        now: Timestamp,
    ) -> PushHeard {
        let Some(interaction) = self.interaction_mut() else { return PushHeard::NobodyActive };
        if pushed.chat_id.as_ref().is_some_and(|id| *id != interaction.chat.chat_id) {
            return PushHeard::NobodyActive;
        }
        if automatic.contains(&Fingerprint::of(&pushed.text)) {
            return PushHeard::Known;
        }
        let is_it = |floor: &&Standing| {
            pushed.agent.as_ref().is_none_or(|agent| agent.eq_ignore_ascii_case(&floor.name))
        };
        let Some(floor) = interaction.hearing.floor_at(LAST).filter(is_it).cloned() else {
            return PushHeard::NobodyActive;
        };
        let Standing { name, participant_id, .. } = floor;
        let chat_id = interaction.chat.chat_id.clone();
        match interaction.hearing.roads.pushed(&pushed.id, &pushed.text) {
            Some(occurrence) => {
                let id = format!("{chat_id}#{occurrence}");
                let text = pushed.text.clone();
                let written = HeldText { at: LAST, participant_id, name, text, written_at: now };
                PushHeard::Reply(self.reply(id, written, false))
            }
            None => PushHeard::Known,
        }
    }
}

//! Moderation: what agents hid, showed, liked or deleted, as the conversation remembers it.

use super::{Conversation, Shown, Who};
use crate::{command::Command, message::MessageId, reply::Reply};

impl Conversation {
    /// Marks the message that the command is about as hidden from the public, or as shown.
    pub fn set_hidden(&mut self, command: &Reply, hidden: bool) {
        if let Some(shown) = self.shown_about(command) {
            shown.hidden = hidden;
        }
    }

    /// Remembers who did it and when.
    pub fn note_moderated(&mut self, command: &Reply, what: Command) {
        let done = self.moderated(command, what);
        let known = self.lines.iter().any(|line| {
            line.who == Who::Moderator && line.at == command.written_at && line.text == done
        });
        if !known {
            self.remember(Who::Moderator, &command.agent, &done, command.written_at);
        }
    }

    /// What the command did, in words.
    pub fn moderated(&self, command: &Reply, what: Command) -> String {
        let line = self
            .number_about(command)
            .map_or_else(|| "the message".to_owned(), |number| format!("line {number}"));
        match what {
            Command::Hide => format!("{line} is hidden from the public"),
            Command::Unhide => format!("{line} is shown to the public again"),
            Command::Like => format!("{line} is liked"),
            _ => "our reply is deleted from the network".to_owned(),
        }
    }

    fn number_about(&self, command: &Reply) -> Option<u32> {
        let id = about(command)?;
        self.shown().find(|shown| shown.message_id == *id).map(|shown| shown.number)
    }

    fn shown_about(&mut self, command: &Reply) -> Option<&mut Shown> {
        let id = about(command)?;
        self.shown_mut().find(|shown| shown.message_id == *id)
    }
}

fn about(command: &Reply) -> Option<&MessageId> {
    command.target.as_ref().ok().map(|target| &target.message_id)
}

//! Folding: what is counted instead of shown, until the agent is told how much it was.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Conversation, Shown, Who};
use crate::{
    message::{Kind, Message, MessageId},
    text,
};

/// Within which so many messages are too many, and after which the agent is told of the rest.
pub(crate) const WINDOW: Duration = Duration::from_mins(1);
/// Counted messages that are remembered, so that one which is routed again counts once.
const REMEMBERED: usize = 100;

/// What was counted and not told yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Folded {
    /// When the agent is to be told.
    pub due: Option<Timestamp>,
    messages: u32,
    /// Where the first of them stands on the network.
    link: Option<String>,
    /// Numbers of the lines that were reposted.
    reposted: Vec<u32>,
    counted: Vec<MessageId>,
}

impl Folded {
    /// Whether nothing waits to be told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is left to be told after `told` was: others count while it is said.
    #[must_use]
    pub fn without(self, told: &Self) -> Self {
        if self.counted == told.counted {
            return Self::default();
        }
        Self { messages: self.messages.saturating_sub(told.messages), ..self }
    }

    /// Whether messages are among it that nobody was shown.
    pub fn has_messages(&self) -> bool {
        self.messages > 0
    }
}

impl Conversation {
    /// Whether so many visitors' messages were shown within the last minute.
    pub fn is_flooded(&self, limit: u32, now: Timestamp) -> bool {
        let since = now - WINDOW;
        let recent = |line: &&super::Line| {
            matches!(line.who, Who::Visitor(_))
                && line.generation == self.generation
                && line.at > since
        };
        self.interaction().is_some()
            && u32::try_from(self.lines.iter().filter(recent).count()).unwrap_or(u32::MAX) >= limit
    }

    /// The line that a repost repeats: the tweet itself, or its first repost where that was shown.
    pub fn line_reposted(&mut self, repost: &Message) -> Option<&mut Shown> {
        let original = repost.thread.root().to_owned();
        let is_it = |shown: &&mut Shown| {
            shown.message_id.as_str() == original
                || (shown.kind == Kind::Repost && shown.reply_under.as_str() == original)
        };
        self.shown_mut().find(is_it)
    }

    /// Counts a message instead of showing it. The agent is told at `due`, or before.
    pub fn fold(&mut self, message: &Message, due: Timestamp) {
        if self.folded.counted.contains(&message.id) {
            return;
        }
        if message.kind == Kind::Repost {
            let Some(shown) = self.line_reposted(message) else { return };
            shown.reposts += 1;
            let number = shown.number;
            if !self.folded.reposted.contains(&number) {
                self.folded.reposted.push(number);
            }
        } else {
            self.folded.messages += 1;
            if self.folded.link.is_none() {
                self.folded.link.clone_from(&message.permalink);
            }
        }
        self.folded.due.get_or_insert(due);
        self.folded.counted.push(message.id.clone());
        let surplus = self.folded.counted.len().saturating_sub(REMEMBERED);
        self.folded.counted.drain(..surplus);
    }

    /// What the agent is told of it.
    pub fn told_of_folded(&self) -> Option<String> {
        let Folded { messages, link, reposted, .. } = &self.folded;
        let mut parts = Vec::new();
        match messages {
            0 => {}
            1 => parts.push("1 more message came and is not shown here".to_owned()),
            more => parts.push(format!("{more} more messages came and are not shown here")),
        }
        if let (Some(part), Some(link)) = (parts.first_mut(), link) {
            part.push_str(": ");
            part.push_str(&text::clean_inline(link));
        }
        for shown in self.shown().filter(|shown| reposted.contains(&shown.number)) {
            let reposts = if shown.reposts == 1 { "repost" } else { "reposts" };
            parts.push(format!("line {}: {} {reposts} so far", shown.number, shown.reposts));
        }
        (!parts.is_empty()).then(|| parts.join("\n    "))
    }
}

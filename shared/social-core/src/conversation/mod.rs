//! A conversation and its counterpart in CIC: what is open, what the agent was shown, who may answer.

mod folding;
mod forgetting;
mod hearing;
mod moderation;
mod numbers;
mod opening;
mod roads;
mod undecided;
mod visitors;

use std::fmt;

pub use folding::Folded;
pub(crate) use folding::WINDOW as FOLDING_WINDOW;
pub(crate) use forgetting::ERASED;
pub use forgetting::Erased;
pub use hearing::{Heard, Hearing, PushHeard};
use jiff::Timestamp;
pub use numbers::Numbers;
pub use opening::Begin;
use serde::{Deserialize, Serialize};
pub use undecided::{Needs, Undecided};

use crate::{
    channel::ChannelId,
    chat::Chat,
    message::{Answerable, Author, Kind, MessageId},
    text,
};

/// Lines that a conversation remembers: enough for `>n` and for the tail of the transcript.
const REMEMBERED_LINES: usize = 40;
/// Lines of the earlier transcript that a new interaction begins with.
const TAIL_LINES: usize = 6;
/// Characters of a line that are remembered.
pub(crate) const REMEMBERED_CHARS: usize = 600;

/// What replies belong to, within a channel. Opaque outside of [`crate::routing`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationKey(pub String);

impl ConversationKey {
    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A conversation in private messages.
    pub fn is_private(&self) -> bool {
        self.0.starts_with("private:")
    }

    /// Whether the queue group of its post or thread holds other conversations too.
    pub fn shares_its_group(&self) -> bool {
        !self.is_private() && (self.0.starts_with("comment:") || self.0.split(':').count() > 2)
    }

    /// Whether only one visitor can write in it.
    pub fn has_one_visitor(&self) -> bool {
        self.is_private() || self.0.split(':').count() > 2
    }
}

impl fmt::Display for ConversationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A conversation of a channel: stored as one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub channel_id: ChannelId,
    pub key: ConversationKey,
    /// Counts writes of the item; a write names the one it read. 0 was never written.
    pub version: u64,
    /// Counts interactions: 0 before the first one.
    pub generation: u32,
    pub state: State,
    /// Number of the newest line shown to an agent.
    pub last_number: u32,
    /// When the newest of the visitors' messages that were shown was written, by the network's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_at: Option<Timestamp>,
    pub lines: Vec<Line>,
    /// The interaction before: what CIC tells of it late is still heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Box<Interaction>>,
    /// Interactions in a row that ended before any agent was active.
    #[serde(default)]
    pub unanswered: u32,
    /// Batches of it that wait in a queue group of their own: what comes later goes there too.
    #[serde(default)]
    pub detoured: u32,
    /// Visitors who wrote lately, as their newest messages told of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visitors: Vec<Author>,
    /// Replies that wait for a person, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Undecided>,
    /// What was counted instead of shown, and not told yet.
    #[serde(default, skip_serializing_if = "Folded::is_empty")]
    pub folded: Folded,
}

/// Where the conversation's interaction stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// No interaction: never had one, or the last was closed.
    Closed,
    /// Somebody is opening a chat for it, until `lease_until` at the latest.
    Opening { lease_until: Timestamp },
    /// There is a chat.
    Open(Interaction),
}

/// An interaction, as far as the chat's events told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    pub chat: Chat,
    /// Some agent was active at some time: a disconnect then closes the conversation.
    #[serde(default)]
    pub answered: bool,
    /// What was heard of the chat so far.
    #[serde(default)]
    pub hearing: Hearing,
    /// Since when an agent has had the last word; absent while a visitor has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_word_at: Option<Timestamp>,
    /// Its agent was told that it is about to be closed.
    #[serde(default)]
    pub closing: bool,
}

/// One line that an agent was shown, or wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub who: Who,
    pub name: String,
    /// Cut to what a tail needs.
    pub text: String,
    pub at: Timestamp,
    pub generation: u32,
}

/// Whose line it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Visitor(Shown),
    Agent,
    /// A colleague, who wrote on the network by hand.
    Colleague,
    /// An agent who hid, showed, liked or deleted something: the line says what.
    Moderator,
}

/// A visitor's message as a reply can name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub number: u32,
    pub message_id: MessageId,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_id: Option<String>,
    /// What a reply is posted under: the message, or its top-level comment.
    pub reply_under: MessageId,
    pub answerable: Answerable,
    #[serde(default)]
    pub deleted: bool,
    /// Not to be read by everybody, and still to be answered.
    #[serde(default)]
    pub hidden: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permalink: Option<String>,
    /// Other channels that have the message too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_in: Vec<ChannelId>,
    /// How often it was reposted since.
    #[serde(default)]
    pub reposts: u32,
}

impl Conversation {
    /// A conversation that has no interaction yet.
    pub fn new(channel_id: ChannelId, key: ConversationKey) -> Self {
        Self {
            channel_id,
            key,
            version: 0,
            generation: 0,
            state: State::Closed,
            last_number: 0,
            newest_at: None,
            lines: Vec::new(),
            ended: None,
            unanswered: 0,
            detoured: 0,
            visitors: Vec::new(),
            undecided: Vec::new(),
            folded: Folded::default(),
        }
    }

    /// The open interaction.
    pub fn interaction(&self) -> Option<&Interaction> {
        match &self.state {
            State::Open(interaction) => Some(interaction),
            State::Opening { .. } | State::Closed => None,
        }
    }

    /// The open interaction, to be changed.
    pub fn interaction_mut(&mut self) -> Option<&mut Interaction> {
        match &mut self.state {
            State::Open(interaction) => Some(interaction),
            State::Opening { .. } | State::Closed => None,
        }
    }

    /// Whether `chat` is the conversation's open one; a switchover keeps its `chat_id`.
    pub fn is_open_in(&self, chat: &Chat) -> bool {
        self.interaction().is_some_and(|open| open.chat.chat_id == chat.chat_id)
    }

    /// Remembers a line, and forgets the oldest where there are too many.
    pub fn remember(&mut self, who: Who, name: &str, line: &str, at: Timestamp) {
        if let Who::Visitor(shown) = &who {
            self.last_number = self.last_number.max(shown.number);
        }
        if let Some(interaction) = self.interaction_mut() {
            match &who {
                Who::Visitor(_) => interaction.has_the_last_word(None),
                Who::Agent => interaction.has_the_last_word(Some(at)),
                Who::Colleague | Who::Moderator => {}
            }
        }
        let text = text::excerpt(&text::clean(line), REMEMBERED_CHARS);
        let generation = self.generation;
        self.lines.push(Line { who, name: name.to_owned(), text, at, generation });
        let surplus = self.lines.len().saturating_sub(REMEMBERED_LINES);
        self.lines.drain(..surplus);
    }

    /// Whether something that was written after `at` was shown already.
    pub fn is_late(&self, at: Timestamp) -> bool {
        self.newest_at.is_some_and(|newest| at < newest)
    }

    /// Notes that a message of `at` was shown.
    pub fn showed_of(&mut self, at: Timestamp) {
        self.newest_at = self.newest_at.max(Some(at));
    }

    /// Visitors' messages that were shown, oldest first.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &Shown> {
        self.lines.iter().filter_map(|line| match &line.who {
            Who::Visitor(shown) => Some(shown),
            Who::Agent | Who::Colleague | Who::Moderator => None,
        })
    }

    /// The same, to be changed.
    pub fn shown_mut(&mut self) -> impl Iterator<Item = &mut Shown> {
        self.lines.iter_mut().filter_map(|line| match &mut line.who {
            Who::Visitor(shown) => Some(shown),
            Who::Agent | Who::Colleague | Who::Moderator => None,
        })
    }

    /// The newest of them, with its line.
    pub fn last_shown(&self) -> Option<(&Line, &Shown)> {
        self.lines.iter().rev().find_map(|line| match &line.who {
            Who::Visitor(shown) => Some((line, shown)),
            Who::Agent | Who::Colleague | Who::Moderator => None,
        })
    }

    /// Whether nobody has anything left to do in that chat, and an agent had the last word before then.
    pub fn is_idle_in(&self, chat: &Chat, since: Timestamp) -> bool {
        self.is_open_in(chat)
            && self.undecided.is_empty()
            && self.detoured == 0
            && self
                .interaction()
                .is_some_and(|open| open.last_word_at.is_some_and(|last| last <= since))
    }

    /// Whether the open interaction has a message that another channel has too.
    pub fn is_known_to_be_shared(&self) -> bool {
        let shared = |line: &Line| {
            line.generation == self.generation
                && matches!(&line.who, Who::Visitor(shown) if !shown.also_in.is_empty())
        };
        self.interaction().is_some() && self.lines.iter().any(shared)
    }

    /// The end of the earlier transcript, as a new interaction begins with it. Nothing that no
    /// agent has read is left out.
    pub fn tail(&self) -> Option<String> {
        let unread = self.generation.saturating_sub(self.unanswered);
        let unread = self.lines.iter().filter(|line| line.generation > unread).count();
        let skipped = self.lines.len().saturating_sub(TAIL_LINES.max(unread));
        let lines: Vec<String> = self.lines.iter().skip(skipped).map(Line::in_tail).collect();
        let first = "earlier in this conversation:";
        (!lines.is_empty()).then(|| format!("{first}{}", lines.concat()))
    }
}

impl Interaction {
    /// A chat of which nothing was heard yet.
    pub fn new(chat: Chat) -> Self {
        let hearing = Hearing::default();
        Self { chat, answered: false, hearing, last_word_at: None, closing: false }
    }

    /// An agent since then, or a visitor.
    fn has_the_last_word(&mut self, agent_since: Option<Timestamp>) {
        self.last_word_at = agent_since;
        self.closing = false;
    }
}

impl Line {
    fn in_tail(&self) -> String {
        let who = match &self.who {
            Who::Visitor(shown) => format!("{} · {}", shown.number, self.name),
            Who::Agent => format!("answered by {}", self.name),
            Who::Colleague | Who::Moderator => self.name.clone(),
        };
        let time = self.at.strftime("%d %b %H:%M");
        format!("\n  {who} · {time}\n    {}", self.text.replace('\n', "\n    "))
    }
}

//! A message of a visitor, normalised: what every network's adapter makes of what it reads.

use std::{cmp::Ordering, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a message was written. Users of CIC still say Twitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    Facebook,
    Twitter,
}

impl Network {
    /// As it stands in channel entries, attributes and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Twitter => "twitter",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The network's id of a post, comment, tweet or private message. Opaque: never split.
///
/// Ordered by length before value: ids of one network grow in length before they grow in value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

impl Ord for MessageId {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for MessageId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl MessageId {
    /// The id as the network writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Into<String>> From<S> for MessageId {
    fn from(id: S) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who wrote a message. `id` is the network's, opaque; a page-scoped id on Facebook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub id: String,
    /// Display name; empty where the network tells none.
    #[serde(default)]
    pub name: String,
    /// Without `@`; Twitter only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Address of the profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Address of the picture. Never fetched by the bridge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followers: Option<u64>,
}

/// What kind of message it is, in the words an agent reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Post,
    Comment,
    Tweet,
    /// Somebody else's tweet, repeated. It stands in the thread of the tweet that it repeats.
    Repost,
    PrivateMessage,
}

impl Kind {
    /// The word in a line's header.
    pub fn label(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Comment => "comment",
            Self::Tweet => "tweet",
            Self::Repost => "repost",
            Self::PrivateMessage => "private message",
        }
    }
}

/// What happened to the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It was written.
    Add,
    /// Its text was changed; the revision tells one edit from the next.
    Edit { revision: String },
    /// It was deleted, by its author or a moderator.
    Delete,
    /// Only its author and their friends can still read it. The revision tells one hiding from the next.
    Hide { revision: String },
    /// Everybody can read it again.
    Unhide { revision: String },
}

/// A picture, video or file of a message, by its address. Never fetched by the bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// `photo`, `video`, `sticker`, `audio`, `file`, `link`.
    pub kind: String,
    pub url: String,
}

/// Whose thread a message stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A page's own post, a brand's own tweet, or one of the company's other accounts.
    Company,
    Visitor,
}

/// Where in its thread a message stands, as far as the network told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thread {
    /// Facebook: a post, or a comment under it.
    Post {
        post_id: MessageId,
        /// The top-level comment that a nested comment hangs under.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        top_level: Option<MessageId>,
        /// Author id of that top-level comment, where the network told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        top_level_author: Option<String>,
        /// Whose post it is, where the network told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    },
    /// Twitter: the tweets that share a `conversation_id` (the id of the first one).
    Tweets {
        conversation_id: MessageId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_reply_to: Option<MessageId>,
        /// Whose thread it is, where the network told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    },
    /// Private messages with one visitor.
    Private { visitor_id: String },
}

impl Thread {
    /// The id that the whole thread shares: post, first tweet, or visitor.
    pub fn root(&self) -> &str {
        match self {
            Self::Post { post_id, .. } => post_id.as_str(),
            Self::Tweets { conversation_id, .. } => conversation_id.as_str(),
            Self::Private { visitor_id } => visitor_id,
        }
    }
}

/// Whether the network will take a reply to a message, known before the agent tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answerable {
    Yes,
    /// The tweet neither mentions nor quotes the replying handle; self-serve tiers refuse a reply.
    NotMentioned,
    /// The channel has no replying handle: it only watches.
    ReadOnly,
    /// The network says that comments are closed here.
    Closed,
}

/// One message of one channel, or what happened to it.
///
/// Times are the network's, never this machine's. Text is as the network shows it, unescaped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub kind: Kind,
    pub verb: Verb,
    /// Absent where the network hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// Written by the page, the replying handle or another account of the company.
    #[serde(default)]
    pub own: bool,
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permalink: Option<String>,
    pub at: Timestamp,
    pub thread: Thread,
    pub answerable: Answerable,
    /// Other channels that the same pass or callback gave it to. Filled in by [`crate::intake`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_in: Vec<crate::channel::ChannelId>,
}

impl Message {
    /// What tells this change from every other of its channel: id, verb, revision.
    pub fn change_key(&self) -> String {
        let (id, change) = self.ledger_key();
        format!("{id}#{change}")
    }
}

/// What the ledger has an item for: a change of a message, or a notice of the bridge's own.
pub trait InLedger {
    /// What the item is about, and what tells it from every other item about the same.
    fn ledger_key(&self) -> (MessageId, String);
}

impl InLedger for Message {
    fn ledger_key(&self) -> (MessageId, String) {
        let change = match &self.verb {
            Verb::Add => "add".to_owned(),
            Verb::Edit { revision } => format!("edit#{revision}"),
            Verb::Delete => "delete".to_owned(),
            Verb::Hide { revision } => format!("hide#{revision}"),
            Verb::Unhide { revision } => format!("unhide#{revision}"),
        };
        (self.id.clone(), change)
    }
}

/// Ids only: names and texts of people belong in no log line.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("verb", &self.verb)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

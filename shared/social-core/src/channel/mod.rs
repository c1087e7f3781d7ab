//! Channels: an administrator's entries that tie a page, or keywords and handles, to a workgroup.

mod desk_rules;
mod entry;
mod hours;
mod standing;
mod terms;

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use desk_rules::{DeskRules, WhenNobodyAvailable};
pub use entry::EntryError;
pub use hours::{OpeningHours, WhenClosed};
pub use standing::{Standing, Standings, standing};
pub use terms::{Handle, Keyword};

use crate::{
    message::{Kind, Network},
    verdict::Failure,
};

/// Key of the `channels` table, chosen by the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelId(pub String);

impl ChannelId {
    /// The id as the administrator wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A valid entry of the `channels` table. The README lists the fields for administrators.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    pub id: ChannelId,
    pub name: String,
    pub enabled: bool,
    /// CIC workgroup that its interactions are routed to.
    pub workgroup: String,
    /// Name of the credential in Parameter Store.
    pub credential: String,
    pub source: ChannelSource,
    /// Messages with one of these words are left out.
    pub exclude_keywords: Vec<Keyword>,
    /// Author ids (Facebook) or handles (Twitter) that are left out.
    pub blocked_authors: Vec<String>,
    /// Ids (Facebook) or handles (Twitter) of the company's other accounts: never visitors.
    pub own_accounts: Vec<String>,
    /// Language for CIC, such as `en-us`.
    pub language: Option<String>,
    /// Further attributes of every interaction of the channel.
    pub attributes: BTreeMap<String, String>,
    pub routing_contexts: Vec<RoutingContext>,
    pub start: Start,
    /// Pause between two polls, in seconds; the deployment's where the entry names none.
    pub poll_interval_seconds: Option<u32>,
    /// Messages that one pass takes at the most.
    pub post_limit: u32,
    /// The emergency switch: nothing is published while it is off.
    pub publishing: bool,
    /// Messages that one interaction shows within a minute; what comes beyond is counted. Without it
    /// everything is shown.
    pub fold_above_per_minute: Option<u32>,
    /// Interactions that it may have open at once; what comes beyond waits in order.
    pub max_open_interactions: Option<u32>,
    pub desk_rules: DeskRules,
}

/// Hands a chat to ACD skills by a table of the Interaction Processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingContext {
    pub context: String,
    pub category: String,
}

/// From when on a channel takes messages in. It never imports history by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From its first poll on.
    Now,
    At(Timestamp),
}

/// What a channel reads, by network.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelSource {
    Facebook(FacebookSource),
    Twitter(TwitterSource),
}

/// One Facebook page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacebookSource {
    pub page_id: String,
    /// Workgroup of private messages; the channel's own where absent.
    pub private_workgroup: Option<String>,
    pub include: Vec<Include>,
}

/// What of a page is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    VisitorPosts,
    Comments,
    Mentions,
    PrivateMessages,
}

/// Keywords and handles on Twitter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwitterSource {
    pub handles: Vec<Handle>,
    pub keywords: Vec<Keyword>,
    /// The account that replies; a channel without one is read-only.
    pub reply_handle: Option<Handle>,
    /// Language codes to take; empty takes all.
    pub languages: Vec<String>,
    pub include_reposts: bool,
    pub scope: Scope,
    pub long_replies: LongReplies,
    /// Authors with fewer are left out; those of whom X tells nothing are not.
    pub minimum_followers: u64,
    /// Whether the replying account's private messages are taken in.
    pub private_messages: bool,
    /// Workgroup of private messages; the channel's own where absent.
    pub private_workgroup: Option<String>,
}

/// What becomes of a reply that is too long for one tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongReplies {
    /// It goes back to its agent.
    #[default]
    Return,
    /// It is split into a thread.
    Thread,
}

/// What makes a conversation on Twitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A thread, whoever writes in it.
    #[default]
    Thread,
    /// Each author in a thread.
    Author,
}

impl Channel {
    /// The network that the channel reads.
    pub fn network(&self) -> Network {
        match self.source {
            ChannelSource::Facebook(_) => Network::Facebook,
            ChannelSource::Twitter(_) => Network::Twitter,
        }
    }

    /// The page, where the channel is one of Facebook.
    pub fn facebook(&self) -> Option<&FacebookSource> {
        match &self.source {
            ChannelSource::Facebook(source) => Some(source),
            ChannelSource::Twitter(_) => None,
        }
    }

    /// Keywords and handles, where the channel is one of Twitter.
    pub fn twitter(&self) -> Option<&TwitterSource> {
        match &self.source {
            ChannelSource::Twitter(source) => Some(source),
            ChannelSource::Facebook(_) => None,
        }
    }

    /// Whether nothing is ever published from it.
    pub fn is_read_only(&self) -> bool {
        self.twitter().is_some_and(|source| source.reply_handle.is_none())
    }

    /// The workgroup for a message of this kind.
    pub fn workgroup_for(&self, kind: Kind) -> &str {
        let private = match &self.source {
            ChannelSource::Facebook(page) => page.private_workgroup.as_ref(),
            ChannelSource::Twitter(source) => source.private_workgroup.as_ref(),
        };
        match (kind, private) {
            (Kind::PrivateMessage, Some(private)) => private,
            _ => &self.workgroup,
        }
    }
}

/// All channels as they stand in the table: the valid ones, and what is wrong with the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChannelSet {
    /// Valid and enabled.
    pub channels: Vec<Arc<Channel>>,
    /// Valid and switched off.
    pub disabled: Vec<Arc<Channel>>,
    /// Skipped, with the field that is to blame.
    pub invalid: Vec<EntryError>,
}

impl ChannelSet {
    /// Reads the table's entries. A bad one never stops the others.
    pub fn from_entries(entries: impl IntoIterator<Item = Value>) -> Self {
        let mut set = Self::default();
        for entry in entries {
            match Channel::from_entry(entry) {
                Ok(channel) if channel.enabled => set.channels.push(Arc::new(channel)),
                Ok(channel) => set.disabled.push(Arc::new(channel)),
                Err(error) => set.invalid.push(error),
            }
        }
        set.channels.sort_by(|a, b| a.id.cmp(&b.id));
        set
    }

    /// The enabled channel with this id.
    pub fn find(&self, id: &ChannelId) -> Option<&Arc<Channel>> {
        self.channels.iter().find(|channel| channel.id == *id)
    }

    /// The enabled channels of a network.
    pub fn of(&self, network: Network) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.iter().filter(move |channel| channel.network() == network)
    }
}

/// Where channels come from: the `channels` table, at most a minute old.
pub trait Channels {
    /// All channels.
    async fn all(&self) -> Result<Arc<ChannelSet>, Failure>;
}

#[cfg(test)]
mod tests;

//! Keys and attributes of the `social-state` table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use social_core::{
    ChannelId, MessageId, Network, conversation::ConversationKey, message::InLedger,
};

use crate::AwsError;

/// An item as the SDK hands it over.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
/// Epoch seconds: `DynamoDB` removes the item some time after.
pub(super) const EXPIRES_AT: &str = "expires_at";
/// Index of the open chats, and its keys.
pub(super) const OPEN_CHATS: &str = "open-chats";
pub(super) const SHARD: &str = "shard";
pub(super) const CHAT: &str = "chat";
/// All that the index holds of a conversation: it is read every two seconds.
pub(super) const OPEN_CHAT: &str = "open_chat";
/// Sort keys of a conversation's replies begin so.
pub(super) const REPLY_PREFIX: &str = "reply#";

/// Sort key of a conversation's own item.
pub(super) const CONVERSATION: &str = "state";
/// Partition keys of requests to delete begin so; the template's role for the webhook names it too.
pub(super) const REQUEST_PREFIX: &str = "deletion#";

/// `DynamoDB`'s limits, in bytes.
const MAX_PK: usize = 2_048;
const MAX_SK: usize = 1_024;

/// Key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    fn new(pk: String, sk: String) -> Self {
        Self { pk: bounded(pk, MAX_PK), sk: bounded(sk, MAX_SK) }
    }

    /// A change in the ledger.
    pub(super) fn change(channel: &ChannelId, change: &impl InLedger) -> Self {
        let (id, sk) = change.ledger_key();
        Self::new(message_pk(channel, &id), sk)
    }

    /// Where the ledger remembers the conversation of a message.
    pub(super) fn added(channel: &ChannelId, message_id: &MessageId) -> Self {
        Self::new(message_pk(channel, message_id), "add".to_owned())
    }

    pub(super) fn conversation(channel: &ChannelId, key: &ConversationKey) -> Self {
        Self::new(conversation_pk(channel, key), CONVERSATION.to_owned())
    }

    pub(super) fn reply(channel: &ChannelId, key: &ConversationKey, id: &str) -> Self {
        Self::new(conversation_pk(channel, key), format!("{REPLY_PREFIX}{id}"))
    }

    pub(super) fn thread(channel: &ChannelId, root: &str) -> Self {
        Self::new(format!("thread#{}#{root}", escaped(channel)), "owner".to_owned())
    }

    /// That an author was forgotten.
    pub(super) fn forgotten(network: Network, author_id: &str) -> Self {
        Self::new(format!("forgotten#{network}#{author_id}"), "author".to_owned())
    }

    /// A person's request to be deleted.
    pub(super) fn request(code: &str) -> Self {
        Self::new(format!("{REQUEST_PREFIX}{code}"), "request".to_owned())
    }

    pub(super) fn budget(credential: &str, month: &str) -> Self {
        Self::new(format!("budget#{credential}"), month.to_owned())
    }

    pub(super) fn standing(network: Network) -> Self {
        Self::new(format!("channels#{network}"), "standing".to_owned())
    }

    /// The list of slots of CIC's chats.
    pub(super) fn slots() -> Self {
        Self::new("slots#cic".to_owned(), "slots".to_owned())
    }

    pub(super) fn breaker(name: &str) -> Self {
        Self::new(format!("breaker#{name}"), "outage".to_owned())
    }

    pub(super) fn lease(name: &str) -> Self {
        Self::new(format!("lease#{name}"), "lease".to_owned())
    }

    /// Both attributes.
    pub(super) fn into_item(self) -> Item {
        Item::from([(PK.to_owned(), text(self.pk)), (SK.to_owned(), text(self.sk))])
    }
}

fn message_pk(channel: &ChannelId, id: &MessageId) -> String {
    format!("message#{}#{id}", escaped(channel))
}

fn conversation_pk(channel: &ChannelId, key: &ConversationKey) -> String {
    format!("conversation#{}#{key}", escaped(channel))
}

/// So that no channel's name can reach into another's keys.
fn escaped(channel: &ChannelId) -> String {
    channel.as_str().replace('%', "%25").replace('#', "%23")
}

/// Hashes what exceeds the limit; the beginning stays.
fn bounded(key: String, limit: usize) -> String {
    if key.len() <= limit {
        return key;
    }
    let hash = hex::encode(Sha256::digest(&key));
    let mut head = key;
    head.truncate(head.floor_char_boundary(limit - hash.len() - 1));
    format!("{head}~{hash}")
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// Times that conditions compare.
pub(super) fn millis(time: Timestamp) -> AttributeValue {
    number(time.as_millisecond())
}

/// Times for [`EXPIRES_AT`].
pub(super) fn seconds(time: Timestamp) -> AttributeValue {
    number(time.as_second())
}

pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn number_of(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn time_of(value: &AttributeValue) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_n().ok()?.parse().ok()?).ok()
}

/// The cause is dropped: it would quote what is stored.
pub(super) fn encode<T: Serialize>(what: &'static str, value: &T) -> Result<Item, AwsError> {
    serde_dynamo::to_item(value).map_err(|_| AwsError::Malformed { what })
}

pub(super) fn decode<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, AwsError> {
    serde_dynamo::from_item(item).map_err(|_| AwsError::Malformed { what })
}

#[cfg(test)]
mod tests;

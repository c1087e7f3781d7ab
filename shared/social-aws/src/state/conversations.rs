//! Conversations: one item each, written under its version; the open ones are in an index.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use sha2::{Digest, Sha256};
use social_core::{
    ChannelId, Clock, Failure,
    conversation::{Conversation, ConversationKey},
    store::{Conversations, OpenChat},
};
use social_failpoints::{Call, passing};

use super::{
    ABSENT, Outcome, StateTable,
    items::{
        CHAT, EXPIRES_AT, Item, Key, OPEN_CHAT, OPEN_CHATS, SHARD, decode, encode, number, seconds,
        text,
    },
    put_if,
    retention::days,
};
use crate::AwsError;

const WHAT: &str = "conversation";

impl<C: Clock> Conversations for StateTable<C> {
    async fn load(
        &self,
        channel: &ChannelId,
        key: &ConversationKey,
    ) -> Result<Conversation, Failure> {
        Ok(match self.get(Key::conversation(channel, key), true).await? {
            Some(item) => decode(WHAT, item)?,
            None => Conversation::new(channel.clone(), key.clone()),
        })
    }

    async fn save(&self, conversation: &mut Conversation) -> Result<Option<Conversation>, Failure> {
        let _passing = passing(Call::Save);
        let read = conversation.version;
        let key = Key::conversation(&conversation.channel_id, &conversation.key);
        let put = self.put(key, self.conversation_item(conversation)?);
        let put = if read == 0 {
            put.condition_expression(ABSENT)
        } else {
            put.condition_expression("#version = :read")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", number(read))
        };
        Ok(match put_if(put).await? {
            Outcome::Written(_) => {
                conversation.version = read + 1;
                None
            }
            // It has aged out since it was read.
            Outcome::Refused(item) if item.is_empty() => {
                Some(Conversation::new(conversation.channel_id.clone(), conversation.key.clone()))
            }
            Outcome::Refused(item) => Some(decode(WHAT, item)?),
        })
    }

    async fn open_chats(&self, shard: u32) -> Result<Vec<OpenChat>, Failure> {
        let query = self
            .client
            .query()
            .table_name(&self.table_name)
            .index_name(OPEN_CHATS)
            .key_condition_expression("#shard = :shard")
            .expression_attribute_names("#shard", SHARD)
            .expression_attribute_values(":shard", text(shard.to_string()));
        Ok(all(query).await?.into_iter().filter_map(open_chat).collect())
    }
}

impl<C: Clock> StateTable<C> {
    /// The item as the next version.
    fn conversation_item(&self, conversation: &Conversation) -> Result<Item, AwsError> {
        let mut item = encode(WHAT, conversation)?;
        let mut set = |name: &str, value| item.insert(name.to_owned(), value);
        set("version", number(conversation.version + 1));
        set(EXPIRES_AT, seconds(self.clock.now() + days(self.retention.conversations)));
        if let Some(open) = OpenChat::of(conversation) {
            let chat_id = &open.chat.chat_id;
            set(SHARD, text(shard_of(chat_id, self.shards).to_string()));
            set(CHAT, text(chat_id));
            set(OPEN_CHAT, AttributeValue::M(encode(WHAT, &open)?));
        }
        Ok(item)
    }
}

/// Every page of a query.
pub(super) async fn all(query: QueryFluentBuilder) -> Result<Vec<Item>, AwsError> {
    let pages = query.into_paginator().items().send();
    pages.collect::<Result<Vec<_>, _>>().await.map_err(AwsError::of("DynamoDB Query"))
}

/// The same for the same chat in every process.
fn shard_of(chat_id: &str, shards: u32) -> u32 {
    let hash = Sha256::digest(chat_id);
    let folded =
        hash.iter().fold(0, |rest, &byte| (rest * 256 + u64::from(byte)) % u64::from(shards));
    u32::try_from(folded).unwrap_or_default()
}

/// One chat that cannot be read never hides the others.
fn open_chat(mut item: Item) -> Option<OpenChat> {
    let row = match item.remove(OPEN_CHAT) {
        Some(AttributeValue::M(row)) => decode(WHAT, row).ok(),
        _ => None,
    };
    if row.is_none() {
        tracing::error!(metric = "StateMalformed", "a conversation in the index cannot be read");
    }
    row
}

#[cfg(test)]
mod tests;

//! Replies and their states, beside their conversation: one query reads them all.

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use social_core::{
    ChannelId, Clock, Failure, conversation::ConversationKey, reply::ReplyRecord, store::Replies,
};
use social_failpoints::{Call, passing};

use super::{
    ABSENT, Outcome, StateTable,
    conversations::all,
    items::{EXPIRES_AT, Key, PK, REPLY_PREFIX, SK, decode, encode, seconds, text},
    put_if,
    retention::days,
};
use crate::AwsError;

const WHAT: &str = "reply's record";

/// Everything of a record that ever changes. Compared by value, not as stored text: a newer
/// version of the bridge may write it differently.
const UNCHANGED: &str = "#state = :state AND #attempt = :attempt AND #since = :since";

impl<C: Clock> Replies for StateTable<C> {
    async fn begin(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        record: &ReplyRecord,
    ) -> Result<Option<ReplyRecord>, Failure> {
        let _passing = passing(Call::Begin);
        let put = self.put_record(channel, conversation, record)?.condition_expression(ABSENT);
        Ok(match put_if(put).await? {
            Outcome::Written(_) => None,
            Outcome::Refused(item) => Some(decode(WHAT, item)?),
        })
    }

    async fn advance(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        old: &ReplyRecord,
        new: &ReplyRecord,
    ) -> Result<bool, Failure> {
        let _passing = passing(Call::Advance);
        let mut unchanged = encode(WHAT, old)?;
        let mut put = self.put_record(channel, conversation, new)?.condition_expression(UNCHANGED);
        for name in ["state", "attempt", "since"] {
            let value = unchanged.remove(name).ok_or(AwsError::Malformed { what: WHAT })?;
            put = put
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        Ok(matches!(put_if(put).await?, Outcome::Written(_)))
    }

    async fn of(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
    ) -> Result<Vec<ReplyRecord>, Failure> {
        let query = self
            .client
            .query()
            .table_name(&self.table_name)
            .consistent_read(true)
            .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":pk", text(Key::conversation(channel, conversation).pk))
            .expression_attribute_values(":prefix", text(REPLY_PREFIX));
        let records = all(query).await?.into_iter().map(|item| decode(WHAT, item));
        Ok(records.collect::<Result<_, _>>()?)
    }
}

impl<C: Clock> StateTable<C> {
    fn put_record(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        record: &ReplyRecord,
    ) -> Result<PutItemFluentBuilder, AwsError> {
        let mut item = encode(WHAT, record)?;
        item.insert(
            EXPIRES_AT.to_owned(),
            seconds(self.clock.now() + days(self.retention.replies)),
        );
        Ok(self.put(Key::reply(channel, conversation, &record.id), item))
    }
}

#[cfg(test)]
mod tests;

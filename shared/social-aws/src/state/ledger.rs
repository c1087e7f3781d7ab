//! The ledger of seen messages: who works on a change, and which conversation it went to.

use social_core::{
    ChannelId, Clock, Failure, Message, MessageId,
    conversation::ConversationKey,
    message::InLedger,
    store::{Claim, Ledger, Seen},
};
use social_failpoints::{Call, passing};

use super::{
    Outcome, StateTable, WRITER,
    items::{Key, millis, number, number_of, seconds, text, text_of},
    retention::days,
    update_if,
};
use crate::AwsError;

const CLAIMED: &str = "claimed";
const DONE: &str = "done";
const PARKED: &str = "parked";

/// `began_by` is the writer of the first claim since the last release. `attempts` counts claims
/// that were neither finished nor given back: functions that died of the change, and the present one.
const CLAIM: &str = "SET claim = :claimed, lease_until = :until, \
    began_by = if_not_exists(began_by, :writer), writer = :writer, expires_at = :expires \
    ADD attempts :one";
const CLAIMABLE: &str = "attribute_not_exists(pk) OR (claim = :claimed AND lease_until < :now)";

impl<C: Clock> Ledger for StateTable<C> {
    async fn claim(&self, channel: &ChannelId, change: &impl InLedger) -> Result<Claim, Failure> {
        let _passing = passing(Call::Claim);
        let now = self.clock.now();
        let update = self
            .update(Key::change(channel, change))
            .update_expression(CLAIM)
            .condition_expression(CLAIMABLE)
            .expression_attribute_values(":claimed", text(CLAIMED))
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":until", millis(now + self.claim_lease))
            .expression_attribute_values(":expires", seconds(now + days(self.retention.messages)))
            .expression_attribute_values(":one", number(1));
        Ok(match update_if(update).await? {
            Outcome::Written(item) => Claim::Granted {
                again: text_of(&item, "began_by") != text_of(&item, WRITER),
                attempts: number_of(&item, "attempts")
                    .and_then(|count| count.try_into().ok())
                    .unwrap_or(1),
            },
            Outcome::Refused(item) if matches!(text_of(&item, "claim"), Some(DONE | PARKED)) => {
                Claim::Done
            }
            Outcome::Refused(_) => Claim::Busy,
        })
    }

    async fn complete(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        let _passing = passing(Call::Complete);
        let mut expression = "SET claim = :done, expires_at = :expires".to_owned();
        let mut update = self.update(Key::change(channel, change));
        if let Some(conversation) = conversation {
            expression += ", conversation = :conversation";
            update =
                update.expression_attribute_values(":conversation", text(conversation.as_str()));
        }
        expression += " REMOVE lease_until, began_by, writer";
        update
            .update_expression(expression)
            .expression_attribute_values(":done", text(DONE))
            .expression_attribute_values(
                ":expires",
                seconds(self.clock.now() + days(self.retention.messages)),
            )
            .send()
            .await
            .map_err(AwsError::of("DynamoDB UpdateItem"))?;
        Ok(())
    }

    async fn release(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        perhaps_done: bool,
    ) -> Result<(), Failure> {
        let forget = if perhaps_done { "" } else { "REMOVE began_by" };
        let update = self
            .update(Key::change(channel, change))
            .update_expression(format!(
                "SET lease_until = :over, writer = :writer {forget} ADD attempts :less"
            ))
            .condition_expression("claim = :claimed AND lease_until > :over")
            .expression_attribute_values(":claimed", text(CLAIMED))
            .expression_attribute_values(":over", number(0))
            .expression_attribute_values(":less", number(-1));
        // Refused: given back before, or done, and nothing to give back.
        update_if(update).await?;
        Ok(())
    }

    async fn park(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        // What an earlier worker began stays known: it is looked for when the change comes back.
        let mut expression = "SET claim = :parked, expires_at = :expires".to_owned();
        let mut update = self.update(Key::change(channel, change));
        if let Some(conversation) = conversation {
            expression += ", conversation = :conversation";
            update =
                update.expression_attribute_values(":conversation", text(conversation.as_str()));
        }
        update
            .update_expression(expression)
            .expression_attribute_values(":parked", text(PARKED))
            .expression_attribute_values(
                ":expires",
                seconds(self.clock.now() + days(self.retention.messages)),
            )
            .send()
            .await
            .map_err(AwsError::of("DynamoDB UpdateItem"))?;
        Ok(())
    }

    async fn unpark(&self, channel: &ChannelId, change: &impl InLedger) -> Result<(), Failure> {
        let update = self
            .update(Key::change(channel, change))
            .update_expression(
                "SET claim = :claimed, lease_until = :over, attempts = :over, writer = :writer",
            )
            .condition_expression("claim = :parked")
            .expression_attribute_values(":claimed", text(CLAIMED))
            .expression_attribute_values(":parked", text(PARKED))
            .expression_attribute_values(":over", number(0));
        // Refused: shown since, or never parked by itself.
        update_if(update).await?;
        Ok(())
    }

    async fn conversation_of(
        &self,
        channel: &ChannelId,
        message_id: &MessageId,
    ) -> Result<Option<ConversationKey>, Failure> {
        let item = self.get(Key::added(channel, message_id), true).await?.unwrap_or_default();
        Ok(text_of(&item, "conversation").map(|key| ConversationKey(key.to_owned())))
    }
}

impl<C: Clock> Seen for StateTable<C> {
    async fn is_known(&self, channel: &ChannelId, message: &Message) -> Result<bool, Failure> {
        // A read that is behind costs a pass that was not needed, or a change that is known in the queue.
        Ok(self.get(Key::change(channel, message), false).await?.is_some())
    }
}

#[cfg(test)]
mod tests;

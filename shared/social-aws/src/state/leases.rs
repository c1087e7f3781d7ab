//! Leases with a checkpoint. They stay for good: a checkpoint must outlive every pause.

use std::time::Duration;

use jiff::Timestamp;
use social_core::{
    Clock, Failure,
    store::{Lease, Leases},
};
use social_failpoints::{Call, passing};

use super::{
    Outcome, StateTable,
    items::{Item, Key, millis, number, number_of, text, text_of},
    update_if,
};
use crate::AwsError;

/// How far the clocks of two functions may be apart.
const SLACK: Duration = Duration::from_secs(2);

const TAKE: &str = "SET held_until = :until, writer = :writer ADD epoch :one";
const FREE: &str = "attribute_not_exists(pk) OR held_until < :now";
const OURS: &str = "epoch = :epoch";

const WHAT: &str = "lease";

impl<C: Clock> Leases for StateTable<C> {
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure> {
        let now = self.clock.now();
        let until = now + length;
        let update = self
            .update(Key::lease(name))
            .update_expression(TAKE)
            .condition_expression(FREE)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":now", millis(now - SLACK));
        Ok(match update_if(update).await? {
            Outcome::Written(item) => Some(lease(name, until, &item)?),
            Outcome::Refused(_) => None,
        })
    }

    async fn take_over(&self, name: &str, length: Duration) -> Result<Lease, Failure> {
        let until = self.clock.now() + length;
        let update = self
            .update(Key::lease(name))
            .update_expression(TAKE)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":until", millis(until));
        let (Outcome::Written(item) | Outcome::Refused(item)) = update_if(update).await?;
        Ok(lease(name, until, &item)?)
    }

    async fn holds(&self, lease: &Lease) -> Result<bool, Failure> {
        let item = self.get(Key::lease(&lease.name), true).await?.unwrap_or_default();
        Ok(number_of(&item, "epoch") == Some(lease.epoch))
    }

    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        let _passing = passing(Call::SaveCheckpoint);
        let update = self
            .update(Key::lease(&lease.name))
            .update_expression("SET #checkpoint = :checkpoint, writer = :writer")
            .condition_expression(OURS)
            .expression_attribute_names("#checkpoint", "checkpoint")
            .expression_attribute_values(":checkpoint", text(checkpoint))
            .expression_attribute_values(":epoch", number(lease.epoch));
        Ok(matches!(update_if(update).await?, Outcome::Written(_)))
    }

    async fn release(&self, lease: &Lease) -> Result<(), Failure> {
        let update = self
            .update(Key::lease(&lease.name))
            .update_expression("SET held_until = :over, writer = :writer")
            .condition_expression(OURS)
            .expression_attribute_values(":over", number(0))
            .expression_attribute_values(":epoch", number(lease.epoch));
        // Refused: somebody else has it by now, which is no error.
        update_if(update).await?;
        Ok(())
    }
}

fn lease(name: &str, until: Timestamp, item: &Item) -> Result<Lease, AwsError> {
    Ok(Lease {
        name: name.to_owned(),
        epoch: number_of(item, "epoch").ok_or(AwsError::Malformed { what: WHAT })?,
        until,
        checkpoint: text_of(item, "checkpoint").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;

//! The bridge's own table: one file per port.

mod breakers;
mod budgets;
mod conversations;
mod forgotten;
mod items;
mod leases;
mod ledger;
mod replies;
mod requests;
mod retention;
mod slots;
mod standings;
mod threads;

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        put_item::{PutItemError, builders::PutItemFluentBuilder},
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{
        ReturnValue, ReturnValuesOnConditionCheckFailure, error::ConditionalCheckFailedException,
    },
};
pub use retention::Retention;
use social_core::slots::Caps;
use uuid::Uuid;

use self::items::{Item, Key, text, text_of};
use crate::AwsError;

/// Longer than any function may run, so that a claim outlives its worker.
const CLAIM_LEASE: Duration = Duration::from_mins(1);
/// A write's own mark: tells a write of ours, repeated by the SDK after its answer was lost,
/// from somebody else's.
const WRITER: &str = "writer";

/// The `social-state` table: ledger, conversations, threads, replies and leases.
#[derive(Debug, Clone)]
pub struct StateTable<C> {
    client: Client,
    table_name: String,
    clock: C,
    claim_lease: Duration,
    shards: u32,
    caps: Caps,
    retention: Retention,
}

/// What became of a conditional write.
enum Outcome {
    /// Done; of an update, the item as it is now.
    Written(Item),
    /// Not done; the item that stands there, empty where there is none.
    Refused(Item),
}

impl<C> StateTable<C> {
    /// The table of that name.
    pub fn new(client: &Client, table_name: impl Into<String>, clock: C) -> Self {
        Self {
            client: client.clone(),
            table_name: table_name.into(),
            clock,
            claim_lease: CLAIM_LEASE,
            shards: 1,
            caps: Caps { open: u32::MAX, starts_per_second: u32::MAX },
            retention: Retention::default(),
        }
    }

    /// How long a claim is somebody's; 60 s unless told. Must be longer than a function may run.
    #[must_use]
    pub fn with_claim_lease(self, claim_lease: Duration) -> Self {
        Self { claim_lease, ..self }
    }

    /// Over how many shards open chats are spread; 1 unless told.
    #[must_use]
    pub fn with_shards(self, shards: u32) -> Self {
        Self { shards: shards.max(1), ..self }
    }

    /// How many chats may be open and start; without end unless told. Only who opens chats needs it.
    #[must_use]
    pub fn with_caps(self, caps: Caps) -> Self {
        Self { caps, ..self }
    }

    /// How long items are kept; [`Retention::default`] unless told.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    async fn get(&self, key: Key, consistent: bool) -> Result<Option<Item>, AwsError> {
        let get = self.client.get_item().table_name(&self.table_name);
        let get = get.set_key(Some(key.into_item())).consistent_read(consistent);
        let answer = get.send().await.map_err(AwsError::of("DynamoDB GetItem"))?;
        Ok(answer.item)
    }

    /// A put that its caller adds conditions to.
    fn put(&self, key: Key, mut item: Item) -> PutItemFluentBuilder {
        item.extend(key.into_item());
        self.client.put_item().table_name(&self.table_name).set_item(Some(item))
    }

    /// An update that its caller fills in.
    fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table_name).set_key(Some(key.into_item()))
    }
}

/// Condition: there is no item.
const ABSENT: &str = "attribute_not_exists(pk)";

/// Sends a put with a condition.
async fn put_if(put: PutItemFluentBuilder) -> Result<Outcome, AwsError> {
    let writer = Uuid::new_v4().simple().to_string();
    let put = put
        .item(WRITER, text(&writer))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match put.send().await {
        Ok(_) => Ok(Outcome::Written(Item::new())),
        Err(error) => refused("DynamoDB PutItem", error, &writer),
    }
}

/// Sends an update with a condition. Its expression must set `writer = :writer`.
async fn update_if(update: UpdateItemFluentBuilder) -> Result<Outcome, AwsError> {
    let writer = Uuid::new_v4().simple().to_string();
    let update = update
        .expression_attribute_values(":writer", text(&writer))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update.send().await {
        Ok(done) => Ok(Outcome::Written(done.attributes.unwrap_or_default())),
        Err(error) => refused("DynamoDB UpdateItem", error, &writer),
    }
}

/// Sorts a failed condition from a failed call.
fn refused<E: ConditionCheck>(
    operation: &'static str,
    error: SdkError<E, HttpResponse>,
    writer: &str,
) -> Result<Outcome, AwsError> {
    let Some(check) = error.as_service_error().and_then(E::condition_check) else {
        return Err(AwsError::of(operation)(error));
    };
    let standing = check.item().cloned().unwrap_or_default();
    if text_of(&standing, WRITER) == Some(writer) {
        return Ok(Outcome::Written(standing));
    }
    Ok(Outcome::Refused(standing))
}

/// Errors that can say that a condition did not hold.
trait ConditionCheck: ProvideErrorMetadata {
    fn condition_check(&self) -> Option<&ConditionalCheckFailedException>;
}

impl ConditionCheck for PutItemError {
    fn condition_check(&self) -> Option<&ConditionalCheckFailedException> {
        match self {
            Self::ConditionalCheckFailedException(check) => Some(check),
            _ => None,
        }
    }
}

impl ConditionCheck for UpdateItemError {
    fn condition_check(&self) -> Option<&ConditionalCheckFailedException> {
        match self {
            Self::ConditionalCheckFailedException(check) => Some(check),
            _ => None,
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

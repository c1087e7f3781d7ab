use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use social_core::{Failure, inbound::DeadLetters};

use super::{Queue, allowed, hashed, send};
use crate::AwsError;

/// A FIFO dead-letter queue, for what trying again cannot help.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    queue: Queue,
}

impl SqsDeadLetters {
    /// The queue at that URL.
    pub fn new(client: &Client, queue_url: impl Into<String>) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }
}

impl DeadLetters for SqsDeadLetters {
    /// Parks a body as it came, with the reason as message attribute `reason`.
    ///
    /// The same body with the same reason is parked once within five minutes.
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure> {
        let attribute = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(if reason.is_empty() { "unknown" } else { reason })
            .build()
            .map_err(|_| AwsError::unbuildable("SQS SendMessage"))?;
        let message = self
            .queue
            .message(clean(body))
            .message_attributes("reason", attribute)
            .message_group_id(allowed(group))
            .message_deduplication_id(hashed(&[body, reason]));
        Ok(send(message).await?)
    }
}

/// What SQS refuses in a body (all of XML 1.0's non-characters) must not keep it from being parked.
fn clean(body: &str) -> String {
    let refused = |c: char| {
        matches!(c, '\u{fffe}' | '\u{ffff}') || (c < ' ' && !matches!(c, '\t' | '\n' | '\r'))
    };
    if body.is_empty() { "(empty)".to_owned() } else { body.replace(refused, "\u{fffd}") }
}

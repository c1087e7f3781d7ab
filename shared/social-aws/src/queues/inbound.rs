use aws_sdk_sqs::Client;
use social_core::{
    Failure,
    inbound::{InboundBatch, InboundQueue},
};
use social_failpoints::{Call, passing};

use super::{Queue, allowed, hashed, json, send};

/// `inbound.fifo`.
#[derive(Debug, Clone)]
pub struct SqsInbound {
    queue: Queue,
}

impl SqsInbound {
    /// The queue at that URL.
    pub fn new(client: &Client, queue_url: impl Into<String>) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }
}

impl InboundQueue for SqsInbound {
    async fn send(
        &self,
        group: &str,
        deduplication: &str,
        batch: &InboundBatch,
    ) -> Result<(), Failure> {
        let _passing = passing(Call::SendInbound);
        let message = self
            .queue
            .message(json("batch", batch)?)
            .message_group_id(allowed(group))
            .message_deduplication_id(hashed(&[deduplication]));
        Ok(send(message).await?)
    }
}

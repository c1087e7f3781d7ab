use aws_sdk_sqs::Client;
use social_core::{Failure, inbound::OutboundQueue, reply::Reply};
use social_failpoints::{Call, passing};

use super::{Queue, hashed, json, send};

/// `outbound.fifo`. Replies of one conversation stay in order.
#[derive(Debug, Clone)]
pub struct SqsOutbound {
    queue: Queue,
}

impl SqsOutbound {
    /// The queue at that URL.
    pub fn new(client: &Client, queue_url: impl Into<String>) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }
}

impl OutboundQueue for SqsOutbound {
    async fn send(&self, reply: &Reply) -> Result<(), Failure> {
        let _passing = passing(Call::SendOutbound);
        let group = hashed(&[reply.channel_id.as_str(), reply.conversation.as_str()]);
        let message = self
            .queue
            .message(json("reply", reply)?)
            .message_group_id(group)
            .message_deduplication_id(hashed(&[&reply.id]));
        Ok(send(message).await?)
    }
}

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_sqs::{
    Client,
    config::Builder,
    types::{DeleteMessageBatchRequestEntry, Message},
};
use social_core::{Failure, inbound::Nudges};

use super::{Queue, send};
use crate::{AwsError, clients::timeouts};

/// Longest time that SQS holds a poll open.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// Most messages of one poll.
const MAX_MESSAGES: i32 = 10;

/// The standard queue of nudges: chats to look at at once. Bodies are chat ids.
#[derive(Debug, Clone)]
pub struct SqsNudges {
    queue: Queue,
}

impl SqsNudges {
    /// The queue at that URL.
    pub fn new(client: &Client, queue_url: impl Into<String>) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }

    /// Waits up to `wait` (20 s at the most) for nudges, and takes them: each chat id once.
    pub async fn receive(&self, wait: Duration) -> Result<Vec<String>, Failure> {
        let wait = wait.min(MAX_WAIT);
        let answer = self
            .queue
            .client
            .receive_message()
            .queue_url(&self.queue.url)
            .max_number_of_messages(MAX_MESSAGES)
            .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or_default())
            .customize()
            .config_override(Builder::new().timeout_config(timeouts(wait)))
            .send()
            .await
            .map_err(AwsError::of("SQS ReceiveMessage"))?;
        let messages = answer.messages.unwrap_or_default();
        if let Err(error) = self.delete(&messages).await {
            // They come again, and looking twice at a chat is harmless.
            let error = Failure::from(error);
            tracing::warn!(%error, "nudges cannot be deleted");
        }
        let chats: BTreeSet<String> = messages.into_iter().filter_map(|nudge| nudge.body).collect();
        Ok(chats.into_iter().collect())
    }

    async fn delete(&self, messages: &[Message]) -> Result<(), AwsError> {
        const OPERATION: &str = "SQS DeleteMessageBatch";
        let handles = messages.iter().filter_map(Message::receipt_handle);
        let entries = handles.enumerate().map(|(index, handle)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            entry.receipt_handle(handle).build().map_err(|_| AwsError::unbuildable(OPERATION))
        });
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        if entries.is_empty() {
            return Ok(());
        }
        let delete = self.queue.client.delete_message_batch().queue_url(&self.queue.url);
        delete.set_entries(Some(entries)).send().await.map_err(AwsError::of(OPERATION))?;
        Ok(())
    }
}

impl Nudges for SqsNudges {
    async fn nudge(&self, chat_id: &str) -> Result<(), Failure> {
        Ok(send(self.queue.message(chat_id)).await?)
    }
}

use std::time::Duration;

use aws_sdk_sqs::{Client, types::ChangeMessageVisibilityBatchRequestEntry as Entry};
use social_core::Failure;

use super::Queue;
use crate::AwsError;

const OPERATION: &str = "SQS ChangeMessageVisibilityBatch";
/// Most entries of one call.
const MAX_ENTRIES: usize = 10;
/// Longest time that SQS hides a message.
const MAX_DELAY: Duration = Duration::from_hours(12);

/// Decides when messages that a function hands back are seen again.
#[derive(Debug, Clone)]
pub struct SqsVisibility {
    queue: Queue,
}

impl SqsVisibility {
    /// The queue at that URL.
    pub fn new(client: &Client, queue_url: impl Into<String>) -> Self {
        Self { queue: Queue::new(client, queue_url) }
    }

    /// Hides the messages for that long from now on; at once visible with zero.
    ///
    /// A message that is no longer ours is left alone: its time-out has run out already.
    pub async fn delay(&self, receipt_handles: &[&str], delay: Duration) -> Result<(), Failure> {
        let seconds = i32::try_from(delay.min(MAX_DELAY).as_secs()).unwrap_or(i32::MAX);
        for handles in receipt_handles.chunks(MAX_ENTRIES) {
            self.delay_some(handles, seconds).await?;
        }
        Ok(())
    }

    async fn delay_some(&self, handles: &[&str], seconds: i32) -> Result<(), AwsError> {
        let entries = handles.iter().enumerate().map(|(index, handle)| {
            let entry = Entry::builder().id(index.to_string()).receipt_handle(*handle);
            entry.visibility_timeout(seconds).build().map_err(|_| AwsError::unbuildable(OPERATION))
        });
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        let change = self.queue.client.change_message_visibility_batch();
        let change = change.queue_url(&self.queue.url).set_entries(Some(entries));
        let answer = change.send().await.map_err(AwsError::of(OPERATION))?;
        if let Some(first) = answer.failed.first() {
            let code = first.code();
            tracing::warn!(failed = answer.failed.len(), code, "delays cannot be set");
        }
        Ok(())
    }
}

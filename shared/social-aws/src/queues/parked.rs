use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName as System, QueueAttributeName},
};
use jiff::Timestamp;
use serde::Deserialize;
use social_core::{
    Failure,
    parked::{Parked, ParkedMessages},
};

use super::{Queue, hashed, send};
use crate::AwsError;

const RECEIVE: &str = "SQS ReceiveMessage";
const ATTRIBUTES: &str = "SQS GetQueueAttributes";
/// How long nobody else sees what was taken.
const HIDDEN_SECONDS: i32 = 120;
/// Most messages of one call.
const MOST: i32 = 10;

/// A FIFO queue's dead letters, and the way back into it.
#[derive(Debug, Clone)]
pub struct SqsParked {
    queue: Queue,
    dead_letters: Queue,
}

/// The part of a queue's redrive policy that is of use here.
#[derive(Deserialize)]
struct RedrivePolicy {
    #[serde(rename = "deadLetterTargetArn")]
    target: String,
}

impl SqsParked {
    /// Those of the queue at that URL: the queue itself says which its dead-letter queue is.
    pub async fn of(client: &Client, queue_url: &str) -> Result<Self, Failure> {
        let policy = QueueAttributeName::RedrivePolicy;
        let ask =
            client.get_queue_attributes().queue_url(queue_url).attribute_names(policy.clone());
        let answer = ask.send().await.map_err(AwsError::of(ATTRIBUTES))?;
        let policy = answer.attributes.and_then(|mut all| all.remove(&policy)).unwrap_or_default();
        let policy: RedrivePolicy = serde_json::from_str(&policy)
            .map_err(|_| AwsError::Malformed { what: "queue's redrive policy" })?;
        // In the same account and region, as SQS wants it.
        let name = policy.target.rsplit(':').next().unwrap_or_default();
        let (account, _) = queue_url.rsplit_once('/').unwrap_or_default();
        Ok(Self {
            queue: Queue::new(client, queue_url),
            dead_letters: Queue::new(client, format!("{account}/{name}")),
        })
    }
}

impl ParkedMessages for SqsParked {
    async fn take(&self) -> Result<Vec<Parked>, Failure> {
        let Queue { client, url } = &self.dead_letters;
        let receive = client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(MOST)
            .visibility_timeout(HIDDEN_SECONDS)
            .wait_time_seconds(1)
            .message_attribute_names("reason")
            .message_system_attribute_names(System::MessageGroupId)
            .message_system_attribute_names(System::SentTimestamp);
        let answer = receive.send().await.map_err(AwsError::of(RECEIVE))?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(parked).collect())
    }

    async fn put_back(&self, parked: &Parked, body: &str) -> Result<(), Failure> {
        let message = self
            .queue
            .message(body)
            .message_group_id(&parked.group)
            .message_deduplication_id(hashed(&["redriven", &parked.id]));
        Ok(send(message).await?)
    }

    async fn remove(&self, parked: &Parked) -> Result<(), Failure> {
        let Queue { client, url } = &self.dead_letters;
        let delete = client.delete_message().queue_url(url).receipt_handle(&parked.receipt);
        delete.send().await.map_err(AwsError::of("SQS DeleteMessage"))?;
        Ok(())
    }

    async fn release(&self, parked: &Parked) -> Result<(), Failure> {
        let Queue { client, url } = &self.dead_letters;
        let change = client.change_message_visibility().queue_url(url);
        let change = change.receipt_handle(&parked.receipt).visibility_timeout(0);
        change.send().await.map_err(AwsError::of("SQS ChangeMessageVisibility"))?;
        Ok(())
    }
}

fn parked(message: Message) -> Parked {
    let system = |name| message.attributes.as_ref().and_then(|all| all.get(&name)).cloned();
    let reason = message.message_attributes.as_ref().and_then(|all| all.get("reason"));
    let since = system(System::SentTimestamp).and_then(|at| at.parse().ok());
    Parked {
        reason: reason.and_then(|reason| reason.string_value.clone()),
        group: system(System::MessageGroupId).unwrap_or_default(),
        since: since.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default(),
        id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
    }
}

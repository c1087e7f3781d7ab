//! FIFO batches: one message in, one verdict out, order kept within a group.
//!
//! Needs `ReportBatchItemFailures` on the event source mapping.

use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, future::Either, stream};
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use social_aws::{SqsDeadLetters, SqsVisibility};
use social_core::{Classify, Clock, Failure, Verdict, inbound::DeadLetters};
use tracing::Instrument;

use crate::SystemClock;

/// Groups of one batch that are worked on side by side.
const GROUPS_AT_ONCE: usize = 10;
/// The longest that one message may take. Nothing is begun with less time left than that.
const WORST_STEP: Duration = Duration::from_secs(16);
/// Kept of the invocation's time to answer with what was done, and of the lease: it begins with the
/// claim, and clocks differ.
const ANSWER: Duration = Duration::from_secs(2);
/// Deliveries after which trying is seldom. Until then, for about an hour, what an administrator
/// mends or what comes back by itself is noticed within a minute.
const MANY_TRIES: u32 = 60;
/// First pause of what must be tried again, and of what waits for the outside; both double.
const FIRST_RETRY: Duration = Duration::from_secs(2);
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest pauses, until then and later.
const LONGEST_AT_FIRST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_mins(15);

/// What the batch loop needs of its queue.
pub trait FifoQueue {
    /// Moves a message to the dead-letter queue, whole, with the reason.
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure>;

    /// Sets when messages become visible again.
    async fn delay(&self, receipt_handles: &[String], pause: Duration) -> Result<(), Failure>;
}

/// A queue of SQS with its dead-letter queue.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    pub dead_letters: SqsDeadLetters,
    pub visibility: SqsVisibility,
}

impl FifoQueue for SqsQueue {
    async fn park(&self, body: &str, reason: &str, group: &str) -> Result<(), Failure> {
        self.dead_letters.park(body, reason, group).await
    }

    async fn delay(&self, receipt_handles: &[String], pause: Duration) -> Result<(), Failure> {
        let receipt_handles: Vec<&str> = receipt_handles.iter().map(String::as_str).collect();
        self.visibility.delay(&receipt_handles, pause).await
    }
}

/// Until when the function may work on a batch.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// When Lambda would end the invocation.
    pub deadline: Timestamp,
    /// How long a message belongs to the worker that took it. Work that went on for longer could meet
    /// the next worker's.
    pub lease: Duration,
}

/// Runs the function: every message of the queue is decoded and given to `process`, with the time
/// until which it may work; it is cut off before its lease of that length ends.
pub async fn run_queue<T, E>(
    queue: &impl FifoQueue,
    lease: Duration,
    process: impl AsyncFn(T, Timestamp) -> Result<(), E>,
) -> Result<(), lambda_runtime::Error>
where
    T: DeserializeOwned,
    E: Classify + Send + Sync + 'static,
{
    let handler = async |event: LambdaEvent<SqsEvent>| {
        let deadline = SystemClock::of_machine(event.context.deadline);
        let limits = Limits { deadline: deadline.unwrap_or(Timestamp::MAX), lease };
        let response = process_batch(event.payload, queue, &SystemClock, limits, &process).await;
        Ok::<_, lambda_runtime::Error>(response)
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// Processes a batch and names the messages that SQS must deliver again.
///
/// A failure, a panic or an undecodable body touches its own group only. The first message that
/// fails keeps its followers waiting behind it.
pub async fn process_batch<T, E>(
    event: SqsEvent,
    queue: &impl FifoQueue,
    clock: &impl Clock,
    limits: Limits,
    process: &impl AsyncFn(T, Timestamp) -> Result<(), E>,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
    E: Classify + Send + Sync + 'static,
{
    let failures: Vec<Vec<BatchItemFailure>> = stream::iter(by_group(event.records))
        .map(|(group, records)| {
            let span = tracing::info_span!("group", group = group);
            process_group(group, records, queue, clock, limits, process).instrument(span)
        })
        .buffer_unordered(GROUPS_AT_ONCE)
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.into_iter().flatten().collect();
    response
}

fn by_group(records: Vec<SqsMessage>) -> Vec<(String, Vec<SqsMessage>)> {
    let mut groups: Vec<(String, Vec<SqsMessage>)> = Vec::new();
    for record in records {
        let group = record.attributes.get("MessageGroupId").cloned().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, records)) => records.push(record),
            None => groups.push((group, vec![record])),
        }
    }
    groups
}

async fn process_group<T, E>(
    group: String,
    records: Vec<SqsMessage>,
    queue: &impl FifoQueue,
    clock: &impl Clock,
    limits: Limits,
    process: &impl AsyncFn(T, Timestamp) -> Result<(), E>,
) -> Vec<BatchItemFailure>
where
    T: DeserializeOwned,
    E: Classify + Send + Sync + 'static,
{
    for (index, record) in records.iter().enumerate() {
        let pause = if clock.now() + WORST_STEP > limits.deadline {
            tracing::info!("no time left in this invocation; the next one goes on");
            Duration::ZERO
        } else {
            match process_record(&group, record, queue, clock, limits, process).await {
                None => continue,
                Some(pause) => pause,
            }
        };
        let unsettled = records.get(index..).unwrap_or_default();
        return hand_back(unsettled, queue, pause).await;
    }
    Vec::new()
}

/// `None`: settled. Otherwise how long the message has to wait.
async fn process_record<T, E>(
    group: &str,
    record: &SqsMessage,
    queue: &impl FifoQueue,
    clock: &impl Clock,
    limits: Limits,
    process: &impl AsyncFn(T, Timestamp) -> Result<(), E>,
) -> Option<Duration>
where
    T: DeserializeOwned,
    E: Classify + Send + Sync + 'static,
{
    let body = record.body.as_deref().unwrap_or_default();
    let received = received(record);
    let failure = match decode(body) {
        Err(field) => {
            tracing::error!(error_type = "malformed_message", field, "cannot decode message");
            return park(body, "malformed_message", group, queue).await;
        }
        Ok(message) => {
            let until = limits.deadline - ANSWER;
            let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
            let left = left.min(limits.lease.saturating_sub(ANSWER));
            let work = AssertUnwindSafe(process(message, until)).catch_unwind();
            match futures::future::select(pin!(work), pin!(clock.sleep(left))).await {
                Either::Left((Ok(Ok(())), _)) => return None,
                Either::Left((Ok(Err(error)), _)) => Failure::from(error),
                Either::Left((Err(_panic), _)) => {
                    tracing::error!(error_type = "panic", metric = "Panicked", "message panicked");
                    return Some(doubled(FIRST_RETRY, received));
                }
                // Without this the whole batch would go down with the invocation.
                Either::Right(_) => {
                    tracing::error!(
                        error_type = "timeout",
                        metric = "TimedOut",
                        "message gave no answer"
                    );
                    return Some(doubled(FIRST_RETRY, received));
                }
            }
        }
    };
    let (verdict, error_type) = (failure.verdict(), failure.error_type());
    match verdict {
        Verdict::Retry { after } => {
            tracing::warn!(error_type, received, error = %failure, "message will be tried again");
            Some(after.unwrap_or_else(|| doubled(FIRST_RETRY, received)).min(LONGEST))
        }
        Verdict::Wait { after } => {
            tracing::warn!(error_type, received, error = %failure, "message waits for the outside");
            Some(after.unwrap_or_else(|| doubled(FIRST_WAIT, received)).min(LONGEST))
        }
        Verdict::Reject => {
            tracing::error!(error_type, error = %failure, "message is parked");
            park(body, error_type, group, queue).await
        }
    }
}

/// The error names the field, never what stands in it.
fn decode<T: DeserializeOwned>(body: &str) -> Result<T, String> {
    let decoder = &mut serde_json::Deserializer::from_str(body);
    serde_path_to_error::deserialize(decoder).map_err(|error| error.path().to_string())
}

async fn park(
    body: &str,
    reason: &'static str,
    group: &str,
    queue: &impl FifoQueue,
) -> Option<Duration> {
    match queue.park(body, reason, group).await {
        Ok(()) => {
            tracing::warn!(error_type = reason, metric = "Parked", "message parked");
            None
        }
        Err(failure) => {
            tracing::error!(error = %failure, "cannot park the message; it stays in its queue");
            Some(FIRST_WAIT)
        }
    }
}

/// The head and its followers wait together, so that the group goes on in order.
async fn hand_back(
    records: &[SqsMessage],
    queue: &impl FifoQueue,
    pause: Duration,
) -> Vec<BatchItemFailure> {
    let handles: Vec<String> =
        records.iter().filter_map(|record| record.receipt_handle.clone()).collect();
    if let Err(failure) = queue.delay(&handles, pause).await {
        // They come back after the queue's own visibility time-out: late, and still in order.
        tracing::warn!(error = %failure, "cannot set when the group goes on");
    }
    records.iter().map(|record| failed(record.message_id.clone().unwrap_or_default())).collect()
}

fn failed(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}

fn received(record: &SqsMessage) -> u32 {
    let count = record.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn doubled(first: Duration, received: u32) -> Duration {
    let longest = if received > MANY_TRIES { LONGEST } else { LONGEST_AT_FIRST };
    let factor = 2_u32.saturating_pow(received.saturating_sub(1));
    first.saturating_mul(factor).min(longest)
}

#[cfg(test)]
mod tests;

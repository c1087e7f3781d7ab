//! What was parked: why, what it is, and how it goes back into its queue without being done twice.

use std::{collections::BTreeSet, fmt, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    clock::Clock,
    inbound::{Change, InboundBatch},
    message::{Message, Verb},
    reply::Reply,
    verdict::Failure,
};

/// A message of a dead-letter queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Parked {
    /// Its id in the dead-letter queue.
    pub id: String,
    /// Why it was parked; absent where SQS gave up delivering it.
    pub reason: Option<String>,
    pub group: String,
    pub since: Timestamp,
    pub body: String,
    /// By which it is put back or released.
    pub receipt: String,
}

/// Without the body: it holds what people wrote.
impl fmt::Debug for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, reason, group, since, .. } = self;
        f.debug_struct("Parked")
            .field("id", id)
            .field("reason", reason)
            .field("group", group)
            .field("since", since)
            .finish_non_exhaustive()
    }
}

/// What a parked message is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Something that an agent has to see.
    Changes(InboundBatch),
    /// Something that an agent wrote.
    Reply(Box<Reply>),
    /// Nothing that this version of the bridge could work on. It stays where it is.
    Foreign,
}

impl Parked {
    /// What it is.
    pub fn content(&self) -> Content {
        if let Ok(batch) = serde_json::from_str(&self.body) {
            return Content::Changes(batch);
        }
        match serde_json::from_str(&self.body) {
            Ok(reply) => Content::Reply(Box::new(reply)),
            Err(_) => Content::Foreign,
        }
    }

    /// The body with which it goes back; `None` where nothing could be done with it there.
    ///
    /// It differs from the one before: parked for the same reason again within five minutes, the
    /// dead-letter queue would take the same body for the same message, and drop it.
    pub fn body_to_put_back(&self) -> Option<String> {
        match self.content() {
            Content::Changes(mut batch) => {
                batch.redriven += 1;
                serde_json::to_string(&batch).ok()
            }
            Content::Reply(_) => {
                let mut reply: Value = serde_json::from_str(&self.body).ok()?;
                let times = reply.get("redriven").and_then(Value::as_u64).unwrap_or_default();
                reply.as_object_mut()?.insert("redriven".to_owned(), (times + 1).into());
                Some(reply.to_string())
            }
            Content::Foreign => None,
        }
    }
}

/// In one line, without what people wrote.
impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changes(batch) => {
                let changes: Vec<String> = batch.changes.iter().map(described).collect();
                write!(f, "{}: {}", batch.channel_id, changes.join(", "))
            }
            Self::Reply(reply) => write!(f, "{}: reply {}", reply.channel_id, reply.id),
            Self::Foreign => f.write_str("no message of this version of the bridge; it stays"),
        }
    }
}

fn described(change: &Change) -> String {
    match change {
        Change::Message(message) => format!("{} of {}", verb(message), message.id),
        Change::Tell(tell) => format!("notice {}", tell.id),
        Change::Pushed(pushed) => format!("pushed text {}", pushed.id),
        Change::Folded(folded) => folded.id(),
    }
}

fn verb(message: &Message) -> &'static str {
    match message.verb {
        Verb::Add => "message",
        Verb::Edit { .. } => "edit",
        Verb::Delete => "deletion",
        Verb::Hide { .. } => "hiding",
        Verb::Unhide { .. } => "showing",
    }
}

/// A queue's dead letters, and the way back.
pub trait ParkedMessages {
    /// Some that nobody has taken, the oldest of each group first; hidden from others for a while.
    async fn take(&self) -> Result<Vec<Parked>, Failure>;

    /// Sends it into the queue that it came from.
    async fn put_back(&self, parked: &Parked, body: &str) -> Result<(), Failure>;

    /// Takes it out of the dead-letter queue for good.
    async fn remove(&self, parked: &Parked) -> Result<(), Failure>;

    /// Lets others see it again.
    async fn release(&self, parked: &Parked) -> Result<(), Failure>;
}

/// Which parked messages are meant.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Only the one of that id.
    pub id: Option<String>,
    /// Only those parked for that reason.
    pub reason: Option<String>,
}

impl Which {
    fn takes(&self, parked: &Parked) -> bool {
        self.id.as_ref().is_none_or(|id| *id == parked.id)
            && self.reason.as_ref().is_none_or(|reason| Some(reason) == parked.reason.as_ref())
    }
}

/// Every message that can be seen. In a group only the oldest ten can: the others wait behind them.
pub async fn list(queue: &impl ParkedMessages, which: &Which) -> Result<Vec<Parked>, Failure> {
    let all = visit(queue, async |_| Ok(false)).await?;
    Ok(all.into_iter().filter(|parked| which.takes(parked)).collect())
}

/// Puts messages back, `pause` apart, each removed only after its queue has it. Tells of each one
/// that went, and gives those that were meant and had to stay.
pub async fn redrive(
    (queue, clock): (&impl ParkedMessages, &impl Clock),
    which: &Which,
    pause: Duration,
    mut went: impl FnMut(&Parked),
) -> Result<Vec<Parked>, Failure> {
    let stayed = visit(queue, async |parked| {
        let Some(body) = parked.body_to_put_back().filter(|_| which.takes(parked)) else {
            return Ok(false);
        };
        queue.put_back(parked, &body).await?;
        queue.remove(parked).await?;
        went(parked);
        clock.sleep(pause).await;
        Ok(true)
    })
    .await?;
    Ok(stayed.into_iter().filter(|parked| which.takes(parked)).collect())
}

/// Shows each message once to `moves`, which says whether it is gone, and releases all others.
async fn visit(
    queue: &impl ParkedMessages,
    mut moves: impl AsyncFnMut(&Parked) -> Result<bool, Failure>,
) -> Result<Vec<Parked>, Failure> {
    let (mut known, mut stayed, mut result) = (BTreeSet::new(), Vec::new(), Ok(()));
    while result.is_ok() {
        let taken = match queue.take().await {
            Ok(taken) => taken,
            Err(failure) => {
                result = Err(failure);
                break;
            }
        };
        let taken: Vec<_> =
            taken.into_iter().filter(|parked| known.insert(parked.id.clone())).collect();
        if taken.is_empty() {
            break;
        }
        for parked in taken {
            // After a failure nothing more goes: the order of a group would be lost.
            match if result.is_ok() { moves(&parked).await } else { Ok(false) } {
                Ok(true) => {}
                Ok(false) => stayed.push(parked),
                Err(failure) => {
                    result = Err(failure);
                    stayed.push(parked);
                }
            }
        }
    }
    for parked in &stayed {
        // It comes back by itself a while later.
        queue.release(parked).await.ok();
    }
    result.map(|()| stayed)
}

#[cfg(test)]
mod tests;

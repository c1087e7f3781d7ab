//! Intake: messages into `inbound.fifo`, grouped, in order, whichever road they came by.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};

use crate::{
    channel::ChannelId,
    inbound::{Change, InboundBatch, InboundQueue, Incoming, MAX_BYTES, MAX_CHANGES, group_id},
    message::MessageId,
    text,
    verdict::Failure,
};

/// Groups that are sent side by side.
const GROUPS_AT_ONCE: usize = 16;
/// What is left of a text that no queue message could carry; its permalink leads to the rest.
const CUT_TEXT_CHARS: usize = 10_000;

/// Queues all messages, each group in its order. `Ok` only when the queue holds every one of them.
///
/// After a failure nothing more of that group is sent; other groups are.
pub async fn queue_all(
    queue: &impl InboundQueue,
    mut incoming: Vec<Incoming>,
) -> Result<usize, Failure> {
    let count = incoming.len();
    name_the_others(&mut incoming);
    let mut outcomes = stream::iter(groups(incoming))
        .map(async |(group, batches)| {
            for batch in batches {
                queue.send(&group, &deduplication(&batch), &batch).await?;
            }
            Ok::<(), Failure>(())
        })
        .buffer_unordered(GROUPS_AT_ONCE);
    let mut result = Ok(count);
    while let Some(outcome) = outcomes.next().await {
        if let Err(failure) = outcome {
            result = Err(failure);
        }
    }
    result
}

/// Each message that several channels take learns of the other ones.
fn name_the_others(incoming: &mut [Incoming]) {
    let mut takers: BTreeMap<MessageId, Vec<ChannelId>> = BTreeMap::new();
    for Incoming { channel_id, message } in incoming.iter() {
        let takers = takers.entry(message.id.clone()).or_default();
        if !takers.contains(channel_id) {
            takers.push(channel_id.clone());
        }
    }
    for Incoming { channel_id, message } in incoming {
        let takers = takers.get(&message.id).into_iter().flatten();
        message.also_in = takers.filter(|taker| *taker != channel_id).cloned().collect();
    }
}

/// Batches by group, changes in the order given.
fn groups(incoming: Vec<Incoming>) -> BTreeMap<String, Vec<InboundBatch>> {
    let mut groups: BTreeMap<String, Vec<InboundBatch>> = BTreeMap::new();
    let mut room: BTreeMap<String, usize> = BTreeMap::new();
    for Incoming { channel_id, message } in incoming {
        let group = group_id(&channel_id, &message.thread);
        let (change, size) = sized(Change::Message(Box::new(message)));
        let left = room.entry(group.clone()).or_default();
        let batches = groups.entry(group).or_default();
        match batches.last_mut() {
            Some(batch) if batch.changes.len() < MAX_CHANGES && size <= *left => {
                *left -= size;
                batch.changes.push(change);
            }
            _ => {
                *left = MAX_BYTES.saturating_sub(size);
                batches.push(InboundBatch::new(channel_id, vec![change]));
            }
        }
    }
    groups
}

/// A change and its size in the queue; a text that is too large by itself is cut.
fn sized(change: Change) -> (Change, usize) {
    let size = size_of(&change);
    match change {
        Change::Message(mut message) if size > MAX_BYTES => {
            message.text = text::excerpt(&message.text, CUT_TEXT_CHARS);
            message.media.truncate(20);
            let change = Change::Message(message);
            let size = size_of(&change);
            (change, size)
        }
        change => (change, size),
    }
}

fn size_of(change: &Change) -> usize {
    // Serialising plain data cannot fail; a wrong size would only move a boundary between batches.
    serde_json::to_string(change).map_or(MAX_BYTES, |json| json.len() + 1)
}

/// The same for the same changes, so that a redelivery within five minutes is folded by the queue.
pub(crate) fn deduplication(batch: &InboundBatch) -> String {
    let mut hash = Sha256::new();
    hash.update(batch.channel_id.as_str());
    for change in &batch.changes {
        let key = match change {
            Change::Message(message) => message.change_key(),
            Change::Tell(tell) => tell.id.clone(),
            Change::Pushed(pushed) => pushed.id.clone(),
            Change::Folded(folded) => folded.id(),
        };
        hash.update([0]);
        hash.update(key);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests;

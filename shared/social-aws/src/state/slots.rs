//! Slots of chats: one item, whose conditions let nobody in who has to wait.
//!
//! Nearly always nobody waits and there is room; one write finds that out and takes the slot. Where
//! it is refused, the list is read from the refusal, changed by the rules, and written under its version.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use social_core::{
    Clock, Failure, Verdict,
    slots::{Occupancy, Slate, Slot, Slots, Token, Waiting, Want},
    store::Conversations,
};

use super::{
    ABSENT, Outcome, StateTable,
    items::{Item, Key, decode, encode, millis, number, number_of, time_of},
    put_if, update_if,
};
use crate::AwsError;

const WHAT: &str = "slots";
/// Attributes: a slot that is taken, with the time; how many are, of all and of a channel.
const TAKEN: &str = "t-";
const COUNT: &str = "taken_count";
const OF_CHANNEL: &str = "c-";
const NEXT_START: &str = "next_start";
const WAITING: &str = "waiting";
const VERSION: &str = "version";

const TAKE: &str = "SET #slot = :now, #next = :next, writer = :writer ADD #count :one, #channel :one, #version :one";
const ROOM: &str = "attribute_not_exists(#slot) AND attribute_not_exists(#waiting) \
    AND (attribute_not_exists(#count) OR #count < :cap) \
    AND (attribute_not_exists(#channel) OR #channel < :channel_cap) \
    AND (attribute_not_exists(#next) OR #next <= :now)";
const FREE: &str =
    "REMOVE #slot SET writer = :writer ADD #count :less, #channel :less, #version :one";

/// Workers that write the list at the very same moment before it is left to the next delivery.
const CLASHES: usize = 40;

/// Who waits, as it is stored.
#[derive(Default, Serialize, Deserialize)]
struct Line {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<Waiting>,
}

impl<C: Clock> Slots for StateTable<C> {
    async fn take_slot(&self, want: &Want) -> Result<Slot, Failure> {
        let now = self.clock.now();
        let take = self
            .update(Key::slots())
            .update_expression(TAKE)
            .condition_expression(ROOM)
            .expression_attribute_names("#slot", slot_name(&want.token))
            .expression_attribute_names("#channel", channel_name(want.token.channel()))
            .expression_attribute_names("#next", NEXT_START)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#waiting", WAITING)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":next", millis(now + self.caps.turn()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":cap", number(self.caps.open))
            .expression_attribute_values(
                ":channel_cap",
                number(want.channel_cap.unwrap_or(u32::MAX)),
            );
        match update_if(take).await? {
            Outcome::Written(_) => Ok(Slot::Taken { turn: Duration::ZERO }),
            Outcome::Refused(item) => {
                self.change(item, |slate, now| slate.take(want, self.caps, now)).await
            }
        }
    }

    async fn free_slot(&self, token: &Token, wait: bool) -> Result<(), Failure> {
        if wait {
            let item = self.get(Key::slots(), true).await?.unwrap_or_default();
            return self.change(item, |slate, now| slate.free(token, true, now)).await;
        }
        let free = self
            .update(Key::slots())
            .update_expression(FREE)
            .condition_expression("attribute_exists(#slot)")
            .expression_attribute_names("#slot", slot_name(token))
            .expression_attribute_names("#channel", channel_name(token.channel()))
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":one", number(1));
        // Refused: it was free.
        update_if(free).await?;
        Ok(())
    }

    async fn tidy_slots(&self) -> Result<Occupancy, Failure> {
        let item = self.get(Key::slots(), true).await?.unwrap_or_default();
        let mut open = BTreeSet::new();
        for shard in 0..self.shards {
            open.extend(self.open_chats(shard).await?.iter().map(Token::of_open));
        }
        self.change(item, |slate, now| {
            slate.tidy(&open, now);
            slate.occupancy(now)
        })
        .await
    }
}

impl<C: Clock> StateTable<C> {
    /// Changes the list that `item` holds and writes it, if nobody else did since.
    async fn change<T>(
        &self,
        mut item: Item,
        change: impl Fn(&mut Slate, Timestamp) -> T,
    ) -> Result<T, Failure> {
        for _ in 0..CLASHES {
            let before = slate(&item)?;
            let mut after = before.clone();
            let answer = change(&mut after, self.clock.now());
            if after == before {
                return Ok(answer);
            }
            let read = number_of(&item, VERSION).unwrap_or_default();
            let put = self.put(Key::slots(), slate_item(&after, read + 1)?);
            let put = if item.is_empty() {
                put.condition_expression(ABSENT)
            } else {
                put.condition_expression("#version = :read")
                    .expression_attribute_names("#version", VERSION)
                    .expression_attribute_values(":read", number(read))
            };
            match put_if(put).await? {
                Outcome::Written(_) => return Ok(answer),
                Outcome::Refused(standing) => item = standing,
            }
        }
        let cause = "too many workers change the list of slots at once";
        Err(Failure::new(Verdict::RETRY, "slots_contended", cause))
    }
}

fn slot_name(token: &Token) -> String {
    format!("{TAKEN}{}", token.0)
}

fn channel_name(channel: &str) -> String {
    format!("{OF_CHANNEL}{channel}")
}

fn slate(item: &Item) -> Result<Slate, AwsError> {
    let taken = item.iter().filter_map(|(name, value)| {
        let token = name.strip_prefix(TAKEN)?;
        Some((Token(token.to_owned()), time_of(value)?))
    });
    let Line { waiting } = decode(WHAT, item.clone())?;
    let next_start = item.get(NEXT_START).and_then(time_of);
    Ok(Slate { taken: taken.collect(), waiting, next_start })
}

fn slate_item(slate: &Slate, version: u64) -> Result<Item, AwsError> {
    let mut item = encode(WHAT, &Line { waiting: slate.waiting.clone() })?;
    let mut counts = BTreeMap::<&str, u64>::new();
    for (token, since) in &slate.taken {
        *counts.entry(token.channel()).or_default() += 1;
        item.insert(slot_name(token), millis(*since));
    }
    for (channel, count) in counts {
        item.insert(channel_name(channel), number(count));
    }
    item.insert(COUNT.to_owned(), number(u64::try_from(slate.taken.len()).unwrap_or_default()));
    item.insert(VERSION.to_owned(), number(version));
    if let Some(next) = slate.next_start {
        item.insert(NEXT_START.to_owned(), millis(next));
    }
    Ok(item)
}

#[cfg(test)]
mod tests;

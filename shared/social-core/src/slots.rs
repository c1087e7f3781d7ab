//! Slots: how many chats the bridge may have open in CIC at once, and who is next when all are taken.
//!
//! CIC throttles chats per client address and new ones per second. Caps of ours stay below that, so
//! that messages wait in our order and not in the order in which CIC happens to refuse them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{channel::ChannelId, conversation::ConversationKey, store::OpenChat, verdict::Failure};

/// A start that would have to wait longer for its turn comes again later.
const LONGEST_TURN: Duration = Duration::from_secs(2);
/// Pauses of those who wait for a slot: a tenth of the time that they have waited already.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Who waits and does not come back in twice its pause and this is no longer waited for.
const GRACE: Duration = Duration::from_mins(2);
/// A slot whose chat is not among the open ones after this was taken by a worker that died. Longer
/// than a worker may take to open a chat, and than CIC keeps one that nobody polls.
const OPENS_WITHIN: Duration = Duration::from_mins(2);

/// What the deployment allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Chats open at once, of all channels.
    pub open: u32,
    /// Chats started a second.
    pub starts_per_second: u32,
}

impl Caps {
    /// The least time from one start to the next.
    pub fn turn(self) -> Duration {
        Duration::from_secs(1) / self.starts_per_second.max(1)
    }
}

/// Names a slot without naming anybody: channel, conversation and generation, hashed. A worker that
/// comes again for the same interaction finds the slot that it has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl Token {
    /// Characters that stand for the channel.
    const CHANNEL: usize = 6;

    /// The slot of one interaction.
    pub fn of(channel: &ChannelId, conversation: &ConversationKey, generation: u32) -> Self {
        let channel_digest = hex::encode(Sha256::digest(channel.as_str()));
        let interaction = format!("{channel}\0{conversation}\0{generation}");
        let digest = hex::encode(Sha256::digest(interaction));
        let channel = channel_digest.get(..Self::CHANNEL).unwrap_or_default();
        Self(format!("{channel}{}", digest.get(..14).unwrap_or_default()))
    }

    /// The slot of an open chat.
    pub fn of_open(open: &OpenChat) -> Self {
        Self::of(&open.channel_id, &open.conversation, open.generation)
    }

    /// The same for all slots of a channel.
    pub fn channel(&self) -> &str {
        self.0.get(..Self::CHANNEL).unwrap_or_default()
    }
}

/// Who wants a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    pub token: Token,
    /// The channel's own cap.
    pub channel_cap: Option<u32>,
}

/// The answer to a want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Ours; the chat may be started after `turn`.
    Taken { turn: Duration },
    /// There is room, but too many start just now.
    NotYet { after: Duration },
    /// All are taken; the place among those who wait is kept.
    Full { after: Duration },
}

/// How many chats are open, and how many conversations wait for theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occupancy {
    pub taken: usize,
    pub waiting: usize,
    /// How long the first of them has waited.
    pub longest: Duration,
}

/// The list of slots, in the bridge's state.
pub trait Slots {
    /// Takes a slot, or a place among those who wait for one.
    async fn take_slot(&self, want: &Want) -> Result<Slot, Failure>;

    /// Gives a slot back. `wait`: its owner goes on wanting one, and was here before all others.
    async fn free_slot(&self, token: &Token, wait: bool) -> Result<(), Failure>;

    /// Takes back what dead workers left, and counts.
    async fn tidy_slots(&self) -> Result<Occupancy, Failure>;
}

/// One who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub token: Token,
    pub since: Timestamp,
    /// Until when it is waited for.
    pub back_by: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_cap: Option<u32>,
}

/// The list itself: what is taken and since when, who waits in order of arrival, and when the next
/// chat may be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slate {
    pub taken: BTreeMap<Token, Timestamp>,
    pub waiting: Vec<Waiting>,
    pub next_start: Option<Timestamp>,
}

impl Slate {
    /// Answers a want.
    pub fn take(&mut self, want: &Want, caps: Caps, now: Timestamp) -> Slot {
        self.waiting.retain(|waiting| now < waiting.back_by || waiting.token == want.token);
        if !self.taken.contains_key(&want.token) && !self.has_room(want, caps) {
            return Slot::Full { after: self.wait(want, now) };
        }
        let start = self.next_start.map_or(now, |next| next.max(now));
        let turn = Duration::try_from(start.duration_since(now)).unwrap_or_default();
        if turn > LONGEST_TURN {
            return Slot::NotYet { after: turn };
        }
        self.next_start = Some(start + caps.turn());
        self.waiting.retain(|waiting| waiting.token != want.token);
        self.taken.insert(want.token.clone(), now);
        Slot::Taken { turn }
    }

    /// Whether there is a slot that nobody who came earlier may take. One whose channel is at its
    /// own cap holds nobody of another channel back.
    fn has_room(&self, want: &Want, caps: Caps) -> bool {
        let mut counts = Counts::of(&self.taken);
        for waiting in &self.waiting {
            if waiting.token == want.token {
                break;
            }
            if counts.have_room(&waiting.token, waiting.channel_cap, caps) {
                counts.add(&waiting.token);
            }
        }
        counts.have_room(&want.token, want.channel_cap, caps)
    }

    /// Keeps the place; how long to pause.
    fn wait(&mut self, want: &Want, now: Timestamp) -> Duration {
        let known = self.waiting.iter().position(|waiting| waiting.token == want.token);
        let since = known.and_then(|at| self.waiting.get(at)).map_or(now, |known| known.since);
        let waited = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        let pause = (waited / 10).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        let waiting = Waiting {
            token: want.token.clone(),
            since,
            back_by: now + pause * 2 + GRACE,
            channel_cap: want.channel_cap,
        };
        match known.and_then(|at| self.waiting.get_mut(at)) {
            Some(place) => *place = waiting,
            None => self.waiting.push(waiting),
        }
        pause
    }

    /// Takes a slot back.
    pub fn free(&mut self, token: &Token, wait: bool, now: Timestamp) {
        let Some(since) = self.taken.remove(token) else { return };
        if wait {
            let back_by = now + FIRST_PAUSE * 2 + GRACE;
            let waiting = Waiting { token: token.clone(), since, back_by, channel_cap: None };
            self.waiting.insert(0, waiting);
        }
    }

    /// Makes the list agree with the chats that are open.
    pub fn tidy(&mut self, open: &BTreeSet<Token>, now: Timestamp) {
        self.taken.retain(|token, since| now < *since + OPENS_WITHIN || open.contains(token));
        for token in open {
            self.taken.entry(token.clone()).or_insert(now);
        }
        self.waiting.retain(|waiting| now < waiting.back_by && !open.contains(&waiting.token));
    }

    /// How full it is.
    pub fn occupancy(&self, now: Timestamp) -> Occupancy {
        let first = self.waiting.first().map(|first| now.duration_since(first.since));
        Occupancy {
            taken: self.taken.len(),
            waiting: self.waiting.len(),
            longest: first.and_then(|it| Duration::try_from(it).ok()).unwrap_or_default(),
        }
    }
}

/// Slots taken, of all and of each channel.
struct Counts<'a> {
    all: u32,
    of_channel: BTreeMap<&'a str, u32>,
}

impl<'a> Counts<'a> {
    fn of(taken: &'a BTreeMap<Token, Timestamp>) -> Self {
        let mut counts = Self { all: 0, of_channel: BTreeMap::new() };
        for token in taken.keys() {
            counts.add(token);
        }
        counts
    }

    fn add(&mut self, token: &'a Token) {
        self.all += 1;
        *self.of_channel.entry(token.channel()).or_default() += 1;
    }

    fn have_room(&self, token: &Token, channel_cap: Option<u32>, caps: Caps) -> bool {
        let channel = self.of_channel.get(token.channel()).copied().unwrap_or_default();
        self.all < caps.open && channel_cap.is_none_or(|cap| channel < cap)
    }
}

#[cfg(test)]
mod tests;

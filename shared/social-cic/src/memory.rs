//! What is remembered between calls, in this process alone.

use std::{collections::HashMap, time::Duration};

use social_core::chat::ChatEvent;
use tokio::time::Instant;

/// How long a chat that a server does not know, just after it took over, is asked for again before
/// it counts as gone: a server may take calls before it has recovered its chats. Not documented.
const GRACE: Duration = Duration::from_secs(5);
/// How long ago the pair must have switched over for that.
const FRESH: Duration = Duration::from_secs(15);
/// A server that is down is asked no more often than this while the other one works.
const PROBE: Duration = Duration::from_secs(10);
/// How often the throttle is told of.
const WARN: Duration = Duration::from_secs(60);
/// Chats of which nothing was noted for this long are forgotten.
const FORGET: Duration = Duration::from_secs(3600);
/// How many chats are noted before the old ones are looked for.
const CROWD: usize = 1_000;

/// The memory of one process.
#[derive(Default)]
pub(crate) struct Memory {
    /// The server that answered last.
    active: Option<usize>,
    /// When another server began to answer.
    switched: Option<Instant>,
    /// Events that came with a call that then failed, by chat id: told with the next one.
    untold: HashMap<String, Untold>,
    /// Since when a chat is unknown to the server that took over, by chat id.
    unknown: Notes,
    /// When the visitor's leg of a chat last did something, by chat id.
    stirred: Notes,
    /// When a server was last seen to be down, by its index.
    down: HashMap<usize, Instant>,
    warned: Option<Instant>,
}

/// What an answer brought, with the numbers of all that was in it.
#[derive(Default)]
pub(crate) struct Untold {
    pub(crate) events: Vec<ChatEvent>,
    pub(crate) numbers: Vec<i64>,
}

/// A time for each chat.
#[derive(Default)]
struct Notes(HashMap<String, Instant>);

impl Notes {
    /// Notes `now`, unless something stands there; answers what stands there then.
    fn since(&mut self, chat_id: &str, now: Instant) -> Instant {
        self.make_room(now);
        *self.0.entry(chat_id.to_owned()).or_insert(now)
    }

    fn make_room(&mut self, now: Instant) {
        if self.0.len() >= CROWD {
            self.0.retain(|_, noted| now.duration_since(*noted) < FORGET);
        }
    }
}

impl Memory {
    /// The server that answered last.
    pub(crate) fn active(&self) -> Option<usize> {
        self.active
    }

    /// Notes which server answered.
    pub(crate) fn answered(&mut self, server: usize) {
        if self.active.is_some_and(|before| before != server) {
            self.switched = Some(Instant::now());
        }
        self.active = Some(server);
        self.down.remove(&server);
    }

    /// Notes that a server takes no calls.
    pub(crate) fn is_down(&mut self, server: usize) {
        self.down.insert(server, Instant::now());
    }

    /// Whether a server was down so lately that it need not be asked while the other one works.
    pub(crate) fn rests(&self, server: usize) -> bool {
        self.down.get(&server).is_some_and(|seen| seen.elapsed() < PROBE)
    }

    /// Whether a chat that is unknown to all who take calls may still turn up. `moved` says that
    /// the chat's own server is down.
    pub(crate) fn may_turn_up(&mut self, chat_id: &str, moved: bool) -> bool {
        let fresh = moved || self.switched.is_some_and(|since| since.elapsed() < FRESH);
        fresh && self.unknown.since(chat_id, Instant::now()).elapsed() < GRACE
    }

    /// Notes that a chat was found.
    pub(crate) fn found(&mut self, chat_id: &str) {
        self.unknown.0.remove(chat_id);
    }

    /// Whether the visitor's leg has done nothing for `pause`; notes that it does now.
    pub(crate) fn is_still(&mut self, chat_id: &str, pause: Duration) -> bool {
        let now = Instant::now();
        let still = self.stirred.0.get(chat_id).is_none_or(|last| last.elapsed() >= pause);
        if still {
            self.stirs(chat_id, now);
        }
        still
    }

    /// Notes that the visitor's leg did something at `now`.
    pub(crate) fn stirs(&mut self, chat_id: &str, now: Instant) {
        self.stirred.make_room(now);
        self.stirred.0.insert(chat_id.to_owned(), now);
    }

    /// Keeps what was told for the next call about the chat.
    pub(crate) fn keep(&mut self, chat_id: &str, mut told: Untold) {
        if !told.numbers.is_empty() {
            let untold = self.untold.entry(chat_id.to_owned()).or_default();
            untold.events.append(&mut told.events);
            untold.numbers.append(&mut told.numbers);
        }
    }

    /// Takes what was kept.
    pub(crate) fn take(&mut self, chat_id: &str) -> Untold {
        self.untold.remove(chat_id).unwrap_or_default()
    }

    /// Whether the throttle should be told of now.
    pub(crate) fn should_warn(&mut self) -> bool {
        let now = Instant::now();
        let due = self.warned.is_none_or(|last| now.duration_since(last) >= WARN);
        if due {
            self.warned = Some(now);
        }
        due
    }
}

//! The watch: which open chat is due for a look, and when.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{Look, Pace};
use crate::store::OpenChat;

/// How long a chat in which something happened counts as active.
const STAYS_ACTIVE: Duration = Duration::from_mins(2);

/// In what time a run looks at all quiet chats for the first time: with the pause before it, the
/// longest that a chat is not looked at stays under twenty seconds.
const FIRST_ROUND: Duration = Duration::from_secs(4);

/// All open chats of a shard, by their id.
#[derive(Debug, Default)]
pub(super) struct Watch {
    chats: BTreeMap<String, Watched>,
    closed: bool,
    /// Chats that turn up from now on may have lost something too.
    behind: bool,
}

/// A chat that is due for a look.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) open: OpenChat,
    /// Its history may tell what nobody stored.
    pub(super) behind: bool,
}

#[derive(Debug)]
struct Watched {
    open: OpenChat,
    due: Timestamp,
    /// A look is under way.
    looking: bool,
    last_event: Timestamp,
    /// A nudge came while a look was under way.
    look_again: bool,
    behind: bool,
}

impl Watched {
    /// A run begins without knowing when the one before looked. Chats in which nothing happens are
    /// looked at in turn, so that they are not due all at once ever after.
    fn new(open: OpenChat, behind: bool, now: Timestamp) -> Self {
        let last_event = open.stirred_at.unwrap_or(now);
        let quiet = open.answered && last_event + STAYS_ACTIVE <= now;
        let turn = if quiet { turn_of(&open.chat.chat_id) } else { Duration::ZERO };
        Self { open, due: now + turn, looking: false, last_event, look_again: false, behind }
    }
}

/// A share of [`FIRST_ROUND`], spread evenly over the chats.
fn turn_of(chat_id: &str) -> Duration {
    let mixed =
        chat_id.bytes().fold(7_u32, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(byte.into()));
    FIRST_ROUND * (mixed % 1_000) / 1_000
}

impl Watch {
    /// Nothing is due any more.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Every chat may have told something to a run that died.
    pub(super) fn fall_behind(&mut self) {
        self.behind = true;
        for watched in self.chats.values_mut() {
            watched.behind = true;
        }
    }

    /// Whether nothing is left behind that a history could still tell.
    pub(super) fn has_caught_up(&self) -> bool {
        self.chats.values().all(|watched| !watched.behind)
    }

    /// Takes the list as it stands now: new chats are due at once, ended ones are forgotten.
    pub(super) fn update(&mut self, chats: Vec<OpenChat>, now: Timestamp) {
        let mut before = std::mem::take(&mut self.chats);
        for open in chats {
            let id = open.chat.chat_id.clone();
            let watched = match before.remove(&id) {
                // The list may lag behind a switchover that a look has just told us of.
                Some(watched) => Watched {
                    open: OpenChat { chat: watched.open.chat.clone(), ..open },
                    ..watched
                },
                None => Watched::new(open, self.behind, now),
            };
            self.chats.insert(id, watched);
        }
    }

    pub(super) fn look_now(&mut self, chat_id: &str, now: Timestamp) {
        if let Some(watched) = self.chats.get_mut(chat_id) {
            watched.due = now;
            watched.look_again = watched.looking;
        }
    }

    /// Up to `room` chats that are due, the longest overdue first.
    pub(super) fn take_due(&mut self, now: Timestamp, room: usize) -> Vec<Due> {
        let room = if self.closed { 0 } else { room };
        let mut due: Vec<&mut Watched> = self
            .chats
            .values_mut()
            .filter(|watched| !watched.looking && watched.due <= now)
            .collect();
        due.sort_by_key(|watched| watched.due);
        due.truncate(room);
        due.into_iter()
            .map(|watched| {
                watched.looking = true;
                Due { open: watched.open.clone(), behind: watched.behind }
            })
            .collect()
    }

    /// A look has ended: when is the next one?
    pub(super) fn looked(&mut self, look: &Look, pace: Pace, now: Timestamp) {
        let Some(chat) = &look.chat else {
            self.chats.remove(&look.chat_id);
            return;
        };
        let Some(watched) = self.chats.get_mut(&look.chat_id) else { return };
        watched.open.chat.clone_from(chat);
        watched.looking = false;
        watched.behind = look.behind.unwrap_or(watched.behind);
        if look.something_happened {
            watched.last_event = now;
        }
        let active = !watched.open.answered || now < watched.last_event + STAYS_ACTIVE;
        let pause = if active { look.poll_after.max(pace.active) } else { pace.quiet };
        watched.due = now + pause.min(pace.quiet);
        if std::mem::take(&mut watched.look_again) {
            watched.due = now;
        }
    }
}

//! The model: one conversation without a chat, a message that needs one, two workers, and a CIC that
//! loses answers.
//!
//! What the workers do between the pure functions is what `social_core::routing` does: mark, open,
//! record, and only then say the first word. Time moves in ticks.

mod worker;

use std::time::Duration;

use jiff::Timestamp;
use social_core::{
    chat::{Chat, Interface},
    conversation::{Interaction, State},
};
use stateright::{Model, Property};

pub use worker::{Action, Design, Place};

/// Two of them are longer than the lease of who opens.
const TICK: Duration = Duration::from_secs(20);

/// A design and the world that it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub design: Design,
    /// Ticks that a worker lives at the most; `None`: as long as it likes.
    pub life: Option<u8>,
    /// Workers that may die, at any step.
    pub crashes: u8,
    /// Answers of CIC to an opening that are lost.
    pub losses: u8,
    /// The last moment that is looked at.
    pub horizon: u8,
}

impl Setting {
    /// What is built, within its bounds.
    pub fn built() -> Self {
        Self { design: Design::Built, life: Some(1), crashes: 2, losses: 1, horizon: 4 }
    }
}

/// The conversation's item in the state table: its version, and where the conversation stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    pub version: u8,
    pub standing: Standing,
}

/// A [`State`] that the model can keep many of; chats are named by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Closed,
    Opening { lease_until: Timestamp },
    Open { room: usize },
}

impl Standing {
    /// As the bridge writes it.
    pub(crate) fn state(self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Opening { lease_until } => State::Opening { lease_until },
            Self::Open { room } => State::Open(Interaction::new(chat(room))),
        }
    }

    /// As the model keeps it.
    pub(crate) fn of(state: &State) -> Self {
        match state {
            State::Closed => Self::Closed,
            State::Opening { lease_until } => Self::Opening { lease_until: *lease_until },
            State::Open(open) => {
                Self::Open { room: open.chat.chat_id.parse().unwrap_or(usize::MAX) }
            }
        }
    }
}

fn chat(room: usize) -> Chat {
    Chat {
        interface: Interface::WebChat,
        server: 0,
        chat_id: room.to_string(),
        participant_id: String::new(),
    }
}

/// Everything there is, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub tick: u8,
    pub item: Item,
    /// CIC's chats, and whether the message was said in each.
    pub rooms: Vec<bool>,
    pub workers: [Option<Worker>; 2],
    pub crashes: u8,
    pub losses: u8,
    /// The message's delivery is over.
    pub done: bool,
}

/// A worker with the item as it read it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Worker {
    pub began: u8,
    pub read: Item,
    pub at: Place,
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + TICK * u32::from(self.tick)
    }

    /// Words were said in more chats than one.
    fn is_open_twice(&self) -> bool {
        self.rooms.iter().filter(|said| **said).count() > 1
    }

    /// Words were said in a chat that nobody knows of.
    fn has_lost_words(&self) -> bool {
        let known = |room| self.item.standing == Standing::Open { room };
        let idle = self.workers.iter().all(Option::is_none);
        idle && self.rooms.iter().enumerate().any(|(room, said)| *said && !known(room))
    }

    /// From here, with one worker and no further fault, the message is said.
    fn ends_well(&self, setting: Setting) -> bool {
        if self.workers.iter().any(Option::is_some) {
            return true;
        }
        let mut world = self.clone();
        for _ in 0..PATIENCE {
            if world.done {
                return world.rooms.contains(&true);
            }
            let action = match &world.workers[0] {
                None => Action::Deliver { worker: 0 },
                Some(worker) if worker.at == Place::Open => {
                    Action::Open { worker: 0, answered: true }
                }
                Some(_) => Action::Step { worker: 0 },
            };
            let Some(mut next) = setting.after(&world, action) else { return false };
            if next.workers[0].is_none() && !next.done {
                next.tick += 1;
            }
            world = next;
        }
        false
    }
}

/// Steps in which a message must be said when nothing goes wrong any more.
const PATIENCE: usize = 40;

impl Model for Setting {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            tick: 0,
            item: Item { version: 0, standing: Standing::Closed },
            rooms: Vec::new(),
            workers: [None, None],
            crashes: self.crashes,
            losses: self.losses,
            done: false,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        self.possible(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        self.after(world, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NEVER_TWO, |_, world: &World| !world.is_open_twice()),
            Property::always(NEVER_UNKNOWN, |_, world: &World| !world.has_lost_words()),
            Property::always(NEVER_STUCK, |setting: &Self, world: &World| {
                world.ends_well(*setting)
            }),
            Property::sometimes(SAID, |_, world: &World| world.done),
        ]
    }
}

/// No conversation has words in two chats.
pub const NEVER_TWO: &str = "never two open interactions with words in them";
/// Nothing is said in a chat that is not recorded.
pub const NEVER_UNKNOWN: &str = "never words in a chat that nobody knows of";
/// From here, with no further fault, the message is shown.
pub const NEVER_STUCK: &str = "never an opening that nobody ends";
/// That the model can show a message at all.
pub const SAID: &str = "the message is shown";

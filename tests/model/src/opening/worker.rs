//! A worker's steps: those of `social_core::routing`'s opening, and of those who do it otherwise.

use jiff::Timestamp;
use social_core::conversation::{Begin, State};

use super::{Item, Setting, Standing, Worker, World};

/// How a chat is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// As it is: mark with a lease, open, record what still is ours, say.
    Built,
    /// Nothing is marked before the chat is opened, and the record is written over what stands there.
    OpenAndRecord,
    /// The first word is said before the chat is recorded.
    SayFirst,
    /// The mark has no end: who died while opening is waited for.
    MarkForGood,
    /// Recorded without looking whether the opening is still ours.
    RecordBlindly,
}

/// Where in its work a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// It has read the item.
    Read,
    /// It may open a chat.
    Open,
    /// CIC gave no answer: the mark is taken back.
    GiveUp,
    /// The chat is there.
    Record {
        room: usize,
    },
    Say {
        room: usize,
    },
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Tick,
    /// The queue hands the message to a worker; also while another one has it.
    Deliver {
        worker: usize,
    },
    Step {
        worker: usize,
    },
    /// A chat is opened; the answer may be lost.
    Open {
        worker: usize,
        answered: bool,
    },
    Crash {
        worker: usize,
    },
    TimeOut {
        worker: usize,
    },
}

impl Setting {
    pub(super) fn possible(self, world: &World, actions: &mut Vec<Action>) {
        if world.tick < self.horizon && !world.done {
            actions.push(Action::Tick);
        }
        for (worker, it) in world.workers.iter().enumerate() {
            let Some(it) = it else {
                // Workers are alike: the second one comes only while the first is busy.
                if !world.done && (worker == 0 || world.workers[0].is_some()) {
                    actions.push(Action::Deliver { worker });
                }
                continue;
            };
            if self.life.is_some_and(|life| world.tick > it.began + life) {
                actions.push(Action::TimeOut { worker });
                continue;
            }
            if it.at == Place::Open {
                actions.push(Action::Open { worker, answered: true });
                if world.losses > 0 {
                    actions.push(Action::Open { worker, answered: false });
                }
            } else {
                actions.push(Action::Step { worker });
            }
            if world.crashes > 0 {
                actions.push(Action::Crash { worker });
            }
        }
    }

    pub(super) fn after(self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Tick => next.tick += 1,
            Action::Deliver { worker } => {
                let (began, read) = (world.tick, world.item.clone());
                *next.workers.get_mut(worker)? = Some(Worker { began, read, at: Place::Read });
            }
            Action::Crash { worker } => {
                next.crashes -= 1;
                *next.workers.get_mut(worker)? = None;
            }
            Action::TimeOut { worker } => *next.workers.get_mut(worker)? = None,
            Action::Open { worker, answered } => {
                next.rooms.push(false);
                let room = next.rooms.len() - 1;
                next.losses -= u8::from(!answered);
                let it = next.workers.get_mut(worker)?.as_mut()?;
                it.at = match (answered, self.design) {
                    (false, _) => Place::GiveUp,
                    (true, Design::SayFirst) => Place::Say { room },
                    (true, _) => Place::Record { room },
                };
            }
            Action::Step { worker } => {
                let it = next.workers.get_mut(worker)?.take()?;
                let stays = self.step(&mut next, &it);
                *next.workers.get_mut(worker)? = stays;
            }
        }
        Some(next)
    }

    /// `None`: the worker is done, or leaves it to the next delivery.
    fn step(self, world: &mut World, worker: &Worker) -> Option<Worker> {
        let to = |read: Item, at| Some(Worker { read, at, ..worker.clone() });
        match worker.at {
            Place::Open => None,
            Place::Read => {
                match self.begin(&worker.read.standing.state(), world.now()) {
                    Begin::Busy { .. } => None,
                    Begin::IsOpen => {
                        let Standing::Open { room } = worker.read.standing else { return None };
                        to(worker.read.clone(), Place::Say { room })
                    }
                    Begin::Ours(_) if self.design == Design::OpenAndRecord => {
                        to(worker.read.clone(), Place::Open)
                    }
                    // Where somebody else was faster, the message waits for its next delivery.
                    Begin::Ours(opening) => {
                        let item = save(world, &worker.read, Standing::of(&opening))?;
                        to(item, Place::Open)
                    }
                }
            }
            Place::GiveUp => {
                save(world, &worker.read, Standing::Closed);
                None
            }
            Place::Record { room } => {
                let item = self.record(world, &worker.read, room)?;
                if self.design == Design::SayFirst {
                    world.done = true;
                    return None;
                }
                to(item, Place::Say { room })
            }
            Place::Say { room } => {
                *world.rooms.get_mut(room)? = true;
                let unknown = !matches!(worker.read.standing, Standing::Open { .. });
                if self.design == Design::SayFirst && unknown {
                    return to(worker.read.clone(), Place::Record { room });
                }
                world.done = true;
                None
            }
        }
    }

    fn begin(self, state: &State, now: Timestamp) -> Begin {
        match (self.design, state) {
            (Design::MarkForGood, State::Opening { lease_until }) => {
                Begin::Busy { until: *lease_until }
            }
            _ => state.begin_opening(now),
        }
    }

    fn record(self, world: &mut World, read: &Item, room: usize) -> Option<Item> {
        let standing = Standing::Open { room };
        let ours = match read.standing {
            Standing::Opening { lease_until } => {
                world.item.standing.state().is_opening_until(lease_until)
            }
            _ => false,
        };
        let blind = matches!(self.design, Design::OpenAndRecord | Design::RecordBlindly);
        if !ours && !blind {
            return None;
        }
        let current = world.item.clone();
        save(world, &current, standing)
    }
}

/// Writes the item where it is as it was read.
fn save(world: &mut World, read: &Item, standing: Standing) -> Option<Item> {
    if world.item.version != read.version {
        return None;
    }
    world.item = Item { version: read.version + 1, standing };
    Some(world.item.clone())
}

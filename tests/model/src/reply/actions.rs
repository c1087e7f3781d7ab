//! What may happen next, and what comes of it.

use super::{Answer, Live, Place, Post, Record, Setting, Told, Worker, World};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Time passes.
    Tick,
    /// The queue hands a reply to a worker; also while another one has it.
    Deliver { worker: usize, job: usize },
    /// A worker does its next step.
    Step { worker: usize },
    /// A worker posts.
    Post { worker: usize, fate: Fate },
    /// A worker dies with what it has in its hands.
    Crash { worker: usize },
    /// A worker's time is over.
    TimeOut { worker: usize },
    /// The network carries out a post that it has held, and shows it at once or late.
    CarryOut { job: usize, post: usize, late: bool },
    /// The network calls back about a post.
    Echo { job: usize, post: usize },
    /// From here on no rule allows to publish.
    Forbid,
}

/// What becomes of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Published,
    /// Carried out, and the answer lost; shown at once or late.
    AnswerLost {
        late: bool,
    },
    /// Held by the network, and the answer lost.
    Delayed,
    /// Never arrives, and nobody says so.
    Vanished,
    /// Not carried out, and the network says so.
    NotPublished,
    /// Refused for good.
    Refused,
}

const FAULTS: [Fate; 6] = [
    Fate::AnswerLost { late: false },
    Fate::AnswerLost { late: true },
    Fate::Delayed,
    Fate::Vanished,
    Fate::NotPublished,
    Fate::Refused,
];

impl Setting {
    pub(super) fn possible(&self, world: &World, actions: &mut Vec<Action>) {
        if world.is_over() {
            return;
        }
        if world.tick < self.horizon && !self.something_is_due(world) {
            actions.push(Action::Tick);
        }
        let head = world.jobs.iter().position(|job| !job.acknowledged);
        if self.rules && !world.forbidden && head.is_some() {
            actions.push(Action::Forbid);
        }
        for (worker, state) in world.workers.iter().enumerate() {
            match (state, head) {
                // Workers are alike: the second is busy only while the first is.
                (Worker::Idle, Some(job)) if worker == 0 || !world.is_idle() && world.twins > 0 => {
                    actions.push(Action::Deliver { worker, job });
                }
                (Worker::Idle, _) => {}
                (Worker::Busy { .. }, _) if self.is_over(world, state) => {
                    actions.push(Action::TimeOut { worker });
                }
                (Worker::Busy { at, .. }, _) => steps(world, worker, at, actions),
            }
        }
        for (job, posts) in world.jobs.iter().map(|job| &job.posts).enumerate() {
            for (post, it) in posts.iter().enumerate() {
                if it.live.is_none() {
                    let carry_out = |late| Action::CarryOut { job, post, late };
                    actions.extend([false, true].map(carry_out));
                } else if world.echoes > 0 {
                    actions.push(Action::Echo { job, post });
                }
            }
        }
    }

    pub(super) fn after(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Tick => next.tick += 1,
            Action::Forbid => next.forbidden = true,
            Action::Deliver { worker, job } => {
                next.twins -= u8::from(worker == 1);
                self.deliver(&mut next, worker, job)?;
            }
            Action::Step { worker } => self.step(&mut next, worker)?,
            Action::Post { worker, fate } => self.post(&mut next, worker, fate)?,
            Action::Crash { worker } => {
                next.crashes -= 1;
                *next.workers.get_mut(worker)? = Worker::Idle;
            }
            Action::TimeOut { worker } => *next.workers.get_mut(worker)? = Worker::Idle,
            Action::CarryOut { job, post, late } => {
                let live = self.live(world.tick, late);
                next.jobs.get_mut(job)?.posts.get_mut(post)?.live = Some(live);
            }
            Action::Echo { job, post } => next.echo(job, post)?,
        }
        if next.is_idle() {
            next.workers.swap(0, 1);
        }
        Some(next)
    }

    /// Whether something must happen before time may pass.
    fn something_is_due(&self, world: &World) -> bool {
        let late = |post: &Post| post.live.is_none() && world.tick >= post.sent + self.delay;
        world.jobs.iter().flat_map(|job| &job.posts).any(late)
            || world.workers.iter().any(|worker| self.is_over(world, worker))
    }

    fn is_over(&self, world: &World, worker: &Worker) -> bool {
        match (worker, self.life) {
            (Worker::Busy { began, .. }, Some(life)) => world.tick > began + life,
            _ => false,
        }
    }

    fn live(&self, tick: u8, late: bool) -> Live {
        Live { since: tick, shown: if late { tick + self.lag } else { tick } }
    }

    fn post(&self, world: &mut World, worker: usize, fate: Fate) -> Option<()> {
        let tick = world.tick;
        let Worker::Busy { job, at, .. } = world.workers.get_mut(worker)? else { return None };
        let Place::Post(record) = at.clone() else { return None };
        let posts = &mut world.jobs.get_mut(*job)?.posts;
        let answer = match fate {
            Fate::Published => Answer::Published(posts.len()),
            Fate::AnswerLost { .. } | Fate::Delayed | Fate::Vanished => Answer::Lost,
            Fate::NotPublished => Answer::NotPublished,
            Fate::Refused => Answer::Refused,
        };
        let live = match fate {
            Fate::Published => Some(self.live(tick, true)),
            Fate::AnswerLost { late } => Some(self.live(tick, late)),
            _ => None,
        };
        if live.is_some() || fate == Fate::Delayed {
            posts.push(Post { sent: tick, live });
        }
        *at = Place::Answered(record, answer);
        if fate != Fate::Published {
            world.losses = world.losses.saturating_sub(1);
        }
        Some(())
    }
}

fn steps(world: &World, worker: usize, at: &Place, actions: &mut Vec<Action>) {
    if world.crashes > 0 {
        actions.push(Action::Crash { worker });
    }
    if !matches!(at, Place::Post(_)) {
        actions.push(Action::Step { worker });
        return;
    }
    actions.push(Action::Post { worker, fate: Fate::Published });
    if world.losses > 0 {
        actions.extend(FAULTS.map(|fate| Action::Post { worker, fate }));
    }
}

impl World {
    /// The router's part: an own message that comes back settles the reply that it can be.
    fn echo(&mut self, job: usize, post: usize) -> Option<()> {
        let own = self.own(job, post)?;
        self.echoes -= 1;
        let published_as = |record: &Record| record.is_published_as(&own.id);
        if self.jobs.iter().filter_map(|job| job.record.as_ref()).any(published_as) {
            return Some(());
        }
        for job in &mut self.jobs {
            let settled = job.record.as_ref().and_then(|record| record.0.after_echo(&own));
            if let Some(settled) = settled {
                job.record = Some(Record::new(settled));
                break;
            }
        }
        Some(())
    }

    pub(super) fn tell(&mut self, job: usize, told: Told) {
        if let Some(job) = self.jobs.get_mut(job) {
            job.told = Some(told);
            job.acknowledged = true;
        }
    }
}

//! A worker's steps: those of `social_core::publishing::Publishing::publish`.

use social_core::{
    message::MessageId,
    reply::{
        Fingerprint, OwnMessage, Refusal, ReplyRecord, ReplyState,
        lifecycle::{Outcome, Step},
    },
};

use super::{Answer, Place, Record, Setting, Then, Told, Worker, World, at, reply};
use crate::Design;

const TOO_OLD: Refusal = Refusal::TooOld { minutes: 60 };

impl Setting {
    /// Claims the reply, or reads how it stands.
    pub(super) fn deliver(&self, world: &mut World, worker: usize, job: usize) -> Option<()> {
        let (now, began) = (world.now(), world.tick);
        let reply = reply(job);
        let it = world.jobs.get_mut(job)?;
        let at = if let Some(standing) = it.record.clone() {
            self.decide(world, job, standing)
        } else if world.forbidden {
            it.record = Some(Record::new(ReplyRecord::refused(&reply, TOO_OLD, now)));
            Some(Place::Tell(Told::NotPublished))
        } else {
            let first = Record::new(ReplyRecord::first(&reply, now, self.bounds()));
            it.record = self.design.claims_first().then(|| first.clone());
            Some(Place::Post(first))
        };
        *world.workers.get_mut(worker)? =
            at.map_or(Worker::Idle, |at| Worker::Busy { job, began, at });
        Some(())
    }

    /// Everything but a post, which has several outcomes.
    pub(super) fn step(&self, world: &mut World, worker: usize) -> Option<()> {
        let Worker::Busy { job, began, at } = world.workers.get(worker)?.clone() else {
            return None;
        };
        let next = match at {
            Place::Write { old, new, then } => self.write(world, job, &old, new, then),
            Place::Answered(record, answer) => Some(self.answered(world, job, record, answer)),
            Place::Look(record) => Some(self.look(world, job, record)),
            Place::Tell(told) => {
                world.tell(job, told);
                None
            }
            Place::Post(_) => return None,
        };
        *world.workers.get_mut(worker)? =
            next.map_or(Worker::Idle, |at| Worker::Busy { job, began, at });
        Some(())
    }

    fn decide(&self, world: &mut World, job: usize, record: Record) -> Option<Place> {
        let write = |new: ReplyRecord, then| {
            Some(Place::Write { old: record.clone(), new: Record::new(new), then })
        };
        let refused = |refusal: Refusal| ReplyRecord {
            state: ReplyState::Refused { refusal },
            ..(*record.0).clone()
        };
        match self.design.next_step(&record.0, world.now(), self.bounds()) {
            Step::Done => {
                world.jobs.get_mut(job)?.acknowledged = true;
                None
            }
            Step::TellRefused(refusal) => Some(Place::Tell(told(&refusal))),
            Step::WaitUntil(_) => None,
            Step::Post(_) if world.forbidden => {
                write(refused(TOO_OLD), Then::Tell(Told::NotPublished))
            }
            Step::Settle(_) | Step::Look if world.forbidden => {
                write(refused(Refusal::Unknown), Then::Tell(Told::Unknown))
            }
            Step::Settle(new) => write(new, Then::Decide),
            Step::Post(new) => write(new, Then::Post),
            Step::Look => Some(Place::Look(record)),
        }
    }

    /// Replaces the record if it still stands as it was read.
    fn write(
        &self,
        world: &mut World,
        job: usize,
        old: &Record,
        new: Record,
        then: Then,
    ) -> Option<Place> {
        let it = world.jobs.get_mut(job)?;
        let ours = it.record.as_ref().is_some_and(|standing| standing.stands_as(old));
        if !ours && self.design.claims_first() {
            // The echo, or another worker, was quicker: what is published is published.
            it.acknowledged |= then == Then::Acknowledge;
            return None;
        }
        it.record = Some(new.clone());
        match then {
            Then::Decide => self.decide(world, job, new),
            Then::Post => Some(Place::Post(new)),
            Then::Tell(told) => Some(Place::Tell(told)),
            Then::Acknowledge => {
                it.acknowledged = true;
                None
            }
            Then::LeaveIt => None,
        }
    }

    fn answered(&self, world: &World, job: usize, record: Record, answer: Answer) -> Place {
        let (outcome, then) = match answer {
            Answer::Published(post) => (Outcome::Published(id(job, post)), Then::Acknowledge),
            Answer::NotPublished => (Outcome::NotPublished, Then::LeaveIt),
            Answer::Refused => (Outcome::Refused(Refusal::Closed), Then::Tell(Told::NotPublished)),
            Answer::Lost if self.design == Design::ClaimOnce => {
                (Outcome::Unknown, Then::Acknowledge)
            }
            Answer::Lost => (Outcome::Unknown, Then::LeaveIt),
        };
        let new = self.design.after_attempt(&record.0, outcome, world.now(), self.bounds());
        let then = match (&new.state, then) {
            (ReplyState::Refused { refusal }, Then::LeaveIt) => Then::Tell(told(refusal)),
            (_, then) => then,
        };
        Place::Write { old: record, new: Record::new(new), then }
    }

    fn look(&self, world: &World, job: usize, record: Record) -> Place {
        let mut there = Vec::new();
        for (job, it) in world.jobs.iter().enumerate() {
            for (post, it) in it.posts.iter().enumerate() {
                let shown = it.live.is_some_and(|live| live.shown <= world.tick);
                let own = world.own(job, post).filter(|own| shown && own.at >= record.0.since);
                there.extend(own);
            }
        }
        let others = world.jobs.iter().enumerate().filter(|(other, _)| *other != job);
        let others: Vec<ReplyRecord> =
            others.filter_map(|(_, job)| job.record.as_ref()).map(|it| (*it.0).clone()).collect();
        let new = self.design.after_look(&record.0, &there, &others, world.now());
        Place::Write { old: record, new: Record::new(new), then: Then::Decide }
    }
}

impl World {
    /// A post as the network shows it.
    pub(super) fn own(&self, job: usize, post: usize) -> Option<OwnMessage> {
        let live = self.jobs.get(job)?.posts.get(post)?.live?;
        let fingerprint = Fingerprint::of(&reply(job).text);
        Some(OwnMessage { id: id(job, post), fingerprint, at: at(live.since) })
    }
}

impl Record {
    pub(super) fn is_published_as(&self, id: &MessageId) -> bool {
        matches!(&self.0.state, ReplyState::Published { remote_id } if remote_id == id)
    }
}

fn id(job: usize, post: usize) -> MessageId {
    format!("{job}-{post}").into()
}

fn told(refusal: &Refusal) -> Told {
    if *refusal == Refusal::Unknown { Told::Unknown } else { Told::NotPublished }
}

//! The model: replies of one conversation, two workers, a network that loses, delays and forgets to show.
//!
//! What the workers do between the pure functions is what `social_core::publishing` does: claim,
//! post, finalise under the claim. Time moves in ticks, and no further than what is due allows.

mod actions;
mod drain;
mod worker;

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use social_core::{
    ChannelId,
    conversation::ConversationKey,
    message::Kind,
    reply::{Reply, ReplyRecord, ReplyState, Target, lifecycle::Bounds},
};
use stateright::{Model, Property};

pub use self::actions::Action;
use crate::Design;

/// As long as the pause between two looks.
const TICK: Duration = Duration::from_secs(20);

/// A design and the world that it is held against, times in ticks.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub design: Design,
    /// How long an attempt is its worker's.
    pub lease: u8,
    /// How long after an attempt its message may turn up, as the bridge believes.
    pub settle: u8,
    /// How long a worker lives at the most; `None`: as long as it likes.
    pub life: Option<u8>,
    /// How long after it was sent a post may still be carried out.
    pub delay: u8,
    /// How long after it was carried out it may still be hidden from those who look.
    pub lag: u8,
    /// Replies of the same text, one after the other.
    pub replies: usize,
    /// Workers that may die, at any step.
    pub crashes: u8,
    /// Answers of the network other than "published".
    pub losses: u8,
    /// Deliveries to a second worker while the first is still busy.
    pub twins: u8,
    /// Callbacks of the network about what was posted.
    pub echoes: u8,
    /// Whether a rule may forbid to publish, at any moment.
    pub rules: bool,
    /// The last moment that is looked at.
    pub horizon: u8,
}

impl Setting {
    /// What is built, within its bounds: a worker dies before its lease ends, and the settle time is
    /// as long as the network may take.
    pub fn built() -> Self {
        Self {
            design: Design::Built,
            lease: 2,
            settle: 2,
            life: Some(1),
            delay: 1,
            lag: 1,
            replies: 1,
            crashes: 2,
            losses: 2,
            twins: 1,
            echoes: 1,
            rules: false,
            horizon: 11,
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { lease: TICK * u32::from(self.lease), settle: TICK * u32::from(self.settle) }
    }
}

/// Everything there is, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) tick: u8,
    pub(crate) jobs: Vec<Job>,
    pub(crate) workers: [Worker; 2],
    pub(crate) crashes: u8,
    pub(crate) losses: u8,
    pub(crate) echoes: u8,
    pub(crate) twins: u8,
    /// The replies are too old by now, or publishing was switched off.
    pub(crate) forbidden: bool,
}

/// One reply: its queue message, its record, and what the network has of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    pub(crate) record: Option<Record>,
    pub(crate) posts: Vec<Post>,
    /// Its queue message was acknowledged.
    pub(crate) acknowledged: bool,
    pub(crate) told: Option<Told>,
}

/// What the agent was told about a reply that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    NotPublished,
    Unknown,
}

/// A post on its way or on the network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Post {
    pub(crate) sent: u8,
    pub(crate) live: Option<Live>,
}

/// A post that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Live {
    pub(crate) since: u8,
    /// From when on those who look see it.
    pub(crate) shown: u8,
}

/// A worker, and what it has in its hands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    Idle,
    Busy { job: usize, began: u8, at: Place },
}

/// Where in the use case a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// About to replace the record.
    Write {
        old: Record,
        new: Record,
        then: Then,
    },
    /// The record says that this worker may post.
    Post(Record),
    /// The network's answer is here.
    Answered(Record, Answer),
    Look(Record),
    Tell(Told),
}

/// What a worker does after its write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Then {
    Decide,
    Post,
    Acknowledge,
    Tell(Told),
    LeaveIt,
}

/// The network's answer to a post, by the post's place among the reply's posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Published(usize),
    NotPublished,
    Refused,
    Lost,
}

/// A record that the model can keep many of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record(pub(crate) Arc<ReplyRecord>);

impl Record {
    pub(crate) fn new(record: ReplyRecord) -> Self {
        Self(Arc::new(record))
    }

    /// The condition that the state table puts on a write.
    pub(crate) fn stands_as(&self, old: &Self) -> bool {
        let (now, then) = (&self.0, &old.0);
        now.state == then.state && now.attempt == then.attempt && now.since == then.since
    }
}

impl Hash for Record {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.0.attempt, self.0.unknown, self.0.since).hash(hasher);
        match &self.0.state {
            ReplyState::Pending => 0.hash(hasher),
            ReplyState::InFlight { lease_until } => (1, lease_until).hash(hasher),
            ReplyState::Unknown { settled_at, looked } => (2, settled_at, looked).hash(hasher),
            ReplyState::Published { remote_id } => (3, remote_id).hash(hasher),
            ReplyState::Refused { .. } => 4.hash(hasher),
            // Of commands, which the model has none of.
            ReplyState::Done | ReplyState::Deleted { .. } => 5.hash(hasher),
        }
    }
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        at(self.tick)
    }

    /// Whether the network has more than there are replies, all of them of one text.
    fn doubled(&self) -> bool {
        let posts = self.jobs.iter().flat_map(|job| &job.posts);
        posts.filter(|post| post.live.is_some()).count() > self.jobs.len()
    }

    fn is_published(&self) -> bool {
        self.jobs.iter().all(|job| job.acknowledged && job.told.is_none())
    }

    /// No worker is busy.
    pub(crate) fn is_idle(&self) -> bool {
        self.workers[0] == Worker::Idle
    }

    /// Nothing can come any more.
    fn is_over(&self) -> bool {
        let done = |job: &Job| job.acknowledged && job.posts.iter().all(|post| post.live.is_some());
        self.is_idle() && self.jobs.iter().all(done)
    }

    /// The agent was told that it is not published, and it is, or may yet be.
    fn lied(&self) -> bool {
        self.jobs.iter().any(|job| job.told == Some(Told::NotPublished) && !job.posts.is_empty())
    }
}

pub(crate) fn at(tick: u8) -> Timestamp {
    let start = Timestamp::UNIX_EPOCH + Duration::from_hours(24);
    start + TICK * u32::from(tick)
}

/// All replies of the model are of one text in one conversation.
pub(crate) fn reply(job: usize) -> Reply {
    let target = Target {
        message_id: "1".into(),
        kind: Kind::Comment,
        reply_under: "1".into(),
        author_id: None,
    };
    Reply {
        id: format!("chat#{job}"),
        channel_id: ChannelId("acme-page".to_owned()),
        conversation: ConversationKey("post:1".to_owned()),
        generation: 1,
        agent: "Jo".to_owned(),
        text: "Thanks!".to_owned(),
        written_at: at(0),
        target: Ok(target),
        command: None,
        participant_id: String::new(),
        also_in: Vec::new(),
        confirmed: false,
        in_doubt: false,
        approved_by: None,
    }
}

impl Model for Setting {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            tick: 0,
            jobs: vec![Job::default(); self.replies],
            workers: [Worker::Idle, Worker::Idle],
            crashes: self.crashes,
            losses: self.losses,
            echoes: self.echoes,
            twins: self.twins,
            forbidden: false,
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
            Property::always(NEVER_TWO, |_, world: &World| !world.doubled()),
            Property::always(NEVER_LOST, |setting: &Self, world: &World| setting.ends_well(world)),
            Property::always(NEVER_LIED, |_, world: &World| !world.lied()),
            Property::sometimes(PUBLISHED, |_, world: &World| world.is_published()),
        ]
    }
}

/// No reply is on the network twice.
pub const NEVER_TWO: &str = "never two public replies for one";
/// From here, with no further fault, each reply is published or given back.
pub const NEVER_LOST: &str = "never silently lost";
/// What is given back as not published is not there.
pub const NEVER_LIED: &str = "never told that it is not published when it is";
/// That the model can publish at all.
pub const PUBLISHED: &str = "all replies are published";

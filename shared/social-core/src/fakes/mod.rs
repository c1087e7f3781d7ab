//! A small world for tests of the use cases: state, CIC and queues in memory, time in the hand.

pub(crate) mod any;
mod cic;
mod state;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::json;

pub(crate) use cic::{FakeCic, Fault};
pub(crate) use state::FakeState;

use crate::{
    channel::{Channel, ChannelId, ChannelSet, Channels},
    clock::Clock,
    desk::Desk,
    inbound::{Change, DeadLetters, InboundBatch, InboundQueue, OutboundQueue},
    message::{Answerable, Author, Kind, Message, Owner, Thread, Verb},
    reply::{Fingerprint, Reply},
    routing::{RouteError, Router},
    store::ThreadOwners,
    verdict::{Classify, Failure, Verdict},
};

/// What fails when a test says so.
#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
pub(crate) struct Broken(pub(crate) Verdict);

impl Classify for Broken {
    fn verdict(&self) -> Verdict {
        self.0
    }

    fn error_type(&self) -> &'static str {
        "broken"
    }
}

/// The other side is down.
#[derive(Debug, thiserror::Error)]
#[error("nobody is there")]
pub(crate) struct Away;

impl Classify for Away {
    fn verdict(&self) -> Verdict {
        Verdict::WAIT
    }

    fn error_type(&self) -> &'static str {
        "away"
    }

    fn is_outage(&self) -> bool {
        true
    }
}

/// A clock that moves when somebody sleeps, or when the test says so.
#[derive(Debug, Clone)]
pub(crate) struct FakeClock(Rc<Cell<Timestamp>>);

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Cell::new("2026-11-22T12:00:00Z".parse().unwrap())))
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.0.set(self.0.get() + duration);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}

/// Both queues, as what was sent into them.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeQueues {
    pub(crate) inbound: Rc<RefCell<Vec<(String, InboundBatch)>>>,
    pub(crate) outbound: Rc<RefCell<Vec<Reply>>>,
    /// Reasons and bodies.
    pub(crate) parked: Rc<RefCell<Vec<(String, String)>>>,
    /// Groups whose messages are refused.
    pub(crate) broken_groups: Rc<RefCell<Vec<String>>>,
}

impl InboundQueue for FakeQueues {
    async fn send(&self, group: &str, _: &str, batch: &InboundBatch) -> Result<(), Failure> {
        if self.broken_groups.borrow().iter().any(|broken| broken == group) {
            return Err(Broken(Verdict::RETRY).into());
        }
        self.inbound.borrow_mut().push((group.to_owned(), batch.clone()));
        Ok(())
    }
}

impl DeadLetters for FakeQueues {
    async fn park(&self, body: &str, reason: &str, _: &str) -> Result<(), Failure> {
        self.parked.borrow_mut().push((reason.to_owned(), body.to_owned()));
        Ok(())
    }
}

impl OutboundQueue for FakeQueues {
    async fn send(&self, reply: &Reply) -> Result<(), Failure> {
        let mut outbound = self.outbound.borrow_mut();
        if outbound.iter().all(|known| known.id != reply.id) {
            outbound.push(reply.clone());
        }
        Ok(())
    }
}

/// The channels of the samples, and whose threads they are.
#[derive(Debug, Clone)]
pub(crate) struct FakeChannels(Rc<RefCell<Vec<serde_json::Value>>>);

impl FakeChannels {
    /// An administrator sets fields of an entry.
    pub(crate) fn set(&self, channel: &str, fields: &serde_json::Value) {
        let mut entries = self.0.borrow_mut();
        let entry = entries.iter_mut().find(|entry| entry["channel_id"] == channel).unwrap();
        entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    }
}

impl Channels for FakeChannels {
    async fn all(&self) -> Result<Arc<ChannelSet>, Failure> {
        let set = ChannelSet::from_entries(self.0.borrow().clone());
        assert_eq!(set.invalid, []);
        Ok(Arc::new(set))
    }
}

/// Answers for the network whose thread it is, and counts how often it was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeOwners {
    pub(crate) answer: Rc<Cell<Option<Owner>>>,
    pub(crate) asked: Rc<Cell<u32>>,
    /// Of those who wrote private messages, by their ids; others fail.
    pub(crate) names: Rc<RefCell<BTreeMap<String, String>>>,
    pub(crate) asked_names: Rc<Cell<u32>>,
}

impl ThreadOwners for FakeOwners {
    async fn look_up(&self, _: &Channel, _: &Message) -> Result<Option<Owner>, Failure> {
        self.asked.set(self.asked.get() + 1);
        Ok(self.answer.get())
    }

    async fn author(&self, _: &Channel, author: &Author) -> Result<Option<Author>, Failure> {
        self.asked_names.set(self.asked_names.get() + 1);
        let names = self.names.borrow();
        let name = names.get(&author.id).cloned().ok_or(Broken(Verdict::RETRY))?;
        Ok(Some(Author { name, ..author.clone() }))
    }
}

pub(crate) type FakeDesk = Desk<FakeState, FakeCic, FakeQueues, FakeQueues, FakeClock>;
pub(crate) type FakeRouter = Router<(
    FakeChannels,
    FakeOwners,
    FakeQueues,
    FakeState,
    FakeCic,
    FakeQueues,
    FakeQueues,
    FakeClock,
)>;

/// Everything together.
pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) state: FakeState,
    pub(crate) cic: FakeCic,
    pub(crate) queues: FakeQueues,
    pub(crate) owners: FakeOwners,
    pub(crate) channels: FakeChannels,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = FakeClock::new();
        Self {
            state: FakeState::new(clock.clone()),
            cic: FakeCic::default(),
            queues: FakeQueues::default(),
            owners: FakeOwners::default(),
            channels: FakeChannels(Rc::new(RefCell::new(samples()))),
            clock,
        }
    }

    pub(crate) fn channel_set(&self) -> ChannelSet {
        ChannelSet::from_entries(self.channels.0.borrow().clone())
    }

    pub(crate) fn desk(&self) -> FakeDesk {
        Desk {
            store: self.state.clone(),
            contact_center: self.cic.clone(),
            inbound: self.queues.clone(),
            outbound: self.queues.clone(),
            clock: self.clock.clone(),
            automatic: vec![Fingerprint::of("Thank you for waiting.")],
        }
    }

    /// Routes a message, as its delivery would.
    pub(crate) async fn deliver(&self, channel: &str, message: Message) -> Result<(), RouteError> {
        let changes = vec![Change::Message(Box::new(message))];
        let batch = InboundBatch::new(channel_id(channel), changes);
        self.router().route(batch, Timestamp::MAX).await
    }

    pub(crate) fn router(&self) -> FakeRouter {
        Router {
            channels: self.channels.clone(),
            thread_owners: self.owners.clone(),
            dead_letters: self.queues.clone(),
            desk: self.desk(),
        }
    }
}

fn samples() -> Vec<serde_json::Value> {
    vec![
        json!({ "channel_id": "acme-page", "network": "facebook", "workgroup": "Social Support",
                "page_id": "100", "credential": "/social/facebook/acme",
                "private_workgroup": "Social Private", "name": "Acme" }),
        json!({ "channel_id": "acme-brand", "network": "twitter", "workgroup": "Social Support",
                "handles": ["@acme"], "keywords": ["acme router"], "reply_handle": "@acme",
                "credential": "/social/twitter/acme", "name": "Acme on Twitter" }),
        json!({ "channel_id": "rival-watch", "network": "twitter", "workgroup": "Market Watch",
                "handles": ["@rival"], "credential": "/social/twitter/acme", "name": "Rival" }),
        json!({ "channel_id": "small-page", "network": "facebook", "workgroup": "Social Support",
                "page_id": "300", "credential": "/social/facebook/small", "name": "Small",
                "max_open_interactions": 1 }),
        json!({ "channel_id": "lost-page", "network": "facebook", "workgroup": "Nowhere",
                "page_id": "200", "credential": "/social/facebook/lost", "name": "Lost" }),
    ]
}

pub(crate) fn channel_id(id: &str) -> ChannelId {
    ChannelId(id.to_owned())
}

fn author(name: &str) -> Author {
    Author { id: format!("id-{name}"), name: name.to_owned(), ..Author::default() }
}

/// A visitor's post on the page.
pub(crate) fn post(id: &str, name: &str, text: &str) -> Message {
    Message {
        id: id.into(),
        kind: Kind::Post,
        verb: Verb::Add,
        author: Some(author(name)),
        own: false,
        text: text.to_owned(),
        media: vec![],
        permalink: Some(format!("https://facebook.example/{id}")),
        at: "2026-11-22T11:59:00Z".parse().unwrap(),
        thread: Thread::Post {
            post_id: id.into(),
            top_level: None,
            top_level_author: None,
            owner: None,
        },
        answerable: Answerable::Yes,
        also_in: vec![],
    }
}

/// A comment under a post; `under` is the top-level comment of a nested one.
pub(crate) fn comment(
    id: &str,
    post_id: &str,
    under: Option<&str>,
    name: &str,
    text: &str,
) -> Message {
    let thread = Thread::Post {
        post_id: post_id.into(),
        top_level: under.map(Into::into),
        top_level_author: None,
        owner: None,
    };
    Message { kind: Kind::Comment, thread, ..post(id, name, text) }
}

/// A tweet, in the thread of `conversation_id`.
pub(crate) fn tweet(
    id: &str,
    conversation_id: &str,
    name: &str,
    answerable: Answerable,
) -> Message {
    let thread = Thread::Tweets {
        conversation_id: conversation_id.into(),
        in_reply_to: (id != conversation_id).then(|| conversation_id.into()),
        owner: None,
    };
    Message { kind: Kind::Tweet, thread, answerable, ..post(id, name, "about acme router") }
}

/// The same message, written by the company.
pub(crate) fn own(message: Message) -> Message {
    let author =
        Some(Author { id: "100".to_owned(), name: "Acme".to_owned(), ..Author::default() });
    Message { own: true, author, ..message }
}

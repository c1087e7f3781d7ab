//! The world of a run: the bridge's stores and queues, CIC, the network, and what visitors wrote.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use social_core::{
    ChannelId, ChannelSet, Message, MessageId,
    breaker::Breakers,
    inbound::{Change, InboundBatch, Incoming},
    reply::Reply,
    store::{Conversations, Forgotten, Leases, Ledger, Replies, Threads},
};
use tokio::time::Instant;

use crate::{
    absence::Absence, cic::Cic, clock::VirtualClock, faults::Faults, network::Network,
    scenario::Flaw, sqs::Fifo,
};

/// What can hold the bridge's state: the real table, or memory.
pub trait State:
    Breakers + Conversations + Forgotten + Leases + Ledger + Replies + Threads + Clone + 'static
{
    /// The same state for a process with that clock.
    #[must_use]
    fn by(&self, clock: VirtualClock) -> Self;
}

/// The place of an agent's text in the order, and as which replies it was queued.
pub type Queued = (usize, BTreeSet<String>);

/// The visibility time-out of both queues, as deployed.
const VISIBILITY: Duration = Duration::from_mins(3);

/// Everything outside the processes.
#[derive(Debug)]
pub struct World<S> {
    pub clock: VirtualClock,
    pub faults: Rc<Faults>,
    pub store: S,
    pub cic: Rc<Cic>,
    pub network: Rc<Network>,
    pub inbound: Rc<Fifo>,
    pub outbound: Rc<Fifo>,
    pub channels: Arc<ChannelSet>,
    /// What stands on the network, as the poll reads it.
    pub there: RefCell<Vec<Incoming>>,
    pub messages: RefCell<BTreeMap<MessageId, Message>>,
    /// When each message was first in the queue, and as which.
    pub queued: RefCell<BTreeMap<MessageId, (usize, Instant)>>,
    /// The order in which agents' texts were first in the queue, by conversation, and as which replies.
    pub replies_queued: RefCell<BTreeMap<(String, String), Queued>>,
    /// Runs of the collector that ended as they should: from when until when.
    pub collected: RefCell<Vec<(Instant, Instant)>>,
    /// Callbacks and agents that have something to do yet.
    pub busy: Cell<usize>,
    /// All visitors have written everything.
    pub written: Cell<bool>,
    pub flaw: Option<Flaw>,
    /// The network tells nobody of anything.
    pub silence: Absence,
    /// Messages that nobody can read were sent into the queues.
    pub poison: Cell<usize>,
    /// Messages that were parked: in order with others they cannot be.
    pub set_aside: RefCell<BTreeSet<MessageId>>,
}

impl<S: State> World<S> {
    /// A world in which nothing has happened.
    pub fn new(
        clock: VirtualClock,
        store: S,
        faults: Rc<Faults>,
        network: Network,
        channels: ChannelSet,
        flaw: Option<Flaw>,
    ) -> Self {
        Self {
            clock,
            faults,
            store,
            cic: Rc::default(),
            network: Rc::new(network),
            inbound: Rc::new(Fifo::new(VISIBILITY)),
            outbound: Rc::new(Fifo::new(VISIBILITY)),
            channels: Arc::new(channels),
            there: RefCell::default(),
            messages: RefCell::default(),
            queued: RefCell::default(),
            replies_queued: RefCell::default(),
            collected: RefCell::default(),
            busy: Cell::new(0),
            written: Cell::new(false),
            flaw,
            silence: Absence::default(),
            poison: Cell::new(0),
            set_aside: RefCell::default(),
        }
    }

    /// Remembers the order in which messages reached the queue.
    pub fn note_queued(&self, batch: &InboundBatch) {
        let mut queued = self.queued.borrow_mut();
        for change in &batch.changes {
            if let Change::Message(message) = change
                && !message.own
            {
                let next = queued.len();
                queued.entry(message.id.clone()).or_insert((next, Instant::now()));
            }
        }
    }

    /// Remembers what is parked.
    pub fn note_parked(&self, body: &str) {
        let batch = serde_json::from_str::<InboundBatch>(body);
        let changes = batch.map(|batch| batch.changes).unwrap_or_default();
        self.set_aside.borrow_mut().extend(changes.into_iter().filter_map(|change| match change {
            Change::Message(message) => Some(message.id),
            _ => None,
        }));
    }

    /// The same of replies.
    pub fn note_reply(&self, reply: &Reply) {
        let mut queued = self.replies_queued.borrow_mut();
        let next = queued.len();
        let key = (reply.conversation.0.clone(), reply.text.clone());
        let (_, ids) = queued.entry(key).or_insert_with(|| (next, BTreeSet::new()));
        ids.insert(reply.id.clone());
    }

    /// Messages in the dead-letter queues; who parks one may die of it, and it is parked again.
    pub fn parked(&self) -> usize {
        let dead = [self.inbound.dead(), self.outbound.dead()].concat();
        dead.into_iter().map(|dead| dead.body).collect::<BTreeSet<_>>().len()
    }

    /// What is not done yet, in words.
    pub fn unrest(&self) -> String {
        format!(
            "busy {}, inbound {}, outbound {}, unread {}, held {}",
            self.busy.get(),
            self.inbound.len(),
            self.outbound.len(),
            self.cic.has_unread(),
            self.network.holds_something()
        )
    }

    /// Whether nothing is left to do for anybody.
    pub fn is_quiet(&self) -> bool {
        self.written.get()
            && self.busy.get() == 0
            && self.inbound.is_empty()
            && self.outbound.is_empty()
            && self.parked() == self.poison.get()
            && !self.cic.has_unread()
            && !self.network.holds_something()
    }
}

/// The only channel there is, as its entry stands in the table.
pub fn channels(idle_close_hours: Option<f64>) -> ChannelSet {
    ChannelSet::from_entries([json!({
        "channel_id": channel_id(), "network": "facebook", "name": "Acme", "page_id": "100",
        "workgroup": "Social Support", "credential": "/social/facebook/acme",
        "idle_close_hours": idle_close_hours,
    })])
}

/// Its id.
pub fn channel_id() -> ChannelId {
    ChannelId("acme-page".to_owned())
}

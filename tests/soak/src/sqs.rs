//! A FIFO queue of SQS: group locks, visibility, five minutes of deduplication, receive counts.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::faults::Faults;

const DEDUPLICATION: Duration = Duration::from_mins(5);
/// The longest until what is worked on is visible again, where the queue hands it out twice.
const EARLY: Duration = Duration::from_millis(300);
const BATCH: usize = 10;
const MAX_RECEIVE_COUNT: u32 = 1_000;

/// One queue with its dead-letter queue.
#[derive(Debug)]
pub struct Fifo {
    visibility: Duration,
    state: RefCell<State>,
    changed: Notify,
}

/// A message of the dead-letter queue.
#[derive(Debug, Clone)]
pub struct Dead {
    pub reason: String,
    pub group: String,
    pub body: String,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeMap<String, VecDeque<Queued>>,
    known: BTreeSet<String>,
    /// The same, oldest first.
    sent_at: VecDeque<(Instant, String)>,
    sent: u64,
    turn: u64,
    dead: Vec<Dead>,
    most_received: u32,
}

#[derive(Debug)]
struct Queued {
    id: u64,
    body: String,
    received: u32,
    /// In flight, or held back, until then.
    hidden_until: Option<Instant>,
    /// Visible again too soon for who works on it.
    early: bool,
}

impl Fifo {
    /// An empty queue.
    pub fn new(visibility: Duration) -> Self {
        Self { visibility, state: RefCell::default(), changed: Notify::new() }
    }

    /// `false`: the same was sent within the last five minutes.
    pub fn send(&self, group: &str, deduplication: &str, body: String) -> bool {
        let now = Instant::now();
        let mut state = self.state.borrow_mut();
        while let Some((_, old)) = state.sent_at.pop_front_if(|(at, _)| *at + DEDUPLICATION <= now)
        {
            state.known.remove(&old);
        }
        if !state.known.insert(deduplication.to_owned()) {
            return false;
        }
        state.sent_at.push_back((now, deduplication.to_owned()));
        state.sent += 1;
        let queued = Queued { id: state.sent, body, received: 0, hidden_until: None, early: false };
        state.groups.entry(group.to_owned()).or_default().push_back(queued);
        drop(state);
        self.changed.notify_one();
        true
    }

    /// The next batch, as Lambda's event source mapping hands it over.
    pub async fn receive(&self, faults: &Faults) -> SqsEvent {
        loop {
            let (records, next) = self.take(faults);
            if !records.is_empty() {
                // There may be more for somebody else.
                self.changed.notify_one();
                let mut event = SqsEvent::default();
                event.records = records;
                return event;
            }
            match next {
                Some(next) => {
                    tokio::select! { biased; () = self.changed.notified() => {} () = sleep_until(next) => {} }
                }
                None => self.changed.notified().await,
            }
        }
    }

    fn take(&self, faults: &Faults) -> (Vec<SqsMessage>, Option<Instant>) {
        let now = Instant::now();
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let mut next: Option<Instant> = None;
        let mut open: Vec<&String> = Vec::new();
        for (group, queued) in &state.groups {
            let hidden = queued.iter().take(BATCH).filter_map(|queued| queued.hidden_until).max();
            match hidden.filter(|until| *until > now) {
                Some(until) => next = Some(next.map_or(until, |next| next.min(until))),
                None => open.push(group),
            }
        }
        state.turn += 1;
        let first = usize::try_from(state.turn).unwrap_or_default().checked_rem(open.len());
        open.rotate_left(first.unwrap_or_default());
        let chosen: Vec<String> = open.into_iter().take(BATCH).cloned().collect();
        let mut records = Vec::new();
        for group in chosen {
            let Some(queued) = state.groups.get_mut(&group) else { continue };
            let room = BATCH.saturating_sub(records.len());
            let wanted =
                usize::try_from(1 + faults.chance.below(BATCH as u64)).unwrap_or(BATCH).min(room);
            let early = faults.chance.hits(faults.rates.borrow().delivered_twice);
            let visibility = if early { faults.chance.up_to(EARLY) } else { self.visibility };
            if queued.front().is_some_and(|queued| queued.early) {
                faults.note("delivered while worked on");
            }
            for queued in queued.iter_mut().take(wanted) {
                queued.received += 1;
                (queued.hidden_until, queued.early) = (Some(now + visibility), early);
                state.most_received = state.most_received.max(queued.received);
                records.push(record(&group, queued));
            }
            let given_up = |queued: &Queued| queued.received > MAX_RECEIVE_COUNT;
            while let Some(dead) = queued.pop_front_if(|queued| given_up(queued)) {
                let (reason, group) = ("received too often".to_owned(), group.clone());
                state.dead.push(Dead { reason, group, body: dead.body });
            }
        }
        (records, next)
    }

    /// Deletes what was received under that handle, unless it is visible again.
    pub fn delete(&self, handle: &str) {
        self.with(handle, |state, group, id| {
            if let Some(queued) = state.groups.get_mut(group) {
                queued.retain(|queued| queued.id != id);
                if queued.is_empty() {
                    state.groups.remove(group);
                }
            }
        });
        self.changed.notify_one();
    }

    /// Sets when it is visible again.
    pub fn delay(&self, handle: &str, pause: Duration) {
        self.with(handle, |state, group, id| {
            let queued = state.groups.get_mut(group).into_iter().flatten();
            for queued in queued.filter(|queued| queued.id == id) {
                (queued.hidden_until, queued.early) = (Some(Instant::now() + pause), false);
            }
        });
        self.changed.notify_one();
    }

    /// Keeps a message in the dead-letter queue.
    pub fn park(&self, body: &str, reason: &str, group: &str) {
        let (reason, group, body) = (reason.to_owned(), group.to_owned(), body.to_owned());
        self.state.borrow_mut().dead.push(Dead { reason, group, body });
    }

    /// What stands in the dead-letter queue.
    pub fn dead(&self) -> Vec<Dead> {
        self.state.borrow().dead.clone()
    }

    /// Sends dead letters back, each as `body_to_put_back` tells; what that leaves stays.
    pub fn redrive(&self, body_to_put_back: impl Fn(&Dead) -> Option<String>) {
        let dead = std::mem::take(&mut self.state.borrow_mut().dead);
        for dead in dead {
            match body_to_put_back(&dead) {
                Some(body) => drop(self.send(&dead.group, &body.clone(), body)),
                None => self.state.borrow_mut().dead.push(dead),
            }
        }
    }

    /// Messages that wait or are in flight.
    pub fn len(&self) -> usize {
        self.state.borrow().groups.values().map(VecDeque::len).sum()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often the most unlucky message was received.
    pub fn most_received(&self) -> u32 {
        self.state.borrow().most_received
    }

    fn with(&self, handle: &str, change: impl FnOnce(&mut State, &str, u64)) {
        let mut parts = handle.splitn(3, ' ');
        let (Some(id), Some(received), Some(group)) = (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let (Ok(id), Ok(received)) = (id.parse::<u64>(), received.parse::<u32>()) else { return };
        let mut state = self.state.borrow_mut();
        let queued = state.groups.get(group).into_iter().flatten().find(|queued| queued.id == id);
        let now = Instant::now();
        let ours = queued.is_some_and(|queued| {
            queued.received == received && queued.hidden_until.is_some_and(|until| until > now)
        });
        if ours {
            change(&mut state, group, id);
        }
    }
}

fn record(group: &str, queued: &Queued) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(queued.id.to_string());
    record.receipt_handle = Some(format!("{} {} {group}", queued.id, queued.received));
    record.body = Some(queued.body.clone());
    let attributes = [
        ("MessageGroupId", group.to_owned()),
        ("ApproximateReceiveCount", queued.received.to_string()),
    ];
    record.attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    record
}

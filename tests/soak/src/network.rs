//! A network as a judge: it keeps what stands in public, and may hold, hide or forget.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
    time::Duration,
};

use jiff::Timestamp;
use social_core::{
    Clock, Failure, MessageId, Verdict,
    reply::{Fingerprint, OwnMessage, PublishError, Target},
};
use tokio::time::{Instant, sleep};

use crate::{
    absence::Absence,
    clock::VirtualClock,
    faults::{Away, Process, When},
};

/// A reply in public.
#[derive(Debug, Clone)]
pub struct Published {
    pub id: MessageId,
    pub under: MessageId,
    pub text: String,
    pub at: Instant,
    pub time: Timestamp,
    shown: Instant,
}

/// The longest that a post is held, and that it is hidden from those who look.
#[derive(Debug, Clone, Copy)]
pub struct Slowness {
    pub held: Duration,
    pub hidden: Duration,
}

/// All that was published.
#[derive(Debug)]
pub struct Network {
    pub published: RefCell<Vec<Published>>,
    pub slowness: Slowness,
    /// What the bridge believes of that.
    pub settle: Duration,
    /// Takes no call, or the credential is dead.
    pub away: Absence,
    /// Nobody can look for what stands there.
    pub blind: Absence,
    /// Published, and the answer is not there yet.
    unanswered: RefCell<BTreeSet<MessageId>>,
    held: Cell<usize>,
    clock: VirtualClock,
}

impl Network {
    /// An empty network.
    pub fn new(clock: VirtualClock, slowness: Slowness, settle: Duration) -> Self {
        Self {
            published: RefCell::default(),
            slowness,
            settle,
            away: Absence::default(),
            blind: Absence::default(),
            unanswered: RefCell::default(),
            held: Cell::new(0),
            clock,
        }
    }

    /// Whether a post may still appear by itself.
    pub fn holds_something(&self) -> bool {
        self.held.get() > 0
    }

    fn carry_out(&self, under: &MessageId, text: &str, hidden: Duration) -> MessageId {
        let mut published = self.published.borrow_mut();
        let id = MessageId(format!("reply-{}", published.len()));
        published.push(Published {
            id: id.clone(),
            under: under.clone(),
            text: text.to_owned(),
            at: Instant::now(),
            time: self.clock.now(),
            shown: Instant::now() + hidden,
        });
        id
    }

    fn shown_under(&self, under: &MessageId, since: Timestamp) -> Vec<OwnMessage> {
        let there = self.published.borrow();
        let there = there.iter().filter(|published| {
            published.under == *under
                && published.time >= since
                && published.shown <= Instant::now()
        });
        let there = there.map(|published| OwnMessage {
            id: published.id.clone(),
            fingerprint: Fingerprint::of(&published.text),
            at: published.time,
        });
        there.collect()
    }

    /// Whether who posted it does not know yet.
    pub fn is_unanswered(&self, id: &MessageId) -> bool {
        self.unanswered.borrow().contains(id)
    }

    /// Reads what visitors wrote.
    pub async fn read<T>(&self, process: &Process, read: impl FnOnce() -> T) -> Result<T, Failure> {
        process.pass("network.read", When::Before).await;
        if self.away.takes_a_call() {
            return Err(Away("network_away").into());
        }
        let there = read();
        process.pass("network.read", When::After).await;
        Ok(there)
    }

    /// Publishes a reply, more or less.
    pub async fn publish(
        self: &Rc<Self>,
        process: &Process,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        process.pass("network.publish", When::Before).await;
        let faults = process.faults();
        if self.away.takes_a_call() {
            return Err(PublishError::NotPublished(Away("network_away").into()));
        }
        if faults.happens("post not taken", |rates| rates.posts_not_taken) {
            return Err(PublishError::NotPublished(failure(Verdict::RETRY, "rate_limited")));
        }
        let unknown = || Err(PublishError::Unknown(failure(Verdict::RETRY, "answer_lost")));
        if faults.happens("post called a duplicate", |rates| rates.posts_called_duplicate) {
            return unknown();
        }
        let late = faults.happens("post shown late", |rates| rates.posts_hidden);
        let hidden = if late { faults.chance.up_to(self.slowness.hidden) } else { Duration::ZERO };
        let answer = if faults.happens("post delayed", |rates| rates.posts_delayed) {
            let hold = Duration::from_secs(5) + faults.chance.up_to(self.slowness.held);
            let hold = hold.min(self.slowness.held);
            let (network, under, text) =
                (Rc::clone(self), target.reply_under.clone(), text.to_owned());
            self.held.set(self.held.get() + 1);
            tokio::task::spawn_local(async move {
                sleep(hold).await;
                network.carry_out(&under, &text, hidden);
                network.held.set(network.held.get() - 1);
            });
            unknown()
        } else if faults.happens("post vanished", |rates| rates.posts_vanished) {
            unknown()
        } else {
            let id = self.carry_out(&target.reply_under, text, hidden);
            if faults.happens("answer late", |rates| rates.answers_late) {
                self.unanswered.borrow_mut().insert(id.clone());
                sleep(ANSWERS_LATE).await;
                self.unanswered.borrow_mut().remove(&id);
            }
            let lost = faults.happens("answer of the network lost", |rates| rates.posts_unanswered);
            if lost { unknown() } else { Ok(id) }
        };
        process.pass("network.publish", When::After).await;
        answer
    }

    /// What stands under a message, to those who look.
    pub async fn own_messages(
        &self,
        process: &Process,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure> {
        process.pass("network.look", When::Before).await;
        if self.away.takes_a_call() {
            return Err(Away("network_away").into());
        }
        if self.blind.takes_a_call() {
            return Err(failure(Verdict::RETRY, "look_refused"));
        }
        let there = self.shown_under(&target.reply_under, since - CLOCKS_DIFFER);
        process.pass("network.look", When::After).await;
        Ok(there)
    }
}

/// As the adapters look: the networks' clocks are not ours.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);
/// Longer than a callback takes.
const ANSWERS_LATE: Duration = Duration::from_secs(5);

fn failure(verdict: Verdict, error_type: &'static str) -> Failure {
    Failure::new(verdict, error_type, "on purpose")
}

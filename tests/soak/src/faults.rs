//! What goes wrong, where, and how often it did.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::pending,
    rc::Rc,
    time::Duration,
};

use social_core::{Classify, Failure, Verdict};
use tokio::{sync::Notify, time::sleep};

use crate::chance::Chance;

/// How often things go wrong, in ten thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// A process is killed, at each named point that it passes.
    pub kills: u32,
    /// The bridge's state or a queue refuses a call.
    pub throttles: u32,
    /// It does what is asked, and the answer is lost.
    pub lost_answers: u32,
    /// The same of CIC.
    pub cic_lost_answers: u32,
    /// CIC does not take a call.
    pub cic_refusals: u32,
    /// CIC refuses to open a chat, or to show a line, for good.
    pub cic_rejections: u32,
    /// The network publishes, and the answer is lost.
    pub posts_unanswered: u32,
    /// The network holds a post for a while, and the answer is lost.
    pub posts_delayed: u32,
    /// A post never arrives, and nobody says so.
    pub posts_vanished: u32,
    /// The network says that it did nothing.
    pub posts_not_taken: u32,
    /// The network shows a post late.
    pub posts_hidden: u32,
    /// A callback comes again, and out of order.
    pub callbacks_repeated: u32,
    /// A callback never comes; only the poll sees the message.
    pub callbacks_missing: u32,
    /// A visitor deletes a message that was shown, and the callback does not tell who did.
    pub deletions: u32,
    /// The callback about what the bridge published never comes.
    pub echoes_missing: u32,
    /// The network answers a post only after a while.
    pub answers_late: u32,
    /// The network calls a post a duplicate and does nothing, whether it has it or not.
    pub posts_called_duplicate: u32,
    /// The queue refuses a message for longer than the SDK tries.
    pub sends_refused: u32,
    /// The queue hands out what is still being worked on.
    pub delivered_twice: u32,
    /// An invocation runs out of time somewhere.
    pub timeouts: u32,
    /// Milliseconds that a call takes at the most, on either way, beyond the usual.
    pub slow: u32,
}

/// Before a call takes effect, or after it and before anybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    Before,
    After,
}

/// A place where a process can die: function, call, before or after it.
pub type Point = (&'static str, &'static str, When);

/// How often a point was passed, and what happened there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    pub passed: u32,
    pub kills: u32,
    pub failures: u32,
}

/// Where processes may still be killed, in runs that follow one another.
#[derive(Debug, Clone, Default)]
pub struct Kills {
    /// At each point, at the most; 0: without limit.
    pub each: u32,
    /// By the runs before.
    pub before: BTreeMap<Point, u32>,
    /// How much more often than at first: what is left are the seldom places.
    pub eagerness: u32,
}

/// The run's faults.
#[derive(Debug)]
pub struct Faults {
    pub chance: Chance,
    pub rates: RefCell<Rates>,
    pub kills: Kills,
    counts: RefCell<BTreeMap<Point, Count>>,
    events: RefCell<BTreeMap<&'static str, u32>>,
}

impl Faults {
    /// Faults of that seed.
    pub fn new(seed: u64, rates: Rates, kills: Kills) -> Self {
        Self {
            chance: Chance::new(seed),
            rates: RefCell::new(rates),
            kills,
            counts: RefCell::default(),
            events: RefCell::default(),
        }
    }

    /// Whether this happens now; it is counted by name.
    pub fn happens(&self, name: &'static str, rate: impl Fn(&Rates) -> u32) -> bool {
        let happens = self.chance.hits(rate(&self.rates.borrow()));
        if happens {
            self.note(name);
        }
        happens
    }

    /// Counts something by name.
    pub fn note(&self, name: &'static str) {
        *self.events.borrow_mut().entry(name).or_default() += 1;
    }

    /// What happened how often.
    pub fn events(&self) -> BTreeMap<&'static str, u32> {
        self.events.borrow().clone()
    }

    /// Every point that was passed.
    pub fn points(&self) -> BTreeMap<Point, Count> {
        self.counts.borrow().clone()
    }

    fn strikes(&self, point: Point, mortal: bool) -> bool {
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry(point).or_default();
        count.passed += 1;
        // Where a process seldom comes by it dies more often, so that every place has its turn.
        let seldom = 1 + 3_000 / (count.passed + 100);
        let rate = self.rates.borrow().kills * seldom * (1 + self.kills.eagerness);
        let before = self.kills.before.get(&point).copied().unwrap_or_default();
        let room = self.kills.each == 0 || before + count.kills < self.kills.each;
        let strikes = mortal && room && self.chance.hits(rate.min(5_000));
        count.kills += u32::from(strikes);
        strikes
    }
}

/// The other side is away as a whole.
#[derive(Debug, thiserror::Error)]
#[error("away on purpose")]
pub struct Away(pub &'static str);

impl Classify for Away {
    fn verdict(&self) -> Verdict {
        Verdict::WAIT
    }

    fn error_type(&self) -> &'static str {
        self.0
    }

    fn is_outage(&self) -> bool {
        true
    }
}

/// By when an invocation that runs out of time has done about half of its work.
const EARLY: Duration = Duration::from_millis(600);

/// Tries of the SDK until it gives a call up.
const TRIES: u32 = 3;

/// One process: it may die at every call that it makes.
#[derive(Debug, Clone)]
pub struct Process(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    function: &'static str,
    mortal: Cell<bool>,
    dead: Cell<bool>,
    killed: Notify,
    faults: Rc<Faults>,
}

impl Process {
    /// A process of that function.
    pub fn new(function: &'static str, mortal: bool, faults: &Rc<Faults>) -> Self {
        let (dead, killed) = (Cell::new(false), Notify::new());
        let mortal = Cell::new(mortal);
        Self(Rc::new(Inner { function, mortal, dead, killed, faults: Rc::clone(faults) }))
    }

    /// The run's faults.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// It is left alone from now on.
    pub fn spare(&self) {
        self.0.mortal.set(false);
    }

    /// Whether it died before its work was done.
    pub fn is_dead(&self) -> bool {
        self.0.dead.get()
    }

    /// Runs the process's work until it is done, killed or out of time.
    pub async fn run<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let early = self.0.mortal.get()
            && self.0.faults.happens("out of time in its work", |rates| rates.timeouts);
        let limit = if early { self.0.faults.chance.up_to(EARLY) } else { limit };
        tokio::select! {
            biased;
            () = self.0.killed.notified() => None,
            done = work => Some(done),
            () = sleep(limit) => {
                self.0.dead.set(true);
                self.0.faults.note("timed out");
                None
            }
        }
    }

    /// Passes a named point: takes a moment, or is the end.
    pub async fn pass(&self, call: &'static str, when: When) {
        if self.0.faults.strikes((self.0.function, call, when), self.0.mortal.get()) {
            self.0.dead.set(true);
            self.0.killed.notify_one();
            pending::<()>().await;
        }
        let longest = 30 + u64::from(self.0.faults.rates.borrow().slow);
        sleep(
            Duration::from_millis(1) + self.0.faults.chance.up_to(Duration::from_millis(longest)),
        )
        .await;
    }

    /// A call to the bridge's own state or queues, with what may happen to it.
    pub async fn call<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.pass(name, When::Before).await;
        if self.0.faults.happens("throttled by AWS", |rates| rates.throttles) {
            return Err(Failure::new(Verdict::RETRY, "aws_throttled", "throttled on purpose"));
        }
        let done = work.await;
        self.pass(name, When::After).await;
        if self.0.faults.happens("answer of AWS lost", |rates| rates.lost_answers) {
            return Err(Failure::new(Verdict::RETRY, "aws_unavailable", "answer lost on purpose"));
        }
        done
    }

    /// The same for work of hundreds of calls, none of which may fail: with the SDK's own tries, without
    /// which it would never get through.
    pub async fn call_with_tries<T>(
        &self,
        name: &'static str,
        work: impl AsyncFn() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        for _ in 1..TRIES {
            if let Ok(done) = self.call(name, work()).await {
                return Ok(done);
            }
        }
        self.call(name, work()).await
    }
}

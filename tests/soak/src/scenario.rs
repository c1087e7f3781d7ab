//! A run: so many visitors, this going wrong, that seed.

use std::{collections::BTreeMap, io, rc::Rc, time::Duration};

use jiff::SignedDuration;

use tokio::{
    task::{LocalSet, spawn_local},
    time::sleep,
};

use crate::{
    clock::VirtualClock,
    faults::{Count, Faults, Kills, Point, Rates},
    functions,
    judge::{self, Verdict},
    memory::Memory,
    network::{Network, Slowness},
    sqs::Dead,
    table, town,
    world::{self, State, World},
};

/// Environments of router and publisher, as deployed.
const ROUTERS: usize = 10;
const PUBLISHERS: usize = 5;
const STACK: usize = 64 * 1024 * 1024;
/// How long it must be quiet before a run is over.
const QUIET: Duration = Duration::from_mins(6);

/// What holds the bridge's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Memory,
    /// `social_aws::StateTable` on `dynoxide`, in this process.
    Table,
}

/// Something outside that is away for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Both CIC servers.
    Cic,
    /// The network: it takes no call, is not read, and makes no callbacks.
    Network,
    /// The credential is dead: the same, but callbacks come.
    Credential,
    /// The network does not let anybody look for what was posted.
    Look,
    /// Of the calls to `DynamoDB` and SQS so many in ten thousand are refused.
    Aws(u32),
}

/// From when until when.
#[derive(Debug, Clone, Copy)]
pub struct Outage {
    pub trouble: Trouble,
    pub from: Duration,
    pub until: Duration,
}

/// A mistake that the bridge could make: with it a run must fail, or it shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A message counts as shown when it is claimed.
    DoneBeforeShown,
    /// A conversation is written whatever stands there by now.
    WrittenBlindly,
}

/// How often and over what time a callback is made again, where it is.
#[derive(Debug, Clone, Copy)]
pub struct Repeats {
    pub times: u64,
    pub within: Duration,
}

/// What agents do how often, in a hundred.
#[derive(Debug, Clone, Copy)]
pub struct Agents {
    /// Write the same text as others.
    pub equal: u64,
    /// End the chat when they have answered.
    pub end: u64,
    /// Let it end unanswered.
    pub ignore: u64,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: &'static str,
    pub seed: u64,
    pub store: Store,
    pub conversations: usize,
    pub messages: usize,
    /// Over which visitors write.
    pub span: Duration,
    /// So many of them appear at once, and one callback tells of them all.
    pub burst: usize,
    pub rates: Rates,
    pub repeats: Repeats,
    pub agents: Agents,
    /// What the channel's entry says about closing what is idle.
    pub idle_close_hours: Option<f64>,
    /// After how long CIC wants to be asked again.
    pub poll_after: Duration,
    /// Messages that nobody can read, in each queue.
    pub poison: usize,
    /// By how much the clock of one worker of each kind is wrong.
    pub skew: SignedDuration,
    pub kills: Kills,
    /// Whether CIC keeps a chat's history.
    pub history: bool,
    /// For how long after a chat's end it can still be read; the contract does not tell.
    pub history_linger: Duration,
    pub slowness: Slowness,
    /// What the bridge believes of the network's slowness.
    pub settle: Duration,
    pub outages: Vec<Outage>,
    pub flaw: Option<Flaw>,
    /// What has not come to rest then never will.
    pub patience: Duration,
}

impl Scenario {
    /// Nothing goes wrong.
    pub fn fair(name: &'static str, seed: u64) -> Self {
        Self {
            name,
            seed,
            store: Store::Memory,
            conversations: 20,
            messages: 200,
            span: Duration::from_mins(30),
            burst: 0,
            rates: Rates { callbacks_repeated: 1_000, callbacks_missing: 500, ..Rates::default() },
            repeats: Repeats { times: 1, within: Duration::from_mins(20) },
            agents: Agents { equal: 10, end: 25, ignore: 0 },
            idle_close_hours: None,
            poll_after: Duration::from_secs(2),
            poison: 0,
            skew: SignedDuration::ZERO,
            kills: Kills::default(),
            history: true,
            history_linger: Duration::ZERO,
            slowness: Slowness { held: Duration::from_secs(30), hidden: Duration::from_secs(25) },
            settle: Duration::from_secs(60),
            outages: Vec::new(),
            flaw: None,
            patience: Duration::from_hours(24),
        }
    }

    /// Runs it to its end, on a thread of its own: in a build for tests the futures of the use cases
    /// and those of the SDK in them are more than a test's stack holds.
    pub fn run(&self) -> io::Result<Outcome> {
        let scenario = self.clone();
        let thread = std::thread::Builder::new().stack_size(STACK);
        let run = thread.spawn(move || scenario.run_here())?;
        run.join().map_err(|_| io::Error::other("the run panicked"))?
    }

    fn run_here(&self) -> io::Result<Outcome> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build()?;
        Ok(LocalSet::new().block_on(&runtime, async {
            let clock = VirtualClock::begin();
            match self.store {
                Store::Memory => self.play(clock, Memory::new(clock)).await,
                Store::Table => self.play(clock, table::new(clock)).await,
            }
        }))
    }

    async fn play<S: State>(&self, clock: VirtualClock, store: S) -> Outcome {
        let faults = Rc::new(Faults::new(self.seed, self.rates, self.kills.clone()));
        let network = Network::new(clock, self.slowness, self.settle);
        let channels = world::channels(self.idle_close_hours);
        let world = Rc::new(World::new(clock, store, faults, network, channels, self.flaw));
        world.cic.clock.set(Some(clock));
        world.cic.keeps_history.set(self.history);
        world.cic.poll_after.set(self.poll_after);
        world.cic.history_linger.set(self.history_linger);
        spawn_local(town::visitors(Rc::clone(&world), self.clone()));
        spawn_local(town::pollers(Rc::clone(&world)));
        spawn_local(town::agents(Rc::clone(&world), self.agents));
        spawn_local(town::echoes(Rc::clone(&world)));
        spawn_local(town::administrator(Rc::clone(&world)));
        let skew = |worker| if worker == 0 { self.skew } else { SignedDuration::ZERO };
        spawn_local(functions::collectors(Rc::clone(&world), self.skew));
        for worker in 0..ROUTERS {
            spawn_local(functions::router(Rc::clone(&world), skew(worker)));
        }
        for worker in 0..PUBLISHERS {
            spawn_local(functions::publisher(Rc::clone(&world), skew(worker)));
        }
        for outage in &self.outages {
            spawn_local(trouble(Rc::clone(&world), *outage));
        }
        let quiet = self.come_to_rest(&world).await;
        let mut verdict = judge::judge(&world);
        if !quiet {
            verdict.examples.push(world.unrest());
        }
        Outcome {
            quiet,
            took: clock.elapsed(),
            points: world.faults.points(),
            events: events(&world, &verdict),
            verdict,
            dead: [world.inbound.dead(), world.outbound.dead()].concat(),
        }
    }

    async fn come_to_rest<S: State>(&self, world: &World<S>) -> bool {
        let last = self.outages.iter().map(|outage| outage.until).max().unwrap_or_default();
        let mut since = None;
        while world.clock.elapsed() < self.patience {
            sleep(Duration::from_secs(10)).await;
            let now = world.clock.elapsed();
            if now < last || !world.is_quiet() {
                since = None;
            } else if now > *since.get_or_insert(now) + QUIET {
                return true;
            }
        }
        false
    }
}

async fn trouble<S: State>(world: Rc<World<S>>, outage: Outage) {
    sleep(outage.from).await;
    let before = world.faults.rates.borrow().throttles;
    let set = |on: bool| match outage.trouble {
        Trouble::Cic => world.cic.away.set(on),
        Trouble::Network => {
            world.network.away.set(on);
            world.silence.set(on);
        }
        Trouble::Credential => world.network.away.set(on),
        Trouble::Look => world.network.blind.set(on),
        Trouble::Aws(rate) => {
            world.faults.rates.borrow_mut().throttles = if on { rate } else { before };
        }
    };
    set(true);
    sleep(outage.until.saturating_sub(outage.from)).await;
    set(false);
}

/// What happened how often, and what is limited of it.
fn events<S: State>(world: &World<S>, verdict: &Verdict) -> BTreeMap<&'static str, u32> {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let seconds = |time: Duration| u32::try_from(time.as_secs() + 1).unwrap_or(u32::MAX);
    let mut events = world.faults.events();
    events.extend([
        (CIC_IN_VAIN, count(world.cic.away.calls())),
        (CIC_KNOWN_AWAY, count(world.cic.away.calls_after(KNOWN))),
        (CIC_IN_A_STORM, count(world.cic.away.most_calls_within(PROBE_CIC))),
        (NETWORK_IN_VAIN, count(world.network.away.calls())),
        (NETWORK_IN_A_STORM, count(world.network.away.most_calls_within(PROBE_CREDENTIAL))),
        (LOOKS_IN_VAIN, count(world.network.blind.calls())),
        (SLOWEST_MESSAGE, seconds(verdict.worst_message)),
        (SLOWEST_REPLY, seconds(verdict.worst_reply)),
        (GIVEN_BACK, count(verdict.returned)),
        (PARKED, count(world.inbound.dead().len() + world.outbound.dead().len())),
        (MOST_RECEIVED, world.inbound.most_received().max(world.outbound.most_received())),
    ]);
    events
}

/// What was under way has come back, and one of them has said so.
const KNOWN: Duration = Duration::from_secs(2);
/// Probe intervals as the breakers keep them, less the moment that a call takes to be made.
const PROBE_CIC: Duration = Duration::from_millis(9_900);
const PROBE_CREDENTIAL: Duration = Duration::from_millis(59_900);

pub const CIC_IN_VAIN: &str = "calls to CIC in vain";
pub const CIC_KNOWN_AWAY: &str = "of them later than two seconds after it went";
pub const CIC_IN_A_STORM: &str = "calls to CIC in vain within a probe's interval";
pub const NETWORK_IN_VAIN: &str = "calls to the network in vain";
pub const NETWORK_IN_A_STORM: &str = "calls to the network in vain within a probe's interval";
pub const LOOKS_IN_VAIN: &str = "looks refused";
pub const SLOWEST_MESSAGE: &str = "seconds to the slowest message";
pub const SLOWEST_REPLY: &str = "seconds to the slowest reply";
pub const GIVEN_BACK: &str = "replies given back";
pub const PARKED: &str = "messages parked";
pub const MOST_RECEIVED: &str = "deliveries of one message";

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Everything came to rest.
    pub quiet: bool,
    pub verdict: Verdict,
    /// In virtual time.
    pub took: Duration,
    pub points: BTreeMap<Point, Count>,
    pub events: BTreeMap<&'static str, u32>,
    pub dead: Vec<Dead>,
}

impl Outcome {
    /// Nothing lost, nothing twice, nothing out of order, nothing left.
    pub fn holds(&self) -> bool {
        self.quiet && self.verdict.holds()
    }

    /// Kills at all points.
    pub fn kills(&self) -> u32 {
        self.points.values().map(|count| count.kills).sum()
    }

    /// How often that happened.
    pub fn happened(&self, name: &str) -> u32 {
        self.events.get(name).copied().unwrap_or_default()
    }
}

//! The runs that hold the promises: what each promises, what goes wrong in it, and when it fails.

use std::time::Duration;

use crate::{
    faults::Rates,
    network::Slowness,
    scenario::{Flaw, Outage, Outcome, Scenario, Store, Trouble},
};

/// How much of it: enough for every change, or the numbers that are promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Short,
    Full,
}

impl Size {
    fn of(self, short: usize, full: usize) -> usize {
        if self == Self::Short { short } else { full }
    }
}

/// A promise, and the run that holds it.
#[derive(Debug)]
pub struct Check {
    pub promise: &'static str,
    pub scenario: Scenario,
    /// Runs with seeds one after the other until each named point has so many kills.
    pub kills_at_each_point: u32,
    /// What must have happened at least so often, or the run showed nothing.
    pub at_least: Vec<(&'static str, u32)>,
    /// The run has to fail: it shows that the check bites.
    pub must_fail: bool,
}

impl Check {
    /// One run that has to hold.
    pub fn new(promise: &'static str, scenario: Scenario) -> Self {
        let at_least = Vec::new();
        Self { promise, scenario, kills_at_each_point: 0, at_least, must_fail: false }
    }

    /// What a run must have shown beyond its verdict.
    pub fn is_shown_by(&self, outcome: &Outcome) -> bool {
        self.at_least.iter().all(|(name, times)| outcome.happened(name) >= *times)
    }
}

const HOUR: Duration = Duration::from_hours(1);

/// Everything that may go wrong, a little of each.
pub fn everything(seed: u64) -> Scenario {
    Scenario {
        messages: 400,
        rates: Rates {
            kills: 5,
            throttles: 100,
            lost_answers: 50,
            cic_lost_answers: 20,
            cic_refusals: 100,
            posts_unanswered: 500,
            posts_delayed: 500,
            posts_vanished: 300,
            posts_not_taken: 500,
            posts_hidden: 2_000,
            callbacks_repeated: 1_000,
            callbacks_missing: 500,
            slow: 0,
        },
        ..Scenario::fair("everything at once", seed)
    }
}

fn kills(history: bool, seed: u64) -> Scenario {
    let name = if history { "kills" } else { "kills without history" };
    let rates = Rates { kills: 15, callbacks_repeated: 1_000, ..Rates::default() };
    let rates = Rates { posts_unanswered: 1_000, cic_refusals: 50, throttles: 20, ..rates };
    Scenario { messages: 600, history, rates, ..Scenario::fair(name, seed) }
}

/// The same where the history of a chat outlives it.
fn kills_with_lasting_history(seed: u64) -> Scenario {
    Scenario { history_linger: HOUR, ..kills(true, seed) }
}

fn flawed(flaw: Flaw, seed: u64) -> Scenario {
    Scenario { flaw: Some(flaw), messages: 300, patience: HOUR * 2, ..kills(true, seed) }
}

/// So slow, and so few conversations, that workers change what others have read.
fn crowded(seed: u64) -> Scenario {
    let rates = Rates { slow: 1_000, callbacks_repeated: 1_000, ..Rates::default() };
    let span = HOUR / 6;
    Scenario { conversations: 5, messages: 300, span, rates, ..Scenario::fair("crowded", seed) }
}

fn posts(size: Size, seed: u64) -> Scenario {
    let rates = Rates {
        posts_unanswered: 2_500,
        posts_delayed: 1_700,
        posts_vanished: 300,
        posts_hidden: 3_000,
        ..Rates::default()
    };
    let (conversations, messages) = (size.of(30, 120), size.of(300, 2_400));
    Scenario { conversations, messages, rates, ..Scenario::fair("lost and delayed posts", seed) }
}

fn outage(name: &'static str, trouble: Trouble, lasts: Duration, messages: usize) -> Scenario {
    let (from, until) = (HOUR / 2, HOUR / 2 + lasts);
    Scenario {
        messages,
        conversations: (messages / 10).clamp(20, 300),
        span: lasts + HOUR,
        outages: vec![Outage { trouble, from, until }],
        patience: lasts * 2 + HOUR * 24,
        ..Scenario::fair(name, 50)
    }
}

/// All checks.
pub fn checks(size: Size) -> Vec<Check> {
    let slow = Slowness { held: Duration::from_mins(3), hidden: Duration::from_mins(2) };
    let (lost, delayed) = if size == Size::Short { (50, 30) } else { (500, 300) };
    let of_posts = vec![("answer of the network lost", lost), ("post delayed", delayed)];
    let day = Duration::from_hours(if size == Size::Short { 2 } else { 24 });
    let transient = Rates { throttles: 500, cic_refusals: 500, ..Rates::default() };
    vec![
        Check::new("without faults, everything once and in order", Scenario::fair("fair", 1)),
        Check::new(
            "the same on the real state table",
            Scenario {
                store: Store::Table,
                conversations: 6,
                messages: size.of(30, 60),
                span: Duration::from_mins(2),
                ..everything(2)
            },
        ),
        Check {
            kills_at_each_point: if size == Size::Short { 0 } else { 200 },
            ..Check::new(
                "a process killed at any point loses and doubles nothing",
                kills(true, 100),
            )
        },
        Check {
            kills_at_each_point: if size == Size::Short { 0 } else { 200 },
            ..Check::new(
                "the same without message history",
                Scenario { messages: size.of(300, 600), ..kills(false, 1_000) },
            )
        },
        Check::new(
            "the same where a history can be read for an hour after its chat's end",
            kills_with_lasting_history(400),
        ),
        Check {
            at_least: of_posts,
            ..Check::new("lost answers and delayed posts double no reply", posts(size, 20))
        },
        Check {
            must_fail: true,
            ..Check::new(
                "with the settle time set too low the run fails",
                Scenario { settle: Duration::ZERO, slowness: slow, ..posts(Size::Short, 21) },
            )
        },
        Check::new(
            "5 % transient failures put nothing out of order",
            Scenario {
                conversations: size.of(50, 200),
                messages: size.of(300, 10_000),
                span: HOUR,
                rates: transient,
                ..Scenario::fair("transient failures", 30)
            },
        ),
        Check::new("everything at once", everything(40)),
        Check::new("workers meet in the same conversations, and calls are slow", crowded(72)),
        Check {
            must_fail: true,
            ..Check::new(
                "if a message counted as shown when it is claimed, the run fails",
                flawed(Flaw::DoneBeforeShown, 70),
            )
        },
        Check {
            must_fail: true,
            ..Check::new(
                "if a conversation were written whatever stands there, the run fails",
                Scenario { flaw: Some(Flaw::WrittenBlindly), ..crowded(71) },
            )
        },
        Check::new(
            "CIC away for a day; in the short run, two hours",
            outage("CIC away", Trouble::Cic, day, size.of(300, 50_000)),
        ),
        Check::new(
            "a network away, or a credential dead, for hours",
            outage("network away", Trouble::Network, day / 4, size.of(300, 5_000)),
        ),
        Check::new(
            "AWS throttles three calls of ten for ten minutes",
            outage("throttled", Trouble::Aws(3_000), HOUR / 6, size.of(300, 5_000)),
        ),
        Check {
            at_least: vec![("callback not answered 200", 1)],
            ..Check::new(
                "the queue fails in the middle of a callback of 1,000 changes",
                Scenario {
                    conversations: 100,
                    messages: 1_000,
                    burst: 1_000,
                    rates: Rates { throttles: 150, callbacks_missing: 10_000, ..Rates::default() },
                    ..Scenario::fair("broken callback", 60)
                },
            )
        },
    ]
}

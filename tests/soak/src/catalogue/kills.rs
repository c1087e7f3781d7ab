//! Processes that die, anywhere.

use std::{ops::Range, time::Duration};

use jiff::SignedDuration;

use super::{Check, HOUR, Size};
use crate::{
    faults::Rates,
    scenario::{Agents, Flaw, Outage, Scenario, Store, Trouble},
};

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
            echoes_missing: 3_000,
            ..Rates::default()
        },
        ..Scenario::fair("everything at once", seed)
    }
}

fn kills(history: bool, seed: u64) -> Scenario {
    let name = if history { "kills" } else { "kills without history" };
    let rates = Rates { kills: 15, callbacks_repeated: 1_000, ..Rates::default() };
    let rates = Rates { posts_unanswered: 1_000, echoes_missing: 3_000, ..rates };
    let rates = Rates { cic_refusals: 50, throttles: 20, ..rates };
    Scenario { messages: 600, history, rates, ..Scenario::fair(name, seed) }
}

/// Something is away in the same seconds of each turn, for as long as visitors write.
fn recurring(trouble: Trouble, seconds: Range<u64>, turn: Duration, span: Duration) -> Vec<Outage> {
    let turns = (0..).map(|number| turn * number).take_while(|begin| *begin < span);
    let outage = |begin| Outage {
        trouble,
        from: begin + Duration::from_secs(seconds.start),
        until: begin + Duration::from_secs(seconds.end),
    };
    turns.map(outage).collect()
}

/// Here processes pass by where they hardly ever come otherwise: CIC and the network go away for a
/// moment, agents end chats while something is about to be said in them, queues hold what nobody can read.
fn troubled(history: bool) -> Scenario {
    let (span, turn) = (HOUR, Duration::from_mins(5));
    let cic = recurring(Trouble::Cic, 120..140, turn, span);
    let network = recurring(Trouble::Credential, 240..300, turn, span);
    let kills = kills(history, 0);
    Scenario {
        conversations: 100,
        messages: 1_000,
        span,
        outages: [cic, network].concat(),
        agents: Agents { equal: 10, end: 60, ignore: 15 },
        poll_after: Duration::from_secs(12),
        poison: 20,
        rates: Rates {
            posts_unanswered: 2_000,
            posts_vanished: 2_000,
            posts_not_taken: 3_000,
            cic_refusals: 500,
            echoes_missing: 1_000,
            cic_rejections: 400,
            deletions: 4_000,
            ..kills.rates
        },
        ..kills
    }
}

/// For hours CIC and the network, in turn, are there and away again: all functions notice, try, and
/// notice. Where an agent had the last word three minutes ago, the interaction is closed.
fn flickering(history: bool) -> Scenario {
    let (span, turn) = (HOUR * 2, Duration::from_secs(40));
    let cic = recurring(Trouble::Cic, 0..3, turn, span);
    let network = recurring(Trouble::Credential, 15..31, turn, span);
    Scenario {
        messages: 1_000,
        span,
        outages: [cic, network].concat(),
        idle_close_hours: Some(0.05),
        ..kills(history, 0)
    }
}

/// Their checks.
pub fn checks(size: Size) -> Vec<Check> {
    let each = size.of(0, 200);
    let flawed = Scenario {
        flaw: Some(Flaw::DoneBeforeShown),
        messages: 300,
        patience: HOUR * 2,
        ..kills(true, 70)
    };
    vec![
        Check {
            kills_at_each_point: each,
            others: vec![troubled(true), flickering(true)],
            ..Check::new(
                "a process killed at any point loses and doubles nothing",
                kills(true, 100),
            )
        },
        Check {
            kills_at_each_point: each,
            others: vec![troubled(false), flickering(false)],
            ..Check::new(
                "the same without message history",
                Scenario { messages: size.of(300, 600), ..kills(false, 1_000) },
            )
        },
        Check::new(
            "the same where a history can be read for an hour after its chat's end",
            Scenario {
                name: "kills with lasting history",
                history_linger: HOUR,
                ..kills(true, 400)
            },
        ),
        Check::new(
            "if a message counted as shown when it is claimed, the run fails",
            Scenario { name: "kills, with a mistake", ..flawed },
        )
        .fails(),
        Check::new("everything at once", everything(40)),
        Check::new(
            "everything at once, on the real state table",
            Scenario {
                name: "the real table",
                store: Store::Table,
                conversations: 6,
                messages: size.of(30, 60),
                span: Duration::from_mins(2),
                ..everything(2)
            },
        ),
        Check::new(
            "an invocation that runs out of time anywhere in a batch loses and doubles nothing",
            Scenario {
                messages: size.of(300, 2_500),
                rates: Rates { timeouts: 2_000, ..Rates::default() },
                ..Scenario::fair("out of time", 110)
            },
        )
        .at_least([("timed out", size.of(30, 300))]),
        Check::new(
            "a worker of each kind whose clock is four seconds ahead loses and doubles nothing",
            Scenario { skew: SECONDS, ..skewed(size, "clock ahead", 120) },
        ),
        Check::new(
            "the same four seconds behind",
            Scenario { skew: -SECONDS, ..skewed(size, "clock behind", 121) },
        ),
        Check::new(
            "with a clock ten minutes ahead the run fails",
            Scenario { skew: MINUTES, ..skewed(Size::Full, "clock far ahead", 122) },
        )
        .fails(),
    ]
}

/// Less than what the networks' adapters allow for, and far more.
const SECONDS: SignedDuration = SignedDuration::from_secs(4);
const MINUTES: SignedDuration = SignedDuration::from_mins(10);

fn skewed(size: Size, name: &'static str, seed: u64) -> Scenario {
    let rates = Rates { kills: 10, posts_unanswered: 1_000, ..Rates::default() };
    let rates = Rates { echoes_missing: 5_000, ..rates };
    Scenario { messages: size.of(200, 1_000), rates, ..Scenario::fair(name, seed) }
}

//! Messages that come often, late, broken, all at once, or while somebody works on them.

use super::{Check, HOUR, Size};
use crate::{
    faults::Rates,
    scenario::{Flaw, PARKED, Repeats, SLOWEST_MESSAGE, Scenario},
};

/// Their checks.
pub fn checks(size: Size) -> Vec<Check> {
    vec![
        Check::new("without faults, everything once and in order", Scenario::fair("fair", 1)),
        transient(),
        often(size),
        replayed(size),
        twice(size),
        poison(size),
        put_back(size),
        polled(size),
        Check::new(
            "the queue fails in the middle of a callback of 1,000 changes",
            Scenario {
                conversations: 100,
                messages: 1_000,
                burst: 1_000,
                rates: Rates { sends_refused: 150, callbacks_missing: 10_000, ..Rates::default() },
                ..Scenario::fair("broken callback", 60)
            },
        )
        .at_least([("callback not answered 200", 1)]),
        Check::new("workers meet in the same conversations, and calls are slow", crowded(72)),
        Check::new(
            "if a conversation were written whatever stands there, the run fails",
            Scenario {
                name: "crowded, with a mistake",
                flaw: Some(Flaw::WrittenBlindly),
                patience: HOUR * 2,
                ..crowded(71)
            },
        )
        .fails(),
    ]
}

/// So slow, and so few conversations, that workers change what others have read.
fn crowded(seed: u64) -> Scenario {
    let rates = Rates { slow: 1_000, callbacks_repeated: 1_000, ..Rates::default() };
    let span = HOUR / 6;
    Scenario { conversations: 5, messages: 300, span, rates, ..Scenario::fair("crowded", seed) }
}

fn transient() -> Check {
    Check::new(
        "10,000 messages in 200 conversations with 5 % transient failures: nothing out of order",
        Scenario {
            conversations: 200,
            messages: 10_000,
            span: HOUR,
            rates: Rates { throttles: 500, cic_refusals: 500, ..Rates::default() },
            ..Scenario::fair("transient failures", 30)
        },
    )
    .at_least([("throttled by AWS", 10_000), ("refused by CIC", 1_000)])
}

fn often(size: Size) -> Check {
    Check::new(
        "a callback made up to 50 times within 36 hours, in any order, is one message",
        Scenario {
            conversations: size.of(5, 20),
            messages: size.of(20, 200),
            repeats: Repeats { times: 50, within: size.of(HOUR * 4, HOUR * 36) },
            rates: Rates { callbacks_repeated: 10_000, ..Rates::default() },
            patience: HOUR * 72,
            ..Scenario::fair("repeated callbacks", 31)
        },
    )
    .at_least([("callback made again", size.of(200, 3_000))])
}

fn replayed(size: Size) -> Check {
    let time = size.of(HOUR * 6, HOUR * 24 * 29);
    Check::new(
        "valid callbacks sent again for as long as the ledger remembers them have one effect",
        Scenario {
            conversations: 1,
            messages: 2,
            repeats: Repeats { times: size.of(500, 10_000), within: time },
            rates: Rates { callbacks_repeated: 10_000, ..Rates::default() },
            patience: time + HOUR * 24,
            ..Scenario::fair("replayed callbacks", 36)
        },
    )
    .at_least([("callback made again", size.of(200, 5_000))])
}

fn twice(size: Size) -> Check {
    Check::new(
        "what the queue hands out while somebody works on it is shown once",
        Scenario {
            messages: size.of(300, 2_000),
            rates: Rates { delivered_twice: 5_000, ..Rates::default() },
            ..Scenario::fair("delivered twice", 32)
        },
    )
    .at_least([("delivered while worked on", size.of(50, 500))])
}

fn poison(size: Size) -> Check {
    let poison = size.of(20, 200);
    let parked = size.of(40, 400);
    Check::new(
        "what nobody can read is parked once, and what follows it is not held up",
        Scenario {
            messages: size.of(200, 2_000),
            poison,
            rates: Rates::default(),
            ..Scenario::fair("poison", 33)
        },
    )
    .at_least([(PARKED, parked)])
    .at_most([(SLOWEST_MESSAGE, 2), (PARKED, parked)])
}

fn put_back(size: Size) -> Check {
    Check::new(
        "what is parked for a reason goes back by one command, and is shown once",
        Scenario {
            messages: size.of(200, 2_000),
            rates: Rates { cic_rejections: 1_000, deletions: 1_000, kills: 5, ..Rates::default() },
            ..Scenario::fair("put back", 37)
        },
    )
    .at_least([("put back", size.of(20, 200)), ("message deleted", size.of(10, 100))])
    .at_most([(PARKED, 0)])
}

fn polled(size: Size) -> Check {
    Check::new(
        "without callbacks, polls that overlap and are killed anywhere miss nothing",
        Scenario {
            conversations: size.of(30, 200),
            messages: size.of(300, 5_000),
            span: size.of(HOUR / 2, HOUR * 4),
            rates: Rates { kills: 10, callbacks_missing: 10_000, ..Rates::default() },
            history: true,
            ..Scenario::fair("polled only", 34)
        },
    )
}

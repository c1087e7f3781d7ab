//! The reply's state machine, held against everything that may happen, and the naive designs with it.

use std::time::Instant;

use model::{
    Design, Setting,
    reply::{NEVER_LOST, NEVER_TWO, PUBLISHED},
};
use stateright::{Checker, HasDiscoveries, Model};

/// The promises that do not hold. Looks at every state, or until one is broken.
#[expect(clippy::print_stdout, reason = "how much was looked at, and how to get there")]
fn broken(name: &str, setting: Setting) -> Vec<&'static str> {
    let begun = Instant::now();
    let checker = setting.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let mut found = checker.discoveries();
    let (states, seconds) = (checker.unique_state_count(), begun.elapsed().as_secs_f32());
    println!("{name}: {states} states in {seconds:.1} s");
    assert!(found.remove(PUBLISHED).is_some(), "{name}: nothing is ever published");
    for (promise, way) in &found {
        println!("  not {promise}: {:?}", way.clone().into_actions());
    }
    found.into_keys().collect()
}

#[test]
fn what_is_built_neither_doubles_nor_loses_a_reply() {
    let built = Setting::built();
    let settings = [
        ("workers die", Setting { crashes: 2, losses: 1, echoes: 0, ..built }),
        ("answers are lost", Setting { crashes: 0, losses: 2, horizon: 9, ..built }),
        ("rules forbid it", Setting { crashes: 1, losses: 1, rules: true, horizon: 7, ..built }),
        ("two of one text", Setting { replies: 2, crashes: 0, twins: 0, horizon: 8, ..built }),
    ];
    for (name, setting) in settings {
        assert_eq!(broken(name, setting), [""; 0], "{name}");
    }
}

#[test]
fn the_same_check_finds_what_is_wrong_with_naive_designs() {
    let built = Setting { horizon: 8, echoes: 0, ..Setting::built() };
    let of = |design| Setting { design, ..built };
    let settings = [
        ("retry blindly", of(Design::RetryBlindly), NEVER_TWO),
        ("mark after", of(Design::MarkAfter), NEVER_TWO),
        ("claim once", of(Design::ClaimOnce), NEVER_LOST),
        ("post again when the lease is over", of(Design::LeaseThenBlind), NEVER_TWO),
        ("look at once", of(Design::LookAtOnce), NEVER_TWO),
        ("a lease shorter than its worker lives", Setting { life: Some(6), ..built }, NEVER_TWO),
        ("a worker that outlives everything", Setting { life: None, ..built }, NEVER_TWO),
        (
            "a settle time below what the network takes",
            Setting { settle: 0, lag: 3, ..built },
            NEVER_TWO,
        ),
    ];
    for (name, setting, fails) in settings {
        assert_eq!(broken(name, setting), [fails], "{name}");
    }
}

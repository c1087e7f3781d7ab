//! Opening an interaction, held against everything that may happen, and the naive designs with it.

use std::time::Instant;

use model::opening::{Design, NEVER_STUCK, NEVER_TWO, NEVER_UNKNOWN, SAID, Setting};
use stateright::{Checker, HasDiscoveries, Model};

/// The promises that do not hold. Looks at every state, or until one is broken.
#[expect(clippy::print_stdout, reason = "how much was looked at, and how to get there")]
fn broken(name: &str, setting: Setting) -> Vec<&'static str> {
    let begun = Instant::now();
    let checker = setting.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let mut found = checker.discoveries();
    let (states, seconds) = (checker.unique_state_count(), begun.elapsed().as_secs_f32());
    println!("{name}: {states} states in {seconds:.1} s");
    found.remove(SAID);
    for (promise, way) in &found {
        println!("  not {promise}: {:?}", way.clone().into_actions());
    }
    found.into_keys().collect()
}

#[test]
fn a_message_is_shown_in_one_interaction_whoever_dies_while_opening_it() {
    let built = Setting::built();
    assert_eq!(broken("as built", built), [""; 0]);
    let zombies = Setting { life: None, crashes: 1, ..built };
    assert_eq!(broken("workers that outlive their lease", zombies), [""; 0]);
}

#[test]
fn the_same_check_finds_what_is_wrong_with_naive_openings() {
    let of = |design| Setting { design, ..Setting::built() };
    let settings = [
        ("open and record", of(Design::OpenAndRecord), NEVER_TWO),
        ("say first", of(Design::SayFirst), NEVER_UNKNOWN),
        ("a mark for good", of(Design::MarkForGood), NEVER_STUCK),
        (
            "record blindly, by a worker that outlives its lease",
            Setting { life: None, ..of(Design::RecordBlindly) },
            NEVER_TWO,
        ),
    ];
    for (name, setting, fails) in settings {
        assert!(broken(name, setting).contains(&fails), "{name}");
    }
}

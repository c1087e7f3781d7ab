//! Networks that lose, delay, hide and misjudge replies.

use std::time::Duration;

use super::{Check, HOUR, Size};
use crate::{
    faults::Rates,
    network::Slowness,
    scenario::{Agents, GIVEN_BACK, LOOKS_IN_VAIN, Outage, Scenario, Trouble},
};

fn posts(size: Size, seed: u64) -> Scenario {
    let rates = Rates {
        posts_unanswered: 2_500,
        posts_delayed: 1_700,
        posts_vanished: 300,
        posts_hidden: 3_000,
        echoes_missing: 5_000,
        ..Rates::default()
    };
    let (conversations, messages) = (size.of(30, 120), size.of(300, 2_400));
    Scenario { conversations, messages, rates, ..Scenario::fair("lost and delayed posts", seed) }
}

/// Replies of which nobody hears but by looking.
fn unheard(size: Size, name: &'static str, seed: u64) -> Scenario {
    let rates = Rates { posts_unanswered: 4_000, echoes_missing: 10_000, ..Rates::default() };
    let (conversations, messages) = (size.of(20, 60), size.of(150, 1_200));
    Scenario { conversations, messages, rates, ..Scenario::fair(name, seed) }
}

/// Their checks.
pub fn checks(size: Size) -> Vec<Check> {
    let slow = Slowness { held: Duration::from_mins(3), hidden: Duration::from_mins(2) };
    let indexed_late = unheard(size, "shown late", 22);
    let misjudged = unheard(size, "called duplicates", 25);
    let alike = unheard(size, "equal replies", 23);
    let early = unheard(size, "echo before answer", 24);
    vec![
        Check::new("lost answers and delayed posts double no reply", posts(size, 20)).at_least([
            ("answer of the network lost", size.of(50, 500)),
            ("post delayed", size.of(30, 300)),
        ]),
        Check::new(
            "with the settle time set too low the run fails",
            Scenario {
                settle: Duration::ZERO,
                slowness: slow,
                name: "settle time too low",
                ..posts(Size::Short, 21)
            },
        )
        .fails(),
        Check::new(
            "replies that the network shows only after up to two minutes are not doubled",
            Scenario {
                settle: slow.hidden,
                slowness: Slowness { held: Duration::from_secs(30), ..slow },
                rates: Rates { posts_hidden: 10_000, ..indexed_late.rates },
                ..indexed_late
            },
        )
        .at_least([("answer of the network lost", size.of(40, 300))]),
        Check::new(
            "with nobody allowed to look for two hours, nothing is posted blindly: it comes back",
            Scenario {
                outages: vec![Outage {
                    trouble: Trouble::Look,
                    from: HOUR / 6,
                    until: HOUR * 2 + HOUR / 6,
                }],
                ..unheard(size, "looks refused", 26)
            },
        )
        .at_least([(LOOKS_IN_VAIN, 100), (GIVEN_BACK, size.of(20, 200))]),
        Check::new(
            "what the network calls a duplicate is neither believed nor posted twice",
            Scenario {
                rates: Rates { posts_called_duplicate: 2_500, ..misjudged.rates },
                ..misjudged
            },
        )
        .at_least([("post called a duplicate", size.of(30, 200))]),
        Check::new(
            "of two equal replies both stand there, and no third, although an answer is lost",
            Scenario { agents: Agents { equal: 100, ..alike.agents }, ..alike },
        )
        .at_least([("answer of the network lost", size.of(40, 200))]),
        Check::new(
            "an echo before the answer to the post is no message and no second reply",
            Scenario {
                rates: Rates { answers_late: 5_000, posts_unanswered: 500, ..Rates::default() },
                ..early
            },
        )
        .at_least([("echo before the answer", size.of(20, 200))]),
    ]
}

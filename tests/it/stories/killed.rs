//! Functions die at every named point while people talk; nothing is lost, doubled or out of order.

use libtest_mimic::Trial;
use local::kills;

use crate::{
    floor::KILLED,
    story::{Outcome, Story, story_on, tell},
};

/// At each point; `cargo local kills --each 200` does more.
const KILLS: u32 = 5;

pub(super) fn all() -> Vec<Trial> {
    vec![story_on(&KILLED, "killed::nothing_is_lost_or_doubled_wherever_a_function_dies", killed)]
}

async fn killed(story: &Story) -> Outcome {
    let report = kills::run(story.stack, KILLS, &tell).await?;
    tell(&report.to_string());
    assert!(report.holds(), "{report}");
    assert!(report.kills.values().all(|kills| *kills >= KILLS), "{report}");
    Ok(())
}

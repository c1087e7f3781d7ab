//! The two roads that a visitor's post comes by, and how long each takes.

use std::time::Instant;

use libtest_mimic::Trial;
use local::scenes::ACME_NORD;

use crate::{
    floor::POLLING,
    story::{Outcome, Story, story, story_on, tell},
};

pub(super) fn all() -> Vec<Trial> {
    vec![
        story_on(
            &POLLING,
            "roads::a_post_is_offered_in_the_right_workgroup_by_poll_alone",
            async |story: &Story| offered(story, "poll alone").await,
        ),
        story(
            "roads::a_post_is_offered_in_the_right_workgroup_by_callback",
            async |story: &Story| offered(story, "callback").await,
        ),
    ]
}

async fn offered(Story { stage, .. }: &Story, road: &str) -> Outcome {
    let question = stage.line("Is the shop in Kiel open today?");
    let start = Instant::now();
    stage.visitor("Nils Berg").posts_on(ACME_NORD.id, &question).await?;
    stage.offered(ACME_NORD.workgroup, &question).await?;
    tell(&format!("a post took {:.1} s by {road}", start.elapsed().as_secs_f32()));
    Ok(stage.only_once(&question, &[ACME_NORD.workgroup]).await?)
}

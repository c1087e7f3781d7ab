//! Something outside is away for a while. Afterwards all is there, once and in order, by itself.

use std::time::Duration;

use libtest_mimic::Trial;
use local::{
    outages::{self, Outage},
    scenes::ACME,
    world::{Control, Fault},
};
use serde_json::json;
use simulators::seed::facebook::APP_SECRET;

use super::talks::{LIMIT, Talks};
use crate::{
    floor::FAULTY,
    outside,
    story::{Outcome, Story, lonely_story_on, tell},
};

const CONVERSATIONS: usize = 10;
/// That visitors write while CIC is away; `cargo local outage` does more.
const MESSAGES: usize = 100;
/// For how long.
const AWAY: Duration = Duration::from_secs(10);
/// Without end, as far as the story goes.
const ALWAYS: u64 = 1_000_000;

pub(super) fn all() -> Vec<Trial> {
    vec![
        lonely_story_on(&FAULTY, "outages::what_comes_while_cic_is_away_is_shown_afterwards", cic),
        lonely_story_on(&FAULTY, "outages::what_is_answered_is_public_afterwards", answered),
    ]
}

/// Neither server takes calls. Half of the visitors write for the first time.
async fn cic(story: &Story) -> Outcome {
    let outage = Outage { messages: MESSAGES, away: AWAY };
    let report = outages::run(story.stack, outage, &tell).await?;
    tell(&report.to_string());
    assert!(report.holds(), "{report}");
    Ok(())
}

async fn answered(story: &Story) -> Outcome {
    let mut talks = Talks::begin(story, CONVERSATIONS).await?;
    network(story, &mut talks).await?;
    credential(story, &mut talks).await?;
    talks.end().await
}

/// Facebook fails; what agents answered in the meantime is public afterwards.
async fn network(story: &Story, talks: &mut Talks<'_>) -> Outcome {
    let facebook = story.stage.world.facebook.control();
    facebook.add_fault(&Fault::status("*/comments", 503).times(ALWAYS)).await?;
    talks.answer().await?;
    let before = posts(facebook).await?;
    let tried = async || Ok((posts(facebook).await? > before).then_some(()));
    story.until("an attempt to publish in vain", LIMIT, tried).await?;
    facebook.drop_faults().await?;
    talks.settle().await
}

/// The page's token dies; what agents answered is public after an administrator gave a new one.
async fn credential(story: &Story, talks: &mut Talks<'_>) -> Outcome {
    let token = format!("EAAnew{CONVERSATIONS}");
    let pages = json!({ "pages": [{ "id": ACME.id, "name": ACME.name, "token": token }] });
    let url = format!("{}/_sim/pages", story.stack.facebook_url);
    outside::put(&outside::client()?, &url, &pages).await?;
    talks.answer().await?;
    talks.told("delayed").await?;
    let document = json!({ "page_token": token, "app_secret": APP_SECRET }).to_string();
    story.aws.put_parameter("/social/facebook/acme", &document).await?;
    talks.settle().await
}

async fn posts(facebook: &Control) -> Outcome<u64> {
    let requests = facebook.requests().await?;
    let posts = requests.iter().filter(|(route, _)| route.starts_with("POST"));
    Ok(posts.map(|(_, count)| count).sum())
}

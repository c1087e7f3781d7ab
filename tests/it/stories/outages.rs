//! Something outside is away for a while. Afterwards all is there, once and in order, by itself.

use std::time::Duration;

use futures::future::try_join_all;
use libtest_mimic::Trial;
use local::{
    scenes::ACME,
    world::{Agent, Cic, Control, Fault, Interaction, PageObject, Visitor},
};
use serde_json::json;
use simulators::seed::facebook::APP_SECRET;

use crate::{
    floor::KILLED,
    outside,
    story::{Outcome, Story, lonely_story_on},
};

const CONVERSATIONS: usize = 10;
/// That visitors write while CIC is away.
const WORDS: usize = 9;
/// What waited asks again within a minute.
const LIMIT: Duration = Duration::from_secs(120);
/// Without end, as far as the story goes.
const ALWAYS: u64 = 1_000_000;

pub(super) fn all() -> Vec<Trial> {
    let name = "outages::after_each_all_is_there_once_and_in_order";
    vec![lonely_story_on(&KILLED, name, outages)]
}

/// A visitor's post, and the interaction that it opened.
struct Talk {
    visitor: Visitor,
    post: String,
    chat: Interaction,
    /// Everything that the visitor wrote.
    said: Vec<String>,
    /// Everything that the agent wrote.
    answered: Vec<String>,
}

async fn outages(story: &Story) -> Outcome {
    let jo = story.stage.agent("Jo");
    let talks = (0..CONVERSATIONS).map(|_| begin(story, &jo));
    let mut talks = try_join_all(talks).await?;
    cic(story, &mut talks).await?;
    network(story, &jo, &mut talks).await?;
    credential(story, &jo, &mut talks).await?;
    let queues = &story.stack.queues;
    for queue in [&queues.inbound_dlq, &queues.outbound_dlq] {
        let parked = story.aws.parked(queue).await?;
        let reasons: Vec<&String> = parked.iter().map(|it| &it.reason).collect();
        assert!(parked.is_empty(), "parked, because of {reasons:?}");
    }
    Ok(())
}

async fn begin(story: &Story, jo: &Agent) -> Outcome<Talk> {
    let stage = &story.stage;
    let (visitor, question) = (stage.visitor("Zoë O'Hara"), stage.line("My router blinks red."));
    let post = visitor.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;
    let chat = stage.picks_up(jo, &chat).await?;
    // The bridge hears who speaks before it hears what; that he is there stands in his first answer.
    let mut talk = Talk { visitor, post, chat, said: vec![question], answered: Vec::new() };
    answer(story, jo, &mut talk).await?;
    stage.page_reply(&ACME, &talk.post, &talk.answered.concat()).await?;
    Ok(talk)
}

async fn answer(story: &Story, jo: &Agent, talk: &mut Talk) -> Outcome {
    let reply = story.stage.line("Please hold the reset button.");
    jo.writes(&talk.chat, &reply).await?;
    talk.answered.push(reply);
    Ok(())
}

/// Neither server takes calls; what came in the meantime reaches the agents afterwards.
async fn cic(story: &Story, talks: &mut [Talk]) -> Outcome {
    let servers = &story.stage.world.cic;
    for server in servers {
        server.control().add_fault(&Fault::status("*", 503).times(ALWAYS)).await?;
    }
    let before = calls(servers.iter().map(Cic::control)).await?;
    for number in 1..=WORDS {
        for talk in talks.iter_mut() {
            let word = story.stage.line(&format!("{number}: and it still blinks."));
            talk.visitor.comments_on(&talk.post, &word).await?;
            talk.said.push(word);
        }
    }
    let facebook = &story.stage.world.facebook;
    let told = async || Ok((facebook.untold().await? == 0).then_some(()));
    story.until("the last callback", LIMIT, told).await?;
    // While it is away the bridge asks seldom: far fewer calls than messages wait.
    let during = calls(servers.iter().map(Cic::control)).await? - before;
    for server in servers {
        server.control().drop_faults().await?;
    }
    assert!(during < u64::try_from(WORDS * talks.len())?, "{during} calls in vain");
    for talk in talks.iter() {
        let shown = async || Ok((seen(story, talk).await?.len() >= talk.said.len()).then_some(()));
        story.until("all that was written while CIC was away", LIMIT, shown).await?;
    }
    for talk in talks.iter() {
        assert_eq!(seen(story, talk).await?, talk.said);
    }
    Ok(())
}

/// Facebook fails; what agents answered in the meantime is public afterwards.
async fn network(story: &Story, jo: &Agent, talks: &mut [Talk]) -> Outcome {
    let facebook = story.stage.world.facebook.control();
    facebook.add_fault(&Fault::status("*/comments", 503).times(ALWAYS)).await?;
    for talk in talks.iter_mut() {
        answer(story, jo, talk).await?;
    }
    let before = posts(facebook).await?;
    let tried = async || Ok((posts(facebook).await? > before).then_some(()));
    story.until("an attempt to publish in vain", LIMIT, tried).await?;
    facebook.drop_faults().await?;
    all_public(story, talks).await
}

/// The page's token dies; what agents answered is public after an administrator gave a new one.
async fn credential(story: &Story, jo: &Agent, talks: &mut [Talk]) -> Outcome {
    let token = format!("EAAnew{}", talks.len());
    let pages = json!({ "pages": [{ "id": ACME.id, "name": ACME.name, "token": token }] });
    let url = format!("{}/_sim/pages", story.stack.facebook_url);
    outside::put(&outside::client()?, &url, &pages).await?;
    for talk in talks.iter_mut() {
        answer(story, jo, talk).await?;
    }
    for talk in talks.iter() {
        let last = talk.answered.last().ok_or("no answer")?;
        story.stage.notice(&talk.chat, "delayed", |chat| chat.after_agents(last)).await?;
    }
    let document = json!({ "page_token": token, "app_secret": APP_SECRET }).to_string();
    story.aws.put_parameter("/social/facebook/acme", &document).await?;
    all_public(story, talks).await
}

/// Every answer, once, and in order.
async fn all_public(story: &Story, talks: &[Talk]) -> Outcome {
    for talk in talks {
        let there =
            async || Ok((public(story, talk).await?.len() >= talk.answered.len()).then_some(()));
        story.until("every answer on the page", LIMIT, there).await?;
    }
    for talk in talks {
        assert_eq!(public(story, talk).await?, talk.answered);
    }
    Ok(())
}

/// What of the visitor's words agents see, in order.
async fn seen(story: &Story, talk: &Talk) -> Outcome<Vec<String>> {
    let interactions = story.stage.world.interactions().await?;
    let entries = interactions.iter().flat_map(|chat| &chat.transcript);
    let seen = entries.filter_map(|entry| talk.said.iter().find(|text| entry.shows(text)));
    Ok(seen.cloned().collect())
}

/// What of the agent's answers is on the page, in order.
async fn public(story: &Story, talk: &Talk) -> Outcome<Vec<String>> {
    let tree = story.stage.world.page_tree(ACME.id).await?;
    let post = tree.iter().find(|post| post.id == talk.post).ok_or("the post is gone")?;
    let mut comments = post.thread();
    // Facebook counts objects, and tells only whole seconds.
    comments.sort_by_key(|comment: &&PageObject| (comment.id.len(), comment.id.clone()));
    let answers = comments
        .iter()
        .filter_map(|comment| talk.answered.iter().find(|text| comment.is_by(ACME.id, text)));
    Ok(answers.cloned().collect())
}

async fn calls(controls: impl Iterator<Item = &Control>) -> Outcome<u64> {
    let mut calls = 0;
    for control in controls {
        calls += control.requests().await?.values().sum::<u64>();
    }
    Ok(calls)
}

async fn posts(facebook: &Control) -> Outcome<u64> {
    let requests = facebook.requests().await?;
    let posts = requests.iter().filter(|(route, _)| route.starts_with("POST"));
    Ok(posts.map(|(_, count)| count).sum())
}

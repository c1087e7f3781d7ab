//! What agents do, and what becomes of what they write.

use libtest_mimic::Trial;
use local::{
    scenes::{ACME, ACME_NORD, Stage},
    world::{Interaction, PageObject, State, Visitor},
};
use serde_json::{Value, json};

use crate::{
    outside,
    story::{Outcome, Story, lonely_story, story},
};

pub(super) fn all() -> Vec<Trial> {
    vec![
        story("desk::a_visitors_message_reaches_a_held_interaction", held),
        story("desk::a_transferred_interaction_goes_on_in_the_other_workgroup", transferred),
        story("desk::a_refused_reply_comes_back_after_the_agent_has_disconnected", comes_back),
    ]
}

pub(super) fn lonely() -> Vec<Trial> {
    vec![lonely_story("desk::automatic_texts_are_never_published", greetings)]
}

/// Zoë's post on the page Acme, which Jo has picked up.
async fn picked_up(stage: &Stage, zoe: &Visitor) -> Outcome<(String, Interaction)> {
    let question = stage.line("My router blinks red.");
    let post = zoe.posts_on(ACME.id, &question).await?;
    let chat = stage.offered(ACME.workgroup, &question).await?;
    Ok((post, stage.picks_up(&stage.agent("Jo"), &chat).await?))
}

async fn held(Story { stage, .. }: &Story) -> Outcome {
    let (jo, zoe) = (stage.agent("Jo"), stage.visitor("Zoë O'Hara"));
    let (more, reply) = (stage.line("And it beeps."), stage.line("I have looked it up: reset it."));
    let (post, chat) = picked_up(stage, &zoe).await?;
    jo.holds(&chat).await?;
    let chat = stage.reaches(&chat, State::Held).await?;

    zoe.comments_on(&post, &more).await?;
    let chat = stage.joins(&chat, &more).await?;
    assert_eq!(chat.state, State::Held);

    jo.unholds(&chat).await?;
    jo.writes(&chat, &reply).await?;
    stage.page_reply(&ACME, &post, &reply).await?;
    Ok(())
}

async fn transferred(Story { stage, .. }: &Story) -> Outcome {
    let (jo, mia, zoe) = (stage.agent("Jo"), stage.agent("Mia"), stage.visitor("Zoë O'Hara"));
    let (more, reply) = (stage.line("Anybody there?"), stage.line("Mia here, from the north."));
    let (post, chat) = picked_up(stage, &zoe).await?;
    jo.transfers(&chat, ACME_NORD.workgroup).await?;
    let chat = stage.reaches(&chat, State::Offering).await?;
    assert_eq!(chat.workgroup, ACME_NORD.workgroup);

    zoe.comments_on(&post, &more).await?;
    let chat = stage.joins(&chat, &more).await?;
    let chat = stage.picks_up(&mia, &chat).await?;
    mia.writes(&chat, &reply).await?;
    stage.page_reply(&ACME, &post, &reply).await?;
    Ok(())
}

/// Nobody is at the chat any more, so a new interaction brings the text and the reason.
async fn comes_back(Story { stage, .. }: &Story) -> Outcome {
    let (jo, zoe) = (stage.agent("Jo"), stage.visitor("Zoë O'Hara"));
    let reply = stage.line("Please send us the serial number.");
    let (post, chat) = picked_up(stage, &zoe).await?;
    stage.world.facebook.delete(&post).await?;
    jo.writes(&chat, &reply).await?;
    jo.disconnects(&chat).await?;

    let returned = |next: &Interaction| {
        let mut lines = next.transcript.iter();
        lines.any(|line| {
            line.is_notice_of("not published") && line.says(&reply) && line.says("deleted")
        })
    };
    let awaited = "a new interaction that tells why the reply was not published";
    let next = stage.interaction(awaited, |next| next.id != chat.id && returned(next)).await?;
    assert_eq!((next.state, next.workgroup.as_str()), (State::Offering, ACME.workgroup));
    Ok(())
}

/// CIC greets as itself, or in the name of an agent who is not there yet.
async fn greetings(story: &Story) -> Outcome {
    let before = json!({ "texts": ["Welcome. An agent will be with you shortly."] });
    let mut played = Ok(());
    for (speaker, when) in [("System", "start"), ("Agent", "start"), ("System", "pickup")] {
        let text = story.stage.line("Hello, how may we help you?");
        greet(story, &json!({ "texts": [text], "as": speaker, "when": when })).await?;
        played = only_the_reply_is_published(&story.stage, &text).await;
        if played.is_err() {
            break;
        }
    }
    greet(story, &before).await?;
    played
}

async fn greet(story: &Story, greetings: &Value) -> Outcome {
    let [primary, _] = &story.stack.cic_urls;
    outside::put(&outside::client()?, &format!("{primary}/_sim/greetings"), greetings).await
}

async fn only_the_reply_is_published(stage: &Stage, greeting: &str) -> Outcome {
    let zoe = stage.visitor("Zoë O'Hara");
    let reply = stage.line("Please hold the reset button.");
    let (post, chat) = picked_up(stage, &zoe).await?;
    let said = "the greeting in the transcript";
    stage
        .interaction(said, |it| {
            it.id == chat.id && it.transcript.iter().any(|line| line.says(greeting))
        })
        .await?;
    stage.agent("Jo").writes(&chat, &reply).await?;
    // Replies of a conversation are published in their order: a greeting would be there by now.
    stage.page_comment(&ACME, &post, &reply).await?;
    let tree = stage.world.page_tree(ACME.id).await?;
    let mut comments = tree.iter().flat_map(PageObject::thread);
    assert!(!comments.any(|it| it.message.as_deref().is_some_and(|text| text.contains(greeting))));
    Ok(())
}

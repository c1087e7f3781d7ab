//! What agents ask for in the chat: carried out on the network, and never published there.

use std::time::Duration;

use libtest_mimic::Trial;
use local::{
    scenes::Stage,
    world::{Agent, Interaction, PageObject},
};
use serde_json::Value;

use crate::{
    outside,
    sample::{BANK, SHOP},
    story::{Outcome, Story, story},
};

const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn all() -> Vec<Trial> {
    vec![
        story("commands::are_carried_out_and_none_is_published", carried_out),
        story("commands::a_reply_is_published_once_a_second_person_approves_it", approved),
    ]
}

async fn carried_out(story: &Story) -> Outcome {
    let stage = &story.stage;
    let (zoe, ben, jo) =
        (stage.visitor("Zoë O'Hara"), stage.visitor("Ben Okafor"), stage.agent("Jo"));
    let (question, spam) = (stage.line("Do you ship to Malta?"), stage.line("Cheaper at rival!"));
    let (reply, private) = (stage.line("We do."), stage.line("Please tell us your number."));
    let post = zoe.posts_on(SHOP.id, &question).await?;
    let comment = ben.comments_on(&post, &spam).await?;
    let shown = |chat: &Interaction| chat.shows(&question) && chat.shows(&spam);
    let chat = stage.interaction("both lines in one interaction", shown).await?;
    let chat = stage.picks_up(&jo, &chat).await?;

    asks(stage, &jo, &chat, "/hide >2", "line 2 is hidden").await?;
    object(story, &comment, |object| object.hidden).await?;
    asks(stage, &jo, &chat, "/unhide 2", "line 2 is shown").await?;
    object(story, &comment, |object| !object.hidden).await?;
    asks(stage, &jo, &chat, "/like >1", "line 1 is liked").await?;

    jo.writes(&chat, &format!("/private >1 {private}")).await?;
    story
        .until("the private answer", LIMIT, async || {
            let url = format!("{}/_sim/pages/{}/messages", story.stack.facebook_url, SHOP.id);
            let threads: Value = outside::client()?.get(url).send().await?.json().await?;
            Ok(threads.to_string().contains(&private).then_some(()))
        })
        .await?;

    jo.writes(&chat, &format!(">1 {reply}")).await?;
    let ours = stage.page_reply(&SHOP, &post, &reply).await?;
    asks(stage, &jo, &chat, "/delete", "our reply is deleted").await?;
    gone(story, &ours.id).await?;

    asks(stage, &jo, &chat, "/shrug", "Commands here: /who").await?;
    asks(stage, &jo, &chat, "/who >1", "Zoë O'Hara").await?;
    for object in stage.world.page_tree(SHOP.id).await?.iter().flat_map(PageObject::thread) {
        let message = object.message.as_deref().unwrap_or_default();
        assert!(!message.contains('/') && !message.contains(&private), "published: {message}");
    }
    story.counted("publisher", "Moderated", &[]).await
}

async fn approved(Story { stage, .. }: &Story) -> Outcome {
    let (zoe, jo, mia) = (stage.visitor("Zoë O'Hara"), stage.agent("Jo"), stage.agent("Mia"));
    let (question, reply) = (stage.line("Is my money safe?"), stage.line("It is."));
    let post = zoe.posts_on(BANK.id, &question).await?;
    let chat = stage.offered(BANK.workgroup, &question).await?;
    let chat = stage.picks_up(&jo, &chat).await?;
    asks(stage, &jo, &chat, &reply, "waits for a second person").await?;
    asks(stage, &jo, &chat, "/approve", "a second person has to approve it").await?;
    let said = async || {
        let tree = stage.world.page_tree(BANK.id).await?;
        let comments = tree.iter().flat_map(PageObject::thread);
        Outcome::Ok(comments.filter(|comment| comment.is_by(BANK.id, &reply)).count())
    };
    assert_eq!(said().await?, 0);

    mia.writes(&chat, "/approve").await?;
    stage.page_reply(&BANK, &post, &reply).await?;
    assert_eq!(said().await?, 1);
    Ok(())
}

/// The agent writes a command and reads what came of it.
async fn asks(
    stage: &Stage,
    jo: &Agent,
    chat: &Interaction,
    command: &str,
    answer: &str,
) -> Outcome {
    jo.writes(chat, command).await?;
    stage.notice(chat, answer, |chat| &chat.transcript).await?;
    Ok(())
}

async fn object(story: &Story, id: &str, wanted: impl Fn(&PageObject) -> bool) -> Outcome {
    story
        .until(&format!("{id} as it should be"), LIMIT, async || {
            let tree = story.stage.world.page_tree(SHOP.id).await?;
            let mut objects = tree.iter().flat_map(PageObject::thread);
            Ok(objects.any(|object| object.id == id && wanted(object)).then_some(()))
        })
        .await
}

async fn gone(story: &Story, id: &str) -> Outcome {
    story
        .until(&format!("{id} to be gone"), LIMIT, async || {
            let tree = story.stage.world.page_tree(SHOP.id).await?;
            let mut objects = tree.iter().flat_map(PageObject::thread);
            Ok((!objects.any(|object| object.id == id)).then_some(()))
        })
        .await
}

//! A router died when it had shown a line, and the agent answers what nobody has recorded.

use super::*;
use crate::store::Conversations;

/// What Jo wrote while no line was recorded, and the lines.
async fn early(scene: &Scene, text: &str) -> (Reply, Conversation) {
    let recorded = scene.conversation();
    let mut unrecorded = recorded.clone();
    unrecorded.lines.clear();
    scene.world.state.save(&mut unrecorded).await.unwrap();
    (scene.jo_writes(text).await, recorded)
}

async fn record(scene: &Scene, recorded: &Conversation) {
    let mut conversation = scene.conversation();
    conversation.lines = recorded.lines.clone();
    scene.world.state.save(&mut conversation).await.unwrap();
}

#[tokio::test]
async fn it_waits_for_the_line_and_is_published_under_it() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let (reply, recorded) = early(&scene, "Hold the button.").await;
    assert_eq!(reply.target, Err(Refusal::NothingToAnswer));
    let waits = scene.publishing.publish(&reply).await.unwrap_err();
    assert!(matches!(waits.verdict(), Verdict::Wait { after: Some(_) }), "{waits}");
    record(&scene, &recorded).await;
    assert_eq!(scene.deliver(&reply).await, 1);
    assert_eq!(scene.deliver(&reply).await, 1, "delivered again: nothing happens");
    assert_eq!(scene.published(), [("1".to_owned(), "Hold the button.".to_owned())]);
}

#[tokio::test]
async fn once_begun_it_stays_under_its_line_although_the_visitor_says_more() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let (reply, recorded) = early(&scene, "Hold the button.").await;
    record(&scene, &recorded).await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    scene.publishing.publish(&reply).await.unwrap_err();
    let more = crate::fakes::comment("2", "1", None, "Zoë", "Hello?");
    scene.world.deliver("acme-page", more).await.unwrap();
    scene.deliver(&reply).await;
    assert_eq!(scene.published(), [("1".to_owned(), "Hold the button.".to_owned())]);
}

#[tokio::test]
async fn where_nothing_is_ever_recorded_it_comes_back() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let (reply, _) = early(&scene, "Hold the button.").await;
    scene.world.clock.advance(Duration::from_mins(4));
    assert_eq!(scene.deliver(&reply).await, 1);
    let notice = scene.last_notice();
    assert!(notice.contains("no visitor's message was shown before it"), "{notice}");
    assert!(scene.published().is_empty());
}

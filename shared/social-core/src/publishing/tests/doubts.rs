//! The news that Jo has the chat was told to a worker that died with it: CIC tells it no more.

use super::*;

async fn jo_is_there_and_nobody_knows() -> Scene {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.cic.forget_unread(0);
    scene
}

/// What is missing stays so for long enough, and the collector looks for it.
async fn it_stays_missing(scene: &Scene) {
    scene.world.clock.advance(Duration::from_secs(30));
    let mut conversation = scene.conversation();
    let chat = conversation.interaction().unwrap().chat.clone();
    scene.world.desk().fill_gap(&mut conversation, &chat).await.unwrap();
}

async fn publisher_works(scene: &Scene, from: usize) {
    let queued: Vec<Reply> = scene.world.queues.outbound.borrow()[from..].to_vec();
    for reply in queued {
        scene.deliver(&reply).await;
    }
}

#[tokio::test]
async fn an_agent_whose_coming_was_lost_is_found_in_the_history() {
    let scene = jo_is_there_and_nobody_knows().await;
    scene.world.cic.keep_history();
    scene.writes("Jo", "Switch it off.").await;
    it_stays_missing(&scene).await;
    publisher_works(&scene, 0).await;
    assert_eq!(scene.published(), [("1".to_owned(), "Switch it off.".to_owned())]);
}

#[tokio::test]
async fn what_a_history_tells_hours_late_is_as_old_as_it_is() {
    let scene = jo_is_there_and_nobody_knows().await;
    scene.world.cic.keep_history();
    scene.world.cic.history_tells(scene.world.clock.now());
    scene.world.cic.agent_writes(0, "Jo", "Ten minutes.");
    scene.world.cic.forget_unread(0);
    scene.world.clock.advance(Duration::from_secs(2 * 3600));
    scene.writes("Jo", "Still there?").await;
    it_stays_missing(&scene).await;
    publisher_works(&scene, 0).await;
    assert_eq!(scene.published(), [("1".to_owned(), "Still there?".to_owned())]);
    let lines = scene.world.cic.said()[0].join("\n");
    assert!(
        lines.contains("waited longer than 60 minutes") && lines.contains("Ten minutes."),
        "{lines}"
    );
}

#[tokio::test]
async fn without_a_history_the_text_goes_back_and_the_agent_sends_it_again() {
    let scene = jo_is_there_and_nobody_knows().await;
    scene.writes("Jo", "Switch it off.").await;
    it_stays_missing(&scene).await;
    publisher_works(&scene, 0).await;
    assert!(scene.published().is_empty(), "it may be an automatic text");
    let notice = scene.last_notice();
    assert!(notice.contains("was not published: CIC did not hand over who"), "{notice}");
    assert!(notice.ends_with("/retry sends it again.\n    Switch it off."), "{notice}");

    scene.jo_says("/retry").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Switch it off.".to_owned())]);
    scene.jo_says("And on again.").await;
    assert_eq!(scene.published().len(), 2, "whoever decides is there, and has the floor");
}

#[tokio::test]
async fn when_the_chat_ends_the_text_comes_back_in_a_new_interaction() {
    let scene = jo_is_there_and_nobody_knows().await;
    scene.writes("Jo", "Switch it off.").await;
    scene.jo_disconnects().await;
    publisher_works(&scene, 0).await;
    scene.world.clock.advance(Duration::from_secs(5));
    scene.router_tells().await;
    assert!(scene.published().is_empty());
    let lines = scene.world.cic.said().last().unwrap().join("\n");
    assert_eq!(scene.world.cic.said().len(), 2, "a new interaction");
    assert!(lines.contains("Switch it off.") && lines.contains("/retry sends it again"), "{lines}");

    scene.world.cic.pick_up(1, "Max");
    scene.says("Max", "/retry").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Switch it off.".to_owned())]);
}

#[tokio::test]
async fn a_greeting_before_anybody_is_active_is_neither_published_nor_given_back() {
    let scene = Scene::not_picked_up("acme-page", post("1", "Zoë", "Help!")).await;
    scene.writes("Jo", "Welcome! Somebody will be with you soon.").await;
    it_stays_missing(&scene).await;
    scene.jo_disconnects().await;
    assert!(scene.world.queues.outbound.borrow().is_empty());
}

#[tokio::test]
async fn a_greeting_in_a_gap_stays_unpublished_until_a_person_decides() {
    let scene = jo_is_there_and_nobody_knows().await;
    scene.writes("Jo", "Welcome!").await;
    it_stays_missing(&scene).await;
    publisher_works(&scene, 0).await;
    scene.jo_says("Switch it off.").await;
    assert!(scene.published().is_empty(), "one text proves no person, nor do two");
    scene.jo_says("/discard").await;
    scene.jo_says("/retry").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Welcome!".to_owned())]);
}

use serde_json::json;

use super::*;

async fn scene() -> Scene {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.channels.set("acme-page", &json!({ "approval": true }));
    scene
}

#[tokio::test]
async fn a_reply_waits_for_a_second_person_in_the_same_chat() {
    let scene = scene().await;
    scene.jo_says("Hello Zoë").await;
    assert!(scene.published().is_empty());
    insta::assert_snapshot!(scene.last_notice(), @r"
    ℹ Social Bridge: the reply of Jo waits for a second person: /approve publishes it, /discard takes it back.
        Hello Zoë
    ");
    scene.jo_says("/approve").await;
    assert!(
        scene.last_notice().contains("a second person has to approve"),
        "{}",
        scene.last_notice()
    );
    scene.world.cic.pick_up(0, "Max");
    scene.says("Max", "Looks good").await;
    assert!(scene.published().is_empty(), "a second person's words are never published");
    scene.says("Max", "/approve").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Hello Zoë".to_owned())]);
    scene.says("Max", "/approve").await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn who_only_looks_on_approves_nothing() {
    let scene = scene().await;
    scene.jo_says("Hello Zoë").await;
    scene.says("Supervisor", "/approve").await;
    assert!(scene.published().is_empty(), "not active in the chat");
}

#[tokio::test]
async fn an_approved_reply_is_as_fresh_as_its_approval() {
    let scene = scene().await;
    scene.jo_says("Hello Zoë").await;
    scene.world.clock.advance(Duration::from_secs(7_200));
    scene.world.cic.pick_up(0, "Max");
    scene.says("Max", "/approve").await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn what_waits_when_the_writer_leaves_opens_a_new_interaction() {
    let scene = scene().await;
    scene.jo_says("Hello Zoë").await;
    scene.jo_disconnects().await;
    scene.router_tells().await;
    assert!(scene.last_notice().contains("the reply of Jo waits"), "{}", scene.last_notice());
    scene.world.cic.pick_up(1, "Max");
    scene.says("Max", "/approve").await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn a_reply_written_with_the_last_breath_waits_in_a_new_interaction_too() {
    let scene = scene().await;
    let reply = scene.jo_writes("Bye").await;
    scene.jo_disconnects().await;
    scene.deliver(&reply).await;
    scene.router_tells().await;
    assert!(scene.last_notice().contains("the reply of Jo waits"), "{}", scene.last_notice());
    assert!(scene.published().is_empty());
}

#[tokio::test]
async fn too_many_do_not_wait() {
    let scene = scene().await;
    for n in 1..=6 {
        scene.jo_says(&format!("reply {n}")).await;
    }
    assert!(
        scene.last_notice().contains("5 replies wait for approval already"),
        "{}",
        scene.last_notice()
    );
    assert_eq!(scene.conversation().awaiting_approval().count(), 5);
}

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_delay_is_told_once_and_its_end_too() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().extend([Fault::Busy, Fault::Busy]);
    scene.jo_says("Thanks!").await;
    let said = scene.world.cic.said()[0].clone();
    insta::assert_debug_snapshot!(&said[1..], @r#"
    [
        "ℹ Social Bridge: your reply is delayed: the network does not take it just now. It is sent as soon as that changes. You need not do anything",
        "ℹ Social Bridge: your reply is published now",
    ]
    "#);
}

#[tokio::test]
async fn a_lost_answer_is_told_as_a_delay() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    scene.jo_says("Thanks!").await;
    let said = scene.world.cic.said()[0].clone();
    assert!(said[1].contains("delayed: the network gave no answer"), "{said:?}");
    assert!(said[2].contains("is published now"), "{said:?}");
}

#[tokio::test]
async fn a_single_hitch_is_no_delay() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::NeverArrived);
    scene.jo_says("Thanks!").await;
    assert_eq!(scene.world.cic.said()[0].len(), 1);
}

#[tokio::test]
async fn nobody_is_called_to_hear_of_a_delay() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::Busy);
    let reply = scene.jo_writes("Bye").await;
    scene.jo_disconnects().await;
    scene.deliver(&reply).await;
    assert_eq!(scene.published().len(), 1);
    assert!(scene.world.queues.inbound.borrow().is_empty());
    assert_eq!(scene.world.cic.said().len(), 1);
}

#[tokio::test]
async fn where_the_channel_wants_it_each_published_reply_is_told() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.jo_says("one").await;
    assert_eq!(scene.world.cic.said()[0].len(), 1);
    scene.world.channels.set("acme-page", &json!({ "published_notices": true }));
    scene.jo_says("two").await;
    assert!(scene.last_notice().ends_with("your reply is published"), "{}", scene.last_notice());
}

#[tokio::test]
async fn the_emergency_switch_holds_back_what_waits_already() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::Busy);
    let reply = scene.jo_writes("Thanks!").await;
    scene.publishing.publish(&reply).await.unwrap_err();
    scene.world.channels.set("acme-page", &json!({ "publishing": false }));
    scene.deliver(&reply).await;
    assert!(scene.published().is_empty());
    assert!(scene.last_notice().contains("publishing is switched off"), "{}", scene.last_notice());

    scene.world.channels.set("acme-page", &json!({ "publishing": true }));
    scene.jo_says("/retry").await;
    assert_eq!(scene.published().len(), 1, "switched on again it is sent again");
}

#[tokio::test]
async fn a_reply_that_comes_back_after_the_disconnect_can_be_sent_again_by_the_next_agent() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::Refused);
    let reply = scene.jo_writes("Bye!").await;
    scene.jo_disconnects().await;
    scene.deliver(&reply).await;
    scene.router_tells().await;
    let notice = scene.last_notice();
    assert!(
        notice.contains("the reply of Jo was not published: the network refused it"),
        "{notice}"
    );
    assert!(notice.ends_with("\n    Bye!"), "{notice}");
    scene.world.cic.pick_up(1, "Max");
    scene.says("Max", "/retry").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Bye!".to_owned())]);
}

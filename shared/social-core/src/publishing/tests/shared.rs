use crate::{
    ContactCenter,
    inbound::{InboundBatch, Incoming},
    intake,
};

use super::*;

/// One tweet that two channels take, each with an agent of its own.
async fn one_tweet_in_two_channels() -> Scene {
    let scene = Scene::of("acme-page", post("1", "Bob", "Something else")).await;
    let tweet = tweet("7", "7", "Zoë", Answerable::Yes);
    let world = &scene.world;
    world.channels.set("rival-watch", &serde_json::json!({ "reply_handle": "@acme" }));
    let incoming = ["acme-brand", "rival-watch"].map(|channel| Incoming {
        channel_id: crate::fakes::channel_id(channel),
        message: tweet.clone(),
    });
    intake::queue_all(&world.queues, incoming.to_vec()).await.unwrap();
    let batches: Vec<(String, InboundBatch)> =
        world.queues.inbound.borrow_mut().drain(..).collect();
    for (_, batch) in batches {
        world.router().route(batch, Timestamp::MAX).await.unwrap();
    }
    world.cic.pick_up(1, "Max");
    world.cic.pick_up(2, "Ana");
    scene
}

/// The agent of that chat writes, and everything that comes of it is delivered.
async fn writes(scene: &Scene, chat: usize, agent: &str, text: &str) {
    let world = &scene.world;
    let mut delivered = world.queues.outbound.borrow().len();
    world.cic.agent_writes(chat, agent, text);
    let open = world.state.conversations().into_iter();
    let mut conversation = open
        .clone()
        .find(|known| known.interaction().is_some_and(|open| open.chat.chat_id == chat.to_string()))
        .unwrap();
    let chat = conversation.interaction().unwrap().chat.clone();
    let told = world.cic.poll(&chat).await.unwrap();
    world.desk().take_in(&mut conversation, &told, |_| {}).await.unwrap();
    loop {
        let next = world.queues.outbound.borrow().get(delivered).cloned();
        let Some(reply) = next else { return };
        scene.deliver(&reply).await;
        delivered += 1;
    }
}

#[tokio::test]
async fn both_conversations_are_told_of_each_other() {
    let scene = one_tweet_in_two_channels().await;
    let said = scene.world.cic.said();
    assert_eq!(said[1].last().unwrap(), "ℹ Social Bridge: also open in “Rival”");
    assert_eq!(said[2].last().unwrap(), "ℹ Social Bridge: also open in “Acme on Twitter”");
    assert_eq!(said[0].len(), 1, "what one channel has alone is told of no other");
}

#[tokio::test]
async fn a_second_public_answer_to_the_same_message_wants_a_second_word() {
    let scene = one_tweet_in_two_channels().await;
    writes(&scene, 1, "Max", "Hello Zoë").await;
    writes(&scene, 2, "Ana", "Hi").await;
    assert_eq!(scene.published().len(), 1);
    let notice = scene.last_notice();
    assert!(notice.contains("answered from the channel “Acme on Twitter” already"), "{notice}");
    writes(&scene, 2, "Ana", "/retry").await;
    assert_eq!(scene.published().len(), 2);
    writes(&scene, 1, "Max", "Anything else?").await;
    assert_eq!(scene.published().len(), 2, "by now the other one has answered too");
}

#[tokio::test]
async fn an_answer_that_was_deleted_is_none() {
    let scene = one_tweet_in_two_channels().await;
    scene.world.channels.set("acme-brand", &serde_json::json!({ "commands": ["delete"] }));
    writes(&scene, 1, "Max", "Hello Zoë").await;
    writes(&scene, 1, "Max", "/delete").await;
    writes(&scene, 2, "Ana", "Hi").await;
    assert_eq!(scene.published().len(), 2);
}

//! Reposts and floods: counted, and told in one line.

use serde_json::json;

use super::*;

/// A repost of the tweet `1`.
fn repost(id: &str, name: &str) -> Message {
    let thread = Thread::Tweets { conversation_id: "1".into(), in_reply_to: None, owner: None };
    Message { kind: Kind::Repost, thread, ..tweet(id, "1", name, Answerable::Closed) }
}

/// Delivers what was queued for the router itself, as soon as it is due.
async fn deliver_queued(world: &World) -> usize {
    let queued: Vec<_> = world.queues.inbound.borrow_mut().drain(..).collect();
    for (_, batch) in &queued {
        let early = world.router().route(batch.clone(), Timestamp::MAX).await;
        if let Err(error) = early {
            let Verdict::Wait { after: Some(after) } = error.verdict() else { panic!("{error:?}") };
            world.clock.advance(after);
            world.router().route(batch.clone(), Timestamp::MAX).await.unwrap();
        }
    }
    queued.len()
}

/// Jo picks the first chat up and disconnects.
async fn jo_is_done(world: &World) {
    world.cic.pick_up(0, "Jo");
    world.cic.disconnect(0);
    let mut conversation = world.state.conversations()[0].clone();
    let chat = conversation.interaction().unwrap().chat.clone();
    let told = world.cic.poll(&chat).await.unwrap();
    world.desk().take_in(&mut conversation, &told, |_| {}).await.unwrap();
}

#[tokio::test]
async fn reposts_of_a_tweet_are_counted_at_its_line() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-brand", tweet("1", "1", "Zoë", Answerable::Yes)).await.unwrap();
    for id in ["2", "3", "3", "4"] {
        route(&router, "acme-brand", repost(id, "Bob")).await.unwrap();
    }
    assert_eq!(world.cic.said()[0].len(), 1, "nothing is told yet");
    assert_eq!(deliver_queued(&world).await, 1);
    route(&router, "acme-brand", repost("5", "Eve")).await.unwrap();
    assert_eq!(deliver_queued(&world).await, 1);
    insta::assert_debug_snapshot!(&world.cic.said()[0][1..], @r#"
    [
        "ℹ Social Bridge: line 1: 3 reposts so far",
        "ℹ Social Bridge: line 1: 4 reposts so far",
    ]
    "#);
    assert_eq!(world.cic.said().len(), 1);
}

#[tokio::test]
async fn a_repost_opens_nothing_where_the_chat_has_ended() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-brand", tweet("1", "1", "Zoë", Answerable::Yes)).await.unwrap();
    jo_is_done(&world).await;
    route(&router, "acme-brand", repost("2", "Bob")).await.unwrap();
    deliver_queued(&world).await;
    assert_eq!(world.cic.said().len(), 1);
}

#[tokio::test]
async fn reposts_of_a_tweet_that_was_not_taken_are_one_interaction() {
    let world = World::new();
    let router = world.router();
    for id in ["2", "3", "4"] {
        route(&router, "acme-brand", repost(id, "Bob")).await.unwrap();
    }
    deliver_queued(&world).await;
    let chats = world.cic.said();
    assert_eq!(chats.len(), 1);
    assert!(chats[0].iter().any(|line| line.contains(" · repost")), "{chats:?}");
    assert_eq!(chats[0].last().unwrap(), "ℹ Social Bridge: line 1: 2 reposts so far");
}

#[tokio::test]
async fn what_floods_an_interaction_is_told_in_one_line_with_a_link() {
    let world = World::new();
    world.channels.set("acme-page", &json!({ "fold_above_per_minute": 2 }));
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.owners.answer.set(Some(Owner::Visitor));
    for number in 1..=6 {
        let id = format!("c{number}");
        route(&router, "acme-page", comment(&id, "1", None, "Bob", "me too")).await.unwrap();
        route(&router, "acme-page", comment(&id, "1", None, "Bob", "me too")).await.unwrap();
    }
    assert_eq!(world.cic.said()[0].len(), 2);
    assert_eq!(deliver_queued(&world).await, 1);
    let told = "5 more messages came and are not shown here: https://facebook.example/c2";
    assert_eq!(world.cic.said()[0].last().unwrap(), &format!("ℹ Social Bridge: {told}"));

    route(&router, "acme-page", comment("c7", "1", None, "Bob", "still")).await.unwrap();
    assert!(world.cic.said()[0].last().unwrap().contains("3 · Bob"), "a minute later it is shown");
}

#[tokio::test]
async fn folded_messages_reach_somebody_although_the_chat_has_ended() {
    let world = World::new();
    world.channels.set("acme-page", &json!({ "fold_above_per_minute": 1 }));
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", comment("c1", "1", None, "Bob", "me too")).await.unwrap();
    jo_is_done(&world).await;
    deliver_queued(&world).await;
    let chats = world.cic.said();
    assert_eq!(chats.len(), 2);
    assert!(chats[1].last().unwrap().contains("1 more message came"), "{chats:?}");
}

#[tokio::test]
async fn what_is_counted_while_the_agent_is_told_is_told_next() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-brand", tweet("1", "1", "Zoë", Answerable::Yes)).await.unwrap();
    route(&router, "acme-brand", repost("2", "Bob")).await.unwrap();
    let (_, due) = world.queues.inbound.borrow_mut().remove(0);
    world.clock.advance(Duration::from_secs(61));
    let (told, counted) = futures::join!(
        router.route(due.clone(), Timestamp::MAX),
        route(&router, "acme-brand", repost("3", "Eve")),
    );
    counted.unwrap();
    if let Err(error) = told {
        assert!(matches!(error.verdict(), Verdict::Wait { after: Some(_) }), "{error:?}");
        router.route(due, Timestamp::MAX).await.unwrap();
    }
    deliver_queued(&world).await;
    let told = world.cic.said()[0].last().cloned().unwrap();
    assert_eq!(told, "ℹ Social Bridge: line 1: 2 reposts so far");
    assert!(world.state.conversations()[0].folded.is_empty());
}

#[tokio::test]
async fn what_nobody_was_queued_to_tell_is_queued_by_the_next() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-brand", tweet("1", "1", "Zoë", Answerable::Yes)).await.unwrap();
    route(&router, "acme-brand", repost("2", "Bob")).await.unwrap();
    world.queues.inbound.borrow_mut().clear();
    world.clock.advance(Duration::from_secs(300));
    route(&router, "acme-brand", repost("3", "Eve")).await.unwrap();
    assert_eq!(deliver_queued(&world).await, 1);
    assert!(world.cic.said()[0].last().unwrap().ends_with("line 1: 2 reposts so far"));
}

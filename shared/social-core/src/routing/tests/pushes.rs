//! What a handler of CIC pushes, beside what polls bring.

use super::*;
use crate::inbound::Pushed;

fn pushed(world: &World, id: &str, text: &str) -> Pushed {
    let conversation = world.state.conversations()[0].key.clone();
    let at = crate::clock::Clock::now(&world.clock);
    let (id, text) = (id.to_owned(), text.to_owned());
    Pushed { id, conversation, chat_id: None, agent: Some("jo".to_owned()), text, at }
}

async fn push(world: &World, pushed: Pushed) -> Result<(), RouteError> {
    let (_, batch) = pushed.into_batch(&channel_id("acme-page"));
    world.router().route(batch, Timestamp::MAX).await
}

async fn poll(world: &World) {
    let mut conversation = world.state.conversations()[0].clone();
    let chat = conversation.interaction().unwrap().chat.clone();
    let told = world.cic.poll(&chat).await.unwrap();
    world.desk().take_in(&mut conversation, &told, |_| {}).await.unwrap();
}

fn replies(world: &World) -> Vec<String> {
    let mut replies: Vec<_> = world.queues.outbound.borrow().clone();
    // As the queue folds them.
    replies.sort_by(|a, b| a.id.cmp(&b.id));
    replies.dedup_by(|a, b| a.id == b.id);
    let mut texts: Vec<String> = replies.into_iter().map(|reply| reply.text).collect();
    texts.sort();
    texts
}

async fn with_jo() -> World {
    let world = World::new();
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    poll(&world).await;
    world
}

#[tokio::test]
async fn a_pushed_reply_is_published_once_whether_the_poll_brings_it_before_or_after() {
    let world = with_jo().await;
    push(&world, pushed(&world, "1", "one")).await.unwrap();
    world.cic.agent_writes(0, "Jo", "one");
    poll(&world).await;
    world.cic.agent_writes(0, "Jo", "two");
    poll(&world).await;
    push(&world, pushed(&world, "2", "two")).await.unwrap();
    assert_eq!(replies(&world), ["one", "two"]);

    let again = pushed(&world, "3", "two");
    push(&world, again.clone()).await.unwrap();
    push(&world, again).await.unwrap();
    world.cic.agent_writes(0, "Jo", "two");
    poll(&world).await;
    assert_eq!(replies(&world), ["one", "two", "two"], "the same words a second time");
}

#[tokio::test]
async fn a_push_before_the_news_of_its_agent_waits_and_nobody_elses_is_published() {
    let world = World::new();
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    let early = pushed(&world, "1", "hello");
    let error = push(&world, early.clone()).await.unwrap_err();
    assert!(matches!(error.verdict(), Verdict::Wait { after: Some(_) }), "{error:?}");
    world.cic.pick_up(0, "Jo");
    poll(&world).await;
    push(&world, early).await.unwrap();
    assert_eq!(replies(&world), ["hello"]);

    let other = Pushed { agent: Some("Kim".to_owned()), ..pushed(&world, "2", "psst") };
    push(&world, other.clone()).await.unwrap_err();
    world.clock.advance(Duration::from_secs(61));
    push(&world, other).await.unwrap();
    push(&world, pushed(&world, "3", "Thank you for waiting.")).await.unwrap();
    assert_eq!(replies(&world), ["hello"]);
}

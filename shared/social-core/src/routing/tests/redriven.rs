//! What was parked and comes back.

use super::*;
use crate::{fakes::comment, parked::Parked};

/// The only parked message, as it goes back into its queue.
fn put_back(world: &World) -> InboundBatch {
    let (_, body) = world.queues.parked.borrow_mut().pop().unwrap();
    let parked = Parked {
        id: "1".to_owned(),
        reason: None,
        group: "g".to_owned(),
        since: Timestamp::UNIX_EPOCH,
        body,
        receipt: String::new(),
    };
    serde_json::from_str(&parked.body_to_put_back().unwrap()).unwrap()
}

async fn refused(world: &World, router: &FakeRouter) {
    route(router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.next_say(Fault::Refused);
    route(router, "acme-page", comment("c1", "1", None, "Zoë", "again")).await.unwrap();
}

fn times_shown(world: &World, text: &str) -> usize {
    world.cic.said().concat().iter().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn what_was_parked_is_shown_once_however_often_it_is_put_back() {
    let world = World::new();
    let router = world.router();
    refused(&world, &router).await;
    let back = put_back(&world);
    assert_eq!(times_shown(&world, "again"), 0);
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "again")).await.unwrap();
    assert_eq!(times_shown(&world, "again"), 0, "by another road it stays parked");

    router.route(back.clone(), Timestamp::MAX).await.unwrap();
    router.route(back, Timestamp::MAX).await.unwrap();
    assert_eq!(times_shown(&world, "again"), 1);
}

/// Within five minutes SQS would take an equal body for the message that it had before.
#[tokio::test]
async fn what_is_parked_again_differs_from_what_was_parked_before() {
    let world = World::new();
    let router = world.router();
    refused(&world, &router).await;
    let first = world.queues.parked.borrow()[0].1.clone();
    world.cic.next_say(Fault::Refused);
    router.route(put_back(&world), Timestamp::MAX).await.unwrap();
    let second = world.queues.parked.borrow()[0].1.clone();
    assert_ne!(first, second);
    router.route(put_back(&world), Timestamp::MAX).await.unwrap();
    assert_eq!(times_shown(&world, "again"), 1);
}

#[tokio::test]
async fn a_message_that_ended_ten_workers_has_ten_more_when_it_is_put_back() {
    let world = World::new();
    let router = world.router();
    let message = post("1", "Zoë", "Help!");
    let channel = channel_id("acme-page");
    for _ in 0..DEADLY_ATTEMPTS {
        world.state.claim(&channel, &message).await.unwrap();
        world.clock.advance(Duration::from_secs(61));
    }
    route(&router, "acme-page", message).await.unwrap();
    assert_eq!(times_shown(&world, "Help!"), 0);

    router.route(put_back(&world), Timestamp::MAX).await.unwrap();
    assert_eq!(times_shown(&world, "Help!"), 1);
}

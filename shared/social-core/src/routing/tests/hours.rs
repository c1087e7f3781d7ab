use serde_json::{Value, json};

use crate::fakes::comment;

use super::*;

/// The world's clock stands at noon of a Sunday, in UTC.
fn open_on(days: &str, when_closed: &str) -> Value {
    let week = json!({ days: ["08:00-18:00"] });
    json!({ "opening_hours": { "time_zone": "UTC", "week": week, "when_closed": when_closed } })
}

#[tokio::test]
async fn outside_its_hours_a_channel_opens_nothing_and_looks_again_when_it_opens() {
    let world = World::new();
    world.channels.set("acme-page", &open_on("mon-fri", "hold"));
    let router = world.router();
    let closed = route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap_err();
    let until_monday = Duration::from_secs(20 * 3_600);
    assert_eq!(closed.verdict(), Verdict::Wait { after: Some(until_monday) });
    assert!(world.cic.said().is_empty());

    world.clock.advance(until_monday);
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    assert_eq!(world.cic.said().len(), 1);
}

#[tokio::test]
async fn what_is_held_waits_in_order_and_holds_nobody_elses_channel_up() {
    let world = World::new();
    world.channels.set("acme-page", &open_on("mon-fri", "hold"));
    let router = world.router();
    route(&router, "acme-page", own(post("9", "Acme", "News"))).await.unwrap();
    let comments = [comment("c1", "9", None, "Zoë", "one"), comment("c2", "9", None, "Zoë", "two")];
    router.route(batch("acme-page", comments), Timestamp::MAX).await.unwrap();
    route(&router, "acme-brand", tweet("7", "7", "Bob", Answerable::Yes)).await.unwrap();
    assert_eq!(world.cic.said().len(), 1, "the other channel has no hours");

    let aside = std::mem::take(&mut *world.queues.inbound.borrow_mut());
    assert_eq!(aside.len(), 1, "one group of its own, asked again when the time comes");
    world.clock.advance(Duration::from_secs(20 * 3_600));
    for (_, batch) in aside {
        router.route(batch, Timestamp::MAX).await.unwrap();
    }
    let said = world.cic.said()[1].concat();
    assert!(said.find("one") < said.find("two"), "{said}");
}

#[tokio::test]
async fn an_open_interaction_goes_on_after_hours() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.channels.set("acme-page", &open_on("mon-fri", "hold"));
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Please")).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 2);
}

#[tokio::test]
async fn where_the_channel_wants_it_an_interaction_opens_with_a_mark() {
    let world = World::new();
    world.channels.set("acme-page", &open_on("mon-fri", "mark"));
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    let said = world.cic.said();
    assert!(said[0][0].contains("outside the channel's opening hours"), "{said:?}");

    let world = World::new();
    world.channels.set("acme-page", &open_on("sun", "mark"));
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 1, "open: nothing to say");
}

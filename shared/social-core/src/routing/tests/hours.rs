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
    assert_eq!(world.cic.openings()[0].attributes["SocialUnattended"], "outside hours");

    let world = World::new();
    world.channels.set("acme-page", &open_on("sun", "mark"));
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 1, "open: nothing to say");
}

fn attended(rule: &str) -> World {
    let world = World::new();
    world.channels.set("acme-page", &json!({ "when_nobody_available": rule }));
    world
}

#[tokio::test]
async fn while_no_agent_is_available_messages_wait_where_the_channel_wants_it() {
    let world = attended("hold");
    let router = world.router();
    world.cic.agents(Some(0));
    let waits = route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap_err();
    assert_eq!(waits.verdict(), Verdict::Wait { after: Some(Duration::from_secs(30)) });
    assert_eq!(waits.error_type(), "nobody_available");
    assert!(world.cic.said().is_empty());

    world.cic.agents(Some(1));
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.agents(Some(0));
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Please")).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 2, "an interaction that is open goes on");
}

#[tokio::test]
async fn or_open_an_interaction_with_a_mark() {
    let world = attended("mark");
    world.cic.agents(Some(0));
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    let (said, openings) = (world.cic.said(), world.cic.openings());
    assert!(said[0][0].contains("no agent of the workgroup was available"), "{said:?}");
    assert_eq!(openings[0].attributes["SocialUnattended"], "nobody available");
}

#[tokio::test]
async fn a_server_that_does_not_tell_keeps_nobody_waiting() {
    for (rule, available) in [("hold", None), ("mark", None), ("mark", Some(2)), ("open", Some(0))]
    {
        let world = attended(rule);
        world.cic.agents(available);
        let before = world.cic.calls();
        route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
        assert_eq!(world.cic.said()[0].len(), 1, "{rule} {available:?}: nothing to say");
        let asked = world.cic.calls() - before == 3;
        assert_eq!(asked, rule != "open", "only a channel with the rule costs a call more");
    }
}

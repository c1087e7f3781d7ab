//! A channel that is switched on again, or for the first time: it starts then, whatever the poll remembers.

use super::*;

fn on_since(world: World, time: &str) -> World {
    let since = Some(at(time));
    World { poll: world.poll.since(since), ..world }
}

#[tokio::test]
async fn nothing_of_what_came_while_it_was_off_is_taken() {
    let mut world = World::started(json!({})).await;
    world.shows_feed(json!([post("1", "42", "12:05:00", &[])])).await;
    world.pass().await;
    let mut world = on_since(world, "14:00:00");
    world.hands.set("14:00:05");
    let comments = [comment("1_2", "14:00:04"), comment("1_1", "13:00:00")];
    let meanwhile = [
        post("3", "42", "14:00:03", &[]),
        post("2", "42", "14:00:00", &[]),
        post("1", "42", "12:05:00", &comments),
    ];
    world.shows_feed(json!(meanwhile)).await;
    assert_eq!(world.pass().await, ["1029384756_3", "1_2"]);
    assert!(world.pass().await.is_empty());
    world
        .shows_feed(json!([post("4", "42", "14:01:00", &[]), post("2", "42", "14:00:00", &[])]))
        .await;
    world.all_else_is_empty().await;
    assert_eq!(world.pass().await, ["1029384756_4"]);
}

#[tokio::test]
async fn one_that_was_on_all_the_time_goes_on_where_it_stood() {
    let mut world = on_since(World::new(json!({})).await, "11:59:00");
    world.shows_feed(json!([post("1", "42", "11:58:00", &[])])).await;
    assert!(world.pass().await.is_empty());
    world.hands.set("16:00:00");
    world.shows_feed(json!([post("2", "42", "12:05:00", &[])])).await;
    world.all_else_is_empty().await;
    assert_eq!(world.pass().await, ["1029384756_2"]);
}

#[tokio::test]
async fn a_start_that_is_named_stays_the_start() {
    let further = json!({ "start": "2026-11-22T11:00:00Z" });
    let mut world = on_since(World::new(further).await, "14:00:00");
    world.shows_feed(json!([post("1", "42", "11:30:00", &[])])).await;
    assert_eq!(world.pass().await, ["1029384756_1"]);
}

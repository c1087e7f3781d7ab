//! The nightly look: what was late, shown again or not told of, and whether Facebook would call at all.

use super::*;

/// The morning after: every page has had its night.
const MORNING: &str = "2026-11-23T09:00:00Z";

fn morning(world: &World) {
    world.hands.set_to(MORNING.parse().unwrap());
}

/// A page that took one comment at noon, and none since.
async fn in_the_morning() -> World {
    let mut world = World::started(json!({})).await;
    let talk = [comment("1_1", "12:30:00")];
    world.shows_feed(json!([post("1", PAGE, "08:00:00", &talk)])).await;
    assert_eq!(world.pass().await, ["1_1"]);
    morning(&world);
    world
}

#[tokio::test]
async fn what_is_late_or_shown_again_is_taken_and_what_other_roads_brought_is_not() {
    let mut world = in_the_morning().await;
    let late = [comment("1_1", "12:30:00"), comment("1_0", "12:01:00")];
    let older =
        [comment("0_9", "12:03:00"), comment("0_8", "12:02:00"), comment("0_7", "11:59:59")];
    let posts = json!([
        post("1", PAGE, "08:00:00", &late),
        post("2", "42", "12:02:00", &[]),
        post("0", PAGE, "2026-01-01", &[])
    ]);
    let mut posts = posts;
    posts[2] = post("0", PAGE, "07:00:00", &older);
    world.shows_feed(posts).await;
    world.ledger.know("0_8#add");
    assert_eq!(world.pass().await, ["1_0", "1029384756_2", "0_9"]);
    assert!(world.pass().await.is_empty(), "one deeper look a night");
}

#[tokio::test]
async fn it_goes_through_more_pages_than_an_ordinary_pass() {
    let world = in_the_morning().await;
    let page = |id: &str, next: Option<&str>| {
        let mut page = json!({ "data": [post(id, PAGE, "07:00:00", &[comment(&format!("{id}_1"), "12:05:00")])] });
        if let Some(next) = next {
            page["paging"] = more(next);
        }
        page
    };
    world.server.reset().await;
    world.answers("feed", None, page("5", Some("a1"))).await;
    world.answers("feed", Some("a1"), page("4", Some("a2"))).await;
    world.answers("feed", Some("a2"), page("3", None)).await;
    let mut world = world.with(PollSettings { deep_posts: 2, ..PollSettings::default() });
    world.all_else_is_empty().await;
    assert_eq!(world.pass().await, ["4_1", "5_1"]);
    let feed = "1029384756/feed";
    let count = async |world: &World| world.asked().await.iter().filter(|a| *a == feed).count();
    assert_eq!(count(&world).await, 2);
    world.pass().await;
    assert_eq!(count(&world).await, 3);
}

#[tokio::test]
async fn a_limit_lets_the_next_pass_look_on() {
    let mut world = World::started(json!({ "post_limit": 1 })).await;
    morning(&world);
    let talk = [comment("1_2", "12:02:00"), comment("1_1", "12:01:00")];
    world.shows_feed(json!([post("1", PAGE, "08:00:00", &talk)])).await;
    assert_eq!(world.pass().await, ["1_1"]);
    world.ledger.know("1_1#add");
    assert_eq!(world.pass().await, ["1_2"]);
    world.ledger.know("1_2#add");
    assert!(world.pass().await.is_empty());
}

#[tokio::test]
async fn a_missing_subscription_is_told_until_it_is_there() {
    let mut world = World::new(json!({})).await;
    world.shows_feed(json!([])).await;
    let apps = |fields: &[&str]| json!({ "data": [{ "id": "9", "subscribed_fields": fields }] });
    world.answers("1029384756/subscribed_apps", None, apps(&["feed", "messages"])).await;
    world.pass().await;
    assert_eq!(world.troubles.fields(), ["subscribed_apps"]);
    world.pass().await;
    let asked = ["1029384756/feed", "1029384756/subscribed_apps", "1029384756/feed"];
    assert_eq!(world.asked().await, asked, "asked at the start and at night");
    world.shows_feed(json!([])).await;
    world.answers("1029384756/subscribed_apps", None, apps(&["feed", "mention", "messages"])).await;
    morning(&world);
    world.pass().await;
    assert!(world.troubles.fields().is_empty());
}

#[tokio::test]
async fn nobody_is_subscribed_where_the_list_is_empty() {
    let mut world = World::new(json!({ "include": ["comments"] })).await;
    world.shows_feed(json!([])).await;
    world.answers("1029384756/subscribed_apps", None, json!({ "data": [] })).await;
    world.pass().await;
    assert_eq!(world.troubles.fields(), ["subscribed_apps"]);
}

//! Edits that no callback told of: of comments while their text is remembered, of posts while they are on the feed.

use super::*;

fn with_text(mut node: Value, text: &str) -> Value {
    node["message"] = json!(text);
    node
}

#[tokio::test]
async fn an_edited_comment_is_an_edit_once_and_has_a_callbacks_key() {
    let mut world = World::started(json!({})).await;
    let talk =
        |text| json!([post("1", PAGE, "08:00:00", &[with_text(comment("1_1", "12:01:00"), text)])]);
    world.shows_feed(talk("It broke")).await;
    assert_eq!(world.changes().await, ["1_1#add"]);
    // The text is remembered for longer than the overlap reaches.
    let later = comment("1_2", "13:00:00");
    let both = json!([post("1", PAGE, "08:00:00", &[later.clone(), comment("1_1", "12:01:00")])]);
    world.shows_feed(both).await;
    assert_eq!(world.changes().await, ["1_2#add"]);
    let edited = [later, with_text(comment("1_1", "12:01:00"), "Hi")];
    world.shows_feed(json!([post("1", PAGE, "08:00:00", &edited)])).await;
    assert_eq!(world.changes().await, ["1_1#edit#3639efcd08abb273"]);
    assert!(world.changes().await.is_empty());
}

#[tokio::test]
async fn an_edited_post_is_an_edit_unless_it_is_history() {
    let mut world = World::new(json!({})).await;
    world.shows_feed(json!([post("0", "42", "09:00:00", &[])])).await;
    world.changes().await;
    let posts = |new: &str, old: &str| {
        json!([
            with_text(post("1", "42", "12:01:00", &[]), new),
            with_text(post("0", "42", "09:00:00", &[]), old)
        ])
    };
    world.shows_feed(posts("It broke", "Hi")).await;
    assert_eq!(world.changes().await, ["1029384756_1#add"]);
    world.shows_feed(posts("Hi", "changed, but older than the channel")).await;
    assert_eq!(world.changes().await, ["1029384756_1#edit#3639efcd08abb273"]);
    assert!(world.changes().await.is_empty());
}

#[tokio::test]
async fn an_edit_beyond_the_limit_is_taken_by_the_next_pass() {
    let mut world = World::started(json!({ "post_limit": 1 })).await;
    let first = json!([post("1", PAGE, "08:00:00", &[comment("1_1", "12:01:00")])]);
    world.shows_feed(first).await;
    assert_eq!(world.changes().await, ["1_1#add"]);
    let talk = [comment("1_0", "12:00:30"), with_text(comment("1_1", "12:01:00"), "Hi")];
    world.shows_feed(json!([post("1", PAGE, "08:00:00", &talk)])).await;
    assert_eq!(world.changes().await, ["1_0#add"]);
    assert_eq!(world.changes().await, ["1_1#edit#3639efcd08abb273"]);
    assert!(world.changes().await.is_empty());
}

#[tokio::test]
async fn a_checkpoint_of_an_earlier_version_is_read_and_makes_no_edits() {
    let mut world = World::new(json!({})).await;
    let old = json!({ "floor": 1_795_348_800, "watermark": 1_795_348_860, "posts": {
        "1029384756_1": { "at": 1_795_348_860, "owner": "company", "seen": { "1_1": 1_795_348_860 } } } });
    world.checkpoint = Some(old.to_string());
    world.shows_feed(json!([post("1", PAGE, "08:00:00", &[comment("1_1", "12:01:00")])])).await;
    assert!(world.changes().await.is_empty());
    assert!(world.changes().await.is_empty());
}

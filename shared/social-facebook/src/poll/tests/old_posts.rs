//! Posts that left the feed's first page: looked after by one call, and one that is gone hides no other.

use wiremock::matchers::query_param_contains;

use super::*;

const ROOT: &str = "";

/// A page that remembers three posts, none of which is on the feed any more.
async fn with_old_posts() -> World {
    let mut world = World::started(json!({})).await;
    let posts: Vec<Value> =
        ["3", "2", "1"].iter().map(|id| post(id, "42", &format!("12:0{id}:00"), &[])).collect();
    world.shows_feed(json!(posts)).await;
    world.pass().await;
    world.shows_feed(json!([])).await;
    world.hands.set("12:10:00");
    world
}

#[tokio::test]
async fn several_are_read_by_one_call() {
    let mut world = with_old_posts().await;
    let talk = |comments: Vec<Value>| json!({ "id": "x", "comments": { "data": comments } });
    let mut long = talk(vec![comment("2_9", "12:09:00")]);
    long["comments"]["paging"] = more("c1");
    let nodes = json!({
        "1029384756_1": talk(vec![comment("1_1", "12:06:00")]),
        "1029384756_2": long,
        "1029384756_3": { "id": "1029384756_3" },
    });
    Mock::given(path("/v26.0/"))
        .and(query_param("ids", "1029384756_1,1029384756_2,1029384756_3"))
        .and(query_param_contains("fields", "filter(stream)"))
        .respond_with(ResponseTemplate::new(200).set_body_json(nodes))
        .mount(&world.server)
        .await;
    let all = json!({ "data": [comment("2_9", "12:09:00"), comment("2_8", "12:08:00")] });
    world.answers("1029384756_2/comments", None, all).await;
    assert_eq!(world.pass().await, ["1_1", "2_8", "2_9"]);
    assert!(world.pass().await.is_empty());
    let asked = ["1029384756/feed", ROOT, "1029384756_2/comments", "1029384756/feed"];
    assert_eq!(world.asked().await, asked);
}

#[tokio::test]
async fn one_that_is_gone_hides_no_other_and_is_forgotten() {
    let mut world = with_old_posts().await;
    let gone = json!({ "error": { "code": 100, "error_subcode": 33 } });
    world.answers(ROOT, None, gone.clone()).await;
    world
        .answers("1029384756_1/comments", None, json!({ "data": [comment("1_1", "12:06:00")] }))
        .await;
    world.answers("1029384756_2/comments", None, gone).await;
    world.answers("1029384756_3/comments", None, json!({ "data": [] })).await;
    assert_eq!(world.pass().await, ["1_1"]);
    world.shows_feed(json!([])).await;
    world.hands.set("12:20:00");
    world.answers(ROOT, None, json!({ "1029384756_1": {}, "1029384756_3": {} })).await;
    assert!(world.pass().await.is_empty());
    let requests = world.server.received_requests().await.unwrap();
    let query = requests.last().unwrap().url.query().unwrap().to_owned();
    assert!(query.contains("1029384756_1%2C1029384756_3"), "{query}");
}

#[tokio::test]
async fn a_limit_or_a_failure_there_fails_the_pass_and_moves_nothing() {
    let world = with_old_posts().await;
    world.answers(ROOT, None, json!({ "error": { "code": 2 } })).await;
    assert_eq!(world.try_pass().await.unwrap_err().error_type(), "graph_transient");
}

//! The control interface.

use http::StatusCode;
use serde_json::{Value, json};

use super::{ids, world};

#[tokio::test]
async fn what_was_delivered_is_counted_beside_the_routes() {
    let world = world().await;
    let (_, counts) = world.control("GET", "/requests", Value::Null).await;
    assert_eq!((&counts["tweets_delivered"], &counts["users_delivered"]), (&json!(0), &json!(0)));
    for n in 0..3 {
        world.visitor_writes(&format!("@acme {n}"), json!({})).await;
    }
    world.search("@acme", &[("expansions", "author_id")]).await;
    world.search("nothing", &[]).await;
    let (_, counts) = world.control("GET", "/requests", Value::Null).await;
    assert_eq!((&counts["tweets_delivered"], &counts["users_delivered"]), (&json!(3), &json!(1)));
    assert_eq!(counts["routes"]["GET /2/tweets/search/recent"], 2);
    world.control("POST", "/reset", Value::Null).await;
    let (_, counts) = world.control("GET", "/requests", Value::Null).await;
    assert_eq!(counts["tweets_delivered"], 0);
    let (_, tweets) = world.control("GET", "/tweets", Value::Null).await;
    assert_eq!(tweets, json!([]));
}

#[tokio::test]
async fn references_must_exist_and_ids_grow() {
    let world = world().await;
    let author = json!({"id": "7001", "username": "zoe", "name": "Zoë"});
    for name in ["in_reply_to", "quoted"] {
        let mut tweet = json!({"author": author, "text": "hi"});
        tweet[name] = json!("42");
        let (status, body) = world.control("POST", "/tweets", tweet).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(body["error"].as_str().unwrap().contains("42"));
    }
    let mut last = 0;
    for n in 0..50 {
        let id: u64 = world.visitor_writes(&format!("{n}"), json!({})).await.parse().unwrap();
        assert!(id > last);
        last = id;
    }
    let (status, _) = world.control("DELETE", "/tweets/42", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_edit_is_a_new_tweet_with_a_history() {
    let world = world().await;
    let first = world.visitor_writes("@acme my rooter", json!({})).await;
    let path = format!("/tweets/{first}");
    let (status, body) = world.control("PATCH", &path, json!({"text": "@acme my router"})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let second = body["id"].as_str().unwrap();
    let found = world.search("@acme", &[("tweet.fields", "conversation_id")]).await;
    assert_eq!(ids(&found), [second]);
    assert_eq!(found["data"][0]["edit_history_tweet_ids"], json!([first, second]));
    assert_eq!(found["data"][0]["conversation_id"], json!(first));
    let (_, old) = world.get(&format!("/2/tweets/{first}"), &[]).await;
    assert_eq!(old["data"]["text"], "@acme my rooter");
    let (_, tweets) = world.control("GET", "/tweets", Value::Null).await;
    assert_eq!(tweets.as_array().map(Vec::len), Some(1));
    let (_, answer) =
        world.publish(json!({"text": "hi", "reply": {"in_reply_to_tweet_id": first}})).await;
    assert!(answer["data"]["id"].is_string());
}

#[tokio::test]
async fn a_reply_that_was_applied_and_dropped_is_there() {
    let world = world().await;
    let fault =
        json!({"match": {"method": "POST", "path": "/2/tweets"}, "fault": "apply_then_drop"});
    world.control("POST", "/faults", fault).await;
    let request = world.client.post(format!("{}/2/tweets", world.url));
    let request = request.bearer_auth(crate::twitter::ACCESS_TOKEN).json(&json!({"text": "hi"}));
    assert!(request.send().await.is_err());
    let (status, body) = world.publish(json!({"text": "hi"})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body["detail"].as_str().unwrap().contains("duplicate"));
}

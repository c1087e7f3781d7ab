//! Searching: tokens, pages, windows, the index's lag.

use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;

use super::{Settings, ids, world, world_of};
use crate::twitter::id;

#[tokio::test]
async fn only_a_known_token_reads() {
    let world = world().await;
    let url = format!("{}/2/tweets/search/recent?query=acme", world.url);
    for request in [world.client.get(&url), world.client.get(&url).bearer_auth("wrong")] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("application/problem+json"));
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(
            body,
            json!({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"})
        );
    }
}

#[tokio::test]
async fn nothing_found_is_a_count_and_nothing_else() {
    let world = world().await;
    assert_eq!(world.search("acme", &[]).await, json!({"meta": {"result_count": 0}}));
}

#[tokio::test]
async fn pages_go_back_in_time_and_since_id_is_exclusive() {
    let world = world().await;
    let mut written = Vec::new();
    for n in 0..25 {
        written.push(world.visitor_writes(&format!("@acme number {n}"), json!({})).await);
    }
    written.reverse();
    let first = world.search("@acme -is:retweet", &[("max_results", "10")]).await;
    assert_eq!(ids(&first), written[..10]);
    assert_eq!(first["meta"]["newest_id"], json!(written[0]));
    assert_eq!(first["meta"]["oldest_id"], json!(written[9]));
    let token = first["meta"]["next_token"].as_str().unwrap();

    // What is written meanwhile does not move the pages.
    world.visitor_writes("@acme late", json!({})).await;
    let second =
        world.search("@acme -is:retweet", &[("max_results", "10"), ("next_token", token)]).await;
    assert_eq!(ids(&second), written[10..20]);
    let token = second["meta"]["next_token"].as_str().unwrap();
    let third = world
        .search("@acme -is:retweet", &[("max_results", "10"), ("pagination_token", token)])
        .await;
    assert_eq!(ids(&third), written[20..]);
    assert!(third["meta"]["next_token"].is_null());

    let since = world.search("@acme", &[("since_id", &written[2])]).await;
    assert_eq!(ids(&since)[1..], written[..2]);
    assert!(world.refused("other", &[("next_token", token)]).await.contains("not valid"));
}

#[tokio::test]
async fn a_tweet_is_found_when_the_lag_is_over() {
    let world = world_of(Settings::default()).await;
    world.visitor_writes("@acme hello", json!({})).await;
    assert_eq!(world.search("@acme", &[]).await["meta"]["result_count"], 0);
    let (status, _) = world.get("/2/users/2244994945/mentions", &[]).await;
    assert_eq!(status, StatusCode::OK);
    let later = world.ago(SignedDuration::from_secs(-31)).to_string();
    world.control("PUT", "/clock", json!({"now": later})).await;
    assert_eq!(world.search("@acme", &[]).await["meta"]["result_count"], 1);
}

#[tokio::test]
async fn since_id_has_its_rules() {
    let world = world().await;
    let old = id::at(world.ago(SignedDuration::from_hours(8 * 24))).to_string();
    let message = world.refused("acme", &[("since_id", &old)]).await;
    assert!(message.starts_with("'since_id' must be a tweet id created after 20"), "{message}");
    assert!(message.contains("Please use a 'since_id' that is larger than "), "{message}");
    let recent = id::at(world.ago(SignedDuration::from_hours(1))).to_string();
    let start = world.ago(SignedDuration::from_hours(2)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let message = world.refused("acme", &[("since_id", &recent), ("start_time", &start)]).await;
    assert!(message.starts_with("Invalid use of 'since_id'"), "{message}");
    assert!(world.refused("acme", &[("since_id", "abc")]).await.contains("does not match"));
}

#[tokio::test]
async fn a_window_of_time_holds_its_start_and_not_its_end() {
    let world = world().await;
    let at = |hours| {
        let time = world.ago(SignedDuration::from_hours(hours));
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let (early, late) = (at(3), at(1));
    let first = world.visitor_writes("acme one", json!({"created_at": early})).await;
    world.visitor_writes("acme two", json!({"created_at": late})).await;
    let body = world.search("acme", &[("start_time", &early), ("end_time", &late)]).await;
    assert_eq!(ids(&body), [first.as_str()]);
    assert!(first.parse::<u64>().unwrap() >> 22 > 0);
    let too_old = at(24 * 7 + 1);
    assert!(world.refused("acme", &[("start_time", &too_old)]).await.contains("on or after"));
    let backwards = [("start_time", late.as_str()), ("end_time", early.as_str())];
    assert!(world.refused("acme", &backwards).await.contains("before"));
}

#[rstest]
#[case(&[("max_results", "9")], "is not between 10 and 100")]
#[case(&[("max_results", "101")], "is not between 10 and 100")]
#[case(&[("colour", "red")], "The query parameter [colour] is not one of")]
#[case(&[("tweet.fields", "author_id,shoe_size")], "[shoe_size] is not one of")]
#[case(&[("expansions", "everything")], "[everything] is not one of")]
#[case(&[("sort_order", "random")], "[random] is not one of")]
#[case(&[("start_time", "yesterday")], "not a valid RFC3339")]
#[case(&[("end_time", "2999-01-01T00:00:00Z")], "'end_time' must be a minimum of 10 seconds")]
#[tokio::test]
async fn parameters_are_checked(#[case] parameters: &[(&str, &str)], #[case] words: &str) {
    let message = world().await.refused("acme", parameters).await;
    assert!(message.contains(words), "{message}");
}

#[tokio::test]
async fn a_query_may_not_be_long_or_empty() {
    let world =
        world_of(Settings { query_length: 20, index_lag: Duration::ZERO, ..Settings::default() })
            .await;
    // Characters count, not bytes.
    world.search(&"ü".repeat(20), &[]).await;
    assert!(world.refused(&"u".repeat(21), &[]).await.contains("maximum of 20"));
    assert!(world.refused(" ", &[]).await.contains("can not be empty"));
}

#[tokio::test]
async fn retweets_are_not_among_the_results() {
    let world = world().await;
    let original = world.visitor_writes("acme is good", json!({})).await;
    let author = json!({"id": "8", "username": "yan", "name": "Yan"});
    world.visitor_writes("", json!({"author": author, "retweet_of": original})).await;
    assert_eq!(ids(&world.search("acme", &[]).await), [original.as_str()]);
    assert_eq!(world.search("from:yan", &[]).await["meta"]["result_count"], 1);
}

#[tokio::test]
async fn mentions_have_pages_of_their_own() {
    let world = world().await;
    for n in 0..7 {
        world.visitor_writes(&format!("hey @acme {n}"), json!({})).await;
    }
    let path = "/2/users/2244994945/mentions";
    let (_, first) = world.get(path, &[("max_results", "5")]).await;
    assert_eq!(ids(&first).len(), 5);
    let token = first["meta"]["next_token"].as_str().unwrap();
    let (_, second) = world.get(path, &[("max_results", "5"), ("pagination_token", token)]).await;
    assert_eq!(ids(&second).len(), 2);
    let (status, _) = world.get(path, &[("max_results", "4")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, by_name) = world.get("/2/users/by/username/acme/mentions", &[]).await;
    assert_eq!(ids(&by_name).len(), 7);
}

//! Limits and credits.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world;
use crate::twitter::ACCESS_TOKEN;

#[tokio::test]
async fn the_451st_search_of_a_quarter_is_refused() {
    let world = world().await;
    for _ in 0..450 {
        world.search("acme", &[]).await;
    }
    let url = format!("{}/2/tweets/search/recent?query=acme", world.url);
    let request = || world.client.get(&url).bearer_auth(crate::seed::twitter::BEARER_TOKEN);
    let response = request().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("x-rate-limit-limit"), header("x-rate-limit-remaining")),
        ("450".into(), "0".into())
    );
    let reset: i64 = header("x-rate-limit-reset").parse().unwrap();
    let wait = reset - world.control.now().as_second();
    assert!((1..=900).contains(&wait), "{wait}");
    assert_eq!(header("x-transaction-id").len(), 16);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429})
    );
    // A user's window is apart, and each window ends.
    let other = world.client.get(&url).bearer_auth(ACCESS_TOKEN).send().await.unwrap();
    assert_eq!(other.headers()["x-rate-limit-remaining"], "299");
    let later = world.ago(SignedDuration::from_secs(-901)).to_string();
    world.control("PUT", "/clock", json!({"now": later})).await;
    assert_eq!(request().send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn publishing_is_counted_by_the_day_too() {
    let world = world().await;
    let request = world.client.post(format!("{}/2/tweets", world.url)).bearer_auth(ACCESS_TOKEN);
    let response = request.json(&json!({"text": "hi"})).send().await.unwrap();
    for name in
        ["x-rate-limit-remaining", "x-app-limit-24hour-remaining", "x-user-limit-24hour-reset"]
    {
        assert!(response.headers().contains_key(name), "{name}");
    }
    assert_eq!(response.headers()["x-rate-limit-remaining"], "99");
}

#[tokio::test]
async fn without_credit_nothing_works() {
    let world = world().await;
    for n in 0..3 {
        world.visitor_writes(&format!("@acme {n}"), json!({})).await;
    }
    world.control("PUT", "/credits", json!({"remaining": 4})).await;
    // Three tweets and their author.
    world.search("@acme", &[("expansions", "author_id")]).await;
    let (status, body) = world.get("/2/tweets/search/recent", &[("query", "acme")]).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(body["title"], "CreditsDepleted");
    assert!(body["type"].as_str().unwrap().ends_with("/problems/credits"));
    world.control("PUT", "/credits", json!({"remaining": null})).await;
    world.search("acme", &[]).await;
}

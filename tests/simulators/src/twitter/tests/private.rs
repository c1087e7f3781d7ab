//! Private messages.

use http::StatusCode;
use serde_json::{Value, json};

use super::{World, world};
use crate::{seed::twitter::BRAND, twitter::ACCESS_TOKEN};

impl World {
    async fn visitor_says(&self, text: &str) {
        let author = json!({"id": "7001", "username": "zoe", "name": "Zoë"});
        let body = json!({"author": author, "to": BRAND.id, "text": text});
        let (status, _) = self.control("POST", "/private_messages", body).await;
        assert_eq!(status, StatusCode::CREATED);
    }

    async fn brand_says(&self, to: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}/2/dm_conversations/with/{to}/messages", self.url);
        self.send(self.client.post(url).bearer_auth(ACCESS_TOKEN).json(&body)).await
    }

    async fn brand_reads(&self, query: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("{}/2/dm_events", self.url);
        self.send(self.client.get(url).bearer_auth(ACCESS_TOKEN).query(query)).await
    }
}

#[tokio::test]
async fn events_come_newest_first_with_the_fields_asked_for() {
    let world = world().await;
    for text in ["one", "two", "three"] {
        world.visitor_says(text).await;
    }
    let (_, body) = world.brand_reads(&[("max_results", "2")]).await;
    assert_eq!(
        (&body["data"][0]["text"], &body["data"][1]["text"]),
        (&json!("three"), &json!("two"))
    );
    assert_eq!(body["data"][0].get("sender_id"), None);
    let token = body["meta"]["next_token"].as_str().unwrap();
    let fields = "sender_id,dm_conversation_id,created_at";
    let query = [("pagination_token", token), ("dm_event.fields", fields)];
    let (_, body) = world.brand_reads(&query).await;
    assert_eq!(body["data"][0]["sender_id"], "7001");
    assert_eq!(body["data"][0]["dm_conversation_id"], format!("7001-{}", BRAND.id));
    assert_eq!(body["meta"].get("next_token"), None);
}

#[tokio::test]
async fn only_a_user_reads_and_only_fifteen_times_a_quarter() {
    let world = world().await;
    let (status, body) = world.get("/2/dm_events", &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body["type"].as_str().unwrap().ends_with("unsupported-authentication"));
    let (status, _) = world.brand_reads(&[("since_id", "1")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for _ in 0..14 {
        assert_eq!(world.brand_reads(&[]).await.0, StatusCode::OK);
    }
    assert_eq!(world.brand_reads(&[]).await.0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn only_who_wrote_first_is_answered() {
    let world = world().await;
    let hello = json!({"text": "hello"});
    let (status, _) = world.brand_says("9999", hello.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    world.visitor_writes("@acme hi", json!({})).await;
    assert_eq!(world.brand_says("7001", hello.clone()).await.0, StatusCode::FORBIDDEN);
    world.visitor_says("hi").await;
    let (status, body) = world.brand_says("7001", hello).await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(body["data"]["dm_event_id"].is_string(), "{body}");
    let (status, _) = world.brand_says("7001", json!({"text": "x", "quick_reply": {}})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

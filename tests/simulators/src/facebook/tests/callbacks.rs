use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::{Notify, mpsc};

use super::*;
use crate::control::locked;

/// The app's side: keeps what it is sent, and answers as it is told.
struct App {
    url: String,
    received: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    gate: Arc<Notify>,
}

/// An answer that is held back until the gate opens, and is 200 then.
const HELD: u16 = 0;

#[derive(Clone)]
struct Ears {
    sender: mpsc::UnboundedSender<(HeaderMap, Bytes)>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    gate: Arc<Notify>,
}

async fn hear(State(ears): State<Ears>, headers: HeaderMap, body: Bytes) -> StatusCode {
    ears.sender.send((headers, body)).unwrap();
    let answer = locked(&ears.answers).pop_front().unwrap_or(200);
    if answer == HELD {
        ears.gate.notified().await;
        return StatusCode::OK;
    }
    StatusCode::from_u16(answer).unwrap()
}

async fn verify(Query(query): Query<HashMap<String, String>>) -> Result<String, StatusCode> {
    let right = query["hub.verify_token"] == seed::VERIFY_TOKEN && query["hub.mode"] == "subscribe";
    if right { Ok(query["hub.challenge"].clone()) } else { Err(StatusCode::FORBIDDEN) }
}

impl App {
    async fn listening(stage: &Stage) -> Self {
        let bound = Bound::to(0).await.unwrap();
        let url = format!("{}/facebook", bound.url());
        let (sender, received) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let gate = Arc::new(Notify::new());
        let ears = Ears { sender, answers: Arc::clone(&answers), gate: Arc::clone(&gate) };
        let router = Router::new().route("/facebook", post(hear).get(verify)).with_state(ears);
        tokio::spawn(bound.serve(router));
        let body = json!({"url": url, "enabled": true, "app_secret": seed::APP_SECRET});
        assert_eq!(stage.sim(Method::PUT, "/callbacks", body).await.status, 200);
        Self { url, received, answers, gate }
    }

    async fn next(&mut self) -> (HeaderMap, Bytes) {
        let next = tokio::time::timeout(Duration::from_secs(10), self.received.recv()).await;
        next.expect("no callback came").unwrap()
    }

    /// The next change or message, of whichever callback. Checks the signatures.
    async fn changes(&mut self) -> Vec<Value> {
        let (headers, body) = self.next().await;
        let key = Hmac::<Sha256>::new_from_slice(seed::APP_SECRET.as_bytes()).unwrap();
        let signature = hex::encode(key.chain_update(&body).finalize().into_bytes());
        assert_eq!(headers["x-hub-signature-256"], format!("sha256={signature}"));
        assert!(headers["x-hub-signature"].to_str().unwrap().starts_with("sha1="));
        assert!(body.is_ascii());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["object"], "page");
        let entries = body["entry"].as_array().unwrap();
        entries.iter().flat_map(changes_of).collect()
    }

    async fn collect(&mut self, count: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.changes().await);
        }
        all
    }
}

fn changes_of(entry: &Value) -> Vec<Value> {
    let time = entry["time"].as_i64().unwrap();
    if let Some(messages) = entry["messaging"].as_array() {
        assert!(time > 1_000_000_000_000, "milliseconds");
        return messages.clone();
    }
    assert!(time < 100_000_000_000, "seconds");
    let changes = entry["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["field"] == "feed"));
    changes.iter().map(|change| change["value"].clone()).collect()
}

#[tokio::test]
async fn every_change_is_told_signed_and_in_order() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    let post = stage.posts("Grüße an @acme").await;
    let comment = stage.comments(&post, "first").await;
    stage.sim(Method::PATCH, &format!("/objects/{comment}"), json!({"message": "first!"})).await;
    stage.sim(Method::PATCH, &format!("/objects/{comment}"), json!({"hidden": true})).await;
    stage.sim(Method::DELETE, &format!("/objects/{comment}"), Value::Null).await;
    stage.sim(Method::PATCH, &format!("/objects/{post}"), json!({"message": "Gruß"})).await;
    let changes = app.collect(6).await;
    let told: Vec<_> =
        changes.iter().map(|c| format!("{} {}", c["item"], c["verb"]).replace('"', "")).collect();
    let expected = [
        "post add",
        "comment add",
        "comment edited",
        "comment hide",
        "comment remove",
        "post edited",
    ];
    assert_eq!(told, expected);
    assert_eq!(changes[0]["message"], "Grüße an @acme");
    assert_eq!((&changes[1]["parent_id"], &changes[1]["post"]["id"]), (&json!(post), &json!(post)));
    assert!(changes[1]["created_time"].is_i64());
    assert_eq!(changes[2]["message"], "first!");
    assert!(changes[4].get("message").is_none());
}

#[tokio::test]
async fn what_the_page_writes_is_told_like_everybodys() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    let post = stage.posts("hello").await;
    let comment = stage.comments(&post, "first").await;
    let reply = stage.post(&format!("/v26.0/{comment}/comments"), &[("message", "welcome")]).await;
    let changes = app.collect(3).await;
    assert_eq!(changes[2]["from"], json!({"id": PAGE, "name": "Acme"}));
    assert_eq!(changes[2]["comment_id"], reply.body["id"]);
    assert_eq!(changes[2]["parent_id"], json!(comment));
    let said = json!({"author": {"id": "8001", "name": "Eve"}, "text": "psst"});
    stage.sim(Method::POST, &format!("/pages/{PAGE}/messages"), said).await;
    let form = [("recipient", r#"{"id":"8001"}"#), ("message", r#"{"text":"yes?"}"#)];
    let sent = stage.post(&format!("/v26.0/{PAGE}/messages"), &form).await;
    let messages = app.collect(2).await;
    assert_eq!(messages[0]["sender"]["id"], "8001");
    assert_eq!(messages[0]["message"]["text"], "psst");
    assert_eq!(messages[1]["message"]["mid"], sent.body["message_id"]);
    assert_eq!(messages[1]["message"]["is_echo"], true);
    assert_eq!(
        (&messages[1]["sender"]["id"], &messages[1]["recipient"]["id"]),
        (&json!(PAGE), &json!("8001"))
    );
}

#[tokio::test]
async fn posts_and_messages_by_hand_are_told_as_what_they_are() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    let page = json!({"id": PAGE, "name": "Acme"});
    let posts = format!("/pages/{PAGE}/posts");
    stage.sim(Method::POST, &posts, json!({"author": page, "message": "news"})).await;
    let photo = json!({"author": {"id": "7001", "name": "Ann"}, "photo_url": "https://pictures.example/a.jpg"});
    stage.sim(Method::POST, &posts, photo).await;
    let said = json!({"author": page, "to": {"id": "8001", "name": "Eve"}, "text": "psst"});
    stage.sim(Method::POST, &format!("/pages/{PAGE}/messages"), said).await;
    let changes = app.collect(3).await;
    assert_eq!((&changes[0]["item"], &changes[1]["item"]), (&json!("status"), &json!("photo")));
    assert_eq!(changes[1]["link"], "https://pictures.example/a.jpg");
    assert!(changes[1].get("message").is_none());
    assert_eq!(changes[2]["message"]["is_echo"], true);
    assert_ne!(changes[2]["message"]["app_id"].to_string(), seed::APP_ID);
}

#[tokio::test]
async fn a_reset_keeps_the_address_and_forgets_what_waits() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    locked(&app.answers).push_back(500);
    locked(&app.answers).push_back(HELD);
    stage.posts("before").await;
    app.next().await;
    app.next().await;
    stage.posts("waiting").await;
    stage.sim(Method::POST, "/reset", Value::Null).await;
    app.gate.notify_one();
    stage.posts("after").await;
    assert_eq!(app.collect(1).await[0]["message"], "after");
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_before_anything_newer() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    locked(&app.answers).extend([500, 202]);
    stage.posts("one").await;
    let first = app.next().await.1;
    stage.posts("two").await;
    stage.posts("three").await;
    assert_eq!(app.next().await.1, first, "again at once");
    assert_eq!(app.next().await.1, first, "202 is not 200");
    let rest = app.collect(2).await;
    assert_eq!((&rest[0]["message"], &rest[1]["message"]), (&json!("two"), &json!("three")));
}

#[tokio::test]
async fn nothing_is_told_of_a_page_that_is_not_subscribed() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    let apps = format!("/v26.0/{PAGE}/subscribed_apps");
    assert_eq!(stage.get(&apps).await.body["data"][0]["id"], seed::APP_ID);
    stage.delete(&apps).await;
    assert_eq!(stage.get(&apps).await.body, json!({"data": []}));
    stage.posts("unheard").await;
    assert_eq!(stage.post(&apps, &[]).await.error(), (400, 100, None));
    stage.post(&apps, &[("subscribed_fields", "feed,messages")]).await;
    stage.posts("heard").await;
    assert_eq!(app.collect(1).await[0]["message"], "heard");
    stage.sim(Method::PUT, "/callbacks", json!({"enabled": false})).await;
    stage.posts("unheard").await;
    stage.sim(Method::PUT, "/callbacks", json!({"url": app.url, "enabled": true})).await;
    stage.posts("heard again").await;
    assert_eq!(app.collect(1).await[0]["message"], "heard again");
}

#[tokio::test]
async fn many_changes_wait_together_and_go_in_one_batch() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    locked(&app.answers).push_back(HELD);
    stage.posts("first").await;
    app.next().await;
    for number in 0..20 {
        let page = if number < 10 { PAGE } else { NORD };
        let path = format!("/pages/{page}/posts");
        stage.writes(&path, ("7001", "Ann"), &number.to_string()).await;
    }
    app.gate.notify_one();
    let (_, body) = app.next().await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    let entries = body["entry"].as_array().unwrap();
    let ids: Vec<_> = entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [PAGE, NORD]);
    assert_eq!(changes_of(&entries[1]).len(), 10);
}

#[tokio::test]
async fn an_address_proves_itself_when_asked_to() {
    let stage = Stage::new().await;
    let app = App::listening(&stage).await;
    let with = |token: &str| json!({"url": app.url, "enabled": true, "verify_token": token});
    assert_eq!(stage.sim(Method::PUT, "/callbacks", with(seed::VERIFY_TOKEN)).await.status, 200);
    let refused = stage.sim(Method::PUT, "/callbacks", with("wrong")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body["error"].as_str().unwrap().contains("HTTP Status Code = 403"));
}

#[tokio::test]
async fn a_change_is_told_as_often_as_the_test_wants_it() {
    let stage = Stage::new().await;
    let mut app = App::listening(&stage).await;
    let body = json!({"url": app.url, "app_secret": seed::APP_SECRET, "times": 3});
    assert_eq!(stage.sim(Method::PUT, "/callbacks", body).await.status, 200);
    let post = stage.posts("Hello").await;
    let comment = stage.comments(&post, "first").await;
    let told = app.collect(6).await;
    let of = |id: &str, key: &str| told.iter().filter(|change| change[key] == id).count();
    assert_eq!((of(&post, "post_id"), of(&comment, "comment_id")), (6, 3));
    stage.posts("Bye").await;
    assert_eq!(app.collect(3).await.len(), 3);
}

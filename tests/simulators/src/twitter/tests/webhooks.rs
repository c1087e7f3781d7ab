//! Webhooks: the challenge, and what a receiver gets.

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::world;
use crate::{server::Bound, twitter::webhooks::signature};

/// A receiver that answers challenges and hands on what it gets.
async fn receiver(honest: bool) -> (String, UnboundedReceiver<(Bytes, String)>, JoinHandle<()>) {
    type Sender = UnboundedSender<(Bytes, String)>;
    let (sender, received) = unbounded_channel();
    let crc = async move |Query(query): Query<Vec<(String, String)>>| {
        let token = if honest { query[0].1.as_str() } else { "guess" };
        Json(json!({"response_token": signature(token.as_bytes())}))
    };
    let take = async |State(sender): State<Sender>, headers: HeaderMap, body: Bytes| {
        let signed = headers["x-twitter-webhooks-signature"].to_str().unwrap().to_owned();
        sender.send((body, signed)).unwrap();
        StatusCode::OK
    };
    let app = Router::new().route("/twitter", get(crc).post(take)).with_state(sender);
    let bound = Bound::to(0).await.unwrap();
    let url = format!("{}/twitter", bound.url());
    (url, received, tokio::spawn(bound.serve(app)))
}

#[tokio::test]
async fn the_receiver_must_pass_the_challenge() {
    let world = world().await;
    let (url, _received, server) = receiver(false).await;
    let (status, body) =
        world.control("PUT", "/webhooks", json!({"url": url, "enabled": true})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body["error"].as_str().unwrap().contains("response_token"));
    let request = world.client.post(format!("{}/2/webhooks", world.url));
    let request =
        request.bearer_auth(crate::seed::twitter::BEARER_TOKEN).json(&json!({"url": url}));
    let (status, body) = world.send(request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["errors"][0]["message"].as_str().unwrap().starts_with("CrcValidationFailed"));
    server.abort();
}

#[tokio::test]
async fn mentions_and_own_tweets_arrive_signed_and_in_order() {
    let world = world().await;
    let (url, mut received, server) = receiver(true).await;
    for style in ["xaa", "aaa"] {
        let hook = json!({"url": url, "enabled": true, "style": style});
        assert_eq!(world.control("PUT", "/webhooks", hook).await.0, StatusCode::NO_CONTENT);
        let id = world.visitor_writes(&format!("@acme help {style}"), json!({})).await;
        world.visitor_writes("nothing about them", json!({})).await;
        world.publish(json!({"text": format!("we help {style}")})).await;
        let mut events: Vec<Value> = Vec::new();
        for _ in 0..2 {
            let (body, signed) = received.recv().await.unwrap();
            assert_eq!(signed, signature(&body));
            events.push(serde_json::from_slice(&body).unwrap());
        }
        if style == "xaa" {
            let data = &events[0]["data"];
            assert_eq!(data["event_type"], "post.mention.create");
            assert_eq!(
                (&data["payload"]["id"], &data["payload"]["author_id"]),
                (&json!(id), &json!("7001"))
            );
            assert_eq!(events[1]["data"]["event_type"], "post.create");
        } else {
            let tweet = &events[0]["tweet_create_events"][0];
            assert_eq!(
                (&tweet["id_str"], &tweet["user"]["screen_name"]),
                (&json!(id), &json!("zoe"))
            );
            assert_eq!(events[1]["tweet_create_events"][0]["user"]["id_str"], "2244994945");
        }
    }
    server.abort();
}

//! The hint that there is something to read.

use axum::{Json, Router, routing::post};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;

#[tokio::test]
async fn the_webhook_is_told_of_what_others_say() {
    let cic = Cic::new().await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let hook = Router::new().route(
        "/cic/events/t",
        post(async move |Json(hint): Json<Value>| tell.send(hint).unwrap()),
    );
    let bound = Bound::to(0).await.unwrap();
    let url = format!("{}/cic/events/t", bound.url());
    let mut servers = JoinSet::new();
    servers.spawn(bound.serve(hook));

    let (me, chat) = cic.primary.start_web_chat(json!({ "webhook": url })).await;
    let hint = json!({ "participantId": me, "chatId": chat });
    assert_eq!(told.recv().await.unwrap(), hint, "the greeting");
    cic.agent("pickup", json!({ "agent": "Jo" })).await;
    assert_eq!(told.recv().await.unwrap(), hint);
    cic.agent("messages", json!({ "text": "Hello" })).await;
    assert_eq!(told.recv().await.unwrap(), hint);

    let said = json!({ "message": "mine", "contentType": "text/plain" });
    cic.primary.post(&format!("/icws/web-chat/send-message/{me}"), said).await;
    assert!(told.try_recv().is_err(), "the visitor's own words need no hint");
    cic.agent("disconnect", json!({})).await;
    assert_eq!(told.recv().await.unwrap(), hint);
}

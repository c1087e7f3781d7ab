use super::*;

async fn message(stage: &Stage, recipient: Value, tag: Option<&str>) -> Answer {
    let mut body = json!({"recipient": recipient, "message": {"text": "hello from Acme"}});
    if let Some(tag) = tag {
        body["messaging_type"] = "MESSAGE_TAG".into();
        body["tag"] = tag.into();
    }
    send(stage.page(Method::POST, &format!("/v26.0/{PAGE}/messages")).json(&body)).await
}

async fn writes(stage: &Stage, text: &str) {
    let body = json!({"author": {"id": "8001", "name": "Eve"}, "text": text});
    stage.sim(Method::POST, &format!("/pages/{PAGE}/messages"), body).await;
}

#[tokio::test]
async fn the_window_closes_after_a_day_and_for_agents_after_a_week() {
    let stage = Stage::new().await;
    let eve = || json!({"id": "8001"});
    assert_eq!(message(&stage, eve(), None).await.error(), (400, 100, Some(2_018_001)));
    writes(&stage, "are you open?").await;
    let sent = message(&stage, eve(), None).await;
    assert_eq!(sent.body["recipient_id"], "8001");
    assert!(sent.body["message_id"].is_string());
    stage.pass(25).await;
    assert_eq!(message(&stage, eve(), None).await.error(), (400, 10, Some(2_018_278)));
    assert_eq!(message(&stage, eve(), Some("HUMAN_AGENT")).await.status, 200);
    assert_eq!(message(&stage, eve(), None).await.error().1, 10, "an echo does not open it again");
    stage.pass(7 * 24).await;
    assert_eq!(
        message(&stage, eve(), Some("HUMAN_AGENT")).await.error(),
        (400, 10, Some(2_018_278))
    );
    writes(&stage, "still there?").await;
    assert_eq!(message(&stage, eve(), None).await.status, 200);
}

#[tokio::test]
async fn a_private_reply_is_sent_once_and_within_a_week() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let (first, second) = (stage.comments(&post, "1").await, stage.comments(&post, "2").await);
    let to = |id: &str| json!({"comment_id": id});
    let fields = format!("/v26.0/{first}?fields=can_reply_privately");
    assert_eq!(stage.get(&fields).await.body["can_reply_privately"], true);
    let sent = message(&stage, to(&first), None).await;
    assert_eq!(sent.body["recipient_id"], "7002", "{}", sent.body);
    assert_eq!(stage.get(&fields).await.body["can_reply_privately"], false);
    assert_eq!(message(&stage, to(&first), None).await.error(), (400, 10_900, None));
    let direct = message(&stage, json!({"id": "7002"}), None).await;
    assert_eq!(direct.error(), (400, 10, Some(2_018_278)), "only their answer opens the window");
    stage.pass(8 * 24).await;
    assert_eq!(message(&stage, to(&second), None).await.error(), (400, 10_903, None));
    let own = stage.post(&format!("/v26.0/{post}/comments"), &[("message", "ours")]).await;
    let own = own.body["id"].as_str().unwrap();
    assert_eq!(message(&stage, to(own), None).await.error(), (400, 10_903, None));
}

#[tokio::test]
async fn conversations_can_be_read() {
    let stage = Stage::new().await;
    writes(&stage, "one").await;
    writes(&stage, "two").await;
    message(&stage, json!({"id": "8001"}), None).await;
    let threads = stage
        .get("/v26.0/me/conversations?platform=messenger&fields=id,participants,updated_time")
        .await;
    let id = threads.body["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(threads.body["data"][0]["participants"]["data"][0]["name"], "Eve");
    let messages =
        stage.get(&format!("/v26.0/{id}/messages?fields=message,from,created_time")).await;
    assert_eq!(messages.texts("message"), ["hello from Acme", "two", "one"]);
    assert_eq!(messages.body["data"][0]["from"]["id"], PAGE);
    let nested = stage.get(&format!("/v26.0/{id}?fields=messages.limit(1){{message}}")).await;
    assert_eq!(nested.body["messages"]["data"][0]["message"], "hello from Acme");
}

//! Throttles and silence.

use http::Method;
use serde_json::json;

use super::*;
use crate::cic::ThrottleAnswer;

async fn start(cic: &Cic, address: &str) -> Answer {
    let call =
        cic.primary.http.request(Method::POST, format!("{}/websvcs/chat/start", cic.primary.url));
    let body = json!({ "participant": { "name": "Zoë" }, "target": "Social Support", "targetType": "Workgroup" });
    answer(call.header("x-forwarded-for", address).json(&body)).await
}

#[tokio::test]
async fn the_sixteenth_open_chat_of_an_address_is_refused() {
    let cic = Cic::with(Settings { per_second: 1_000, ..Settings::default() }).await;
    for _ in 0..15 {
        assert_eq!(start(&cic, "10.0.0.1").await.status, 200);
    }
    assert_eq!(start(&cic, "10.0.0.1").await.status, 404);
    assert_eq!(start(&cic, "10.0.0.2").await.status, 200, "another address");
    let first = cic.primary.get("/_sim/interactions").await.body[0]["id"].clone();
    let path = format!("/_sim/interactions/{}/disconnect", first.as_str().unwrap());
    cic.primary.post(&path, json!({})).await;
    assert_eq!(start(&cic, "10.0.0.1").await.status, 200, "one has ended");
}

#[tokio::test]
async fn a_second_takes_five_new_chats() {
    let throttle_answer = ThrottleAnswer::Unavailable;
    let settings = Settings { per_second: 0, throttle_answer, ..Settings::default() };
    let cic = Cic::with(settings).await;
    let refused = start(&cic, "10.0.0.1").await;
    assert_eq!(refused.body["chat"]["status"]["reason"], "error.websvc.unavailable");

    let now = |second: i64| jiff::Timestamp::from_second(second).unwrap();
    let mut throttle = crate::cic::limits::Throttle::default();
    let admitted = (0..6).filter(|_| throttle.admit(5, now(100))).count();
    assert_eq!(admitted, 5);
    assert!(throttle.admit(5, now(101)));
}

#[tokio::test]
async fn a_chat_that_nobody_polls_is_disconnected() {
    let cic = Cic::new().await;
    let (me, _) = cic.primary.start_web_chat(json!({})).await;
    cic.primary.read_web_chat(&me).await;
    let later = jiff::Timestamp::MAX - jiff::SignedDuration::from_hours(24 * 365);
    cic.backup.put("/_sim/clock", json!({ "now": later })).await;
    assert_eq!(cic.interaction().await["state"], "disconnected");
    assert_eq!(each(&cic.primary.read_web_chat(&me).await, "state"), [4]);
}

#[tokio::test]
async fn an_idle_visitor_is_disconnected_only_where_that_is_on() {
    let settings =
        Settings { limits: false, idle_timeout: Some(Duration::ZERO), ..Settings::default() };
    let cic = Cic::with(settings).await;
    cic.primary.start_web_chat(json!({})).await;
    let ended = async || cic.interaction().await["state"] == "disconnected";
    eventually("the idle chat ends", ended).await;
}

//! Unique words in names, texts, ids of chats, tokens and secrets: none of them turns up in a log line of any
//! level or in an answer, whatever goes well or wrong.

use std::{
    io,
    sync::{Arc, Mutex},
};

use social_lambda::lines_up_to;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, fmt, layer::SubscriberExt};

use super::{cloud::Cloud, *};

const SECRET: &str = "canary-secret";

/// Everything that is logged, as the functions log at the lowest level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn record(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let layer = fmt::layer().json().flatten_event(true).with_current_span(true);
        let layer = layer.with_writer(move || log.clone());
        let layer = layer.with_filter(lines_up_to(LevelFilter::TRACE));
        tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn person(item: &str) -> Value {
    json!({ "item": item, "verb": "add", "from": { "id": "7", "name": "Canary Name" },
            "post_id": "100_1", "comment_id": "1_2", "parent_id": "100_1",
            "message": "canary text", "created_time": 1_795_348_800 })
}

/// Bodies that are taken, refused and parked, of all who call.
fn deliveries() -> Vec<(&'static str, &'static str, String, String)> {
    let mut all = Vec::new();
    let private = json!({ "object": "page", "entry": [{ "id": "100", "time": 1, "messaging": [{
        "sender": { "id": "7" }, "recipient": { "id": "100" }, "timestamp": 1,
        "message": { "mid": "m1", "text": "canary text" } }] }] });
    let facebook = [
        feed("100", &[person("comment")]),
        feed("100", &[person("hologram")]),
        feed("100", &[json!({ "item": "comment", "verb": "canary verb", "message": 7 })]),
        private.to_string(),
        r#"{"object": "canary", "entry": "canary text"}"#.to_owned(),
        r#"{"canary text"#.to_owned(),
    ];
    for body in facebook {
        all.push(("/facebook", SIGNATURE, signature(SECRET, &body), body.clone()));
        all.push(("/facebook", SIGNATURE, signature("canary-forged", &body), body));
    }
    let twitter = [
        json!({ "for_user_id": "1", "tweet_create_events": [{ "id_str": "5", "text": "canary text",
            "user": { "id_str": "7", "name": "Canary Name", "screen_name": "canary" } }] }),
        json!({ "data": { "event_type": "chat.canary", "payload": { "text": "canary text" } } }),
        json!({ "direct_message_events": "canary text" }),
        json!("canary text"),
    ];
    for body in twitter {
        let body = body.to_string();
        let tag = format!("sha256={}", BASE64_STANDARD.encode(mac(SECRET, &body)));
        all.push(("/twitter", TWITTER_SIGNATURE, tag.clone(), body.clone()));
        all.push(("/twitter", TWITTER_SIGNATURE, tag.to_lowercase(), body));
    }
    let push = json!({ "channel_id": "acme-page", "conversation": "post:1", "agent": "Canary Name",
                       "chat_id": "canary-chat", "text": "canary text" });
    let nowhere =
        json!({ "channel_id": "canary", "conversation": "post:1", "text": "canary text" });
    for body in [push.to_string(), nowhere.to_string(), "canary text".to_owned()] {
        for token in [SECRET, "canary-forged"] {
            let token = format!("Bearer {token}");
            all.push(("/cic/replies", "authorization", token, body.clone()));
        }
        all.push(("/cic/events/canary-secret", "accept", "*/*".to_owned(), body.clone()));
        all.push(("/cic/events/canary-forged", "accept", "*/*".to_owned(), body));
    }
    all
}

#[tokio::test]
async fn nothing_of_people_or_secrets_is_logged_or_answered() {
    let log = Log::default();
    let _recording = log.record();
    let mut answers = String::new();
    let down = ["AmazonSQS.SendMessage", "DynamoDB_20120810.Scan", "AmazonSSM.GetParameter"];
    for trouble in [None].into_iter().chain(down.map(Some)) {
        let cloud = Cloud::new(&[SECRET]);
        cloud.refuse(trouble);
        for (path, name, value, body) in deliveries() {
            let request = Request::post(path).header(name, value);
            let told = answer(cloud.app(), request.body(Body::from(body)).unwrap()).await;
            answers += &told.2;
        }
        for path in [
            "/facebook?hub.mode=subscribe&hub.challenge=1&hub.verify_token=canary-forged",
            "/twitter?crc_token=canary-token",
            "/facebook/data-deletion/canary",
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            answers += &answer(cloud.app(), request).await.2;
        }
    }
    let logged = log.text();
    // It was listened: failures, refusals and what was parked are told.
    for line in ["callback not taken", "callback refused", "kind unknown", "callback taken"] {
        assert!(logged.contains(line), "no “{line}” in {logged}");
    }
    for text in [logged, answers] {
        let hits: Vec<&str> =
            text.lines().filter(|it| it.to_lowercase().contains("canary")).collect();
        // A kind of event is a name of X's, of few letters, and no word of anybody's.
        let hits: Vec<_> = hits.iter().filter(|it| !it.contains("chat.canary")).collect();
        assert!(hits.is_empty(), "{hits:#?}");
    }
}

async fn quoting() -> StatusCode {
    panic!("canary text")
}

/// A panic's message may quote a body: it goes nowhere, and the caller sends again.
#[tokio::test]
async fn a_panic_is_answered_and_not_told() {
    let log = Log::default();
    let _recording = log.record();
    let app: Router =
        Router::new().route("/", get(quoting)).layer(axum::middleware::from_fn(unwound));
    let request = Request::get("/").body(Body::empty()).unwrap();
    let (status, _, body) = answer(app, request).await;
    assert_eq!((status, body.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    let logged = log.text();
    assert!(logged.contains("callback panicked") && !logged.contains("canary"), "{logged}");
}

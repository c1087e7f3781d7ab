//! The whole HTTP surface, with AWS played by a server that remembers what was sent.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use axum::body::Body;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use rstest::rstest;
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::header};

use super::*;

mod canaries;
mod cloud;
mod deletions;
mod security;

const SIGNATURE: &str = "x-hub-signature-256";
const TWITTER_SIGNATURE: &str = "x-twitter-webhooks-signature";

/// AWS with one page's channel, the secrets, and queues that take everything.
struct Aws(MockServer);

impl Aws {
    async fn start() -> Self {
        let aws = Self(MockServer::start().await);
        let secrets = json!({
            "facebook": { "app_secrets": ["now", "before"], "verify_token": "verify" },
            "twitter": { "consumer_secrets": ["consumer_secret"] },
            "cic": { "reply_tokens": ["reply", ""], "event_tokens": ["event"] },
        });
        let parameter = json!({ "Parameter": { "Name": "s", "Value": secrets.to_string() } });
        let channels = json!({ "Items": [page_entry()], "Count": 1 });
        for (target, answer) in [
            ("AmazonSSM.GetParameter", parameter),
            ("DynamoDB_20120810.Scan", channels),
            ("AmazonSQS.SendMessage", json!({ "MessageId": "1" })),
        ] {
            aws.on(target, ResponseTemplate::new(200).set_body_json(answer), 5).await;
        }
        aws
    }

    /// A refusal that is not worth another try keeps the tests short.
    async fn refuses(self, target: &str) -> Self {
        let refusal = json!({ "__type": "AccessDeniedException", "message": "no" });
        self.on(target, ResponseTemplate::new(400).set_body_json(refusal), 1).await;
        self
    }

    async fn on(&self, target: &str, answer: ResponseTemplate, priority: u8) {
        let called = Mock::given(header("x-amz-target", target)).respond_with(answer);
        called.with_priority(priority).mount(&self.0).await;
    }

    fn app(&self) -> Router {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(self.0.uri())
            .build();
        app(Webhook::new(settings(), &aws))
    }

    /// Each message that was sent: its queue and its body.
    async fn sent(&self) -> Vec<(String, Value)> {
        let requests = self.0.received_requests().await.unwrap();
        let sends =
            requests.iter().filter(|it| it.headers["x-amz-target"] == "AmazonSQS.SendMessage");
        let message = |order: Value| {
            let queue = order["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let body = order["MessageBody"].as_str().unwrap();
            (queue, serde_json::from_str(body).unwrap_or_else(|_| body.into()))
        };
        sends.map(|request| message(request.body_json().unwrap())).collect()
    }

    async fn get(&self, path: &str) -> (StatusCode, String, String) {
        answer(self.app(), Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> StatusCode {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(self.app(), request.body(Body::from(body.to_owned())).unwrap()).await.0
    }

    /// A Facebook callback with the right signature.
    async fn callback(&self, body: &str) -> StatusCode {
        self.post("/facebook", &[(SIGNATURE, &signature("now", body))], body).await
    }
}

/// The page's entry, as `DynamoDB` writes it.
fn page_entry() -> Value {
    let page = ["channel_id", "network", "workgroup", "page_id", "credential"]
        .into_iter()
        .zip(["acme-page", "facebook", "Social Support", "100", "/social/facebook/acme"])
        .map(|(name, value)| (name.to_owned(), json!({ "S": value })));
    Value::Object(page.collect())
}

fn settings() -> Settings {
    Settings {
        channels_table: "channels".to_owned(),
        state_table: "social-state".to_owned(),
        inbound_queue_url: "https://sqs/inbound.fifo".to_owned(),
        inbound_dlq_url: "https://sqs/inbound-dlq.fifo".to_owned(),
        nudge_queue_url: "https://sqs/nudges".to_owned(),
        webhook_secrets: "/social/webhook".to_owned(),
    }
}

/// Status, content type and body.
async fn answer(app: Router, request: Request<Body>) -> (StatusCode, String, String) {
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type.map_or("", |it| it.to_str().unwrap()).to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, content_type, String::from_utf8(body.to_vec()).unwrap())
}

fn mac(secret: &str, body: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.chain_update(body).finalize().into_bytes().to_vec()
}

fn signature(secret: &str, body: &str) -> String {
    format!("sha256={}", hex::encode(mac(secret, body)))
}

fn feed(page_id: &str, changes: &[Value]) -> String {
    let changes: Vec<Value> =
        changes.iter().map(|value| json!({ "field": "feed", "value": value })).collect();
    json!({ "object": "page", "entry": [{ "id": page_id, "time": 1_795_348_800, "changes": changes }] })
        .to_string()
}

fn comment(id: &str, text: &str) -> Value {
    json!({ "item": "comment", "verb": "add", "from": { "id": "7", "name": "Zoë" },
            "post_id": "100_1", "comment_id": id, "parent_id": "100_1", "message": text,
            "created_time": 1_795_348_800 })
}

/// What a header says of a body.
type Sign = fn(&str) -> String;

#[rstest]
#[case::newest_secret(SIGNATURE, |body: &str| signature("now", body), StatusCode::OK)]
#[case::older_secret(SIGNATURE, |body: &str| signature("before", body), StatusCode::OK)]
#[case::altered_body(SIGNATURE, |body: &str| signature("now", &body.replace("Zoë", "Eve")), StatusCode::UNAUTHORIZED)]
#[case::another_secret(SIGNATURE, |body: &str| signature("never", body), StatusCode::UNAUTHORIZED)]
#[case::empty_secret(SIGNATURE, |body: &str| signature("", body), StatusCode::UNAUTHORIZED)]
#[case::not_hexadecimal(SIGNATURE, |_: &str| format!("sha256={}", "xy".repeat(32)), StatusCode::UNAUTHORIZED)]
#[case::too_short(SIGNATURE, |_: &str| "sha256=0a0b".to_owned(), StatusCode::UNAUTHORIZED)]
#[case::too_long(SIGNATURE, |body: &str| signature("now", body) + "00", StatusCode::UNAUTHORIZED)]
#[case::sha1_only("x-hub-signature", |_: &str| format!("sha1={}", "0a".repeat(20)), StatusCode::UNAUTHORIZED)]
#[case::another_header("x-signature", |body: &str| signature("now", body), StatusCode::UNAUTHORIZED)]
#[tokio::test]
async fn a_callback_proves_itself(
    #[case] header: &str,
    #[case] sign: Sign,
    #[case] status: StatusCode,
) {
    let aws = Aws::start().await;
    let body = feed("100", &[comment("1_2", "Hello?")]);
    assert_eq!(aws.post("/facebook", &[(header, &sign(&body))], &body).await, status);
    assert_eq!(aws.sent().await.len(), usize::from(status == StatusCode::OK));
}

#[rstest]
#[case::no_json("{", StatusCode::BAD_REQUEST)]
#[case::no_entries(r#"{"object": "page"}"#, StatusCode::BAD_REQUEST)]
#[case::empty("", StatusCode::BAD_REQUEST)]
#[case::nothing_happened(r#"{"object": "page", "entry": []}"#, StatusCode::OK)]
#[case::another_page(&feed("200", &[comment("1_2", "Hello?")]), StatusCode::OK)]
#[case::too_large(&" ".repeat(LARGEST_BODY + 1), StatusCode::PAYLOAD_TOO_LARGE)]
#[tokio::test]
async fn a_proven_callback_without_a_message_queues_nothing(
    #[case] body: &str,
    #[case] status: StatusCode,
) {
    let aws = Aws::start().await;
    assert_eq!(aws.callback(body).await, status);
    assert_eq!(aws.sent().await, []);
}

#[tokio::test]
async fn changes_of_a_post_are_queued_together_in_their_order() {
    let aws = Aws::start().await;
    let texts = ["first", "second", "third"];
    let changes = texts.map(|text| comment(&format!("1_{text}"), text));
    assert_eq!(aws.callback(&feed("100", &changes)).await, StatusCode::OK);
    let sent = aws.sent().await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let (queue, batch) = &sent[0];
    assert_eq!((queue.as_str(), &batch["channel_id"]), ("inbound.fifo", &json!("acme-page")));
    let queued = batch["changes"].as_array().unwrap().iter();
    let queued: Vec<&str> = queued.map(|it| it["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(queued, texts);
}

#[tokio::test]
async fn an_unknown_kind_is_parked_whole_and_its_neighbour_goes_on() {
    let aws = Aws::start().await;
    let odd = json!({ "item": "hologram", "verb": "add", "post_id": "100_1" });
    let body = feed("100", &[odd.clone(), comment("1_2", "Hello?")]);
    assert_eq!(aws.callback(&body).await, StatusCode::OK);
    let mut sent = aws.sent().await;
    sent.sort_by(|(a, _), (b, _)| a.cmp(b));
    let queues: Vec<&str> = sent.iter().map(|(queue, _)| queue.as_str()).collect();
    assert_eq!(queues, ["inbound-dlq.fifo", "inbound.fifo"]);
    assert_eq!(sent[0].1["changes"], json!([{ "field": "feed", "value": odd }]));
}

#[rstest]
#[case::nothing_is_accepted("AmazonSQS.SendMessage")]
#[case::secrets_cannot_be_read("AmazonSSM.GetParameter")]
#[case::channels_cannot_be_read("DynamoDB_20120810.Scan")]
#[tokio::test]
async fn what_cannot_be_taken_now_is_sent_again(#[case] target: &str) {
    let aws = Aws::start().await.refuses(target).await;
    let body = feed("100", &[comment("1_2", "Hello?")]);
    assert_eq!(aws.callback(&body).await, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn facebooks_verification_is_answered_with_the_bare_challenge() {
    let aws = Aws::start().await;
    let query = "/facebook?hub.mode=subscribe&hub.challenge=%3Cb%3E1&hub.verify_token=";
    let (status, content_type, body) = aws.get(&format!("{query}verify")).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "<b>1"));
    assert!(content_type.starts_with("text/plain"), "{content_type}");
    let (status, _, body) = aws.get(&format!("{query}another")).await;
    assert_eq!((status, body.as_str()), (StatusCode::FORBIDDEN, ""));
    assert_eq!(aws.get("/facebook").await.0, StatusCode::FORBIDDEN);
}

/// X's published example.
#[tokio::test]
async fn xs_challenge_is_answered_with_its_signature() {
    let aws = Aws::start().await;
    let (status, content_type, body) = aws.get("/twitter?crc_token=challenge_string").await;
    let expected = r#"{"response_token":"sha256=v1WdiCVwy17uGTMWveHGlqQXN/qW1bQraNXXByRO2YA="}"#;
    assert_eq!((status, body.as_str()), (StatusCode::OK, expected));
    assert_eq!(content_type, "application/json");
    assert_eq!(aws.get("/twitter").await.0, StatusCode::BAD_REQUEST);
}

#[rstest]
#[case::proven("consumer_secret", "{}", StatusCode::OK)]
#[case::another_secret("another", "{}", StatusCode::UNAUTHORIZED)]
#[case::no_json("consumer_secret", "{", StatusCode::BAD_REQUEST)]
#[tokio::test]
async fn an_activity_event_is_kept_in_full(
    #[case] secret: &str,
    #[case] body: &str,
    #[case] status: StatusCode,
) {
    let aws = Aws::start().await;
    let signature = format!("sha256={}", BASE64_STANDARD.encode(mac(secret, body)));
    assert_eq!(aws.post("/twitter", &[(TWITTER_SIGNATURE, &signature)], body).await, status);
    let kept = (status == StatusCode::OK).then(|| ("inbound-dlq.fifo".to_owned(), json!({})));
    assert_eq!(aws.sent().await, Vec::from_iter(kept));
}

#[rstest]
#[case::reply("/cic/replies", "Bearer reply", StatusCode::ACCEPTED)]
#[case::event("/cic/events/event", "", StatusCode::ACCEPTED)]
#[case::wrong_token("/cic/replies", "Bearer event", StatusCode::UNAUTHORIZED)]
#[case::empty_token("/cic/replies", "Bearer ", StatusCode::UNAUTHORIZED)]
#[case::no_bearer("/cic/replies", "reply", StatusCode::UNAUTHORIZED)]
#[case::wrong_path("/cic/events/reply", "Bearer reply", StatusCode::UNAUTHORIZED)]
#[tokio::test]
async fn cic_proves_itself_by_its_token(
    #[case] path: &str,
    #[case] authorization: &str,
    #[case] status: StatusCode,
) {
    let aws = Aws::start().await;
    let headers = [("authorization", authorization)];
    assert_eq!(aws.post(path, &headers, r#"{"chatId": "chat-1"}"#).await, status);
    let nudge = (status == StatusCode::ACCEPTED).then(|| ("nudges".to_owned(), json!("chat-1")));
    assert_eq!(aws.sent().await, Vec::from_iter(nudge));
}

#[tokio::test]
async fn a_handlers_text_is_queued_for_its_conversation() {
    let aws = Aws::start().await;
    let body = json!({ "channel_id": "acme-page", "conversation": "post:100_1", "agent": "Jo",
                       "chat_id": "chat-1", "text": "Have you tried to switch it off?" });
    let headers = [("authorization", "Bearer reply")];
    let status = aws.post("/cic/replies", &headers, &body.to_string()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let [(queue, queued), nudge] = aws.sent().await.try_into().unwrap();
    assert_eq!((queue.as_str(), &queued["channel_id"]), ("inbound.fifo", &json!("acme-page")));
    let pushed = &queued["changes"][0]["pushed"];
    for field in ["conversation", "agent", "chat_id", "text"] {
        assert_eq!(pushed[field], body[field], "{field}");
    }
    assert_eq!(nudge, ("nudges".to_owned(), json!("chat-1")));
}

#[rstest]
#[case::unknown_channel(json!({ "channel_id": "other", "conversation": "post:1", "text": "hi" }))]
#[case::no_conversation(json!({ "channel_id": "acme-page", "text": "hi" }))]
#[case::nothing(json!({ "channel_id": "acme-page", "conversation": "post:1" }))]
#[case::too_long(json!({ "channel_id": "acme-page", "conversation": "post:1", "text": "x".repeat(100_001) }))]
#[tokio::test]
async fn a_text_of_nowhere_is_refused(#[case] body: Value) {
    let aws = Aws::start().await;
    let headers = [("authorization", "Bearer reply")];
    let status = aws.post("/cic/replies", &headers, &body.to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(aws.sent().await, []);
}

#[tokio::test]
async fn a_handler_is_not_answered_before_its_text_is_queued() {
    let aws = Aws::start().await.refuses("AmazonSQS.SendMessage").await;
    let body = r#"{"channel_id": "acme-page", "conversation": "post:1", "text": "hi"}"#;
    let status = aws.post("/cic/replies", &[("authorization", "Bearer reply")], body).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[rstest]
#[case::no_json("chat-1")]
#[case::no_chat("{}")]
#[case::empty(r#"{"chatId": ""}"#)]
#[case::too_long(&format!(r#"{{"chatId": "{}"}}"#, "x".repeat(129)))]
#[tokio::test]
async fn a_nudge_names_a_chat(#[case] body: &str) {
    let aws = Aws::start().await;
    assert_eq!(aws.post("/cic/events/event", &[], body).await, StatusCode::BAD_REQUEST);
    assert_eq!(aws.sent().await, []);
}

#[rstest]
#[case("/")]
#[case("/facebook/")]
#[case("/cic/events")]
#[case("/health")]
#[tokio::test]
async fn there_is_nothing_else(#[case] path: &str) {
    assert_eq!(Aws::start().await.get(path).await.0, StatusCode::NOT_FOUND);
}

//! Contract E1 to E3 over HTTP: what Facebook is answered, and what is in the queue by then.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use axum::body::Body;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response};
use rstest::rstest;
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::header};

use crate::{Settings, Webhook, app};

const PAGE: &str = "1029384756";
const INBOUND: &str = "https://sqs.eu-central-1.amazonaws.com/1/inbound.fifo";
const DEAD: &str = "https://sqs.eu-central-1.amazonaws.com/1/dead.fifo";
/// Contract A11: literal escapes, as they are on the wire.
const ESCAPED: &str = r#"{"a":"\u00e4"}"#;
const ESCAPED_SIGNATURE: &str =
    "sha256=462f8c209c663e0a69da0bb1d7693211dd604e5662bdb1b7a79ad364834889a3";

/// The webhook, and a stand-in for AWS that `SendMessage` succeeds on or not.
async fn webhook(sent: u16) -> (axum::Router, MockServer) {
    let aws = MockServer::start().await;
    let secrets =
        json!({ "facebook": { "app_secrets": ["app_secret", "next"], "verify_token": "right" } });
    answers(
        &aws,
        "AmazonSSM.GetParameter",
        200,
        json!({ "Parameter": { "Value": secrets.to_string() } }),
    )
    .await;
    let entry = |id: &str, page: &str| {
        json!({ "channel_id": { "S": id }, "network": { "S": "facebook" },
            "workgroup": { "S": "Social Support" }, "page_id": { "S": page },
            "credential": { "S": "/social/facebook/acme" } })
    };
    let entries = [entry("acme-page", PAGE), entry("nord-page", "555")];
    answers(&aws, "DynamoDB_20120810.Scan", 200, json!({ "Items": entries, "Count": 2 })).await;
    answers(&aws, "AmazonSQS.SendMessage", sent, json!({ "MessageId": "1" })).await;
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(aws.uri())
        .build();
    let settings: Settings = serde_json::from_value(json!({
        "channels_table": "channels", "state_table": "social-state", "inbound_queue_url": INBOUND, "inbound_dlq_url": DEAD,
        "nudge_queue_url": "https://sqs.eu-central-1.amazonaws.com/1/nudge",
        "webhook_secrets": "/social/webhook",
    }))
    .unwrap();
    (app(Webhook::new(settings, &config)), aws)
}

async fn answers(aws: &MockServer, operation: &str, status: u16, body: Value) {
    Mock::given(header("x-amz-target", operation))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(aws)
        .await;
}

/// Bodies of what was sent into a queue.
async fn sent(aws: &MockServer, queue: &str) -> Vec<Value> {
    let requests = aws.received_requests().await.unwrap();
    let bodies = requests.iter().filter_map(|request| request.body_json::<Value>().ok());
    let of_queue = bodies.filter(|body| body["QueueUrl"] == queue);
    of_queue
        .map(|body| serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap())
        .collect()
}

/// Keys of the messages in the inbound queue, by channel.
async fn queued(aws: &MockServer) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for batch in sent(aws, INBOUND).await {
        let channel = batch["channel_id"].as_str().unwrap().to_owned();
        for change in batch["changes"].as_array().unwrap() {
            keys.push((channel.clone(), change["message"]["id"].as_str().unwrap().to_owned()));
        }
    }
    keys
}

fn sign(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn delivery(name: &str, signature: &str, body: &str) -> Request<Body> {
    let request = Request::post("/facebook").header(name, signature);
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A proven body that is no callback is 400; an unproven one is 401, whatever it holds.
#[rstest]
#[case::raw_bytes("x-hub-signature-256", ESCAPED_SIGNATURE, ESCAPED, 400)]
#[case::header_in_capitals("X-Hub-Signature-256", ESCAPED_SIGNATURE, ESCAPED, 400)]
#[case::unescaped("x-hub-signature-256", ESCAPED_SIGNATURE, r#"{"a":"ä"}"#, 401)]
#[case::sha1_only("x-hub-signature", "sha1=462f8c209c663e0a69da0bb1d7693211dd604e56", ESCAPED, 401)]
#[case::short("x-hub-signature-256", "sha256=462f8c", ESCAPED, 401)]
#[case::base64(
    "x-hub-signature-256",
    "sha256=Ri+MIJxmPgpp2gux12kyEd1gTlZivbG3p5rTZINIiaM=",
    ESCAPED,
    401
)]
#[tokio::test]
async fn e1_a_callback_proves_itself_on_its_raw_bytes(
    #[case] name: &str,
    #[case] signature: &str,
    #[case] body: &str,
    #[case] status: u16,
) {
    let (app, aws) = webhook(200).await;
    let response = app.oneshot(delivery(name, signature, body)).await.unwrap();
    assert_eq!(response.status(), status);
    assert!(sent(&aws, INBOUND).await.is_empty());
}

#[tokio::test]
async fn e1_slashes_stay_escaped_and_both_active_secrets_count() {
    for secret in ["app_secret", "next"] {
        let (app, aws) = webhook(200).await;
        let body = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1, "changes": [
            comment("1_1", "https://example.com/") ] }] });
        let body = body.to_string().replace('/', "\\/");
        let signed = delivery("x-hub-signature-256", &sign(secret, &body), &body);
        assert_eq!(app.oneshot(signed).await.unwrap().status(), 200);
        assert_eq!(queued(&aws).await, [("acme-page".to_owned(), "1_1".to_owned())]);
    }
}

/// API Gateway hands bodies over in base64: what is signed is what is inside.
#[tokio::test]
async fn e1_a_body_in_base64_is_decoded_before_it_is_proven() {
    let (app, _aws) = webhook(200).await;
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/facebook", "rawQueryString": "",
        "headers": { "x-hub-signature-256": ESCAPED_SIGNATURE },
        "requestContext": { "accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d",
            "http": { "method": "POST", "path": "/facebook", "protocol": "HTTP/1.1",
                "sourceIp": "10.0.0.1", "userAgent": "facebookplatform" },
            "requestId": "r", "routeKey": "$default", "stage": "$default",
            "time": "22/Nov/2026:12:00:00 +0000", "timeEpoch": 1 },
        "body": "eyJhIjoiXHUwMGU0In0=", "isBase64Encoded": true,
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let request = request.map(|body| Body::from(body.to_vec()));
    assert_eq!(app.oneshot(request).await.unwrap().status(), 400, "proven, and no callback");
}

#[rstest]
#[case::right(
    "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=right",
    200,
    "1158201444"
)]
#[case::wrong("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=wrong", 403, "")]
#[case::mode("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=right", 403, "")]
#[case::nothing("", 403, "")]
#[case::markup("hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=right", 200, "<b>")]
#[tokio::test]
async fn e2_the_handshake_answers_the_bare_challenge_as_plain_text(
    #[case] query: &str,
    #[case] status: u16,
    #[case] body: &str,
) {
    let (app, _aws) = webhook(200).await;
    let request = Request::get(format!("/facebook?{query}")).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), status);
    if status == 200 {
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/plain"), "{kind}");
    }
    assert_eq!(text(response).await, body);
}

fn comment(id: &str, text: &str) -> Value {
    json!({ "field": "feed", "value": { "item": "comment", "verb": "add", "comment_id": id,
        "post_id": format!("{PAGE}_1"), "parent_id": format!("{PAGE}_1"), "message": text,
        "from": { "id": "42", "name": "Zoë" }, "created_time": 1_795_348_800 } })
}

fn batch() -> String {
    let mut changes: Vec<Value> = (0..997).map(|n| comment(&format!("1_{n}"), "Hi")).collect();
    changes.insert(500, json!({ "field": "feed", "value": { "item": "hologram", "verb": "add" } }));
    changes.push(comment("1_0", "Hi"));
    let other = json!([comment("5_1", "Hej")]);
    json!({ "object": "page", "entry": [
        { "id": PAGE, "time": 1, "changes": changes },
        { "id": 555, "time": 1, "changes": other },
    ] })
    .to_string()
}

#[tokio::test]
async fn e3_a_thousand_changes_of_two_pages_are_queued_and_the_odd_one_is_kept() {
    let (app, aws) = webhook(200).await;
    let body = batch();
    let signed = delivery("x-hub-signature-256", &sign("app_secret", &body), &body);
    assert_eq!(app.oneshot(signed).await.unwrap().status(), 200);
    let queued = queued(&aws).await;
    let expected = (0..997).chain([0]).map(|n| format!("1_{n}"));
    let of = |channel: &'static str| {
        queued.iter().filter(move |(of, _)| of == channel).map(|(_, id)| id.clone())
    };
    assert!(of("acme-page").eq(expected), "in order, a redelivery folded by its key later on");
    assert!(of("nord-page").eq(["5_1".to_owned()]));
    let parked = sent(&aws, DEAD).await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0]["changes"][0]["value"]["item"], "hologram");
}

#[tokio::test]
async fn e3_what_the_queue_does_not_take_facebook_sends_again() {
    let (app, _aws) = webhook(400).await;
    let body = batch();
    let signed = delivery("x-hub-signature-256", &sign("app_secret", &body), &body);
    assert_eq!(app.oneshot(signed).await.unwrap().status(), 500);
}

use rstest::rstest;
use serde_json::{Value, json};
use social_core::{Channel, MessageId, command::Command, message::Kind, reply::Publisher};
use std::sync::Arc;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::{
    PublishSettings,
    fixture::{Keys, answer, api, channel},
    splitting,
};

const TWEETS: &str = "/2/tweets";
const TIMELINE: &str = "/2/users/42/tweets";

fn text() -> String {
    "Please hold the reset button for ten seconds. ".repeat(12)
}

fn parts() -> Vec<String> {
    splitting::parts(&text(), 280)
}

fn threads() -> Arc<Channel> {
    channel(json!({"long_replies": "thread"}))
}

fn target() -> Target {
    Target {
        message_id: "100".into(),
        kind: Kind::Tweet,
        reply_under: "100".into(),
        author_id: Some("7".to_owned()),
    }
}

fn own(id: &str, under: &str, text: &str) -> Value {
    json!({
        "id": id, "text": format!("@zoe {text}"), "created_at": "2026-11-22T12:00:01.000Z",
        "referenced_tweets": [{"type": "replied_to", "id": under}],
    })
}

struct X(MockServer);

impl X {
    /// An X on whose timeline these tweets stand.
    async fn with(tweets: &[Value]) -> Self {
        let server = MockServer::start().await;
        let me = json!({"data": {"id": "42", "name": "Acme", "username": "acme"}});
        answer(&server, "GET", "/2/users/me", 200, me, 0..).await;
        answer(&server, "GET", TIMELINE, 200, json!({"data": tweets}), 0..).await;
        Self(server)
    }

    /// What X says to a part.
    async fn says(&self, number: usize, under: &str, status: u16, body: Value) {
        let part = parts().remove(number - 1);
        let part = json!({"text": part, "reply": {"in_reply_to_tweet_id": under}});
        Mock::given(matchers::method("POST"))
            .and(matchers::path(TWEETS))
            .and(matchers::body_json(part))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .expect(1)
            .mount(&self.0)
            .await;
    }

    async fn takes(&self, number: usize, under: &str, id: &str) {
        self.says(number, under, 201, json!({"data": {"id": id}})).await;
    }

    async fn publish(&self) -> Result<MessageId, PublishError> {
        self.publisher().publish(&threads(), &target(), &text()).await
    }

    fn publisher(&self) -> TwitterPublisher<Keys> {
        TwitterPublisher::new(api(&self.0.uri()), Keys::good(), PublishSettings::default())
    }
}

fn refusal(detail: &str) -> Value {
    json!({"title": "T", "status": 403, "detail": detail, "type": "about:blank"})
}

#[tokio::test]
async fn a_long_reply_becomes_a_thread() {
    let x = X::with(&[]).await;
    assert_eq!(parts().len(), 2);
    x.takes(1, "100", "201").await;
    x.takes(2, "201", "202").await;
    assert_eq!(x.publish().await.unwrap(), "201".into());
}

#[tokio::test]
async fn without_the_setting_it_goes_back_with_its_length() {
    let x = X::with(&[]).await;
    let refused = x.publisher().publish(&channel(json!({})), &target(), &text()).await;
    let Err(PublishError::Refused(Refusal::TooLong { length, limit })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((length, limit), (text().trim_end().len() + 1, 280));
    assert_eq!(x.publisher().parts(&channel(json!({})), &text()), Vec::<String>::new());
}

/// What became of the second part is unknown: the next try finds the first one, and posts it no more.
#[tokio::test]
async fn an_unknown_part_is_looked_for_and_the_first_is_not_doubled() {
    let x = X::with(&[]).await;
    x.takes(1, "100", "201").await;
    x.says(2, "201", 503, json!({})).await;
    let unknown = x.publish().await;
    assert!(matches!(unknown, Err(PublishError::Unknown(_))), "{unknown:?}");

    let x = X::with(&[own("201", "100", &parts()[0])]).await;
    x.takes(2, "201", "202").await;
    assert_eq!(x.publish().await.unwrap(), "201".into());
}

#[tokio::test]
async fn a_whole_thread_is_found_as_the_reply_that_it_is() {
    let [first, second] = [&parts()[0], &parts()[1]];
    let tweets = [own("202", "201", second), own("201", "100", first), own("9", "100", "hello")];
    let x = X::with(&tweets).await;
    let since = "2026-11-22T12:00:00Z".parse().unwrap();
    let found = x.publisher().own_messages(&threads(), &target(), since).await.unwrap();
    let is_it = |own: &&OwnMessage| own.fingerprint == Fingerprint::of(&text());
    assert_eq!(found.iter().find(is_it).unwrap().id, "201".into());
    // And nothing is posted if it is tried all the same.
    assert_eq!(x.publish().await.unwrap(), "201".into());

    let x = X::with(&[own("201", "100", first)]).await;
    let found = x.publisher().own_messages(&threads(), &target(), since).await.unwrap();
    assert_eq!(found.iter().find(is_it), None);
}

/// `/delete` leaves no part behind.
#[tokio::test]
async fn a_thread_is_deleted_whole() {
    let [first, second] = [&parts()[0], &parts()[1]];
    let x = X::with(&[own("202", "201", second), own("201", "100", first)]).await;
    for path in ["/2/tweets/202", "/2/tweets/201"] {
        answer(&x.0, "DELETE", path, 200, json!({"data": {"deleted": true}}), 1).await;
    }
    x.publisher().moderate(&threads(), &"201".into(), Command::Delete).await.unwrap();
}

/// All or nothing: X takes the first part and not the second, so the first goes.
#[rstest]
#[case::refused(403, refusal("No."), "the network refused it: No.")]
#[case::limited(429, json!({"title": "Too Many Requests"}), "X's rate limit is reached")]
#[tokio::test]
async fn what_stands_is_taken_back_where_the_rest_is_refused(
    #[case] status: u16,
    #[case] body: Value,
    #[case] reason: &str,
) {
    let x = X::with(&[]).await;
    x.takes(1, "100", "201").await;
    x.says(2, "201", status, body).await;
    answer(&x.0, "DELETE", "/2/tweets/201", 200, json!({"data": {"deleted": true}}), 1).await;
    match x.publish().await.unwrap_err() {
        PublishError::Refused(refusal) => assert_eq!(refusal.to_string(), reason),
        PublishError::NotPublished(failure) => assert_eq!(failure.to_string(), reason),
        PublishError::Unknown(_) => panic!("unknown"),
    }
}

/// Where that fails too, the agent reads what stands there.
#[tokio::test]
async fn what_cannot_be_taken_back_is_told() {
    let x = X::with(&[]).await;
    x.takes(1, "100", "201").await;
    x.says(2, "201", 403, refusal("No.")).await;
    answer(&x.0, "DELETE", "/2/tweets/201", 503, json!({}), 1).await;
    let Err(PublishError::Refused(refusal)) = x.publish().await else { panic!("not refused") };
    insta::assert_snapshot!(refusal, @"only the first 1 of its 2 parts are on the network and could not be taken back: the network refused it: No.; send the rest, or delete them there");
}

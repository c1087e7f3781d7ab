use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use social_core::{message::Kind, reply::Fingerprint};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::fixture::{Keys, answer, api, channel, parameter, queries, watch};
use social_core::budget::Spending;

fn target() -> Target {
    Target {
        message_id: "100".into(),
        kind: Kind::Tweet,
        reply_under: "100".into(),
        author_id: Some("7".to_owned()),
    }
}

async fn publish(uri: &str, text: &str) -> Result<MessageId, PublishError> {
    let publisher = TwitterPublisher::new(api(uri), Keys::good(), PublishSettings::default());
    publisher.publish(&channel(json!({})), &target(), text).await
}

fn blank(status: u16, detail: &str) -> Value {
    json!({"title": "T", "status": status, "detail": detail, "type": "about:blank"})
}

/// One word for what became of a reply.
fn outcome(result: Result<MessageId, PublishError>) -> String {
    match result {
        Ok(id) => format!("published {id}"),
        Err(PublishError::NotPublished(failure)) => {
            format!("not published: {} {:?}", failure.error_type(), failure.verdict())
        }
        Err(PublishError::Refused(refusal)) => format!("refused: {refusal:?}"),
        Err(PublishError::Unknown(failure)) => format!("unknown: {}", failure.error_type()),
    }
}

#[tokio::test]
async fn a_reply_is_posted_once_and_signed() {
    let server = MockServer::start().await;
    Mock::given(matchers::method("POST"))
        .and(matchers::path("/2/tweets"))
        .and(matchers::body_json(
            json!({"text": "hello", "reply": {"in_reply_to_tweet_id": "100"}}),
        ))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({"data": {"id": "200"}})))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(outcome(publish(&server.uri(), "hello").await), "published 200");
    let requests = server.received_requests().await.unwrap();
    let header = requests[0].headers.get("authorization").unwrap().to_str().unwrap();
    assert!(header.starts_with("OAuth ") && header.contains("oauth_token=\"token\""));
}

/// Contract E10: 402, and the refusals of a reply: duplicate, not summoned, deleted, closed.
#[rstest]
#[case::duplicate(
    403,
    blank(403, "You are not allowed to create a Tweet with duplicate content."),
    "unknown: twitter_duplicate"
)]
#[case::not_mentioned(
    403,
    blank(403, "… because you have not been mentioned or otherwise engaged by the author …"),
    "refused: NotMentioned"
)]
#[case::deleted(
    403,
    blank(403, "You attempted to reply to a Tweet that is deleted or not visible to you."),
    "refused: Deleted"
)]
#[case::closed(403, blank(403, "Reply to this conversation is not allowed."), "refused: Closed")]
#[case::too_long(
    403,
    blank(403, "Your Tweet text is too long."),
    "refused: TooLong { length: 5, limit: 280 }"
)]
#[case::other(403, blank(403, "No."), "refused: Network { reason: \"No.\" }")]
#[case::invalid(400, json!({"detail": "One or more parameters to your request was invalid."}), "refused: Network { reason: \"One or more parameters to your request was invalid.\" }")]
#[case::unauthorized(
    401,
    blank(401, "Unauthorized"),
    "not published: twitter_unauthorized Wait { after: None }"
)]
#[case::credits(402, json!({"type": "https://api.x.com/2/problems/credits"}), "not published: twitter_credits_depleted Wait { after: None }")]
#[case::not_found(404, json!({}), "not published: twitter_not_found Wait { after: None }")]
#[case::unavailable(503, json!({}), "unknown: twitter_unavailable")]
#[case::redirect(302, json!({}), "unknown: twitter_unexpected")]
#[case::unreadable(201, json!({"data": {}}), "unknown: twitter_unreadable")]
#[tokio::test]
async fn e10_answers_become_outcomes(
    #[case] status: u16,
    #[case] body: Value,
    #[case] expected: &str,
) {
    let server = MockServer::start().await;
    answer(&server, "POST", "/2/tweets", status, body, 1).await;
    assert_eq!(outcome(publish(&server.uri(), "hello").await), expected);
}

#[tokio::test]
async fn a_limit_waits_until_it_is_over() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(429)
        .insert_header("date", "Sun, 22 Nov 2026 12:00:00 GMT")
        .insert_header("x-rate-limit-remaining", "0")
        .insert_header("x-rate-limit-reset", "1795348860");
    Mock::given(matchers::any()).respond_with(refusal).expect(1).mount(&server).await;
    assert_eq!(
        outcome(publish(&server.uri(), "hello").await),
        "not published: twitter_rate_limited Wait { after: Some(61s) }"
    );
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_refused_connection_is_not() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(201).set_delay(Duration::from_secs(9));
    Mock::given(matchers::any()).respond_with(slow).expect(1).mount(&server).await;
    assert_eq!(outcome(publish(&server.uri(), "hello").await), "unknown: http_no_answer");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(
        outcome(publish(&format!("http://{address}"), "hello").await),
        "not published: http_connect Retry { after: None }"
    );
}

/// Contract E10: the answer to a reply is lost, and the next try is told that it is a duplicate. It is
/// not taken for refused: the account's own timeline has it.
#[tokio::test]
async fn e10_a_duplicate_after_a_time_out_is_found_on_the_timeline() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(201).set_delay(Duration::from_secs(9));
    let post = || Mock::given(matchers::method("POST"));
    post().respond_with(slow).up_to_n_times(1).with_priority(1).mount(&server).await;
    let duplicate = "You are not allowed to create a Tweet with duplicate content.";
    answer(&server, "POST", "/2/tweets", 403, blank(403, duplicate), 1).await;
    assert_eq!(outcome(publish(&server.uri(), "hello").await), "unknown: http_no_answer");
    assert_eq!(outcome(publish(&server.uri(), "hello").await), "unknown: twitter_duplicate");
    let me = json!({"data": {"id": "42", "name": "Acme", "username": "acme"}});
    answer(&server, "GET", "/2/users/me", 200, me, 1).await;
    let tweets = json!({"data": [own_tweet("200", "100", "@zoe hello", None)]});
    answer(&server, "GET", "/2/users/42/tweets", 200, tweets, 1).await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    let since = "2026-11-22T12:00:00Z".parse().unwrap();
    let own = publisher.own_messages(&channel(json!({})), &target(), since).await.unwrap();
    assert_eq!(own[0].id, "200".into());
    assert_eq!(own[0].fingerprint, Fingerprint::of("hello"));
}

#[rstest]
#[case::too_long(&"x".repeat(281), "refused: TooLong { length: 281, limit: 280 }")]
#[case::too_long_in_chinese(&"汉".repeat(141), "refused: TooLong { length: 282, limit: 280 }")]
#[case::empty(" \n", "refused: Empty")]
#[case::byte_order_mark(
    "a\u{feff}",
    "refused: Network { reason: \"X takes no text with U+FEFF in it\" }"
)]
#[tokio::test]
async fn what_x_would_refuse_is_not_sent(#[case] text: &str, #[case] expected: &str) {
    let server = MockServer::start().await;
    assert_eq!(outcome(publish(&server.uri(), text).await), expected);
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn nothing_is_published_without_handle_or_keys() {
    let api = api("http://192.0.2.1");
    let publisher = TwitterPublisher::new(api, Keys(None), PublishSettings::default());
    let read_only = publisher.publish(&watch(json!({})), &target(), "hello").await;
    assert_eq!(outcome(read_only), "refused: ReadOnly");
    let no_keys = publisher.publish(&channel(json!({})), &target(), "hello").await;
    assert_eq!(outcome(no_keys), "not published: credential_missing Wait { after: None }");
}

fn private_target() -> Target {
    Target { kind: Kind::PrivateMessage, ..target() }
}

/// What X says when a private message is sent.
#[rstest]
#[case::sent(201, json!({"data": {"dm_conversation_id": "7-42", "dm_event_id": "300"}}), "published 300")]
#[case::closed(
    403,
    blank(403, "You do not have permission to DM one or more participants."),
    "refused: Network { reason: \"You do not have permission to DM one or more participants.\" }"
)]
#[case::unavailable(503, json!({}), "unknown: twitter_unavailable")]
#[case::unauthorized(
    401,
    blank(401, "Unauthorized"),
    "not published: twitter_unauthorized Wait { after: None }"
)]
#[tokio::test]
async fn a_private_reply_goes_to_its_visitor(
    #[case] status: u16,
    #[case] body: Value,
    #[case] expected: &str,
) {
    let server = MockServer::start().await;
    let path = "/2/dm_conversations/with/7/messages";
    answer(&server, "POST", path, status, body, 1).await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    // Longer than a tweet may be.
    let text = "thank you ".repeat(40);
    let sent = publisher.publish(&channel(json!({})), &private_target(), &text).await;
    assert_eq!(outcome(sent), expected);
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.body_json::<Value>().unwrap(), json!({ "text": text }));
}

#[rstest]
#[case::fits("größe", "published 300")]
#[case::too_long("größer", "refused: TooLong { length: 6, limit: 5 }")]
#[tokio::test]
async fn a_private_reply_may_be_as_long_as_the_setting_says(
    #[case] text: &str,
    #[case] expected: &str,
) {
    let server = MockServer::start().await;
    let path = "/2/dm_conversations/with/7/messages";
    answer(&server, "POST", path, 201, json!({"data": {"dm_event_id": "300"}}), 0..).await;
    let settings = PublishSettings { private_length: 5, ..PublishSettings::default() };
    let publisher = TwitterPublisher::new(api(&server.uri()), Keys::good(), settings);
    let sent = publisher.publish(&channel(json!({})), &private_target(), text).await;
    assert_eq!(outcome(sent), expected);
}

#[tokio::test]
async fn a_private_reply_is_looked_for_with_its_visitor() {
    let server = MockServer::start().await;
    let me = json!({"data": {"id": "42", "name": "Acme", "username": "acme"}});
    answer(&server, "GET", "/2/users/me", 200, me, 1).await;
    let said = |id: &str, sender: &str, text: &str, at: &str| json!({"id": id, "text": text, "sender_id": sender, "created_at": at});
    let events = json!({"data": [
        said("303", "42", "thank you &amp; bye", "2026-11-22T12:00:02Z"),
        said("302", "7", "thank you", "2026-11-22T12:00:01Z"),
        said("301", "42", "hello", "2026-11-22T11:00:00Z"),
    ]});
    answer(&server, "GET", "/2/dm_conversations/with/7/dm_events", 200, events, 1).await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    let since = "2026-11-22T12:00:00Z".parse().unwrap();
    let channel = channel(json!({}));
    let own = publisher.own_messages(&channel, &private_target(), since).await.unwrap();
    let found: Vec<_> = own.iter().map(|own| (own.id.as_str(), &own.fingerprint)).collect();
    assert_eq!(found, [("303", &Fingerprint::of("thank you & bye"))]);
}

fn own_tweet(id: &str, under: &str, text: &str, start: Option<usize>) -> Value {
    let mut tweet = json!({
        "id": id, "text": text, "created_at": "2026-11-22T12:00:01.000Z",
        "referenced_tweets": [{"type": "replied_to", "id": under}],
    });
    if let Some(start) = start {
        tweet["display_text_range"] = json!([start, text.chars().count()]);
    }
    tweet
}

#[tokio::test]
async fn own_replies_under_the_target_are_found() {
    let server = MockServer::start().await;
    let me = json!({"data": {"id": "42", "name": "Acme", "username": "acme"}});
    answer(&server, "GET", "/2/users/me", 200, me, 1).await;
    let tweets = json!({
        "data": [
            own_tweet("202", "100", "@zoe @acme_uk thank you &amp; bye", None),
            own_tweet("201", "100", "@zoe @bob we know", Some(5)),
            own_tweet("200", "99", "@zoe thank you", None),
        ],
        "meta": {"result_count": 3},
    });
    answer(&server, "GET", "/2/users/42/tweets", 200, tweets, 2).await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    let since = "2026-11-22T12:00:00.5Z".parse().unwrap();
    for _ in 0..2 {
        let own = publisher.own_messages(&channel(json!({})), &target(), since).await.unwrap();
        let found: Vec<(&str, &Fingerprint)> =
            own.iter().map(|message| (message.id.as_str(), &message.fingerprint)).collect();
        assert_eq!(
            found,
            [
                ("201", &Fingerprint::of("@bob we know")),
                ("202", &Fingerprint::of("thank you & bye"))
            ]
        );
    }
    let query = &queries(&server, "/2/users/42/tweets").await[0];
    assert_eq!(parameter(query, "start_time"), Some("2026-11-22T11:59:55Z"));
}

/// Sums in memory.
#[derive(Default)]
struct Ledger(std::sync::Mutex<Vec<(String, String, Spending)>>);

impl Budgets for Ledger {
    async fn spent(&self, _: &str, _: &str) -> Result<Spending, Failure> {
        Ok(Spending::default())
    }

    async fn spend(&self, name: &str, month: &str, more: &Spending) -> Result<Spending, Failure> {
        self.0.lock().unwrap().push((name.to_owned(), month.to_owned(), *more));
        Ok(*more)
    }
}

#[rstest]
#[case::plain("thank you", Some(1.0), &[10_000])]
#[case::with_a_link("see acme.com", Some(1.0), &[200_000])]
#[case::without_a_budget("thank you", None, &[])]
#[tokio::test]
async fn a_reply_is_counted_where_there_is_a_budget(
    #[case] text: &str,
    #[case] monthly_budget_usd: Option<f64>,
    #[case] expected: &[u64],
) {
    let server = MockServer::start().await;
    // Of 22 November 2026.
    let posted = snowflake::at("2026-11-22T12:00:00Z".parse().unwrap()).to_string();
    answer(&server, "POST", "/2/tweets", 201, json!({"data": {"id": posted}}), 1).await;
    let mut credential = (*Keys::good().0.unwrap()).clone();
    credential.monthly_budget_usd = monthly_budget_usd;
    let keys = Keys(Some(credential.into()));
    let ledger = Ledger::default();
    let publisher = TwitterPublisher::new(api(&server.uri()), keys, PublishSettings::default())
        .with_budgets(&ledger, Prices::default());
    publisher.publish(&channel(json!({})), &target(), text).await.unwrap();
    let told = ledger.0.lock().unwrap();
    let amounts: Vec<u64> = told.iter().map(|(_, _, spending)| spending.amount).collect();
    assert_eq!(amounts, expected);
    assert!(told.iter().all(|(_, month, _)| month == "2026-11"));
}

async fn delete(status: u16, body: Value) -> Result<(), PublishError> {
    let server = MockServer::start().await;
    answer(&server, "DELETE", "/2/tweets/200", status, body, 1).await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    publisher.moderate(&channel(json!({})), &"200".into(), Command::Delete).await
}

#[tokio::test]
async fn our_own_tweet_is_deleted_once_and_for_all() {
    delete(200, json!({"data": {"deleted": true}})).await.unwrap();
    delete(404, json!({})).await.unwrap();
    let refused = delete(403, blank(403, "You are not authorized to delete this Tweet.")).await;
    assert!(matches!(refused, Err(PublishError::Refused(_))), "{refused:?}");
    let unknown = delete(503, json!({})).await;
    assert!(matches!(unknown, Err(PublishError::Unknown(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_tweet_is_answered_privately_by_a_message_to_its_author_and_never_by_a_tweet() {
    let server = MockServer::start().await;
    let sent = json!({"data": {"dm_conversation_id": "7-42", "dm_event_id": "300"}});
    answer(&server, "POST", "/2/dm_conversations/with/7/messages", 201, sent, 1).await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    let private = publisher.private_reply(&channel(json!({})), &target(), "hello").await;
    assert_eq!(outcome(private), "published 300");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_x_offers_to_no_program_is_refused_without_a_call() {
    let server = MockServer::start().await;
    let publisher =
        TwitterPublisher::new(api(&server.uri()), Keys::good(), PublishSettings::default());
    for command in [Command::Hide, Command::Unhide, Command::Like] {
        let refused = publisher.moderate(&channel(json!({})), &"200".into(), command).await;
        assert!(matches!(refused, Err(PublishError::Refused(Refusal::Unsupported))));
    }
    let image = "https://cdn.example/1.jpg";
    let picture = publisher.publish_image(&channel(json!({})), &target(), image, "").await;
    assert!(matches!(picture, Err(PublishError::Refused(Refusal::Unsupported))));
    assert!(server.received_requests().await.unwrap().is_empty());
}

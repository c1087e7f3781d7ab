use rstest::rstest;
use serde_json::{Value, json};
use social_core::Verdict;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_json, body_string, method, path, query_param},
};

use super::*;
use crate::testing::{Hands, OnePage, PAGE, at, channel, graph, graph_time};

fn target(kind: Kind) -> Target {
    Target {
        message_id: "500_901".into(),
        kind,
        reply_under: "500_900".into(),
        author_id: Some("42".to_owned()),
    }
}

fn publisher(server: &MockServer) -> FacebookPublisher<Hands, OnePage> {
    let settings = PublisherSettings { comment_chars: 20, ..PublisherSettings::default() };
    FacebookPublisher::new(graph(server, &Hands::noon()), OnePage, settings)
}

async fn publish(server: &MockServer, kind: Kind, text: &str) -> Result<MessageId, PublishError> {
    publisher(server).publish(&channel(json!({})), &target(kind), text).await
}

#[tokio::test]
async fn a_comment_goes_under_the_top_level_comment_as_a_form() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v26.0/500_900/comments"))
        .and(body_string("message=What%27s+up%2C+Zo%C3%AB%3F"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "id": "500_950" })))
        .expect(1)
        .mount(&server)
        .await;
    let id = publish(&server, Kind::Comment, "What's up, Zoë?").await.unwrap();
    assert_eq!(id.as_str(), "500_950");
}

#[tokio::test]
async fn a_private_message_goes_to_its_visitor() {
    let server = MockServer::start().await;
    let body = json!({ "recipient": { "id": "42" }, "messaging_type": "RESPONSE",
        "message": { "text": "Hello" } });
    Mock::given(method("POST"))
        .and(path(format!("/v26.0/{PAGE}/messages")))
        .and(body_json(body))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "recipient_id": "42", "message_id": "m_7" })),
        )
        .expect(1)
        .mount(&server)
        .await;
    let id = publish(&server, Kind::PrivateMessage, "Hello").await.unwrap();
    assert_eq!(id.as_str(), "m_7");
}

#[tokio::test]
async fn the_obsolete_id_of_a_comment_is_put_as_its_echo_will_name_it() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "id": "1029384756_500_900" }));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    assert_eq!(publish(&server, Kind::Comment, "Hello").await.unwrap().as_str(), "500_900");
}

/// What became of a reply, in one word.
fn outcome(result: &Result<MessageId, PublishError>) -> &'static str {
    match result {
        Ok(_) => "published",
        Err(PublishError::NotPublished(failure)) => match failure.verdict() {
            Verdict::Retry { .. } => "retry",
            Verdict::Wait { .. } => "wait",
            Verdict::Reject => "reject",
        },
        Err(PublishError::Refused(_)) => "refused",
        Err(PublishError::Unknown(_)) => "unknown",
    }
}

#[rstest]
#[case::fine(200, json!({ "id": "1_2" }), "published")]
#[case::no_id(200, json!({ "success": true }), "unknown")]
#[case::html(200, json!("<html>"), "unknown")]
#[case::service(503, json!("<html>"), "unknown")]
#[case::transient(400, json!({ "error": { "code": 2, "is_transient": true } }), "unknown")]
#[case::duplicate(400, json!({ "error": { "code": 506 } }), "unknown")]
#[case::token(400, json!({ "error": { "code": 190, "error_subcode": 463 } }), "wait")]
#[case::throttle(400, json!({ "error": { "code": 32 } }), "wait")]
#[case::in_a_200(200, json!({ "error": { "code": 190 } }), "wait")]
#[case::proof(400, json!({ "error": { "code": 100, "message": "Invalid appsecret_proof" } }), "wait")]
#[case::proxy(403, json!("<html>"), "retry")]
#[case::gone(400, json!({ "error": { "code": 100, "error_subcode": 33 } }), "refused")]
#[case::permission(403, json!({ "error": { "code": 200 } }), "refused")]
#[case::permission_500(500, json!({ "error": { "code": 200 } }), "unknown")]
#[case::parameter(400, json!({ "error": { "code": 100 } }), "refused")]
#[case::blocked(400, json!({ "error": { "code": 368 } }), "refused")]
#[case::window(400, json!({ "error": { "code": 10, "error_subcode": 2_018_278 } }), "refused")]
#[case::new_code(400, json!({ "error": { "code": 31_337 } }), "refused")]
#[tokio::test]
async fn what_an_answer_means_for_a_reply(
    #[case] status: u16,
    #[case] body: Value,
    #[case] expected: &str,
) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(any()).respond_with(answer).expect(1).mount(&server).await;
    assert_eq!(outcome(&publish(&server, Kind::Comment, "Hello").await), expected);
}

#[tokio::test]
async fn facebooks_words_are_never_repeated() {
    let server = MockServer::start().await;
    let error = json!({ "error": { "code": 100, "message": "Param message: Zoë's secret" } });
    let answer = ResponseTemplate::new(400).set_body_json(error);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let refused = publish(&server, Kind::Comment, "Hello").await.unwrap_err();
    assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
}

#[tokio::test]
async fn no_connection_is_not_published_and_no_answer_is_unknown() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(10));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    assert_eq!(outcome(&publish(&server, Kind::Comment, "Hello").await), "unknown");
    let publisher = publisher(&server);
    // A bare server: a pooled one keeps its port open.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = social_http::Client::new(&social_http::Settings::default()).unwrap();
    let settings = crate::GraphSettings::new(gone.parse().unwrap());
    let graph = Graph::new(client, settings, Hands::noon());
    let publisher = FacebookPublisher { graph, ..publisher };
    let result = publisher.publish(&channel(json!({})), &target(Kind::Comment), "Hello").await;
    assert_eq!(outcome(&result), "retry");
}

#[tokio::test]
async fn empty_and_long_texts_are_never_sent() {
    let server = MockServer::start().await;
    let empty = publish(&server, Kind::Comment, "").await;
    assert!(matches!(empty, Err(PublishError::Refused(Refusal::Empty))));
    let long = publish(&server, Kind::Comment, &"ä".repeat(21)).await;
    let too_long = Refusal::TooLong { length: 21, limit: 20 };
    assert!(matches!(long, Err(PublishError::Refused(refusal)) if refusal == too_long));
    assert!(server.received_requests().await.unwrap().is_empty());
}

fn written(id: &str, from: &str, text: &str, time: &str) -> Value {
    json!({ "id": id, "from": { "id": from }, "message": text, "created_time": graph_time(time) })
}

#[tokio::test]
async fn own_messages_are_read_back_to_the_first_that_is_older() {
    let server = MockServer::start().await;
    let paging = json!({ "cursors": { "after": "a1" }, "next": "https://graph.facebook.com/x" });
    let first = json!({ "paging": paging, "data": [
        written("3", "42", "Hello", "12:00:03"), written("2", PAGE, "Hello", "12:00:02"),
    ] });
    let second = json!({ "paging": paging, "data": [
        written("1", PAGE, "Hi &amp; bye", "12:00:01"), written("0", PAGE, "Hello", "11:50:00"),
    ] });
    Mock::given(path("/v26.0/500_900/comments"))
        .and(query_param("after", "a1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(second))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/v26.0/500_900/comments"))
        .and(query_param("order", "reverse_chronological"))
        .respond_with(ResponseTemplate::new(200).set_body_json(first))
        .with_priority(6)
        .expect(1)
        .mount(&server)
        .await;
    let own = publisher(&server)
        .own_messages(&channel(json!({})), &target(Kind::Comment), at("12:00:01"))
        .await
        .unwrap();
    let expected = [("1", "Hi & bye", "12:00:01"), ("2", "Hello", "12:00:02")];
    let expected = expected.map(|(id, text, time)| OwnMessage {
        id: id.into(),
        fingerprint: Fingerprint::of(text),
        at: at(time),
    });
    assert_eq!(own, expected);
}

#[tokio::test]
async fn own_private_messages_are_read_back_from_the_conversation() {
    let server = MockServer::start().await;
    Mock::given(path(format!("/v26.0/{PAGE}/conversations")))
        .and(query_param("user_id", "42"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({ "data": [{ "id": "t_1" }] })),
        )
        .mount(&server)
        .await;
    Mock::given(path("/v26.0/t_1/messages"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "data": [written("m_1", PAGE, "Hello", "12:00:01")] })),
        )
        .mount(&server)
        .await;
    let own = publisher(&server)
        .own_messages(&channel(json!({})), &target(Kind::PrivateMessage), at("12:00:00"))
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
}

#[tokio::test]
async fn a_read_back_that_fails_is_no_empty_one() {
    let server = MockServer::start().await;
    let error = json!({ "error": { "code": 190 } });
    Mock::given(any())
        .respond_with(ResponseTemplate::new(400).set_body_json(error))
        .mount(&server)
        .await;
    let failure = publisher(&server)
        .own_messages(&channel(json!({})), &target(Kind::Comment), at("12:00:00"))
        .await
        .unwrap_err();
    assert_eq!((failure.error_type(), failure.verdict()), ("graph_token", Verdict::WAIT));
}

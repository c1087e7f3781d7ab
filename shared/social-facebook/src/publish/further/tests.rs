use rstest::rstest;
use serde_json::Value;
use social_core::reply::Publisher;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_json, body_partial_json, body_string, method, path},
};

use super::*;
use crate::{
    publish::PublisherSettings,
    testing::{Hands, OnePage, PAGE, channel, graph},
};

const IMAGE: &str = "https://cdn.example/1.jpg";

fn target(kind: Kind) -> Target {
    Target {
        message_id: "500_901".into(),
        kind,
        reply_under: "500_900".into(),
        author_id: Some("42".to_owned()),
    }
}

fn publisher(server: &MockServer) -> FacebookPublisher<Hands, OnePage> {
    let settings = PublisherSettings { private_chars: 20, ..PublisherSettings::default() };
    FacebookPublisher::new(graph(server, &Hands::noon()), OnePage, settings)
}

async fn takes(server: &MockServer, body: Value) {
    let answer = json!({ "recipient_id": "42", "message_id": "m_7" });
    Mock::given(method("POST"))
        .and(path(format!("/v26.0/{PAGE}/messages")))
        .and(body_json(body))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(server)
        .await;
}

async fn refuses(server: &MockServer, code: u32, subcode: Option<u32>) {
    let error = json!({ "error": { "code": code, "error_subcode": subcode, "message": "Zoë" } });
    let answer = ResponseTemplate::new(400).set_body_json(error);
    Mock::given(any()).respond_with(answer).mount(server).await;
}

fn reason(outcome: Result<MessageId, PublishError>) -> String {
    match outcome {
        Err(PublishError::Refused(Refusal::Network { reason })) => reason,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::comment(Kind::Comment, json!({ "comment_id": "500_901" }))]
#[case::post(Kind::Post, json!({ "post_id": "500_901" }))]
#[tokio::test]
async fn a_private_reply_names_what_it_answers(#[case] kind: Kind, #[case] recipient: Value) {
    let server = MockServer::start().await;
    takes(&server, json!({ "recipient": recipient, "message": { "text": "Hello" } })).await;
    let id = publisher(&server).private_reply(&channel(json!({})), &target(kind), "Hello").await;
    assert_eq!(id.unwrap().as_str(), "m_7");
}

#[tokio::test]
async fn a_private_reply_is_never_sent_where_it_cannot_be() {
    let server = MockServer::start().await;
    let publisher = publisher(&server);
    let to =
        async |kind, text| publisher.private_reply(&channel(json!({})), &target(kind), text).await;
    let nothing = to(Kind::PrivateMessage, "Hello").await;
    assert!(matches!(nothing, Err(PublishError::Refused(Refusal::NothingToAnswer))));
    let long = to(Kind::Comment, "123456789012345678901").await;
    assert!(matches!(long, Err(PublishError::Refused(Refusal::TooLong { length: 21, limit: 20 }))));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[rstest]
#[case::too_old(10_903, "older than 7 days")]
#[case::person(551, "takes no private message")]
#[case::permission(200, "may not answer")]
#[tokio::test]
async fn a_refused_private_reply_says_why(#[case] code: u32, #[case] words: &str) {
    let server = MockServer::start().await;
    refuses(&server, code, None).await;
    let comment = target(Kind::Comment);
    let reason =
        reason(publisher(&server).private_reply(&channel(json!({})), &comment, "Hello").await);
    assert!(reason.contains(words) && !reason.contains("Zoë"), "{reason}");
}

#[tokio::test]
async fn a_second_private_reply_is_told_from_every_other_refusal() {
    let server = MockServer::start().await;
    refuses(&server, 10_900, None).await;
    let comment = target(Kind::Comment);
    let second = publisher(&server).private_reply(&channel(json!({})), &comment, "Hello").await;
    assert!(matches!(second, Err(PublishError::Refused(Refusal::AnsweredPrivately))), "{second:?}");
}

#[tokio::test]
async fn a_picture_under_a_comment_may_have_a_text() {
    let server = MockServer::start().await;
    for (body, id) in [
        ("attachment_url=https%3A%2F%2Fcdn.example%2F1.jpg", "1"),
        ("attachment_url=https%3A%2F%2Fcdn.example%2F1.jpg&message=See", "2"),
    ] {
        Mock::given(path("/v26.0/500_900/comments"))
            .and(body_string(body))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "id": id })))
            .expect(1)
            .mount(&server)
            .await;
    }
    let comment = target(Kind::Comment);
    for (text, id) in [("", "1"), ("See", "2")] {
        let published =
            publisher(&server).publish_image(&channel(json!({})), &comment, IMAGE, text).await;
        assert_eq!(published.unwrap().as_str(), id);
    }
}

#[tokio::test]
async fn a_private_picture_goes_alone() {
    let server = MockServer::start().await;
    let attachment = json!({ "type": "image", "payload": { "url": IMAGE, "is_reusable": false } });
    let body = json!({ "recipient": { "id": "42" }, "messaging_type": "RESPONSE",
        "message": { "attachment": attachment } });
    takes(&server, body).await;
    let private = target(Kind::PrivateMessage);
    let publish = async |image: &str, text| {
        publisher(&server).publish_image(&channel(json!({})), &private, image, text).await
    };
    assert_eq!(publish(IMAGE, "").await.unwrap().as_str(), "m_7");
    assert!(reason(publish(IMAGE, "See").await).contains("not both"));
    for no_address in ["ftp://cdn.example/1.jpg", "look", ""] {
        assert!(reason(publish(no_address, "").await).contains("https"));
    }
}

/// The answer to a plain message after 24 hours, and the one to a message with the tag.
async fn after_the_window(server: &MockServer, tagged: ResponseTemplate) {
    Mock::given(body_partial_json(
        json!({ "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT" }),
    ))
    .respond_with(tagged)
    .expect(1)
    .mount(server)
    .await;
    let over = json!({ "error": { "code": 10, "error_subcode": 2_018_278 } });
    Mock::given(body_partial_json(json!({ "messaging_type": "RESPONSE" })))
        .respond_with(ResponseTemplate::new(400).set_body_json(over))
        .expect(1)
        .mount(server)
        .await;
}

async fn says(server: &MockServer) -> Result<MessageId, PublishError> {
    let private = target(Kind::PrivateMessage);
    publisher(server).publish(&channel(json!({})), &private, "Hello").await
}

#[tokio::test]
async fn after_the_window_an_agent_may_still_answer_with_the_tag() {
    let server = MockServer::start().await;
    let answer = json!({ "recipient_id": "42", "message_id": "m_8" });
    after_the_window(&server, ResponseTemplate::new(200).set_body_json(answer)).await;
    assert_eq!(says(&server).await.unwrap().as_str(), "m_8");
}

#[rstest]
#[case::a_week_is_over(10, Some(2_018_278))]
#[case::not_reviewed(10, None)]
#[case::tag_unknown(100, None)]
#[tokio::test]
async fn after_that_the_agent_is_told(#[case] code: u32, #[case] subcode: Option<u32>) {
    let server = MockServer::start().await;
    let error = json!({ "error": { "code": code, "error_subcode": subcode } });
    after_the_window(&server, ResponseTemplate::new(400).set_body_json(error)).await;
    assert!(reason(says(&server).await).contains("7 days"));
}

#[tokio::test]
async fn a_tagged_message_whose_answer_is_lost_is_unknown() {
    let server = MockServer::start().await;
    after_the_window(&server, ResponseTemplate::new(502)).await;
    assert!(matches!(says(&server).await, Err(PublishError::Unknown(_))));
}

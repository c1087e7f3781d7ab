use rstest::rstest;
use serde_json::{Value, json};
use social_core::reply::Publisher;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_string, method, path},
};

use super::*;
use crate::{
    publish::PublisherSettings,
    testing::{Hands, OnePage, channel, graph},
};

async fn moderate(server: &MockServer, command: Command) -> Result<(), PublishError> {
    let publisher = FacebookPublisher::new(
        graph(server, &Hands::noon()),
        OnePage,
        PublisherSettings::default(),
    );
    publisher.moderate(&channel(json!({})), &"500_901".into(), command).await
}

#[rstest]
#[case::hide(Command::Hide, "POST", "/v26.0/500_901", "is_hidden=true")]
#[case::unhide(Command::Unhide, "POST", "/v26.0/500_901", "is_hidden=false")]
#[case::like(Command::Like, "POST", "/v26.0/500_901/likes", "")]
#[case::delete(Command::Delete, "DELETE", "/v26.0/500_901", "")]
#[tokio::test]
async fn each_is_one_call(
    #[case] command: Command,
    #[case] verb: &str,
    #[case] called: &str,
    #[case] body: &str,
) {
    for success in [json!(true), json!("true")] {
        let server = MockServer::start().await;
        Mock::given(method(verb))
            .and(path(called))
            .and(body_string(body))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "success": success })))
            .expect(1)
            .mount(&server)
            .await;
        moderate(&server, command).await.unwrap();
    }
}

fn outcome(result: &Result<(), PublishError>) -> &'static str {
    match result {
        Ok(()) => "done",
        Err(PublishError::NotPublished(_)) => "not done",
        Err(PublishError::Refused(_)) => "refused",
        Err(PublishError::Unknown(_)) => "unknown",
    }
}

#[rstest]
#[case::gone(Command::Hide, 400, json!({ "error": { "code": 100, "error_subcode": 33 } }), "refused")]
#[case::gone_already(Command::Delete, 400, json!({ "error": { "code": 100, "error_subcode": 33 } }), "done")]
#[case::permission(Command::Hide, 403, json!({ "error": { "code": 200 } }), "refused")]
#[case::parameter(Command::Like, 400, json!({ "error": { "code": 100 } }), "refused")]
#[case::token(Command::Hide, 400, json!({ "error": { "code": 190 } }), "not done")]
#[case::throttle(Command::Hide, 400, json!({ "error": { "code": 32 } }), "not done")]
#[case::proxy(Command::Hide, 403, json!("<html>"), "not done")]
#[case::service(Command::Hide, 503, json!("<html>"), "unknown")]
#[tokio::test]
async fn an_answer_says_what_came_of_it(
    #[case] command: Command,
    #[case] status: u16,
    #[case] body: Value,
    #[case] expected: &str,
) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let result = moderate(&server, command).await;
    assert_eq!(outcome(&result), expected, "{result:?}");
}

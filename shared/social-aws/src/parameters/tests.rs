use std::time::Duration;

use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header},
};

use super::*;
use crate::testing::{Log, TestClock, assert_send, config};

const NAME: &str = "/social/facebook/acme";

fn store(server: &MockServer) -> (ParameterStore<TestClock>, TestClock) {
    let clock = TestClock::new();
    (ParameterStore::new(&crate::ssm(&config(&server.uri())), clock.clone()), clock)
}

fn value(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "Parameter": { "Name": NAME, "Value": text } }))
}

fn error(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({ "__type": code, "message": "about it" }))
}

/// Answers so from now on, `times` times.
async fn answer(server: &MockServer, answer: ResponseTemplate, times: u64) {
    Mock::given(header("x-amz-target", "AmazonSSM.GetParameter"))
        .and(body_json(json!({ "Name": NAME, "WithDecryption": true })))
        .respond_with(answer)
        .up_to_n_times(times)
        .expect(times)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_credential_is_read_again_after_half_a_minute() {
    let server = MockServer::start().await;
    let document = |token| json!({ "page_token": token, "app_secret": "s" }).to_string();
    answer(&server, value(&document("one")), 1).await;
    answer(&server, value(&document("two")), 1).await;
    let (store, clock) = store(&server);
    for (token, pause) in [("one", 29), ("one", 1), ("two", 0)] {
        let credential = store.clone().facebook(NAME).await.unwrap();
        assert_eq!(credential.page_token.expose_secret(), token);
        clock.advance(Duration::from_secs(pause));
    }
    assert_send(store.facebook(NAME));
    assert_send(store.twitter(NAME));
    assert_send(store.text(NAME));
}

#[tokio::test]
async fn a_missing_parameter_waits_and_is_told_once() {
    let server = MockServer::start().await;
    answer(&server, error("ParameterNotFound"), 2).await;
    answer(&server, value("-----BEGIN"), 1).await;
    answer(&server, error("ValidationException"), 1).await;
    let log = Log::default();
    let _guard = log.record();
    let (store, clock) = store(&server);
    for told in [1, 0] {
        for _ in 0..2 {
            let failure = store.text(NAME).await.unwrap_err();
            assert_eq!(failure.verdict(), Verdict::WAIT);
            assert_eq!(failure.error_type(), "credential_missing");
        }
        let lines = log.take("CredentialFailed");
        assert_eq!(lines.len(), told);
        assert!(lines.iter().all(|line| line.contains(NAME)));
        clock.advance(Duration::from_mins(1));
    }
    assert_eq!(store.text(NAME).await.unwrap().expose_secret(), "-----BEGIN");
    clock.advance(Duration::from_mins(1));
    assert_eq!(store.text(NAME).await.unwrap_err().verdict(), Verdict::WAIT);
    assert_eq!(log.take("CredentialFailed").len(), 1, "it was well in between");
}

#[rstest::rstest]
#[case::missing(r#"{"page_token":"hush"}"#, "app_secret is missing")]
#[case::type_(r#"{"page_token":"x","app_secret":["hush"]}"#, "app_secret is not what it must be")]
#[case::number(r#"{"page_token":471147,"app_secret":"s"}"#, "page_token is not what it must be")]
#[case::syntax("{\n\"page_token\":\"hush\" \"hush\"", "the document is no JSON at line 2")]
#[case::plain("hush", "the document is no JSON at line 1")]
#[case::tail(r#"{"page_token":"x","app_secret":"s"} hush"#, "the document is no JSON at line 1")]
#[case::empty("", "the document is no JSON")]
#[tokio::test]
async fn a_malformed_credential_is_told_by_field_and_never_by_value(
    #[case] text: &str,
    #[case] problem: &str,
) {
    let server = MockServer::start().await;
    answer(&server, value(text), 1).await;
    let log = Log::default();
    let _guard = log.record();
    let (store, _) = store(&server);
    let failure = store.facebook(NAME).await.unwrap_err();
    assert_eq!(failure.verdict(), Verdict::WAIT);
    assert_eq!(failure.error_type(), "credential_malformed");
    let told = format!("{failure:?} {failure} {store:?} {:?}", log.take("CredentialFailed"));
    assert!(told.contains(&format!("parameter {NAME}: {problem}")), "{told}");
    assert!(!told.contains("hush") && !told.contains("471147"), "{told}");
}

#[tokio::test]
async fn the_last_reading_serves_while_parameter_store_is_away() {
    let server = MockServer::start().await;
    answer(&server, value("old"), 1).await;
    answer(&server, ResponseTemplate::new(503), 3).await;
    answer(&server, error("AccessDeniedException"), 1).await;
    let (store, clock) = store(&server);
    assert_eq!(store.text(NAME).await.unwrap().expose_secret(), "old");
    clock.advance(Duration::from_mins(1));
    assert_eq!(store.text(NAME).await.unwrap().expose_secret(), "old");
    clock.advance(Duration::from_mins(1));
    let failure = store.text(NAME).await.unwrap_err();
    assert_eq!((failure.verdict(), failure.error_type()), (Verdict::WAIT, "aws_denied"));
}

#[tokio::test]
async fn a_throttled_reading_is_tried_again() {
    let server = MockServer::start().await;
    answer(&server, error("ThrottlingException"), 3).await;
    let (store, _) = store(&server);
    let failure = store.text(NAME).await.unwrap_err();
    assert_eq!((failure.verdict(), failure.error_type()), (Verdict::RETRY, "aws_throttled"));
    assert_eq!(
        failure.to_string(),
        format!(
            "parameter {NAME} cannot be read: SSM GetParameter failed: ThrottlingException, status 400"
        )
    );
}

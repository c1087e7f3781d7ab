use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use social_core::{
    Verdict,
    chat::{ChatError, ContactCenter, Interface, Sent},
};
use wiremock::ResponseTemplate;

use super::support::*;
use crate::Choice;

/// What the port tells of a failure.
fn outcome(error: &ChatError) -> (&'static str, Option<(Verdict, Sent)>) {
    match error {
        ChatError::Gone => ("gone", None),
        ChatError::UnknownWorkgroup => ("unknown workgroup", None),
        ChatError::Throttled => ("throttled", None),
        ChatError::Failed { failure, sent } => ("failed", Some((failure.verdict(), *sent))),
    }
}

fn property_error(kind: &str, property: &str) -> ResponseTemplate {
    icws(
        400,
        &json!({
            "__type": format!("urn:inin.com:common:{kind}PropertyError"),
            "errorId": format!("error.request.invalidRepresentation.{kind}Property"),
            "message": "It is not valid.", "propertyName": property,
        }),
    )
}

const WAIT: Verdict = Verdict::WAIT;

#[rstest]
#[case::participant(icws_error("error.request.webChat.invalidParticipantId"), "gone", None)]
#[case::chat(icws_error("error.request.webChat.invalidChatId"), "gone", None)]
#[case::removed(ResponseTemplate::new(410), "gone", None)]
#[case::property(property_error("invalid", "participantId"), "gone", None)]
#[case::bad_text(property_error("invalid", "message"), "failed", Some((Verdict::Reject, Sent::No)))]
#[case::forbidden(ResponseTemplate::new(403), "failed", Some((WAIT, Sent::No)))]
#[case::not_found(ResponseTemplate::new(404), "failed", Some((WAIT, Sent::No)))]
#[case::too_fast(ResponseTemplate::new(429).insert_header("retry-after", "7"), "failed",
    Some((Verdict::Wait { after: Some(Duration::from_secs(7)) }, Sent::No)))]
#[case::error(ResponseTemplate::new(500), "failed", Some((Verdict::RETRY, Sent::Perhaps)))]
#[case::bad_gateway(ResponseTemplate::new(502), "failed", Some((WAIT, Sent::Perhaps)))]
#[case::backup(ResponseTemplate::new(503), "failed", Some((WAIT, Sent::No)))]
#[tokio::test]
async fn a_line_fails_in_web_chat(
    #[case] answer: ResponseTemplate,
    #[case] what: &str,
    #[case] how: Option<(Verdict, Sent)>,
) {
    let server = server().await;
    on(&server, &format!("POST /icws/web-chat/send-message/{ME}"), answer).await;
    let gone = icws_error("error.request.webChat.invalidChatId");
    on(&server, "POST /icws/web-chat/reconnect", gone).await;
    let cic = cic(&[&server], Choice::Auto);
    let error = cic.say(&chat(Interface::WebChat), "hello").await.unwrap_err();
    assert_eq!(outcome(&error), (what, how));
}

#[rstest]
#[case::session("error.websvc.unknownEntity.session", "gone", None)]
#[case::participant("error.websvc.unknownEntity.participant", "gone", None)]
#[case::content("error.websvc.content.invalid", "failed", Some((Verdict::Reject, Sent::No)))]
#[case::general("error.websvc.general", "failed", Some((Verdict::RETRY, Sent::Perhaps)))]
#[case::unavailable("error.websvc.unavailable", "failed", Some((WAIT, Sent::No)))]
#[case::target("error.websvc.unknownEntity.badTarget", "failed", Some((WAIT, Sent::No)))]
#[tokio::test]
async fn a_line_fails_in_websvcs(
    #[case] reason: &str,
    #[case] what: &str,
    #[case] how: Option<(Verdict, Sent)>,
) {
    let server = server().await;
    on(&server, &format!("POST /websvcs/chat/sendMessage/{ME}"), refusal(reason)).await;
    on(&server, "POST /websvcs/chat/reconnect", refusal("error.websvc.unknownEntity.session"))
        .await;
    let cic = cic(&[&server], Choice::Auto);
    let error = cic.say(&chat(Interface::Websvcs), "hello").await.unwrap_err();
    assert_eq!(outcome(&error), (what, how));
}

#[rstest]
#[case::invalid_target(property_error("invalid", "targetName"), "unknown workgroup", None)]
#[case::missing_target(property_error("missing", "TargetName"), "unknown workgroup", None)]
#[case::other_property(property_error("invalid", "webhook"), "failed", Some((WAIT, Sent::No)))]
#[case::target_type(property_error("invalid", "targetType"), "failed", Some((WAIT, Sent::No)))]
#[case::too_many(ResponseTemplate::new(429), "throttled", None)]
#[case::too_many_hinted(ResponseTemplate::new(404), "throttled", None)]
#[case::too_many_unavailable(icws(503, &json!({"errorId": "error.server.unavailable", "message": "No."})), "throttled", None)]
#[case::no_ids(icws(200, &json!({})), "failed", Some((Verdict::RETRY, Sent::Perhaps)))]
#[tokio::test]
async fn a_start_fails_in_web_chat(
    #[case] answer: ResponseTemplate,
    #[case] what: &str,
    #[case] how: Option<(Verdict, Sent)>,
) {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(6)).await;
    on(&server, "POST /icws/web-chat/start", answer).await;
    let error = cic(&[&server], Choice::Auto).open(&opening()).await.unwrap_err();
    assert_eq!(outcome(&error), (what, how));
}

#[rstest]
#[case::target(refusal("error.websvc.unknownEntity.badTarget"), "unknown workgroup", None)]
#[case::queue(refusal("error.websvc.unknownEntity.invalidQueue"), "unknown workgroup", None)]
#[case::too_many(refusal("error.websvc.unavailable"), "throttled", None)]
#[case::too_many_hinted(ResponseTemplate::new(404), "throttled", None)]
#[case::content(refusal("error.websvc.content.invalid"), "failed", Some((WAIT, Sent::No)))]
#[case::session(refusal("error.websvc.unknownEntity.session"), "failed", Some((WAIT, Sent::No)))]
#[case::html(ResponseTemplate::new(200).set_body_string("<html>"), "failed", Some((Verdict::RETRY, Sent::Perhaps)))]
#[tokio::test]
async fn a_start_fails_in_websvcs(
    #[case] answer: ResponseTemplate,
    #[case] what: &str,
    #[case] how: Option<(Verdict, Sent)>,
) {
    let server = server().await;
    on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
    on(&server, "POST /websvcs/chat/start", answer).await;
    let error = cic(&[&server], Choice::Websvcs).open(&opening()).await.unwrap_err();
    assert_eq!(outcome(&error), (what, how));
}

#[tokio::test]
async fn errors_hold_no_text_and_no_participant_id() {
    let server = server().await;
    let answer = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    on(&server, &format!("POST /icws/web-chat/send-message/{ME}"), answer).await;
    let cic = cic(&[&server], Choice::Auto);
    let error = cic.say(&chat(Interface::WebChat), "confidential").await.unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("confidential") && !shown.contains(ME), "{shown}");
}

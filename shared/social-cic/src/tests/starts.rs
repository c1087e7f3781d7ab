//! What a start is refused for, and what it does without (sections 4.1, 4.2 and 7 of the contract).

use rstest::rstest;
use serde_json::{Value, json};
use social_core::chat::{ChatError, ContactCenter};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::support::*;
use crate::Choice;

const EXTRAS: [&str; 3] = ["attributes", "routingContexts", "webhook"];

/// The extras of each start that a server received.
async fn tries(server: &MockServer) -> Vec<Vec<&'static str>> {
    let received = server.received_requests().await.unwrap();
    let starts = received.iter().filter(|call| call.url.path().ends_with("start"));
    let extras = |call: &Request| {
        let body: Value = call.body_json().unwrap();
        EXTRAS.into_iter().filter(|extra| body.get(extra).is_some()).collect()
    };
    starts.map(extras).collect()
}

/// Refuses starts with any of `disliked`, as `refusal` words it.
async fn dislikes(
    server: &MockServer,
    at: &'static str,
    disliked: &'static [&'static str],
    refusal: impl Fn(&str) -> ResponseTemplate + Send + Sync + 'static,
    started: ResponseTemplate,
) {
    let answer = move |call: &Request| {
        let body: Value = call.body_json().unwrap();
        let found = disliked.iter().find(|name| body.get(name).is_some());
        found.map_or_else(|| started.clone(), |name| refusal(name))
    };
    Mock::given(path(at)).respond_with(answer).mount(server).await;
}

fn invalid(property: &str) -> ResponseTemplate {
    icws(
        400,
        &json!({
            "__type": "urn:inin.com:common:invalidPropertyError", "message": "It is not valid.",
            "errorId": "error.request.invalidRepresentation.invalidProperty",
            "propertyName": property,
        }),
    )
}

fn unnamed(_: &str) -> ResponseTemplate {
    icws_error("error.request.invalidRepresentation")
}

fn in_words(property: &str) -> ResponseTemplate {
    let message = format!("The property '{property}' is unknown.");
    icws(400, &json!({ "errorId": "error.request.invalidRepresentation", "message": message }))
}

#[rstest]
#[case::webhook(&["webhook"], invalid, &["attributes", "routingContexts"])]
#[case::contexts(&["routingContexts"], invalid, &["attributes", "webhook"])]
#[case::within_contexts(&["routingContexts"], |_: &str| invalid("category"), &["attributes", "webhook"])]
#[case::two(&["attributes", "webhook"], invalid, &["routingContexts"])]
#[case::by_its_message(&["webhook"], in_words, &["attributes", "routingContexts"])]
#[case::unnamed(&["attributes"], unnamed, &[])]
#[tokio::test]
async fn a_chat_opens_without_what_the_server_refuses(
    #[case] disliked: &'static [&'static str],
    #[case] refusal: fn(&str) -> ResponseTemplate,
    #[case] left: &[&str],
) {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(6)).await;
    dislikes(&server, "/icws/web-chat/start", disliked, refusal, web_chat_started()).await;
    let cic = cic(&[&server], Choice::Auto);
    cic.open(&opening()).await.unwrap();
    let first = tries(&server).await;
    assert_eq!((first[0].as_slice(), first.last().unwrap().as_slice()), (&EXTRAS[..], left));
    cic.open(&opening()).await.unwrap();
    let second = tries(&server).await;
    assert_eq!(second.len(), first.len() + 1, "what was refused is remembered");
    assert_eq!(second.last().unwrap(), left);
}

#[tokio::test]
async fn what_is_refused_of_one_channel_is_sent_for_another() {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(6)).await;
    dislikes(&server, "/icws/web-chat/start", &["routingContexts"], invalid, web_chat_started())
        .await;
    let cic = cic(&[&server], Choice::Auto);
    cic.open(&opening()).await.unwrap();
    let before = tries(&server).await.len();
    let mut other = opening();
    other.routing_contexts[0].category = "another".to_owned();
    cic.open(&other).await.unwrap();
    let of_other = tries(&server).await.split_off(before);
    assert_eq!(of_other[0], EXTRAS, "its routing contexts were never refused");
}

#[tokio::test]
async fn websvcs_opens_a_chat_without_the_content_that_it_refuses() {
    let server = server().await;
    on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
    let invalid = |_: &str| refusal("error.websvc.content.invalid");
    let started = websvcs(Some(ME), 1, &[]);
    dislikes(&server, "/websvcs/chat/start", &["routingContexts"], invalid, started).await;
    cic(&[&server], Choice::Websvcs).open(&opening()).await.unwrap();
    assert_eq!(tries(&server).await, [&EXTRAS[..2], &[]]);
}

#[tokio::test]
async fn a_refusal_of_something_else_changes_nothing() {
    let server = server().await;
    on(&server, "GET /icws/connection/features", features(6)).await;
    on(&server, "POST /icws/web-chat/start", invalid("targetType")).await;
    let error = cic(&[&server], Choice::Auto).open(&opening()).await.unwrap_err();
    assert!(matches!(error, ChatError::Failed { .. }), "{error:?}");
    assert_eq!(tries(&server).await.len(), 1);
}

#[rstest]
#[case::general(refusal("error.websvc.general"), 2)]
#[case::error(ResponseTemplate::new(500), 2)]
#[case::unavailable(refusal("error.websvc.unavailable"), 1)]
#[case::forbidden(ResponseTemplate::new(403), 1)]
#[case::bad_gateway(ResponseTemplate::new(502), 1)]
#[tokio::test]
async fn a_start_that_fails_in_passing_is_tried_once_more(
    #[case] failure: ResponseTemplate,
    #[case] times: usize,
) {
    let server = server().await;
    on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
    on(&server, "POST /websvcs/chat/start", failure).await;
    cic(&[&server], Choice::Websvcs).open(&opening()).await.unwrap_err();
    assert_eq!(tries(&server).await.len(), times);
}

#[tokio::test]
async fn the_configuration_is_asked_again_when_the_bridge_fails_in_passing() {
    let server = server().await;
    first(&server, "GET /websvcs/serverConfiguration", 2, ResponseTemplate::new(500)).await;
    on(&server, "GET /websvcs/serverConfiguration", configuration(1)).await;
    on(&server, "POST /websvcs/chat/start", websvcs(Some(ME), 1, &[])).await;
    cic(&[&server], Choice::Websvcs).open(&opening()).await.unwrap();
}

#[test]
fn a_throttle_names_the_parameter_to_raise() {
    let error = crate::CicError::Throttled.to_string();
    assert!(error.contains("MaxInteractionsAllowedPerIP"), "{error}");
}

use std::time::Duration;

use rstest::rstest;
use serde::Deserialize;
use serde_json::json;
use social_core::{Classify, Verdict};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, method, path, query_param, query_param_is_missing},
};

use super::*;
use crate::{
    testing::{Hands, PAGE, credential, graph},
    wire::Id,
};

mod addresses;

#[derive(Deserialize)]
struct Node {
    id: Id,
}

fn ids(nodes: Vec<Node>) -> Vec<String> {
    nodes.into_iter().map(|Node { id: Id(id) }| id).collect()
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    server
}

async fn get(server: &MockServer) -> Result<String, GraphError> {
    let graph = graph(server, &Hands::noon());
    let node = graph.page(PAGE, &credential()).get::<Node>(&["1_2"], &Vec::new()).await?;
    Ok(node.id.0)
}

/// Contract E7, table A9: status, code, subcode, message, `is_transient`; the label and the verdict.
#[rstest]
#[case::unknown(400, 1, None, "An unknown error occurred", "graph_transient", Verdict::RETRY)]
#[case::service(503, 2, None, "Service temporarily unavailable", "graph_transient", Verdict::RETRY)]
#[case::too_much(
    500,
    1,
    None,
    "Please reduce the amount of data you're asking for, then retry your request",
    "graph_too_much",
    Verdict::RETRY
)]
#[case::capability(400, 3, None, "", "graph_permission", Verdict::WAIT)]
#[case::app(400, 4, None, "", "graph_throttled", Verdict::WAIT)]
#[case::permission(403, 10, None, "", "graph_permission", Verdict::WAIT)]
#[case::window(400, 10, Some(2_018_278), "", "graph_window", Verdict::Reject)]
#[case::user(400, 17, Some(2_446_079), "", "graph_throttled", Verdict::WAIT)]
#[case::page(400, 32, None, "", "graph_throttled", Verdict::WAIT)]
#[case::gone_33(400, 33, None, "", "graph_gone", Verdict::Reject)]
#[case::gone(400, 100, Some(33), "due to missing permissions", "graph_gone", Verdict::Reject)]
#[case::nobody(400, 100, Some(2_018_001), "", "graph_unreachable", Verdict::Reject)]
#[case::parameter(
    400,
    100,
    None,
    "(#100) Tried accessing nonexisting field (first_name)",
    "graph_parameter",
    Verdict::Reject
)]
#[case::hidden_permission(
    400,
    100,
    None,
    "This endpoint requires the 'pages_read_engagement' permission",
    "graph_permission",
    Verdict::WAIT
)]
#[case::proof(
    400,
    100,
    None,
    "Invalid appsecret_proof provided in the API argument",
    "graph_proof",
    Verdict::WAIT
)]
#[case::session(400, 102, None, "", "graph_token", Verdict::WAIT)]
#[case::expired(400, 190, Some(463), "", "graph_token", Verdict::WAIT)]
#[case::password(401, 190, Some(460), "", "graph_token", Verdict::WAIT)]
#[case::permission_200(403, 200, None, "", "graph_permission", Verdict::WAIT)]
#[case::permission_299(403, 299, None, "", "graph_permission", Verdict::WAIT)]
#[case::application(400, 341, None, "", "graph_throttled", Verdict::WAIT)]
#[case::blocked(400, 368, None, "", "graph_blocked", Verdict::Wait { after: Some(Duration::from_hours(1)) })]
#[case::duplicate(400, 506, None, "", "graph_duplicate", Verdict::RETRY)]
#[case::person(400, 551, None, "", "graph_unreachable", Verdict::Reject)]
#[case::custom(400, 613, Some(1996), "", "graph_throttled", Verdict::WAIT)]
#[case::alias(400, 803, None, "", "graph_gone", Verdict::Reject)]
#[case::bad_link(400, 1_609_005, None, "", "graph_transient", Verdict::RETRY)]
#[case::syntax(
    400,
    2500,
    None,
    "Syntax error \"Expected name\"",
    "graph_parameter",
    Verdict::Reject
)]
#[case::anonymous(
    400,
    2500,
    None,
    "An active access token must be used",
    "graph_token",
    Verdict::WAIT
)]
#[case::answered(400, 10_900, None, "", "graph_unreachable", Verdict::Reject)]
#[case::business(400, 80_001, None, "", "graph_throttled", Verdict::WAIT)]
#[case::messenger(400, 80_006, None, "", "graph_throttled", Verdict::WAIT)]
#[case::in_a_200(200, 190, None, "", "graph_token", Verdict::WAIT)]
#[case::nobody_knows(400, 31_337, None, "", "graph_unexpected", Verdict::RETRY)]
#[case::nobody_knows_500(500, 31_337, None, "", "graph_transient", Verdict::RETRY)]
#[tokio::test]
async fn e7_errors_are_told_apart_by_code(
    #[case] status: u16,
    #[case] code: u64,
    #[case] subcode: Option<u64>,
    #[case] message: &str,
    #[case] label: &str,
    #[case] verdict: Verdict,
) {
    let error = json!({
        "message": message, "type": "OAuthException", "code": code,
        "error_subcode": subcode, "fbtrace_id": "AbC-1",
    });
    let answer = ResponseTemplate::new(status).set_body_json(json!({ "error": error }));
    let error = get(&answering(answer).await).await.unwrap_err();
    assert_eq!((error.error_type(), error.verdict()), (label, verdict));
    let told = error.to_string();
    assert!(told.contains(&format!("code {code}")) && told.contains("AbC-1"), "{told}");
    assert!(message.is_empty() || !told.contains(message), "{told}");
}

#[rstest]
#[case::transient(json!({ "code": 31_337, "is_transient": true }), "graph_transient")]
#[case::text_code(json!({ "code": "190" }), "graph_token")]
#[case::data(json!({ "code": 10, "error_data": { "error_subcode": 2_018_278 } }), "graph_window")]
#[case::data_text(json!({ "code": 10, "error_data": "{\"error_subcode\":2018278}" }), "graph_window")]
#[case::data_odd(json!({ "code": 10, "error_data": "{", "message": null }), "graph_permission")]
#[case::no_object(json!("no"), "graph_unexpected")]
#[tokio::test]
async fn e7_errors_come_in_odd_shapes(#[case] error: Value, #[case] label: &str) {
    let answer = ResponseTemplate::new(400).set_body_json(json!({ "error": error }));
    assert_eq!(get(&answering(answer).await).await.unwrap_err().error_type(), label);
}

#[rstest]
#[case::bad_gateway(502, "<html>Bad Gateway</html>", "graph_transient")]
#[case::too_many(429, "", "graph_throttled")]
#[case::forbidden(403, "<html>", "graph_unexpected")]
#[case::page(200, "<html>Sorry</html>", "graph_undecodable")]
#[case::no_id(200, "{\"data\":[]}", "graph_undecodable")]
#[tokio::test]
async fn e7_what_is_no_answer_of_the_graph_is_an_error(
    #[case] status: u16,
    #[case] body: &str,
    #[case] label: &str,
) {
    let answer = ResponseTemplate::new(status).set_body_string(body);
    assert_eq!(get(&answering(answer).await).await.unwrap_err().error_type(), label);
}

#[tokio::test]
async fn a_call_carries_token_and_proof_and_keeps_the_token_out_of_the_address() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!({ "id": 12 }))).await;
    assert_eq!(get(&server).await.unwrap(), "12");
    let requests = server.received_requests().await.unwrap();
    let [request] = requests.as_slice() else { panic!("one call") };
    assert_eq!(request.headers["authorization"], "Bearer EAAtoken");
    assert_eq!(request.url.path(), "/v26.0/1_2");
    let query = request.url.query().unwrap();
    assert!(query.contains("appsecret_time=1795348800"), "{query}");
    assert!(query.contains("appsecret_proof=") && !query.contains("EAAtoken"), "{query}");
}

#[rstest]
#[case::upwards("..")]
#[case::nothing("")]
#[tokio::test]
async fn an_id_cannot_lead_elsewhere(#[case] id: &str) {
    let server = answering(ResponseTemplate::new(200)).await;
    let graph = graph(&server, &Hands::noon());
    let error = graph.page(PAGE, &credential()).get::<Node>(&[id], &Vec::new()).await;
    assert!(matches!(error, Err(GraphError::Parameter(_))));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn near_the_limit_reads_stop_and_replies_go_on() {
    let usage = json!({ PAGE: [{ "type": "pages", "call_count": 96, "total_cputime": 1,
        "total_time": 1, "estimated_time_to_regain_access": 0 }] });
    let answer = ResponseTemplate::new(200)
        .set_body_json(json!({ "id": "1" }))
        .insert_header("x-business-use-case-usage", usage.to_string().as_str());
    let (server, hands) = (answering(answer).await, Hands::noon());
    let (graph, credential) = (graph(&server, &hands), credential());
    let page = graph.page(PAGE, &credential);
    let nothing = Parameters::new();
    page.get::<Node>(&["1"], &nothing).await.unwrap();
    let paused = page.get::<Node>(&["1"], &nothing).await.err().unwrap();
    assert_eq!(paused.verdict(), Verdict::Wait { after: Some(Duration::from_mins(5)) });
    page.post_form::<Node>(&["1"], &nothing).await.unwrap();
    graph.page("another", &credential).get::<Node>(&["1"], &nothing).await.unwrap();
    hands.set("12:05:00");
    page.get::<Node>(&["1"], &nothing).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

/// What a limit of one kind stops: the same call again, private messages, another page, a page of another app.
#[rstest]
#[case::app(json!({}), 4, [true, true, true, false])]
#[case::application(json!({}), 341, [true, true, true, false])]
#[case::page(json!({}), 32, [true, false, false, false])]
#[case::pages(json!({}), 80_001, [true, false, false, false])]
#[case::messenger(json!({}), 80_006, [false, true, false, false])]
#[case::custom(json!({}), 613, [true, false, false, false])]
#[case::nearly_the_app(json!({ "x-app-usage": { "call_count": 95 } }), 0, [true, true, true, false])]
#[case::nearly_the_page(json!({ "x-page-usage": { "total_time": 99 } }), 0, [true, false, false, false])]
#[case::nearly_messenger(
    json!({ "x-business-use-case-usage": { PAGE: [{ "type": "messenger", "call_count": 97 }] } }),
    0,
    [false, true, false, false]
)]
#[tokio::test]
async fn a_limit_stops_its_own_scope_only(
    #[case] headers: Value,
    #[case] code: u64,
    #[case] stopped: [bool; 4],
) {
    let mut answer = ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }));
    if code != 0 {
        answer = ResponseTemplate::new(400).set_body_json(json!({ "error": { "code": code } }));
    }
    for (name, value) in headers.as_object().unwrap() {
        answer = answer.insert_header(name.as_str(), value.to_string().as_str());
    }
    let server = MockServer::start().await;
    Mock::given(path("/v26.0/first")).respond_with(answer).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }));
    Mock::given(any()).respond_with(fine).with_priority(9).mount(&server).await;
    let (graph, credential) = (graph(&server, &Hands::noon()), credential());
    let other_app = social_core::credential::FacebookCredential {
        page_token: "other".into(),
        app_secret: "other".into(),
    };
    let nothing = Parameters::new();
    let first = graph.page(PAGE, &credential).get::<Node>(&["first"], &nothing).await;
    assert_eq!(first.is_err(), code != 0);
    let next = [
        graph.page(PAGE, &credential).get::<Node>(&["1"], &nothing).await,
        graph.page(PAGE, &credential).get::<Node>(&[PAGE, "conversations"], &nothing).await,
        graph.page("another", &credential).get::<Node>(&["1"], &nothing).await,
        graph.page("another", &other_app).get::<Node>(&["1"], &nothing).await,
    ];
    assert_eq!(next.map(|outcome| outcome.is_err()), stopped);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let message = "(#100) Object does not exist, cannot be loaded due to missing permission or reviewable \
                   feature. This endpoint requires the 'pages_read_engagement' permission";
    let error = json!({ "error": { "message": message, "code": 100 } });
    let error = get(&answering(ResponseTemplate::new(400).set_body_json(error)).await).await;
    let told = error.unwrap_err().to_string();
    assert!(told.ends_with("permission pages_read_engagement"), "{told}");
}

#[tokio::test]
async fn a_throttle_waits_as_long_as_facebook_says() {
    let usage = json!({ PAGE: [{ "type": "pages", "call_count": 144, "total_cputime": 1,
        "total_time": 1, "estimated_time_to_regain_access": 19 }] });
    let answer = ResponseTemplate::new(400)
        .set_body_json(json!({ "error": { "code": 80001 } }))
        .insert_header("x-business-use-case-usage", usage.to_string().as_str());
    let server = answering(answer).await;
    let (graph, credential) = (graph(&server, &Hands::noon()), credential());
    let page = graph.page(PAGE, &credential);
    for _ in 0..2 {
        let error = page.post_form::<Node>(&["1"], &Vec::new()).await.err().unwrap();
        assert_eq!(error.verdict(), Verdict::Wait { after: Some(Duration::from_mins(19)) });
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

/// Reads a list whole, two at a time.
async fn list(server: &MockServer) -> Result<Vec<String>, GraphError> {
    let graph = graph(server, &Hands::noon());
    let credential = credential();
    let size = |size: u32| vec![("limit", size.to_string())];
    let page = graph.page(PAGE, &credential);
    page.list::<Node>(&["1", "comments"], 2, size, |_| false).await.map(ids)
}

async fn first_page(server: &MockServer, body: Value) {
    Mock::given(path("/v26.0/1/comments"))
        .and(query_param_is_missing("after"))
        .and(query_param_is_missing("until"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

async fn next_page(server: &MockServer, name: &str, value: &str, body: Value) {
    Mock::given(path("/v26.0/1/comments"))
        .and(query_param(name, value))
        .and(query_param("limit", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

#[rstest]
#[case::no_paging(json!({ "data": [] }), &[])]
#[case::null(json!({ "data": [{ "id": "1" }], "paging": null }), &["1"])]
#[case::cursors_without_next(
    json!({ "data": [{ "id": "1" }, { "id": "2" }], "paging": { "cursors": { "before": "b", "after": "a" } } }),
    &["1", "2"]
)]
#[case::odd_element(json!({ "data": [null, { "id": "1" }, { "name": "x" }] }), &["1"])]
#[tokio::test]
async fn e6_a_list_ends_where_there_is_no_next(#[case] body: Value, #[case] expected: &[&str]) {
    let server = MockServer::start().await;
    first_page(&server, body).await;
    assert_eq!(list(&server).await.unwrap(), expected);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn e6_a_short_page_with_next_is_followed_by_its_cursor_and_never_to_another_host() {
    let server = MockServer::start().await;
    let next = "https://evil.example/v1/1/comments?access_token=EAAtoken&after=elsewhere";
    let paging = json!({ "cursors": { "before": "b", "after": "a1" }, "next": next });
    first_page(&server, json!({ "data": [{ "id": "1" }], "paging": paging })).await;
    next_page(&server, "after", "a1", json!({ "data": [{ "id": "2" }] })).await;
    assert_eq!(list(&server).await.unwrap(), ["1", "2"]);
}

#[tokio::test]
async fn e6_a_list_by_time_is_followed_by_its_token() {
    let server = MockServer::start().await;
    let next = "https://graph.facebook.com/v10.0/4/posts?access_token=EAAtoken&limit=5\
                &until=1624385168&since&__paging_token=enc_AdC&__previous";
    let body = json!({ "data": [{ "id": "1" }, { "id": "2" }], "paging": { "next": next } });
    first_page(&server, body).await;
    let previous = json!({ "previous": "https://graph.facebook.com/x?since=1&__previous=1" });
    let body = json!({ "data": [{ "id": "3" }], "paging": previous });
    next_page(&server, "__paging_token", "enc_AdC", body).await;
    assert_eq!(list(&server).await.unwrap(), ["1", "2", "3"]);
    let requests = server.received_requests().await.unwrap();
    let query = requests.last().and_then(|request| request.url.query()).unwrap();
    assert!(query.contains("until=1624385168") && !query.contains("EAAtoken"), "{query}");
}

#[tokio::test]
async fn a_next_that_says_nothing_is_an_error_and_not_the_end() {
    let server = MockServer::start().await;
    let paging = json!({ "next": "https://graph.facebook.com/v26.0/1/comments" });
    first_page(&server, json!({ "data": [{ "id": "1" }], "paging": paging })).await;
    assert_eq!(list(&server).await.unwrap_err().error_type(), "graph_undecodable");
}

#[tokio::test]
async fn a_list_that_is_too_much_is_asked_for_in_smaller_pages() {
    let server = MockServer::start().await;
    let message = "Please reduce the amount of data you're asking for, then retry your request";
    Mock::given(method("GET"))
        .respond_with(move |request: &Request| {
            if request.url.query().is_some_and(|query| query.contains("limit=1")) {
                return ResponseTemplate::new(200)
                    .set_body_json(json!({ "data": [{ "id": "1" }] }));
            }
            let error = json!({ "error": { "code": 1, "message": message } });
            ResponseTemplate::new(500).set_body_json(error)
        })
        .mount(&server)
        .await;
    assert_eq!(list(&server).await.unwrap(), ["1"]);
}

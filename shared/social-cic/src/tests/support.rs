//! Two mock servers, and answers as section 4 of the contract has them.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use social_core::{
    channel::RoutingContext,
    chat::{Chat, Interface, Opening},
};
use social_http::{Client, Settings};
use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, method, path},
};

use crate::{Choice, Cic, CicSettings};

pub(super) const ME: &str = "c8380000-1111-2222-3333-444455556666";
pub(super) const ME_AFTER: &str = "d9490000-1111-2222-3333-444455556666";
pub(super) const CHAT: &str = "df6a0000-1111-2222-3333-444455556666";
pub(super) const AGENT: &str = "a6e70000-1111-2222-3333-444455556666";
pub(super) const SYSTEM: &str = "00000000-0000-0000-0000-000000000000";

pub(super) async fn server() -> MockServer {
    MockServer::start().await
}

/// A bridge to `servers`, with a short time-out.
pub(super) fn cic(servers: &[&MockServer], interface: Choice) -> Cic {
    bridge(servers.iter().map(|server| server.uri()), interface)
}

pub(super) fn bridge(urls: impl IntoIterator<Item = String>, interface: Choice) -> Cic {
    let urls = urls.into_iter().map(|url| url.parse().unwrap()).collect();
    let events_url = Some(Url::parse("https://bridge.test/cic/events/hidden").unwrap());
    let timeout = Duration::from_millis(400);
    let http = Client::new(&Settings { timeout, ..Settings::default() }).unwrap();
    Cic::new(CicSettings { urls, interface, events_url, keep_alive: None }, http).unwrap()
}

/// The address of a server that is not there.
pub(super) fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

pub(super) fn opening() -> Opening {
    Opening {
        workgroup: "Social Support".to_owned(),
        participant_name: "Zoë".to_owned(),
        language: Some("en-us".to_owned()),
        attributes: BTreeMap::from([("Network".to_owned(), "facebook".to_owned())]),
        routing_contexts: vec![
            RoutingContext { context: "Product".to_owned(), category: "Router".to_owned() },
            RoutingContext { context: "Skill".to_owned(), category: "7".to_owned() },
        ],
    }
}

/// A chat that was opened on the first server.
pub(super) fn chat(interface: Interface) -> Chat {
    Chat { interface, server: 0, chat_id: CHAT.to_owned(), participant_id: ME.to_owned() }
}

/// Answers `call` (`GET /path`) at most `times` times.
pub(super) async fn first(server: &MockServer, call: &str, times: u64, answer: ResponseTemplate) {
    let (verb, at) = call.split_once(' ').unwrap();
    let mock = Mock::given(method(verb)).and(path(at)).respond_with(answer);
    mock.up_to_n_times(times).mount(server).await;
}

/// Answers `call` (`GET /path`) always.
pub(super) async fn on(server: &MockServer, call: &str, answer: ResponseTemplate) {
    let (verb, at) = call.split_once(' ').unwrap();
    Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(server).await;
}

/// Answers everything else as the pair's backup does.
pub(super) async fn is_backup(server: &MockServer) {
    let body = json!({
        "alternateHostList": ["otherserver"],
        "errorId": "error.server.notAcceptingConnections",
        "message": "This Session Manager is not currently accepting connections.",
    });
    let answer = icws(503, &body);
    Mock::given(any()).respond_with(answer).mount(server).await;
}

pub(super) fn icws(status: u16, body: &Value) -> ResponseTemplate {
    let body = serde_json::to_vec(body).unwrap();
    let kind = "application/vnd.inin.icws+JSON; charset=utf-8";
    ResponseTemplate::new(status).set_body_raw(body, kind)
}

/// 200 with ICWS's content type and no body, as actions are answered.
pub(super) fn empty() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw("", "application/vnd.inin.icws+JSON")
}

pub(super) fn icws_error(error_id: &str) -> ResponseTemplate {
    icws(400, &json!({ "errorId": error_id, "message": "It is not valid." }))
}

pub(super) fn features(version: u32) -> ResponseTemplate {
    icws(
        200,
        &json!({ "featureInfoList": [
            { "featureId": "connection", "version": 6 },
            { "featureId": "web-chat", "version": version },
        ] }),
    )
}

pub(super) fn web_chat_started() -> ResponseTemplate {
    icws(
        200,
        &json!({
            "__type": "urn:inin.com:webChat:startChatResponse", "pollWaitSuggestion": "1000",
            "participantId": ME, "chatId": CHAT,
            "dateFormat": "yyyy-MM-dd", "timeFormat": "HH:mm:ss",
        }),
    )
}

pub(super) fn messages(events: &[Value]) -> ResponseTemplate {
    icws(200, &json!({ "pollWaitSuggestion": "1500", "messages": events }))
}

pub(super) fn configuration(version: u32) -> ResponseTemplate {
    let chat = ["start", "reconnect", "poll", "setTypingState", "sendMessage", "exit"];
    ResponseTemplate::new(200).set_body_json(json!([{ "serverConfiguration": {
        "cfgVer": version, "capabilities": { "common": ["problemReport"], "chat": chat },
        "problemReportRegEx": "",
    } }]))
}

/// The common answer of `websvcs`, with an id of the visitor's leg where it connects.
pub(super) fn websvcs(me: Option<&str>, cfg_ver: u32, events: &[Value]) -> ResponseTemplate {
    let mut chat = json!({
        "pollWaitSuggestion": 2500, "cfgVer": cfg_ver, "status": { "type": "success" },
    });
    if let Some(me) = me {
        chat["participantID"] = me.into();
        chat["chatID"] = CHAT.into();
    }
    if !events.is_empty() {
        chat["events"] = events.into();
    }
    ResponseTemplate::new(200).set_body_json(json!({ "chat": chat }))
}

pub(super) fn refusal(reason: &str) -> ResponseTemplate {
    let status = json!({ "type": "failure", "reason": reason });
    ResponseTemplate::new(200).set_body_json(json!({ "chat": { "status": status } }))
}

pub(super) fn banana(sequence: i64) -> Value {
    json!({
        "type": "text", "participantID": AGENT, "sequenceNumber": sequence,
        "conversationSequenceNumber": 0, "contentType": "text/plain", "value": "banana",
        "displayName": "Administrator", "participantType": "Agent",
    })
}

/// The calls that a server received, as `POST /path`.
pub(super) async fn calls(server: &MockServer) -> Vec<String> {
    let received = server.received_requests().await.unwrap();
    received.iter().map(|call| format!("{} {}", call.method, call.url.path())).collect()
}

/// The body of the only call to `at`.
pub(super) async fn body(server: &MockServer, at: &str) -> Value {
    let received = server.received_requests().await.unwrap();
    let calls: Vec<_> = received.iter().filter(|call| call.url.path() == at).collect();
    assert_eq!(calls.len(), 1, "calls to {at}");
    calls[0].body_json().unwrap()
}

//! The older chat interface, `websvcs` (section 4.1 of the contract): HTTP 200 for everything that
//! was understood, the outcome in `status`, and events in any answer about a chat.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    chat::{Chat, Opening, Stage},
    fields::{Fields, Flaw},
    limits::client_address,
    pair::Server,
    settings::{Settings, ThrottleAnswer},
    state::{Gone, Refusal},
};

/// How long a client should wait between two polls, in milliseconds.
const POLL_WAIT: u32 = 2_000;
/// The version of `serverConfiguration`; it never changes here.
const CONFIGURATION_VERSION: u32 = 1;

/// The paths below `websvcs`.
pub(super) fn routes(server: &Server) -> Router {
    Router::new()
        .route("/serverconfiguration", get(configuration))
        .route("/chat/start", post(start))
        .route("/chat/reconnect", post(reconnect))
        .route("/chat/poll/{participant}", get(poll))
        .route("/chat/sendmessage/{participant}", post(send_message))
        .route("/chat/settypingstate/{participant}", post(set_typing_state))
        .route("/chat/exit/{participant}", post(exit))
        .route("/chat/getfile/{participant}/{file}/{name}", get(get_file))
        .route("/partyinfo/{participant}", post(party_info))
        .route("/queue/query", post(query_queue))
        .route("/problemreport/{participant}", post(report_problem))
        .with_state(server.clone())
}

/// Lets nobody past but on the active server.
pub(super) async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    if server.is_active() {
        return next.run(request).await;
    }
    (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response()
}

/// Which leg a path is about. The server in a path before `websvcs` says nothing.
#[derive(Deserialize)]
struct Leg {
    participant: String,
}

#[derive(Deserialize)]
struct FilePath {
    participant: String,
    file: String,
}

/// Why a call failed, in CIC's words.
enum Failure {
    /// HTTP 200 and this reason.
    Reason(&'static str),
    /// A bare HTTP status.
    Http(StatusCode),
}

impl From<Flaw> for Failure {
    fn from(flaw: Flaw) -> Self {
        Self::Reason(match flaw {
            Flaw::Missing(_) => "error.websvc.content.invalid.missingData",
            Flaw::NotAnObject | Flaw::Invalid(_) => "error.websvc.content.invalid",
        })
    }
}

impl From<Gone> for Failure {
    fn from(_: Gone) -> Self {
        Self::Reason("error.websvc.unknownEntity.session")
    }
}

impl Failure {
    /// The failure inside the container that its call is answered with.
    fn inside(self, container: &str) -> Response {
        match self {
            Self::Reason(reason) => {
                let status = json!({ "type": "failure", "reason": reason });
                Json(json!({ container: { "status": status } })).into_response()
            }
            Self::Http(status) => status.into_response(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.inside("chat")
    }
}

/// Reads a body of JSON in UTF-8. Any other type that is not XML is let pass: clients send
/// `text/plain` or none at all.
fn read(headers: &HeaderMap, body: &Bytes) -> Result<Fields, Failure> {
    let told = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let told = told.unwrap_or_default().to_ascii_lowercase();
    if told.split(';').next().is_some_and(|kind| kind.trim().ends_with("xml")) {
        return Err(Failure::Reason("error.websvc.contentType.invalidContentType"));
    }
    if let Some((_, charset)) = told.split_once("charset=") {
        let charset = charset.split(';').next().unwrap_or_default();
        if !["utf-8", "utf8"].contains(&charset.trim().trim_matches('"')) {
            return Err(Failure::Reason("error.websvc.contentType.invalidCharset"));
        }
    }
    Ok(Fields::read(body)?)
}

/// The common answer, with what there is to read.
fn told(chat: &mut Chat, me: &str) -> Response {
    let events = chat.take_events(|event, party| event.websvcs(party, me));
    let mut answer = json!({
        "pollWaitSuggestion": POLL_WAIT, "cfgVer": CONFIGURATION_VERSION,
        "status": { "type": "success" },
    });
    if let Value::Object(answer) = &mut answer
        && !events.is_empty()
    {
        answer.insert("events".to_owned(), events.into());
    }
    Json(json!({ "chat": answer })).into_response()
}

async fn configuration(State(server): State<Server>) -> Response {
    server.with(|state, _, _| state.configuration_fetched = true);
    let chat = [
        "start",
        "reconnect",
        "poll",
        "setTypingState",
        "sendMessage",
        "exit",
        "getFile",
        "supportAuthenticationAnonymous",
    ];
    let capabilities = json!({
        "common": ["problemReport", "partyInfo"], "chat": chat, "callback": [],
        "queueQuery": ["supportAuthenticationAnonymous"],
    });
    let configuration = json!({
        "cfgVer": CONFIGURATION_VERSION, "capabilities": capabilities, "problemReportRegEx": "",
    });
    Json(json!([{ "serverConfiguration": configuration }])).into_response()
}

async fn start(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let mut opening = opening(&read(&headers, &body)?)?;
    opening.address = client_address(&headers);
    let settings = server.pair.settings();
    let (participant, chat) = server.with(|state, index, now| {
        if settings.configuration_first && !state.configuration_fetched {
            return Err(Failure::Reason("error.websvc.general"));
        }
        let refused = |refusal| refused(refusal, settings);
        let chat = state.start(opening, index, now).map_err(refused)?;
        Ok((chat.visitor_id().to_owned(), chat.id.clone()))
    })?;
    Ok(connected(&participant, &chat))
}

/// The answer to a start and to a reconnect. Events wait for the first poll.
fn connected(participant: &str, chat: &str) -> Response {
    let answer = json!({
        "pollWaitSuggestion": POLL_WAIT, "cfgVer": CONFIGURATION_VERSION,
        "participantID": participant, "chatID": chat,
        "dateFormat": "yyyy-MM-dd", "timeFormat": "HH:mm:ss", "status": { "type": "success" },
    });
    Json(json!({ "chat": answer })).into_response()
}

fn opening(fields: &Fields) -> Result<Opening, Failure> {
    let participant = fields.object("participant")?.ok_or(Flaw::Missing("participant"))?;
    let name = participant.required("name")?.to_owned();
    if participant.text("credentials")?.is_some_and(|secret| !secret.is_empty()) {
        // Nobody is registered here.
        return Err(Failure::Reason("error.websvc.userdb.badCredentials"));
    }
    let workgroup = fields.required("target")?.to_owned();
    let target_type = fields.required("targetType")?;
    if !["Workgroup", "User", "Station"].iter().any(|it| it.eq_ignore_ascii_case(target_type)) {
        return Err(Flaw::Invalid("targetType").into());
    }
    if !target_type.eq_ignore_ascii_case("Workgroup") {
        return Err(Failure::Reason("error.websvc.unknownEntity.badTarget"));
    }
    let attributes = fields.texts("attributes", "WebTools_")?;
    Ok(Opening {
        name,
        workgroup,
        language: fields.text("language")?.map(str::to_owned),
        attributes: attributes.into_iter().collect(),
        routing_contexts: fields.list("routingContexts", &["context", "category"])?,
        ..Opening::default()
    })
}

fn refused(refusal: Refusal, settings: &Settings) -> Failure {
    match (refusal, settings.throttle_answer) {
        (Refusal::UnknownWorkgroup, _) => Failure::Reason("error.websvc.unknownEntity.badTarget"),
        (Refusal::Throttled, ThrottleAnswer::NotFound) => Failure::Http(StatusCode::NOT_FOUND),
        (Refusal::Throttled, ThrottleAnswer::Unavailable) => {
            Failure::Reason("error.websvc.unavailable")
        }
    }
}

/// Hands out a new id for the visitor's leg; the old one stays good.
async fn reconnect(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let fields = read(&headers, &body)?;
    let chat_id = fields.required("chatID")?;
    let participant = server.with(|state, index, now| {
        let id = state.reconnect(chat_id, index, now)?.interaction_id.clone();
        state.renew_participant(&id)
    })?;
    Ok(connected(&participant, &chat_id.to_ascii_lowercase()))
}

async fn poll(State(server): State<Server>, Path(leg): Path<Leg>) -> Result<Response, Failure> {
    let me = &leg.participant;
    server.with(|state, index, now| Ok(told(state.visitor(me, index, now)?, me)))
}

async fn send_message(
    State(server): State<Server>,
    Path(leg): Path<Leg>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let fields = read(&headers, &body)?;
    let text = fields.required("message")?;
    let content_type = fields.text("contentType")?.unwrap_or("text/plain");
    if content_type != "text/plain" {
        return Err(Failure::Reason("error.websvc.contentType.invalidContentType"));
    }
    let me = &leg.participant;
    server.with(|state, index, now| {
        let notice = text.starts_with(&state.settings.notice_prefix);
        let chat = state.open(me, index, now)?;
        chat.hear(text, content_type, notice, now);
        Ok(told(chat, me))
    })
}

async fn set_typing_state(
    State(server): State<Server>,
    Path(leg): Path<Leg>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    read(&headers, &body)?.switch("typingIndicator")?;
    let me = &leg.participant;
    server.with(|state, index, now| {
        let chat = state.open(me, index, now)?;
        chat.active = now;
        Ok(told(chat, me))
    })
}

async fn exit(State(server): State<Server>, Path(leg): Path<Leg>) -> Result<Response, Failure> {
    let me = &leg.participant;
    server.with(|state, index, now| {
        let chat = state.open(me, index, now)?;
        chat.leave(now);
        Ok(told(chat, me))
    })
}

async fn get_file(
    State(server): State<Server>,
    Path(path): Path<FilePath>,
) -> Result<Response, Failure> {
    let found = server.with(|state, index, now| {
        Ok::<_, Gone>(state.past(&path.participant, index, now)?.file(&path.file).cloned())
    })?;
    let file = found.ok_or(Failure::Http(StatusCode::NOT_FOUND))?;
    Ok(([(header::CONTENT_TYPE, file.content_type)], file.bytes).into_response())
}

async fn party_info(
    State(server): State<Server>,
    Path(leg): Path<Leg>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let name = read(&headers, &body).and_then(|fields| {
        let wanted = fields.required("participantID")?;
        server.with(|state, index, now| {
            let chat = state.visitor(&leg.participant, index, now)?;
            let party = chat.parties.iter().find(|party| party.id.eq_ignore_ascii_case(wanted));
            let unknown = Failure::Reason("error.websvc.unknownEntity.participant");
            party.map(|party| party.name.clone()).ok_or(unknown)
        })
    });
    match name {
        Ok(name) => {
            let info = json!({ "name": name, "photo": "", "status": { "type": "success" } });
            Json(json!({ "partyInfo": info })).into_response()
        }
        Err(failure) => failure.inside("partyInfo"),
    }
}

async fn query_queue(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let unknown = || Failure::Reason("error.websvc.unknownEntity.invalidQueue");
    let waiting = read(&headers, &body).and_then(|fields| {
        let queue = fields.required("queueName")?;
        let in_workgroup = fields.required("queueType")?.eq_ignore_ascii_case("Workgroup");
        server.with(|state, _, _| {
            let queue = state.workgroup(queue).filter(|_| in_workgroup).ok_or_else(unknown)?;
            let offered = |chat: &&Chat| chat.stage == Stage::Offering && chat.workgroup == *queue;
            Ok((state.agents_available, state.chats().filter(offered).count()))
        })
    });
    match waiting {
        Ok((available, waiting)) => {
            let queue = json!({
                "agentsAvailable": available, "estimatedWaitTime": waiting * 30,
                "pollWaitSuggestion": POLL_WAIT, "status": { "type": "success" },
            });
            Json(json!({ "queue": queue })).into_response()
        }
        Err(failure) => failure.inside("queue"),
    }
}

async fn report_problem() -> Response {
    Json(json!({ "problemReport": { "status": { "type": "success" } } })).into_response()
}

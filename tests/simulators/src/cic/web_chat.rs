//! ICWS web-chat: chats without a session (section 4.2 of the contract).
//!
//! The names of a start's optional containers were never seen in public; here they are
//! `attributes` (a map of texts), `routingContexts` (`[{context, category}]`), `notes` (a text),
//! `chatHistory` (`[{timestamp, displayName, participantType, message}]`) and `webhook` (a URL),
//! in any case. A server below version 5 does not know them and lets them pass.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    chat::Opening,
    fields::{Fields, Flaw},
    icws::{Fault, answer},
    limits::client_address,
    pair::Server,
    settings::{Settings, ThrottleAnswer},
    state::{Gone, Refusal},
};

/// How long a client should wait between two calls; web-chat says it in a text.
const POLL_WAIT: &str = "1000";

/// The routes that the server's age offers.
pub(super) fn routes(server: &Server) -> Router {
    let age = server.pair.settings().age;
    let mut routes = Router::new();
    if age.web_chat().is_some() {
        routes = routes
            .route("/web-chat/start", post(start))
            .route("/web-chat/messages/{participant}", get(messages))
            .route("/web-chat/send-message/{participant}", post(send_message))
            .route("/web-chat/typing-state/{participant}", post(typing_state))
            .route("/web-chat/exit/{participant}", post(exit))
            .route("/web-chat/reconnect", post(reconnect))
            .route("/web-chat/file/{participant}/{file}/{name}", get(file));
    }
    if age.offers(6) {
        routes = routes.route("/web-chat/message-history/{participant}", get(message_history));
    }
    routes.with_state(server.clone())
}

impl From<Gone> for Fault {
    fn from(_: Gone) -> Self {
        Self::bad_request(
            "error.request.webChat.invalidParticipantId",
            "The participant ID is not valid.",
        )
    }
}

async fn start(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    let settings = server.pair.settings();
    let mut opening = opening(&Fields::read(&body)?, settings)?;
    opening.address = client_address(&headers);
    let started = server.with(|state, index, now| {
        let chat = state.start(opening, index, now)?;
        Ok((chat.visitor_id().to_owned(), chat.id.clone()))
    });
    let (participant, chat) = started.map_err(|refusal| refused(refusal, settings))?;
    Ok(answer(
        StatusCode::OK,
        &json!({
            "__type": "urn:inin.com:webChat:startChatResponse",
            "pollWaitSuggestion": POLL_WAIT, "participantId": participant, "chatId": chat,
            "dateFormat": "yyyy-MM-dd", "timeFormat": "HH:mm:ss",
        }),
    ))
}

fn opening(fields: &Fields, settings: &Settings) -> Result<Opening, Flaw> {
    let name = fields.required("participantName")?.to_owned();
    let workgroup = fields.required("targetName")?.to_owned();
    let target_type = fields.required("targetType")?;
    let known = ["Workgroup", "User", "Station", "System"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(target_type)) {
        return Err(Flaw::Invalid("targetType"));
    }
    if !target_type.eq_ignore_ascii_case("Workgroup") {
        // Nobody can be written to but workgroups.
        return Err(Flaw::Invalid("targetName"));
    }
    let language = fields.text("language")?.map(str::to_owned);
    fields.text("transcriptEmailAddress")?;
    let plain = Opening { name, workgroup, language, ..Opening::default() };
    if !settings.age.offers(5) {
        return Ok(plain);
    }
    let attributes = fields.texts("attributes", &settings.web_chat_attribute_prefix)?;
    let history = ["timestamp", "displayName", "participantType", "message"];
    let webhook = fields.text("webhook")?;
    if webhook.is_some_and(|url| url::Url::parse(url).is_err()) {
        return Err(Flaw::Invalid("webhook"));
    }
    Ok(Opening {
        attributes: attributes.into_iter().collect(),
        routing_contexts: fields.list("routingContexts", &["context", "category"])?,
        notes: fields.text("notes")?.map(str::to_owned),
        chat_history: fields.list("chatHistory", &history)?,
        webhook: webhook.map(str::to_owned),
        ..plain
    })
}

fn refused(refusal: Refusal, settings: &Settings) -> Fault {
    match (refusal, settings.throttle_answer) {
        (Refusal::UnknownWorkgroup, _) => Flaw::Invalid("targetName").into(),
        (Refusal::Throttled, ThrottleAnswer::NotFound) => Fault::not_found(),
        (Refusal::Throttled, ThrottleAnswer::Unavailable) => {
            let message = "The server cannot take another chat.";
            let body = json!({ "errorId": "error.server.unavailable", "message": message });
            Fault::new(StatusCode::SERVICE_UNAVAILABLE, body)
        }
    }
}

/// The chat over with its last events read answers as an unknown one.
async fn messages(
    State(server): State<Server>,
    Path(participant): Path<String>,
) -> Result<Response, Fault> {
    let messages = server.with(|state, index, now| {
        let chat = state.visitor(&participant, index, now)?;
        Ok::<_, Gone>(chat.take_events(|event, party| event.web_chat(party, &participant)))
    })?;
    Ok(told(&messages))
}

async fn message_history(
    State(server): State<Server>,
    Path(participant): Path<String>,
) -> Result<Response, Fault> {
    let messages = server.with(|state, index, now| {
        let chat = state.past(&participant, index, now)?;
        Ok::<_, Gone>(chat.history(|event, party| event.web_chat(party, &participant)))
    })?;
    Ok(told(&messages))
}

fn told(messages: &[Value]) -> Response {
    answer(StatusCode::OK, &json!({ "pollWaitSuggestion": POLL_WAIT, "messages": messages }))
}

async fn send_message(
    State(server): State<Server>,
    Path(participant): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Fault> {
    let fields = Fields::read(&body)?;
    let text = fields.required("message")?;
    let content_type = fields.required("contentType")?;
    if !["text/plain", "text/html"].contains(&content_type) {
        return Err(Flaw::Invalid("contentType").into());
    }
    server.with(|state, index, now| {
        let notice = text.starts_with(&state.settings.notice_prefix);
        state.open(&participant, index, now)?.hear(text, content_type, notice, now);
        Ok::<_, Gone>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

async fn typing_state(
    State(server): State<Server>,
    Path(participant): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Fault> {
    Fields::read(&body)?.switch("typingIndicator")?;
    server.with(|state, index, now| {
        state.open(&participant, index, now)?.active = now;
        Ok::<_, Gone>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

async fn exit(
    State(server): State<Server>,
    Path(participant): Path<String>,
) -> Result<StatusCode, Fault> {
    server.with(|state, index, now| {
        state.open(&participant, index, now)?.leave(now);
        Ok::<_, Gone>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reconnect(State(server): State<Server>, body: Bytes) -> Result<StatusCode, Fault> {
    let fields = Fields::read(&body)?;
    let (chat, participant) = (fields.required("chatId")?, fields.required("participantId")?);
    let unknown = |_: Gone| {
        let message = "The chat ID is not valid.";
        Fault::bad_request("error.request.webChat.invalidChatId", message)
    };
    server.with(|state, index, now| {
        let holder = state.holder(chat).map_err(unknown)?;
        if !state.belongs(participant, holder) {
            return Err(Gone.into());
        }
        state.reconnect(chat, index, now).map(|_| ()).map_err(unknown)
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct FilePath {
    participant: String,
    file: String,
}

async fn file(State(server): State<Server>, Path(path): Path<FilePath>) -> Result<Response, Fault> {
    let found = server.with(|state, index, now| {
        Ok::<_, Gone>(state.past(&path.participant, index, now)?.file(&path.file).cloned())
    })?;
    let file = found.ok_or_else(Fault::not_found)?;
    Ok(([(header::CONTENT_TYPE, file.content_type)], file.bytes).into_response())
}

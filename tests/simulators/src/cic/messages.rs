//! How a session gets its messages: by polling, or as server-sent events (section 2.6).
//!
//! Either way a message is forgotten once it is handed out.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{OriginalUri, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use futures::stream;
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    attributes::Queue,
    fields::{Fields, Flaw},
    icws::{Fault, answer},
    pair::Server,
    sessions::{Caller, empty, prove},
    subscriptions::{Subscription, Topic},
};

/// How often a stream looks for messages, and how often it shows that it lives.
const LOOK: Duration = Duration::from_millis(50);
const PING: Duration = Duration::from_secs(10);
/// The first version of the feature `messaging` that has server-sent events.
const STREAMS: u32 = 2;

pub(super) fn routes() -> Router<Server> {
    let base = "/{session}/messaging/subscriptions";
    let interaction = format!("{base}/interactions/{{id}}");
    Router::new()
        .route("/{session}/messaging/messages", get(messages))
        .route("/{session}/messaging/heartbeat", post(async |_: Caller| empty()))
        .route(&format!("{base}/queues/{{id}}"), put(watch_queues).delete(leave_queues))
        .route(&format!("{base}/interaction-alerting"), put(watch_alerts).delete(leave_alerts))
        .route(&interaction, put(watch_interaction).delete(leave_interaction))
        .route(&format!("{interaction}/chat"), put(watch_chat).delete(leave_chat))
        .route(
            &format!("{base}/system/handler-sent-notifications"),
            put(watch_notifications).delete(leave_notifications),
        )
        .route("/{session}/system/handler-notification", post(notify_handler))
}

/// Needs the cookie alone: an `EventSource` cannot set headers.
async fn messages(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    prove(&server, &id, &headers, false)?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let streams = accepted.is_some_and(|kinds| kinds.contains("text/event-stream"))
        && server.pair.settings().age.messaging() >= STREAMS;
    if streams {
        return Ok(stream_of(server, id));
    }
    Ok(answer(StatusCode::OK, &Value::Array(take(&server, &id).unwrap_or_default())))
}

/// Takes what waits; `None` when the session has ended.
fn take(server: &Server, id: &str) -> Option<Vec<Value>> {
    if !server.is_active() {
        return None;
    }
    server.with(|state, _, now| Some(state.session(id)?.take_messages(now)))
}

fn stream_of(server: Server, id: String) -> Response {
    // At once, so that a client sees that it is connected.
    let start = (server, id, None::<Instant>);
    let events = stream::unfold(start, async |(server, id, mut pinged)| {
        loop {
            let waiting = take(&server, &id)?;
            let events: Vec<String> = waiting.iter().map(|it| format!("data: {it}\n\n")).collect();
            let mut text = events.concat();
            if text.is_empty() && pinged.is_none_or(|last| last.elapsed() >= PING) {
                pinged = Some(Instant::now());
                ":ping\n\n".clone_into(&mut text);
            }
            if !text.is_empty() {
                return Some((Ok::<_, std::convert::Infallible>(text), (server, id, pinged)));
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (kind, Body::from_stream(events)).into_response()
}

/// The last part of a path, as the client spelled it.
fn spelled(uri: &Uri) -> String {
    uri.path().rsplit('/').next().unwrap_or_default().to_owned()
}

pub(super) fn begin(server: &Server, caller: &Caller, topic: Topic, subscription: Subscription) {
    server.with(|state, _, _| {
        if let Some(session) = state.session(&caller.session) {
            session.subscriptions.insert(topic, subscription);
        }
    });
}

/// Ends a subscription. 204, as public clients expect.
pub(super) fn end(server: &Server, caller: &Caller, topic: &Topic) -> StatusCode {
    server.with(|state, _, _| {
        if let Some(session) = state.session(&caller.session) {
            session.subscriptions.remove(topic);
        }
    });
    StatusCode::NO_CONTENT
}

/// The texts in a list of a body; absent is empty.
fn names(fields: &Fields) -> Result<Vec<String>, Flaw> {
    let Some(list) = fields.get("attributeNames") else { return Ok(Vec::new()) };
    let wrong = Flaw::Invalid("attributeNames");
    let list = list.as_array().ok_or_else(|| wrong.clone())?;
    list.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(|| wrong.clone())).collect()
}

fn queues(fields: &Fields) -> Result<Vec<Queue>, Flaw> {
    const WRONG: Flaw = Flaw::Invalid("queueIds");
    fields.get("queueIds").ok_or(Flaw::Missing("queueIds"))?;
    let list = fields.list("queueIds", &["queueType"])?;
    let queue = |item: &Value| {
        let fields = Fields::of(item).ok_or(WRONG)?;
        let kind = fields.get("queueType").and_then(Value::as_i64).ok_or(WRONG)?;
        let name = fields.text("queueName")?.unwrap_or_default().to_owned();
        if (0..=3).contains(&kind) { Ok(Queue { kind, name }) } else { Err(WRONG) }
    };
    list.iter().map(queue).collect()
}

async fn watch_queues(
    caller: Caller,
    State(server): State<Server>,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    let (queues, attributes) = (queues(&fields)?, names(&fields)?);
    let subscription = Subscription::to(attributes, queues);
    begin(&server, &caller, Topic::Queues(spelled(&uri)), subscription);
    Ok(empty())
}

async fn leave_queues(
    caller: Caller,
    State(server): State<Server>,
    OriginalUri(uri): OriginalUri,
) -> StatusCode {
    end(&server, &caller, &Topic::Queues(spelled(&uri)))
}

async fn watch_alerts(
    caller: Caller,
    State(server): State<Server>,
    body: Bytes,
) -> Result<Response, Fault> {
    let attributes = names(&Fields::read(&body)?)?;
    let subscription = Subscription::to(attributes, Vec::new());
    begin(&server, &caller, Topic::Alerting, subscription);
    Ok(empty())
}

async fn leave_alerts(caller: Caller, State(server): State<Server>) -> StatusCode {
    end(&server, &caller, &Topic::Alerting)
}

async fn watch_interaction(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let attributes = names(&Fields::read(&body)?)?;
    known(&server, &id)?;
    let subscription = Subscription::to(attributes, Vec::new());
    begin(&server, &caller, Topic::Interaction(id), subscription);
    Ok(empty())
}

async fn leave_interaction(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
) -> StatusCode {
    end(&server, &caller, &Topic::Interaction(id))
}

async fn watch_chat(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    known(&server, &id)?;
    begin(&server, &caller, Topic::Chat(id), Subscription::default());
    Ok(empty())
}

async fn leave_chat(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
) -> StatusCode {
    end(&server, &caller, &Topic::Chat(id))
}

async fn watch_notifications(caller: Caller, State(server): State<Server>) -> StatusCode {
    begin(&server, &caller, Topic::Notifications, Subscription::default());
    StatusCode::NO_CONTENT
}

async fn leave_notifications(caller: Caller, State(server): State<Server>) -> StatusCode {
    end(&server, &caller, &Topic::Notifications)
}

/// There are no handlers here: taken, and that is all.
async fn notify_handler(_: Caller, body: Bytes) -> Result<StatusCode, Fault> {
    let fields = Fields::read(&body)?;
    fields.required("objectId")?;
    fields.required("eventId")?;
    Ok(StatusCode::ACCEPTED)
}

fn known(server: &Server, id: &str) -> Result<(), Fault> {
    server.with(|state, _, _| state.chat(id).map(|_| ())).ok_or_else(Fault::not_found)
}

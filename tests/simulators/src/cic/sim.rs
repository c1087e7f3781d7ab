//! The control interface under `/_sim`: what agents do, and what CIC is configured to.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    agent::Denied,
    chat::Chat,
    pair::Server,
    state::{Greetings, State as Memory},
};

pub(super) fn routes(server: &Server) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/interactions", get(list))
        .route("/interactions/{id}", get(show))
        .route("/interactions/{id}/pickup", post(pickup))
        .route("/interactions/{id}/hold", post(hold))
        .route("/interactions/{id}/unhold", post(unhold))
        .route("/interactions/{id}/disconnect", post(disconnect))
        .route("/interactions/{id}/transfer", post(transfer))
        .route("/interactions/{id}/messages", post(write))
        .route("/interactions/{id}/typing", post(typing))
        .route("/interactions/{id}/files", post(send_file))
        .route("/workgroups", put(set_workgroups).get(show_workgroups))
        .route("/greetings", put(set_greetings))
        .route("/agents", put(set_agents))
        .with_state(server.clone())
}

/// What is wrong with a call to the control interface.
enum Wrong {
    Body(String),
    Denied(Denied),
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Body(error) => (StatusCode::BAD_REQUEST, error),
            Self::Denied(denied) => {
                let (status, error) = match denied {
                    Denied::NoSuchInteraction => (StatusCode::NOT_FOUND, "no such interaction"),
                    Denied::NoSuchWorkgroup => (StatusCode::BAD_REQUEST, "no such workgroup"),
                    Denied::NotNow => {
                        (StatusCode::CONFLICT, "the interaction's state does not allow it")
                    }
                };
                (status, error.to_owned())
            }
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}

/// Reads a body, whatever type it says it is.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Wrong> {
    serde_json::from_slice(body).map_err(|error| Wrong::Body(error.to_string()))
}

/// Does what an agent asks, and shows the interaction as it is then.
fn act(
    server: &Server,
    id: &str,
    act: impl FnOnce(&mut Memory, &str, Timestamp) -> Result<(), Denied>,
) -> Result<Json<Value>, Wrong> {
    let shown = server.with(|state, _, now| {
        act(state, id, now)?;
        state.interaction(id).map(|chat| chat.shown()).ok_or(Denied::NoSuchInteraction)
    });
    shown.map(Json).map_err(Wrong::Denied)
}

async fn status(State(server): State<Server>) -> Json<Value> {
    Json(json!({ "active": server.is_active() }))
}

async fn list(State(server): State<Server>) -> Json<Value> {
    Json(server.with(|state, _, _| state.chats().map(Chat::shown).collect()))
}

async fn show(State(server): State<Server>, Path(id): Path<String>) -> Result<Json<Value>, Wrong> {
    act(&server, &id, |_, _, _| Ok(()))
}

#[derive(Deserialize)]
struct Pickup {
    agent: String,
}

async fn pickup(
    State(server): State<Server>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Wrong> {
    let Pickup { agent } = read(&body)?;
    act(&server, &id, |state, id, now| state.pickup(id, &agent, now))
}

async fn hold(State(server): State<Server>, Path(id): Path<String>) -> Result<Json<Value>, Wrong> {
    act(&server, &id, |state, id, now| state.hold(id, true, now))
}

async fn unhold(
    State(server): State<Server>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Wrong> {
    act(&server, &id, |state, id, now| state.hold(id, false, now))
}

async fn disconnect(
    State(server): State<Server>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Wrong> {
    act(&server, &id, Memory::disconnect)
}

#[derive(Deserialize)]
struct Transfer {
    workgroup: String,
}

async fn transfer(
    State(server): State<Server>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Wrong> {
    let Transfer { workgroup } = read(&body)?;
    act(&server, &id, |state, id, now| state.transfer(id, &workgroup, now))
}

#[derive(Deserialize)]
struct Written {
    text: String,
    agent: Option<String>,
    content_type: Option<String>,
}

async fn write(
    State(server): State<Server>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Wrong> {
    let Written { text, agent, content_type } = read(&body)?;
    let content_type = content_type.as_deref().unwrap_or("text/plain");
    act(&server, &id, |state, id, now| state.write(id, agent.as_deref(), &text, content_type, now))
}

#[derive(Deserialize)]
struct Typing {
    on: bool,
}

async fn typing(
    State(server): State<Server>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Wrong> {
    let Typing { on } = read(&body)?;
    act(&server, &id, |state, id, now| state.agent_types(id, on, now))
}

#[derive(Deserialize)]
struct Sent {
    name: String,
    content_type: String,
    base64: String,
}

async fn send_file(
    State(server): State<Server>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Wrong> {
    let Sent { name, content_type, base64 } = read(&body)?;
    let bytes = BASE64_STANDARD.decode(base64).map_err(|error| Wrong::Body(error.to_string()))?;
    act(&server, &id, |state, id, now| state.send_file(id, &name, &content_type, bytes, now))
}

#[derive(Deserialize)]
struct Workgroups {
    names: Vec<String>,
}

async fn set_workgroups(State(server): State<Server>, body: Bytes) -> Result<StatusCode, Wrong> {
    let Workgroups { names } = read(&body)?;
    server.with(|state, _, _| state.workgroups = names);
    Ok(StatusCode::NO_CONTENT)
}

async fn show_workgroups(State(server): State<Server>) -> Json<Value> {
    Json(server.with(|state, _, _| json!({ "names": state.workgroups })))
}

#[derive(Deserialize)]
struct Agents {
    available: u32,
}

/// How many agents the pair says are available, in any workgroup.
async fn set_agents(State(server): State<Server>, body: Bytes) -> Result<StatusCode, Wrong> {
    let Agents { available } = read(&body)?;
    server.with(|state, _, _| state.agents_available = available);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_greetings(State(server): State<Server>, body: Bytes) -> Result<StatusCode, Wrong> {
    let greetings: Greetings = read(&body)?;
    server.with(|state, _, _| state.greetings = greetings);
    Ok(StatusCode::NO_CONTENT)
}

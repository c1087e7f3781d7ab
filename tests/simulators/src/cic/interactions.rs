//! Working on an interaction over ICWS: attributes, actions and chat (section 2.5).
//!
//! How ICWS words an action that the interaction's state does not allow is not public: 400 with
//! `error.request.invalidOperation` here.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    agent::Denied,
    attributes::is_own,
    fields::{Fields, Flaw},
    icws::{Fault, answer},
    pair::Server,
    sessions::{Caller, empty},
    settings::User,
    state::State as Memory,
};

/// Also done when the interaction is over, and answered 201, as a public client expects.
const WRAP_UP: &str = "wrap-up-assignments";

pub(super) fn routes() -> Router<Server> {
    Router::new()
        .route("/{session}/interactions/{id}", get(show).post(set))
        .route("/{session}/interactions/{id}/{action}", post(act))
        .route("/{session}/interactions/{id}/chat/messages", post(write))
        .route("/{session}/interactions/{id}/chat/typing-indicator", put(typing))
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoSuchInteraction => Self::not_found(),
            Denied::NoSuchWorkgroup => Flaw::Invalid("queueID").into(),
            Denied::NotNow => {
                let message = "The interaction's state does not allow it.";
                Self::bad_request("error.request.invalidOperation", message)
            }
        }
    }
}

#[derive(Deserialize)]
struct Selection {
    #[serde(default)]
    select: String,
}

async fn show(
    _: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
    Query(Selection { select }): Query<Selection>,
) -> Result<Response, Fault> {
    let names = select.split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let found = server.with(|state, _, now| {
        let chat = state.chat(&id).filter(|chat| !chat.is_deallocated(now))?;
        Some(chat.selected(&names))
    });
    let attributes = found.ok_or_else(Fault::not_found)?;
    Ok(answer(StatusCode::OK, &json!({ "attributes": attributes })))
}

/// Sets attributes. With an `appendMode` a text is added to the one that is there; what the two
/// modes differ in is not public.
async fn set(
    _: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    fields.get("attributes").ok_or(Flaw::Missing("attributes"))?;
    let attributes = fields.texts("attributes", "")?;
    if attributes.iter().any(|(name, _)| is_own(name)) {
        return Err(Flaw::Invalid("attributes").into());
    }
    let appends = fields.get("appendMode").and_then(Value::as_i64).is_some_and(|mode| mode > 0);
    server.with(|state, _, now| {
        let chat = state.interaction(&id).filter(|chat| !chat.is_deallocated(now));
        let chat = chat.ok_or_else(Fault::not_found)?;
        for (name, value) in attributes {
            let known = chat.opening.attributes.keys().find(|it| it.eq_ignore_ascii_case(&name));
            let name = known.cloned().unwrap_or(name);
            let set = chat.opening.attributes.entry(name).or_default();
            if !appends {
                set.clear();
            }
            set.push_str(&value);
        }
        Ok::<_, Fault>(())
    })?;
    Ok(empty())
}

async fn act(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id, action)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    let user = caller.user;
    server.with(|state, _, now| {
        let chat = state.chat(&id).filter(|chat| !chat.is_deallocated(now));
        let chat = chat.ok_or_else(Fault::not_found)?;
        // One that ended at the agent's is refused for its state: the vendor's sample takes any 401
        // for the end of its session.
        let is_mine = user.is_supervisor || chat.is_with(user) || chat.was_with(user);
        match action.as_str() {
            "pickup" => return Ok(state.take_up(&id, user, now)?),
            "join" => return Ok(state.join(&id, user.name, now)?),
            "listen" | "coach" => return Ok(()),
            "transfer-to-voicemail" | "send-to-voicemail" | "consult" | "invite-party" => {
                return Err(unsupported());
            }
            _ => {}
        }
        if !is_mine {
            return Err(Fault::unauthorized(7, "Access denied."));
        }
        change(state, &id, &action, &fields, now)
    })?;
    let status = if action == WRAP_UP { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, empty()).into_response())
}

/// What only the agent who has the interaction may do.
fn change(
    state: &mut Memory,
    id: &str,
    action: &str,
    fields: &Fields,
    now: Timestamp,
) -> Result<(), Fault> {
    match action {
        "hold" => state.hold(id, fields.switch("on")?, now)?,
        "park" => state.park(id, now)?,
        "disconnect" => state.disconnect(id, now)?,
        "blind-transfer" => {
            let (kind, name) = transfer_target(fields)?;
            match (kind, User::named(&name)) {
                (Some(1) | None, Some(user)) => state.hand_to(id, user, now)?,
                (Some(2) | None, _) => state.transfer(id, &name, now)?,
                _ => return Err(Flaw::Invalid("queueID").into()),
            }
        }
        // Nothing that anybody here could hear.
        "mute" | "pause" | "record" | "make-private" => {
            fields.switch("on")?;
        }
        WRAP_UP => {}
        _ => return Err(unsupported()),
    }
    Ok(())
}

/// `{queueID: {queueType, queueName}}`, or `{target}` with a name of either kind.
fn transfer_target(fields: &Fields) -> Result<(Option<i64>, String), Fault> {
    if let Some(queue) = fields.object("queueID")? {
        let kind = queue.get("queueType").and_then(Value::as_i64);
        let kind = kind.ok_or(Flaw::Invalid("queueID"))?;
        return Ok((Some(kind), queue.required("queueName")?.to_owned()));
    }
    Ok((None, fields.required("target")?.to_owned()))
}

fn unsupported() -> Fault {
    let body = json!({
        "errorId": "error.request.unsupported",
        "message": "The request is not supported for this interaction.",
    });
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, body)
}

async fn write(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    let text = fields.required("text")?;
    let user = caller.user;
    server.with(|state, _, now| {
        present(state, &id, user)?;
        Ok::<_, Fault>(state.write(&id, Some(user.name), text, "text/plain", now)?)
    })?;
    Ok(empty())
}

async fn typing(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let on = Fields::read(&body)?.switch("on")?;
    server.with(|state, _, now| {
        present(state, &id, caller.user)?;
        Ok::<_, Fault>(state.agent_types(&id, on, now)?)
    })?;
    Ok(empty())
}

/// Only who is in the chat can write there.
fn present(state: &Memory, id: &str, user: &User) -> Result<(), Fault> {
    let chat = state.chat(id).ok_or_else(Fault::not_found)?;
    if chat.is_in(user) || chat.was_with(user) {
        Ok(())
    } else {
        Err(Fault::unauthorized(7, "Access denied."))
    }
}

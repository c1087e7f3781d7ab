//! Users' statuses, and what ACD makes of them.
//!
//! Nothing of it is in what was gathered on the contract; it is as public clients expect: they list
//! the statuses, read and set a user's, and subscribe to them before anything else.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    events::compact,
    fields::{Fields, Flaw},
    icws::{Fault, answer},
    messages::{begin, end},
    pair::Server,
    sessions::{Caller, empty},
    settings::User,
    subscriptions::{Subscription, Topic},
};

/// A status that users can be in.
#[derive(Debug, PartialEq)]
struct Status {
    id: &'static str,
    /// Whether ACD hands out interactions to who is in it.
    takes_work: bool,
}

/// Those that public clients name.
const ALL: [Status; 4] = [
    Status { id: "Available", takes_work: true },
    Status { id: "Do Not disturb", takes_work: false },
    Status { id: "Gone Home", takes_work: false },
    Status { id: "On Vacation", takes_work: false },
];

impl Status {
    fn named(id: &str) -> Option<&'static Self> {
        ALL.iter().find(|status| status.id.eq_ignore_ascii_case(id))
    }

    fn shown(&self) -> Value {
        json!({
            "statusId": self.id, "systemId": self.id, "messageText": self.id, "iconUri": "",
            "groupTag": "", "canHaveDate": false, "canHaveTime": false,
            "isDoNotDisturbStatus": !self.takes_work, "isSelectableStatus": true,
            "isPersistentStatus": true, "isForwardStatus": false, "isAfterCallWorkStatus": false,
            "isAcdStatus": self.takes_work, "isAllowFollowUpStatus": false,
        })
    }
}

/// How a user is: the status, and where the user is logged on.
#[derive(Debug)]
pub(super) struct Presence {
    pub(super) user: &'static User,
    status: &'static Status,
    changed: Timestamp,
    pub(super) logged_on: bool,
    pub(super) stations: Vec<String>,
}

impl Presence {
    /// Everybody, available and logged off.
    pub(super) fn of_all() -> Vec<Self> {
        let [available, ..] = &ALL;
        let presence = |user| Self {
            user,
            status: available,
            changed: Timestamp::UNIX_EPOCH,
            logged_on: false,
            stations: Vec::new(),
        };
        User::ALL.iter().map(presence).collect()
    }

    /// Whether ACD hands out interactions to the user.
    pub(super) fn takes_work(&self) -> bool {
        self.status.takes_work
    }

    /// As ICWS tells it.
    pub(super) fn shown(&self) -> Value {
        let servers = if self.logged_on { vec!["IC"] } else { Vec::new() };
        json!({
            "userId": self.user.id, "statusId": self.status.id,
            "statusChanged": compact(self.changed), "loggedIn": self.logged_on,
            "icServers": servers, "stations": self.stations,
            "onPhone": false, "onPhoneChanged": compact(Timestamp::UNIX_EPOCH),
        })
    }
}

pub(super) fn routes() -> Router<Server> {
    let subscription = "/{session}/messaging/subscriptions/status/user-statuses";
    Router::new()
        .route("/{session}/status/status-messages", get(list))
        .route("/{session}/status/status-messages-user-access/{user}", get(list_for_user))
        .route("/{session}/status/user-statuses/{user}", get(show).put(set))
        .route(subscription, put(watch).delete(leave))
}

/// The user that a path names.
fn user(id: &str) -> Result<&'static User, Fault> {
    let found = User::ALL.iter().find(|user| user.id.eq_ignore_ascii_case(id));
    found.ok_or_else(Fault::not_found)
}

async fn list(_: Caller) -> Response {
    let all: Vec<Value> = ALL.iter().map(Status::shown).collect();
    answer(StatusCode::OK, &json!({ "statusMessageList": all }))
}

async fn list_for_user(
    _: Caller,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let ids = ALL.map(|status| status.id);
    Ok(answer(StatusCode::OK, &json!({ "userId": user(&id)?.id, "statusMessages": ids })))
}

async fn show(
    _: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let user = user(&id)?;
    let shown = server.with(|state, _, _| state.presence_of(user).map(|it| it.shown()));
    Ok(answer(StatusCode::OK, &shown.ok_or_else(Fault::not_found)?))
}

/// Taken at once and done by and by: the session is told so in a message.
async fn set(
    caller: Caller,
    State(server): State<Server>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let user = user(&id)?;
    let fields = Fields::read(&body)?;
    let status = Status::named(fields.required("statusId")?).ok_or(Flaw::Invalid("statusId"))?;
    if user != caller.user && !caller.user.is_supervisor {
        let message = "The status of another user cannot be changed.";
        return Err(Fault::new(StatusCode::FORBIDDEN, json!({ "message": message })));
    }
    let request = server.with(|state, _, now| {
        if let Some(presence) = state.presence_of(user) {
            (presence.status, presence.changed) = (status, now);
        }
        let session = state.session(&caller.session)?;
        Some(session.completes(|request| {
            json!({
                "__type": "urn:inin.com:messaging:asyncOperationCompletedMessage",
                "isDelta": false, "requestId": request, "error": null,
            })
        }))
    });
    Ok(answer(StatusCode::ACCEPTED, &json!({ "requestId": request })))
}

async fn watch(
    caller: Caller,
    State(server): State<Server>,
    body: Bytes,
) -> Result<Response, Fault> {
    const WRONG: Flaw = Flaw::Invalid("userIds");
    let fields = Fields::read(&body)?;
    let list = fields.get("userIds").ok_or(Flaw::Missing("userIds"))?;
    let list = list.as_array().ok_or(WRONG)?;
    let users = list.iter().map(|id| id.as_str().and_then(|id| user(id).ok()).ok_or(WRONG));
    let users = users.collect::<Result<Vec<_>, _>>()?;
    begin(&server, &caller, Topic::Statuses, Subscription::to_users(users));
    Ok(empty())
}

async fn leave(caller: Caller, State(server): State<Server>) -> Response {
    end(&server, &caller, &Topic::Statuses).into_response()
}

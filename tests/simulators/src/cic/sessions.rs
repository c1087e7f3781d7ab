//! ICWS sessions: connect, look, stay, leave (sections 2.2 and 2.3 of the contract).

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{FromRequestParts, Query, RawPathParams, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    chat::guid,
    events::compact,
    fields::{Fields, Flaw},
    icws::{Fault, answer, features, version},
    pair::{Server, ServerIndex},
    settings::User,
    state::State as Memory,
    subscriptions::{Subscription, Topic},
};

const CSRF: &str = "ININ-ICWS-CSRF-Token";
const SESSION: &str = "ININ-ICWS-Session-ID";

/// A session; it ends with its server's turn, by leaving, or when nobody uses it.
pub(super) struct Session {
    csrf: String,
    cookie: String,
    server: ServerIndex,
    user: &'static User,
    state: Life,
    used: Timestamp,
    /// Where the user works, if anywhere.
    station: Option<Value>,
    pub(super) subscriptions: BTreeMap<Topic, Subscription>,
    messages: Vec<Value>,
    /// How many requests were taken to be done later.
    requests: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Life {
    Live,
    Left,
    Expired,
}

impl Session {
    /// Whether it has not ended.
    pub(super) fn is_live(&self) -> bool {
        self.state == Life::Live
    }

    /// Whether it is the user's, and has not ended.
    pub(super) fn is_live_of(&self, user: &User) -> bool {
        self.is_live() && self.user == user
    }

    /// The server that it was made on.
    pub(super) fn server(&self) -> ServerIndex {
        self.server
    }

    /// Ends it.
    pub(super) fn end(&mut self) {
        self.state = Life::Left;
        self.subscriptions.clear();
        self.messages.clear();
    }

    /// Whether `user` is at a station here and takes chats.
    pub(super) fn waits_for_work(&self, user: &User) -> bool {
        const CHAT: u64 = 2;
        let Some(station) = self.station.as_ref().and_then(Fields::of) else { return false };
        let takes = station.get("supportedMediaTypes").and_then(Value::as_array);
        let takes = takes.is_none_or(|kinds| kinds.iter().any(|kind| kind.as_u64() == Some(CHAT)));
        let ready = station.get("readyForInteractions").and_then(Value::as_bool).unwrap_or(true);
        self.is_live_of(user) && takes && ready
    }

    /// What the client calls its station.
    pub(super) fn station_name(&self) -> Option<String> {
        let station = Fields::of(self.station.as_ref()?)?;
        let name = station.get("workstation").or_else(|| station.get("remoteNumber"))?;
        name.as_str().map(str::to_owned)
    }

    /// Numbers a request that is taken, and tells by `message` that it is done.
    pub(super) fn completes(&mut self, message: impl FnOnce(&str) -> Value) -> String {
        self.requests += 1;
        let request = self.requests.to_string();
        self.messages.push(message(&request));
        request
    }

    /// Adds what changed since it was told last; ends it when it was not used for `timeout`.
    pub(super) fn tell(&mut self, state: &Memory, timeout: Duration, now: Timestamp) {
        if now.duration_since(self.used).unsigned_abs() > timeout {
            self.end();
            self.state = Life::Expired;
            return;
        }
        for (topic, subscription) in &mut self.subscriptions {
            self.messages.extend(subscription.news(topic, state, self.user, now));
        }
    }

    /// Takes what waits: it is handed out once.
    pub(super) fn take_messages(&mut self, now: Timestamp) -> Vec<Value> {
        self.used = now;
        std::mem::take(&mut self.messages)
    }
}

/// Who calls: proven by session id, CSRF token and cookie.
pub(super) struct Caller {
    pub(super) session: String,
    pub(super) user: &'static User,
}

impl FromRequestParts<Server> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Fault> {
        let path = RawPathParams::from_request_parts(parts, server).await;
        let path = path.map_err(|_| Fault::not_found())?;
        let session = path.iter().find(|(name, _)| *name == "session").map(|(_, id)| id.to_owned());
        let session = session.ok_or_else(Fault::not_found)?;
        let user = prove(server, &session, &parts.headers, true)?;
        Ok(Self { session, user })
    }
}

pub(super) fn routes() -> Router<Server> {
    Router::new()
        .route("/connection", post(connect))
        .route("/{session}/connection", get(show).delete(disconnect))
        .route(
            "/{session}/connection/station",
            get(show_station).put(take_station).delete(leave_station),
        )
        .route("/{session}/connection/switchover-status", get(show_switchover))
        .route("/{session}/licenses", post(license).put(license).delete(async |_: Caller| empty()))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    include: String,
}

async fn connect(
    State(server): State<Server>,
    Query(wanted): Query<Wanted>,
    body: Bytes,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    let (user, password) = (fields.required("userID")?, fields.required("password")?);
    fields.required("applicationName")?;
    let user = User::ALL.iter().find(|known| known.id.eq_ignore_ascii_case(user));
    let Some(user) = user.filter(|user| user.password == password) else {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            json!({
                "errorId": "error.request.connection.authenticationFailure",
                "errorCode": -2_147_221_503_i64,
                "message": "The authentication process failed.",
            }),
        ));
    };
    let (csrf, cookie) = (guid(), guid());
    let (id, now) = server.with(|state, index, now| {
        let session = Session {
            csrf: csrf.clone(),
            cookie: cookie.clone(),
            server: index,
            user,
            state: Life::Live,
            used: now,
            station: None,
            subscriptions: BTreeMap::new(),
            messages: Vec::new(),
            requests: 0,
        };
        (state.admit(session), compact(now))
    });
    let mut about = json!({
        "csrfToken": csrf, "sessionId": id, "alternateHostList": [server.alternate()],
        "userID": user.id, "userDisplayName": user.name, "icServer": "IC",
        "daysUntilPasswordExpiration": 30,
    });
    if let Value::Object(about) = &mut about {
        about.extend(included(&server, &wanted.include, &now));
    }
    let mut response = answer(StatusCode::CREATED, &about);
    let set = [
        (CSRF, csrf),
        (SESSION, id.clone()),
        ("Location", format!("/icws/{id}/connection")),
        ("Set-Cookie", format!("icws_{id}={cookie}; Path=/icws/{id}; HttpOnly")),
    ];
    for (name, value) in set {
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// The parts of the answer that are there only when asked for.
fn included(server: &Server, wanted: &str, now: &str) -> Map<String, Value> {
    let settings = server.pair.settings();
    let part = |name: &str| match name.trim() {
        "features" => Some(("features", json!(features(settings)))),
        "version" => Some(("version", version(settings.age))),
        "server-time" => Some(("serverTimeInfo", json!({ "serverUtcTime": now }))),
        "default-workstation" => Some(("defaultWorkstationId", Value::Null)),
        "effective-station" => Some(("effectiveStation", Value::Null)),
        "purecloud-integration" => {
            Some(("purecloudIntegration", json!({ "integrationEnabled": false })))
        }
        _ => None,
    };
    wanted.split(',').filter_map(part).map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn show(_: Caller) -> Response {
    answer(StatusCode::OK, &json!({ "connectionState": 1, "shouldReconnect": false }))
}

/// Only the active server answers: it is the primary for as long as it does.
async fn show_switchover(_: Caller, State(server): State<Server>) -> Response {
    let (own, other) = (server.host(), server.alternate());
    let status = json!({ "isSwitchoverActive": true, "primaryHost": own, "backupHost": other });
    answer(StatusCode::OK, &status)
}

async fn disconnect(caller: Caller, State(server): State<Server>) -> Response {
    server.with(|state, _, _| state.session(&caller.session).map(Session::end));
    empty()
}

/// 404 where there is none, told apart by its error id as public clients do.
async fn show_station(caller: Caller, State(server): State<Server>) -> Result<Response, Fault> {
    let found = server.with(|state, _, _| {
        let session = state.session(&caller.session)?;
        Some((session.station.clone()?, session.station_name().unwrap_or_default()))
    });
    let (station, name) = found.ok_or_else(Fault::not_found)?;
    let kind = station.get("__type").and_then(Value::as_str).map_or(0, |kind| {
        let kinds = ["workstationSettings", "remoteWorkstationSettings", "remoteNumberSettings"];
        kinds.iter().position(|known| kind.ends_with(&format!(":{known}"))).map_or(0, |at| at + 1)
    });
    let media = station.get("supportedMediaTypes").cloned().unwrap_or_else(|| json!([]));
    Ok(answer(
        StatusCode::OK,
        &json!({ "id": name, "extension": "", "stationSetting": kind, "allowedMediaTypes": media }),
    ))
}

/// A station is whatever the client names. The answer tells its place, as a public client expects.
async fn take_station(
    caller: Caller,
    State(server): State<Server>,
    body: Bytes,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    match fields.required("__type")?.rsplit(':').next() {
        Some("workstationSettings" | "remoteWorkstationSettings") => {
            fields.required("workstation")?;
        }
        Some("remoteNumberSettings") => {
            fields.required("remoteNumber")?;
        }
        Some("stationlessSettings") => {}
        _ => return Err(Flaw::Invalid("__type").into()),
    }
    let station = serde_json::from_slice(&body).ok();
    server.with(|state, _, _| {
        if let Some(session) = state.session(&caller.session) {
            session.station = station;
        }
    });
    let place = format!("/icws/{}/connection/station", caller.session);
    Ok(([(header::LOCATION, place)], empty()).into_response())
}

async fn leave_station(caller: Caller, State(server): State<Server>) -> Result<Response, Fault> {
    let left = server.with(|state, _, _| state.session(&caller.session)?.station.take());
    left.map(|_| empty()).ok_or_else(Fault::not_found)
}

/// Every licence is to be had.
async fn license(_: Caller, body: Bytes) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    let list = fields.get("licenseList").ok_or(Flaw::Missing("licenseList"))?;
    let list = list.as_array().ok_or(Flaw::Invalid("licenseList"))?;
    let granted = |name: &Value| json!({ "licenseName": name, "isAvailable": true, "licenseStatus": 1, "errorDetails": null });
    let granted: Vec<Value> = list.iter().map(granted).collect();
    Ok(answer(StatusCode::OK, &json!({ "licenseOperationResultList": granted })))
}

/// Actions are answered 200 of a JSON type and no body: a known quirk.
pub(super) fn empty() -> Response {
    ([(header::CONTENT_TYPE, super::icws::CONTENT_TYPE)], "").into_response()
}

/// Checks session id, CSRF token and cookie, in the order of their error codes; who it is.
pub(super) fn prove(
    server: &Server,
    id: &str,
    headers: &HeaderMap,
    csrf: bool,
) -> Result<&'static User, Fault> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    server.with(|state, index, now| {
        let session = state.any_session(id).filter(|session| session.server == index);
        let session = session.filter(|session| session.state != Life::Left);
        let session =
            session.ok_or_else(|| Fault::unauthorized(1, "This request requires a session ID!"))?;
        if session.state == Life::Expired {
            return Err(expired());
        }
        if csrf && text(CSRF) != Some(&session.csrf) {
            let message = "An authentication token was expected in the request, but not found.";
            return Err(Fault::unauthorized(2, message));
        }
        let cookie = format!("icws_{id}={}", session.cookie);
        let shown = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        if !shown.flat_map(|line| line.split(';')).any(|pair| pair.trim() == cookie) {
            let message = "The session's cookie was expected, but not found.";
            return Err(Fault::unauthorized(4, message));
        }
        session.used = now;
        Ok(session.user)
    })
}

fn expired() -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        json!({
            "errorId": "error.request.connection.authenticationFailure",
            "errorCode": -2_147_221_499_i64, "message": "The session is not valid any more.",
        }),
    )
}

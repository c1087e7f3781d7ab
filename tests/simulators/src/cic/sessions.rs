//! ICWS sessions: connect, look, stay, leave (sections 2.2 and 2.3 of the contract).

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    chat::guid,
    events::compact,
    fields::Fields,
    icws::{Fault, answer, features, version},
    pair::{Server, ServerIndex},
    settings::{ADMIN_PASSWORD, ADMIN_USER},
};

const CSRF: &str = "ININ-ICWS-CSRF-Token";
const SESSION: &str = "ININ-ICWS-Session-ID";

/// An open session; it ends with its server's turn.
pub(super) struct Session {
    csrf: String,
    cookie: String,
    server: ServerIndex,
}

pub(super) fn routes() -> Router<Server> {
    Router::new()
        .route("/connection", post(connect))
        .route("/{session}/connection", get(show).delete(disconnect))
        .route("/{session}/messaging/heartbeat", post(heartbeat))
        .route("/{session}/messaging/messages", get(messages))
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
    if !user.eq_ignore_ascii_case(ADMIN_USER) || password != ADMIN_PASSWORD {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            json!({
                "errorId": "error.request.connection.authenticationFailure",
                "errorCode": -2_147_221_503_i64,
                "message": "The authentication process failed.",
            }),
        ));
    }
    let (csrf, cookie) = (guid(), guid());
    let (id, now) = server.with(|state, index, now| {
        let id = (1_247_633_034 + state.sessions.len()).to_string();
        let session = Session { csrf: csrf.clone(), cookie: cookie.clone(), server: index };
        state.sessions.insert(id.clone(), session);
        (id, compact(now))
    });
    let mut about = json!({
        "csrfToken": csrf, "sessionId": id, "alternateHostList": [server.alternate()],
        "userID": ADMIN_USER, "userDisplayName": "Administrator", "icServer": "IC",
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

async fn show(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    prove(&server, &id, &headers, true)?;
    Ok(answer(StatusCode::OK, &json!({ "connectionState": 1, "shouldReconnect": false })))
}

async fn disconnect(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    prove(&server, &id, &headers, true)?;
    server.with(|state, _, _| {
        if let Some(session) = state.sessions.get_mut(&id) {
            // The number stays taken, so that no later session gets it.
            session.cookie.clear();
        }
    });
    Ok(empty())
}

async fn heartbeat(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    prove(&server, &id, &headers, true)?;
    Ok(empty())
}

async fn messages(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    prove(&server, &id, &headers, false)?;
    Ok(answer(StatusCode::OK, &json!([])))
}

/// Actions are answered 200 of a JSON type and no body: a known quirk.
fn empty() -> Response {
    ([(header::CONTENT_TYPE, super::icws::CONTENT_TYPE)], "").into_response()
}

/// Checks session id, CSRF token and cookie, in the order of their error codes.
fn prove(server: &Server, id: &str, headers: &HeaderMap, csrf: bool) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    server.with(|state, index, _| {
        let session = state
            .sessions
            .get(id)
            .filter(|session| session.server == index && !session.cookie.is_empty())
            .ok_or_else(|| Fault::unauthorized(1, "This request requires a session ID!"))?;
        if csrf && text(CSRF) != Some(&session.csrf) {
            let message = "An authentication token was expected in the request, but not found.";
            return Err(Fault::unauthorized(2, message));
        }
        let cookie = format!("icws_{id}={}", session.cookie);
        let shown = text("Cookie").unwrap_or_default();
        if !shown.split(';').any(|pair| pair.trim() == cookie) {
            return Err(Fault::unauthorized(
                4,
                "The session's cookie was expected, but not found.",
            ));
        }
        Ok(())
    })
}

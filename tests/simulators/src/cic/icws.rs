//! ICWS outside web-chat: what a server tells about itself, and its errors (sections 2.1 to 2.3).

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{
    events::compact,
    fields::Flaw,
    interactions, messages,
    pair::Server,
    sessions,
    settings::{Age, Settings},
    status,
};

/// The only type that the vendor's library parses.
pub(super) const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/vnd.inin.icws+JSON; charset=utf-8");

/// The session-less resources and the sessions.
pub(super) fn routes(server: &Server) -> Router {
    Router::new()
        .route("/connection/version", get(show_version))
        .route("/connection/features", get(show_features))
        .route("/connection/features/{feature}", get(show_feature))
        .route("/connection/server-info", get(show_server_info))
        .route("/connection/server-time", get(show_server_time))
        .merge(sessions::routes())
        .merge(messages::routes())
        .merge(interactions::routes())
        .merge(status::routes())
        .fallback(async || Fault::not_found())
        .method_not_allowed_fallback(async || Fault::method_not_allowed())
        .with_state(server.clone())
}

/// Lets nobody past but on the active server; the backup names the other.
pub(super) async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    if server.is_active() {
        return next.run(request).await;
    }
    answer(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({
            "alternateHostList": [server.alternate()],
            "errorId": "error.server.notAcceptingConnections",
            "message": "This Session Manager is not currently accepting connections.",
        }),
    )
}

/// An answer of ICWS's content type.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    response
}

/// An error as ICWS words it.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    body: Value,
}

impl Fault {
    pub(super) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }

    /// 400 with an error id.
    pub(super) fn bad_request(error_id: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, json!({ "errorId": error_id, "message": message }))
    }

    /// 401; every one of them names the place to connect.
    pub(super) fn unauthorized(code: i64, message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, json!({ "errorCode": code, "message": message }))
    }

    pub(super) fn not_found() -> Self {
        let body = json!({ "errorId": "-2147221496", "message": "The object was not found." });
        Self::new(StatusCode::NOT_FOUND, body)
    }

    pub(super) fn method_not_allowed() -> Self {
        let body = json!({
            "errorId": "error.request.accessDenied.httpMethodNotAllowed",
            "message": "The HTTP method is not allowed for this resource.",
        });
        Self::new(StatusCode::METHOD_NOT_ALLOWED, body)
    }
}

impl From<Flaw> for Fault {
    fn from(flaw: Flaw) -> Self {
        let (kind, error_id, property) = match flaw {
            Flaw::NotAnObject => {
                let message = "The request's representation is not valid.";
                return Self::bad_request("error.request.invalidRepresentation", message);
            }
            Flaw::Missing(name) => ("missing", "missingProperty", name),
            Flaw::Invalid(name) => ("invalid", "invalidProperty", name),
        };
        Self::new(
            StatusCode::BAD_REQUEST,
            json!({
                "__type": format!("urn:inin.com:common:{kind}PropertyError"),
                "errorId": format!("error.request.invalidRepresentation.{error_id}"),
                "message": format!("The property '{property}' is {kind}."),
                "propertyName": property,
            }),
        )
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        const REALM: HeaderValue =
            HeaderValue::from_static(r#"ICWS realm="ICWS" location="/ICWS/connection""#);
        let mut response = answer(self.status, &self.body);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, REALM);
        }
        response
    }
}

/// What `GET /icws/connection/version` tells.
pub(super) fn version(age: Age) -> Value {
    let (year, release) = age.release();
    json!({
        "majorVersion": year, "minorVersion": release, "su": "0", "build": "1", "productId": "IC",
        "codebaseId": "main", "productReleaseDisplayString": format!("20{year} R{release}"),
        "productPatchDisplayString": "",
    })
}

/// The features on offer, each with its version.
pub(super) fn features(settings: &Settings) -> Vec<Value> {
    let web_chat = settings.age.web_chat().map(|version| ("web-chat", version));
    [("connection", 6), ("messaging", settings.age.messaging())]
        .into_iter()
        .chain(web_chat)
        .map(|(id, version)| json!({ "featureId": id, "version": version }))
        .collect()
}

async fn show_version(State(server): State<Server>) -> Response {
    answer(StatusCode::OK, &version(server.pair.settings().age))
}

async fn show_features(State(server): State<Server>) -> Response {
    answer(StatusCode::OK, &json!({ "featureInfoList": features(server.pair.settings()) }))
}

async fn show_feature(State(server): State<Server>, Path(id): Path<String>) -> Response {
    let known = features(server.pair.settings());
    if let Some(feature) = known.iter().find(|known| known.get("featureId") == Some(&json!(id))) {
        return answer(StatusCode::OK, feature);
    }
    let message = format!("The feature '{id}' is not known.");
    Fault::bad_request("error.request.invalidRepresentation.invalidProperty", &message)
        .into_response()
}

async fn show_server_info() -> Response {
    answer(StatusCode::OK, &json!({ "serverName": "IC", "localeName": "en-US" }))
}

async fn show_server_time(State(server): State<Server>) -> Response {
    let now = server.with(|_, _, now| now);
    answer(StatusCode::OK, &json!({ "serverUtcTime": compact(now) }))
}

//! Error answers: RFC 7807 problems, worded as X words them (contract B5).

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

/// Where the types of problems live.
const TYPES: &str = "https://api.x.com/2/problems/";

/// What every reply to a stranger gets since 23 February 2026 (contract B1).
pub(crate) const NOT_SUMMONED: &str = "Reply to this conversation is not allowed because you have not been \
     mentioned or otherwise engaged by the author of the post you are replying to.";
/// The same text by the same account again.
pub(crate) const DUPLICATE: &str = "You are not allowed to create a Tweet with duplicate content.";
/// The tweet that was to be answered is gone.
pub(crate) const TARGET_GONE: &str =
    "You attempted to reply to a Tweet that is deleted or not visible to you.";
/// More than 280 by weight.
pub(crate) const TOO_LONG: &str = "Your Tweet text is too long. For more information, please visit \
     https://docs.x.com/fundamentals/counting-characters.";

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// One parameter that was refused, and why.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) parameter: String,
    pub(crate) value: String,
    pub(crate) message: String,
}

impl Problem {
    /// A problem that has no type of its own, as 401, most 403 and 429.
    pub(crate) fn blank(status: StatusCode, detail: &str) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let body = json!({"title": title, "detail": detail, "type": "about:blank", "status": status.as_u16()});
        Self { status, body }
    }

    /// 403 with the sentence that tells why.
    pub(crate) fn forbidden(detail: &str) -> Self {
        Self::blank(StatusCode::FORBIDDEN, detail)
    }

    /// 401: no credential, or one that does not hold.
    pub(crate) fn unauthorized() -> Self {
        Self::blank(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// 400 with every parameter that was refused.
    pub(crate) fn invalid(issues: Vec<Issue>) -> Self {
        let errors: Vec<Value> = issues
            .into_iter()
            .map(|issue| {
                let mut parameters = Map::new();
                parameters.insert(issue.parameter, json!([issue.value]));
                json!({"parameters": parameters, "message": issue.message})
            })
            .collect();
        let body = json!({
            "errors": errors,
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": format!("{TYPES}invalid-request"),
        });
        Self { status: StatusCode::BAD_REQUEST, body }
    }

    /// 400 because of one parameter.
    pub(crate) fn parameter(name: &str, value: &str, message: impl Into<String>) -> Self {
        let (parameter, value) = (name.to_owned(), value.to_owned());
        Self::invalid(vec![Issue { parameter, value, message: message.into() }])
    }

    /// 403: an app's token where a user's is needed.
    pub(crate) fn app_only() -> Self {
        let body = json!({
            "title": "Unsupported Authentication",
            "detail": "Authenticating with OAuth 2.0 Application-Only is forbidden for this \
                endpoint.  Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 \
                User Context].",
            "type": format!("{TYPES}unsupported-authentication"),
            "status": 403,
        });
        Self { status: StatusCode::FORBIDDEN, body }
    }

    /// 402: nothing works until somebody pays.
    pub(crate) fn credits_depleted() -> Self {
        let body = json!({
            "title": "CreditsDepleted",
            "detail": "Your enrolled account [700100200300401] does not have any credits to \
                fulfill this request.",
            "type": format!("{TYPES}credits"),
            "account_id": 700_100_200_300_401_u64,
            "status": 402,
        });
        Self { status: StatusCode::PAYMENT_REQUIRED, body }
    }

    /// 404: no such route, or nothing there to act on.
    pub(crate) fn not_found() -> Self {
        Self::blank(StatusCode::NOT_FOUND, "Not Found")
    }
}

/// An entry of `errors[]` inside a 200: something that was asked for does not exist.
pub(crate) fn missing(kind: &str, parameter: &str, value: &str) -> Value {
    json!({
        "value": value,
        "resource_id": value,
        "resource_type": kind,
        "parameter": parameter,
        "title": "Not Found Error",
        "detail": format!("Could not find {kind} with {parameter}: [{value}]."),
        "type": format!("{TYPES}resource-not-found"),
    })
}

/// An entry of `errors[]` inside a 200: somebody who may not be shown.
pub(crate) fn withheld(parameter: &str, value: &str, suspended: bool) -> Value {
    let (title, detail, kind) = if suspended {
        ("Forbidden", format!("User has been suspended: [{value}]."), "resource-not-found")
    } else {
        (
            "Authorization Error",
            format!("Sorry, you are not authorized to see the user with {parameter}: [{value}]."),
            "not-authorized-for-resource",
        )
    };
    json!({
        "value": value,
        "resource_id": value,
        "resource_type": "user",
        "parameter": parameter,
        "title": title,
        "detail": detail,
        "type": format!("{TYPES}{kind}"),
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body.to_string()));
        *response.status_mut() = self.status;
        let kind = HeaderValue::from_static("application/problem+json; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}

//! OAuth 2.0 user tokens, and their refresh with single-use refresh tokens (contract B7).

use std::collections::BTreeMap;

use axum::{
    Form, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{seed::twitter::BRAND, twitter::Twitter};

/// The app as OAuth 2.0 client.
pub const CLIENT_ID: &str = "local-client-id";
pub const CLIENT_SECRET: &str = "local-client-secret";
/// The brand's first pair. It does not age; its successors hold for two hours.
pub const ACCESS_TOKEN: &str = "local-oauth2-access-token";
pub const REFRESH_TOKEN: &str = "local-oauth2-refresh-token";

const SCOPE: &str = "tweet.read tweet.write users.read offline.access";
const LIFETIME: SignedDuration = SignedDuration::from_hours(2);

/// Tokens that hold at present.
pub(crate) struct Grants {
    access: BTreeMap<String, (String, Timestamp)>,
    refresh: BTreeMap<String, String>,
}

impl Grants {
    /// The brand's seeded pair.
    pub(crate) fn seeded() -> Self {
        let user = BRAND.id.to_owned();
        Self {
            access: [(ACCESS_TOKEN.to_owned(), (user.clone(), Timestamp::MAX))].into(),
            refresh: [(REFRESH_TOKEN.to_owned(), user)].into(),
        }
    }

    /// Whose access token this is, if it still holds.
    pub(crate) fn user(&self, token: &str, now: Timestamp) -> Option<String> {
        let (user, until) = self.access.get(token)?;
        (now < *until).then(|| user.clone())
    }

    /// Turns a refresh token, which is then spent, into a new pair.
    fn rotate(&mut self, spent: &str, now: Timestamp) -> Option<(String, String)> {
        let user = self.refresh.remove(spent)?;
        let fresh = || Uuid::new_v4().simple().to_string();
        let (access, refresh) = (fresh(), fresh());
        let until = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        self.access.retain(|_, (holder, _)| *holder != user);
        self.access.insert(access.clone(), (user.clone(), until));
        self.refresh.insert(refresh.clone(), user);
        Some((access, refresh))
    }
}

/// What a client asks of the token endpoint.
#[derive(Deserialize)]
pub(crate) struct Request {
    grant_type: String,
    refresh_token: Option<String>,
    client_id: Option<String>,
}

/// `POST /2/oauth2/token`.
pub(crate) async fn token(
    State(twitter): State<Twitter>,
    headers: HeaderMap,
    Form(request): Form<Request>,
) -> Response {
    let refuse = |status: StatusCode, error: &str, description: &str| {
        let body = json!({"error": error, "error_description": description});
        (status, Json(body)).into_response()
    };
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known_id = request.client_id.as_deref().is_none_or(|id| id == CLIENT_ID);
    if header != Some(&basic) || !known_id {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "unauthorized_client",
            "Missing valid authorization header",
        );
    }
    if request.grant_type != "refresh_token" {
        return refuse(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "Only refresh_token is offered here",
        );
    }
    let spent = request.refresh_token.unwrap_or_default();
    let now = twitter.now();
    let Some((access, refresh)) = twitter.state().grants.rotate(&spent, now) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Value passed for the token was invalid.",
        );
    };
    Json(json!({
        "token_type": "bearer",
        "expires_in": LIFETIME.as_secs(),
        "access_token": access,
        "scope": SCOPE,
        "refresh_token": refresh,
    }))
    .into_response()
}

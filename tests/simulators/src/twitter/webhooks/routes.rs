//! `/2/webhooks`, and its counterpart of the control interface.

use axum::{
    Json,
    extract::{Path, State as Shared},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Hook, Style, challenge};
use crate::twitter::{Twitter, id, problem::Problem, render::time};

/// What a registration holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    url: String,
}

fn shown(hook: &Hook) -> Value {
    json!({"id": hook.id, "url": hook.url, "valid": hook.valid, "created_at": time(hook.created_at)})
}

/// `POST /2/webhooks`: the receiver must pass the challenge first.
pub(crate) async fn create(
    Shared(twitter): Shared<Twitter>,
    Json(registration): Json<Registration>,
) -> Result<Json<Value>, Problem> {
    let url = registration.url;
    if !acceptable(&url) {
        let message = "The url must be https, without a port";
        return Err(Problem::parameter("url", &url, message));
    }
    if twitter.state().hook.is_some() {
        return Err(Problem::parameter("url", &url, "WebhookLimitExceeded: there is one already"));
    }
    let hook = register(&twitter, url.clone(), Style::Xaa)
        .await
        .map_err(|why| Problem::parameter("url", &url, format!("CrcValidationFailed: {why}")))?;
    Ok(Json(json!({"data": shown(&hook)})))
}

/// `https` without a port, as X asks; on this machine anything goes.
fn acceptable(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
        local || (url.scheme() == "https" && url.port().is_none())
    })
}

async fn register(twitter: &Twitter, url: String, style: Style) -> Result<Hook, String> {
    challenge(&url).await?;
    let created_at = twitter.now();
    let hook = Hook { id: id::at(created_at).to_string(), url, style, valid: true, created_at };
    twitter.state().hook = Some(hook.clone());
    Ok(hook)
}

/// `GET /2/webhooks`.
pub(crate) async fn list(Shared(twitter): Shared<Twitter>) -> Json<Value> {
    let hooks: Vec<Value> = twitter.state().hook.iter().map(shown).collect();
    let meta = json!({"result_count": hooks.len()});
    Json(if hooks.is_empty() {
        json!({"meta": meta})
    } else {
        json!({"data": hooks, "meta": meta})
    })
}

fn named(twitter: &Twitter, webhook: &str) -> Result<Hook, Problem> {
    twitter.state().hook.clone().filter(|hook| hook.id == webhook).ok_or_else(Problem::not_found)
}

/// `PUT /2/webhooks/:id`: the challenge again.
pub(crate) async fn validate(
    Shared(twitter): Shared<Twitter>,
    Path(webhook): Path<String>,
) -> Result<Json<Value>, Problem> {
    let hook = named(&twitter, &webhook)?;
    let valid = challenge(&hook.url).await.is_ok();
    if let Some(hook) = &mut twitter.state().hook {
        hook.valid = valid;
    }
    Ok(Json(json!({"data": {"attempted": true, "valid": valid}})))
}

/// `DELETE /2/webhooks/:id`.
pub(crate) async fn remove(
    Shared(twitter): Shared<Twitter>,
    Path(webhook): Path<String>,
) -> Result<Json<Value>, Problem> {
    named(&twitter, &webhook)?;
    twitter.state().hook = None;
    Ok(Json(json!({"data": {"deleted": true}})))
}

/// What the control interface sets.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    url: Option<String>,
    enabled: bool,
    #[serde(default)]
    style: Style,
}

/// `PUT /_sim/webhooks`: registers the receiver, or takes it away.
pub(crate) async fn control(
    Shared(twitter): Shared<Twitter>,
    Json(wanted): Json<Wanted>,
) -> Result<StatusCode, (StatusCode, Json<Value>)> {
    let refuse = |why: String| (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": why})));
    if !wanted.enabled {
        twitter.state().hook = None;
        return Ok(StatusCode::NO_CONTENT);
    }
    let url = wanted.url.ok_or_else(|| refuse("an enabled webhook needs a url".to_owned()))?;
    register(&twitter, url, wanted.style).await.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /_sim/webhooks`: the webhook and how deliveries went.
pub(crate) async fn show(Shared(twitter): Shared<Twitter>) -> Json<Value> {
    let state = twitter.state();
    let outcome = state.outcome;
    Json(json!({
        "webhook": state.hook.as_ref().map(shown),
        "waiting": state.outbox.len(),
        "delivered": outcome.delivered,
        "failed": outcome.failed,
    }))
}

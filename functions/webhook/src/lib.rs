//! Callbacks in, proven on their raw bytes before anything parses them; queue messages out.
//! What a callback means is its network's adapter's business, never this crate's.

mod cic;
mod deletion;
mod facebook;
mod secrets;
mod twitter;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::FutureExt;
use http::StatusCode;
use serde::Deserialize;
use social_aws::{
    ChannelTable, ParameterStore, SdkConfig, SqsDeadLetters, SqsInbound, SqsNudges, StateTable,
};
use social_core::Failure;
use social_lambda::SystemClock;

/// Just under what Lambda takes in one event, base64 and envelope included.
const LARGEST_BODY: usize = 4_300_000;

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    inbound_dlq_url: String,
    nudge_queue_url: String,
    webhook_secrets: String,
}

/// Everything that an invocation needs, built once per execution environment.
pub struct Webhook {
    channels: ChannelTable<SystemClock>,
    state: StateTable<SystemClock>,
    parameters: ParameterStore<SystemClock>,
    secrets_name: String,
    inbound: SqsInbound,
    dead_letters: SqsDeadLetters,
    nudges: SqsNudges,
}

impl Webhook {
    /// Builds the clients; nothing is called yet.
    pub fn new(settings: Settings, aws: &SdkConfig) -> Self {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let (table, refresh) = (settings.channels_table, ChannelTable::<SystemClock>::REFRESH);
        Self {
            channels: ChannelTable::new(&dynamodb, table, SystemClock, refresh),
            state: StateTable::new(&dynamodb, settings.state_table, SystemClock),
            parameters: ParameterStore::new(&social_aws::ssm(aws), SystemClock),
            secrets_name: settings.webhook_secrets,
            inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
            dead_letters: SqsDeadLetters::new(&sqs, settings.inbound_dlq_url),
            nudges: SqsNudges::new(&sqs, settings.nudge_queue_url),
        }
    }
}

/// The whole HTTP surface: what Lambda serves and what tests call.
pub fn app(webhook: Webhook) -> Router {
    Router::new()
        .route("/facebook", get(facebook::verify).post(facebook::receive))
        .route("/facebook/data-deletion", post(deletion::ask).layer(deletion::limit()))
        .route("/facebook/data-deletion/{code}", get(deletion::status))
        .route("/twitter", get(twitter::answer_challenge).post(twitter::receive))
        .route("/cic/replies", post(cic::receive_reply))
        .route("/cic/events/{token}", post(cic::receive_event))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(unwound))
        .with_state(Arc::new(webhook))
}

/// A panic is answered like any failure. Lambda would show its message, which may quote a body.
async fn unwound(request: Request, next: Next) -> Response {
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answered.unwrap_or_else(|_panic| {
        tracing::error!(error_type = "panic", metric = "Panicked", "callback panicked");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// Why a callback is not taken. The caller learns the status and nothing else.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the callback does not prove itself")]
    Unproven,
    #[error("the callback is malformed")]
    Malformed,
    /// The caller sends it again.
    #[error("the callback cannot be taken now")]
    NotNow(#[source] Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::NotNow(failure)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unproven => StatusCode::UNAUTHORIZED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotNow(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if let Self::NotNow(failure) = &self {
            tracing::error!(
                error_type = failure.error_type(), error = %failure, metric = "CallbackFailed",
                "callback not taken"
            );
        } else {
            tracing::warn!(metric = "CallbackRefused", reason = %self, "callback refused");
        }
        status.into_response()
    }
}

#[cfg(test)]
mod tests;

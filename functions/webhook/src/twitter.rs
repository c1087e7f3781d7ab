//! `/twitter`: X's challenge-response check, and activity events.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use social_core::inbound::DeadLetters;
use social_twitter::webhook::{self, Signed};

use crate::{Refused, Webhook};

/// Answers X's check with a signature of its token by our newest consumer secret.
pub(crate) async fn answer_challenge(
    State(function): State<Arc<Webhook>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Refused> {
    let token = query.get("crc_token").ok_or(Refused::Malformed)?;
    let secrets = function.secrets().await?;
    let secret = secrets.twitter.consumer_secrets.first().ok_or(Refused::Unproven)?;
    let answer = webhook::challenge_answer(secret, token).ok_or(Refused::Unproven)?;
    Ok(([(CONTENT_TYPE, "application/json")], answer).into_response())
}

/// Takes an activity event. The search finds the same tweets; until events are read they are kept
/// in full beside the queue.
pub(crate) async fn receive(
    State(function): State<Arc<Webhook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let secrets = function.secrets().await?;
    let header = headers.get("x-twitter-webhooks-signature").and_then(|value| value.to_str().ok());
    let proven = Signed::verify(&body, header, &secrets.twitter.consumer_secrets);
    let proven = proven.map_err(|_| Refused::Unproven)?;
    let text = std::str::from_utf8(proven.body()).map_err(|_| Refused::Malformed)?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|_| Refused::Malformed)?;
    let kind = webhook::parked(proven).kind;
    tracing::info!(metric = "ActivityParked", kind, "activity event parked");
    function.dead_letters.park(text, "twitter_activity_unread", "twitter").await?;
    Ok(StatusCode::OK)
}

//! `/twitter`: X's challenge-response check, and activity events.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use social_core::{Channels, Clock, Network, inbound::DeadLetters, intake};
use social_lambda::SystemClock;
use social_twitter::{
    activity::{self, Event},
    webhook::{self, Signed},
};

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

/// Takes activity events: 200 only after the queue has accepted every message of theirs. The search
/// finds the same tweets; the ledger tells them apart.
pub(crate) async fn receive(
    State(function): State<Arc<Webhook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let secrets = function.secrets().await?;
    let header = headers.get(webhook::SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let proven = Signed::verify(&body, header, &secrets.twitter.consumer_secrets);
    let proven = proven.map_err(|_| Refused::Unproven)?;
    // What is skipped is not looked at: whether all of it is text has to be asked apart.
    let text = std::str::from_utf8(proven.body()).map_err(|_| Refused::Malformed)?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|_| Refused::Malformed)?;
    let events = activity::parse(proven);
    let channels = function.channels.all().await?;
    let channels: Vec<_> = channels.of(Network::Twitter).cloned().collect();
    let incoming = activity::messages(&events, &channels, SystemClock.now());
    function.park_unread(&events).await?;
    let queued = intake::queue_all(&function.inbound, incoming).await?;
    tracing::info!(events = events.len(), queued, "activity taken");
    Ok(StatusCode::OK)
}

impl Webhook {
    /// Kinds that nobody described are kept in full, and never an error to X.
    async fn park_unread(&self, events: &[Event]) -> Result<(), Refused> {
        for event in events {
            match event {
                Event::Unknown { kind, event } => {
                    tracing::warn!(metric = "ActivityParked", kind, "activity event unknown");
                    self.dead_letters.park(event, "twitter_activity_unread", "twitter").await?;
                }
                Event::Ignored { kind } => tracing::debug!(kind, "activity event not needed"),
                Event::LeftToSearch => {
                    tracing::info!(metric = "ActivityLeftToSearch", "a reply without its thread");
                }
                Event::Tweet(_) | Event::Deleted(_) | Event::Private(_) => {}
            }
        }
        Ok(())
    }
}

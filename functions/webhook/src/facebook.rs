//! `/facebook`: the verification handshake, and callbacks of pages.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Query, State},
};
use http::{HeaderMap, StatusCode};
use social_core::{
    Channels, Network,
    inbound::{DeadLetters, Incoming},
    intake,
};
use social_facebook::{
    callback::{self, PageChange, What},
    signature,
};

use crate::{Refused, Webhook};

/// Answers the handshake with the challenge as the whole body, `text/plain`; 403 to anybody else.
pub(crate) async fn verify(
    State(webhook): State<Arc<Webhook>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Result<String, StatusCode>, Refused> {
    let secrets = webhook.secrets().await?;
    let query = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let challenge = signature::verification(&secrets.facebook.verify_token, query);
    Ok(challenge.map(str::to_owned).ok_or(StatusCode::FORBIDDEN))
}

/// Takes a callback: 200 only after the queue has accepted every change in it.
pub(crate) async fn receive(
    State(webhook): State<Arc<Webhook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let secrets = webhook.secrets().await?;
    let header = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    let proven = signature::verify(&secrets.facebook.app_secrets, header, &body);
    let proven = proven.map_err(|_| Refused::Unproven)?;
    let changes = callback::parse(proven).map_err(|_| Refused::Malformed)?;
    let channels = webhook.channels.all().await?;
    let mut incoming = Vec::new();
    for change in &changes {
        for channel in channels.of(Network::Facebook) {
            if let Some(message) = callback::for_channel(change, channel) {
                incoming.push(Incoming { channel_id: channel.id.clone(), message });
            }
        }
    }
    // By the network's time, then by position: a callback's batch keeps no order of its own.
    incoming.sort_by_key(|incoming| incoming.message.at);
    webhook.park_unknown(&changes).await?;
    let queued = intake::queue_all(&webhook.inbound, incoming).await?;
    tracing::info!(changes = changes.len(), queued, "callback taken");
    Ok(StatusCode::OK)
}

impl Webhook {
    /// Kinds that nobody described are kept in full, and never an error to Facebook.
    async fn park_unknown(&self, changes: &[PageChange]) -> Result<(), Refused> {
        for change in changes {
            if let What::Unknown(entry) = &change.what {
                let group = format!("facebook#{}", change.page_id);
                tracing::warn!(metric = "UnknownChange", page.id = change.page_id, "kind unknown");
                let reason = "facebook_change_unknown";
                self.dead_letters.park(&entry.to_string(), reason, &group).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

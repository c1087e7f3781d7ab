//! `/cic/…`: CIC says that there is something to read in a chat. The chat itself is the truth, so
//! a callback is only a reason to look at once: what it says beyond the chat's id is not believed.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use serde::Deserialize;
use social_core::inbound::Nudges;

use crate::{Refused, Webhook, secrets::is_active};

/// Longest chat id that is passed on.
const LONGEST_ID: usize = 128;

/// The chat, in any of the spellings that CIC and its handlers use.
#[derive(Deserialize)]
struct Chat {
    #[serde(alias = "chatId", alias = "chatID", alias = "ChatId")]
    chat_id: String,
}

/// A handler's push, proven by a bearer token.
pub(crate) async fn receive_reply(
    State(webhook): State<Arc<Webhook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let secrets = webhook.secrets().await?;
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    if !is_active(&secrets.cic.reply_tokens, token) {
        return Err(Refused::Unproven);
    }
    webhook.look_at(&body).await
}

/// A push of the web-chat interface, proven by the token in its path.
pub(crate) async fn receive_event(
    State(webhook): State<Arc<Webhook>>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let secrets = webhook.secrets().await?;
    if !is_active(&secrets.cic.event_tokens, &token) {
        return Err(Refused::Unproven);
    }
    webhook.look_at(&body).await
}

impl Webhook {
    async fn look_at(&self, body: &[u8]) -> Result<StatusCode, Refused> {
        let chat: Chat = serde_json::from_slice(body).map_err(|_| Refused::Malformed)?;
        if chat.chat_id.is_empty() || chat.chat_id.len() > LONGEST_ID {
            return Err(Refused::Malformed);
        }
        self.nudges.nudge(&chat.chat_id).await?;
        Ok(StatusCode::ACCEPTED)
    }
}

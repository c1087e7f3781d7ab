//! `/cic/…`: CIC says that there is something to read in a chat, or a handler says what an agent wrote.
//!
//! Of web-chat's own pushes nothing is believed but the chat's id: they are a reason to look at once.
//! A handler's text takes the road of all agents' texts, where it is recognised if a look brings it too.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use social_core::{
    ChannelId, Channels, Clock,
    conversation::ConversationKey,
    inbound::{InboundQueue, Nudges, Pushed},
};
use social_lambda::SystemClock;

use crate::{Refused, Webhook, secrets::is_active};

/// Longest chat id, or name, that is passed on.
const LONGEST_ID: usize = 128;
/// Longest conversation key: what the table takes.
const LONGEST_KEY: usize = 1_024;
/// Longest text: far above what any network takes, and well below what the queue does.
const LONGEST_TEXT: usize = 100_000;

/// The chat, in any of the spellings that CIC and its handlers use.
#[derive(Deserialize)]
struct Chat {
    #[serde(alias = "chatId", alias = "chatID", alias = "ChatId")]
    chat_id: String,
}

/// What a handler pushes: a text with its conversation, a chat to look at, or both.
#[derive(Deserialize)]
struct Push {
    /// The interaction's attribute `SocialChannel`.
    #[serde(default)]
    channel_id: String,
    /// The interaction's attribute `SocialConversation`.
    #[serde(default)]
    conversation: String,
    #[serde(default, alias = "chatId", alias = "chatID", alias = "ChatId")]
    chat_id: String,
    #[serde(default)]
    agent: String,
    #[serde(default)]
    text: String,
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
    let push: Push = serde_json::from_slice(&body).map_err(|_| Refused::Malformed)?;
    if push.text.trim().is_empty() {
        return webhook.look_at(&body).await;
    }
    webhook.capture(push, &body).await
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
    /// Queues an agent's text; only then is the handler answered. The same body within five minutes
    /// is a handler's second try and is folded: an agent who wrote the same again is heard by a look.
    async fn capture(&self, push: Push, body: &[u8]) -> Result<StatusCode, Refused> {
        let channels = self.channels.all().await?;
        let channel = channels.find(&ChannelId(push.channel_id)).ok_or(Refused::Malformed)?;
        let too_long = [&push.conversation, &push.chat_id, &push.agent, &push.text]
            .into_iter()
            .zip([LONGEST_KEY, LONGEST_ID, LONGEST_ID, LONGEST_TEXT])
            .any(|(given, limit)| given.len() > limit);
        if too_long || push.conversation.is_empty() {
            return Err(Refused::Malformed);
        }
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let chat_id = given(push.chat_id);
        let pushed = Pushed {
            id: hex::encode(Sha256::digest(body)),
            conversation: ConversationKey(push.conversation),
            chat_id: chat_id.clone(),
            agent: given(push.agent),
            text: push.text,
            at: SystemClock.now(),
        };
        let deduplication = format!("pushed#{}", pushed.id);
        let pushed =
            Pushed { id: format!("{}#{}", pushed.id, pushed.at.as_second() / 300), ..pushed };
        let (group, batch) = pushed.into_batch(&channel.id);
        self.inbound.send(&group, &deduplication, &batch).await?;
        if let Some(chat_id) = chat_id {
            // It only hastens what the next look brings anyway.
            self.nudges.nudge(&chat_id).await.ok();
        }
        Ok(StatusCode::ACCEPTED)
    }

    async fn look_at(&self, body: &[u8]) -> Result<StatusCode, Refused> {
        let chat: Chat = serde_json::from_slice(body).map_err(|_| Refused::Malformed)?;
        if chat.chat_id.is_empty() || chat.chat_id.len() > LONGEST_ID {
            return Err(Refused::Malformed);
        }
        self.nudges.nudge(&chat.chat_id).await?;
        Ok(StatusCode::ACCEPTED)
    }
}

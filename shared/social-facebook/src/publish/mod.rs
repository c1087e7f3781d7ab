//! Replies: comments under a post or comment, and private messages (contract A5, A6; Meta: "Comments", "Send API").

mod further;
mod moderation;
mod refusal;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use social_core::{
    Channel, Clock, Failure, MessageId, Verdict,
    command::Command,
    credential::{Credentials, FacebookCredential},
    message::Kind,
    reply::{Fingerprint, OwnMessage, PublishError, Publisher, Refusal, Target},
};
use social_failpoints::{Call, passing};

use crate::{
    graph::{Graph, GraphError, List, Page, Parameters},
    normalise,
    wire::{From, Id, Moment},
};

/// Own messages on one page of a read-back.
const PAGE_SIZE: u32 = 50;
/// Private messages come newest first by themselves.
const COMMENT_ORDER: Option<&str> = Some("reverse_chronological");
/// Facebook tells whole seconds, by a clock of its own.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(5);

/// What is not written down anywhere for certain, and may change.
#[derive(Debug, Clone)]
pub struct PublisherSettings {
    /// How long after an attempt Facebook may still show it for the first time.
    pub settle_time: Duration,
    /// Longest comment, in characters.
    pub comment_chars: usize,
    /// Longest private message, in characters.
    pub private_chars: usize,
}

impl Default for PublisherSettings {
    fn default() -> Self {
        Self { settle_time: Duration::from_mins(1), comment_chars: 8_000, private_chars: 2_000 }
    }
}

/// Publishes as the channel's page.
pub struct FacebookPublisher<C, K> {
    graph: Graph<C>,
    credentials: K,
    settings: PublisherSettings,
}

/// The channel is not one of Facebook: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the channel is no Facebook page")]
struct NoPage;

/// An answer to a POST.
#[derive(Deserialize)]
struct Created {
    /// Of a private message.
    message_id: Option<Id>,
    /// Of a comment.
    id: Option<Id>,
}

/// A comment or private message as a read-back sees it.
#[derive(Deserialize)]
struct Written {
    id: Id,
    from: Option<From>,
    #[serde(default)]
    message: Option<String>,
    created_time: Moment,
}

#[derive(Deserialize)]
struct Conversation {
    id: Id,
}

impl<C: Clock, K: Credentials> FacebookPublisher<C, K> {
    /// With the credentials that channels name.
    pub fn new(graph: Graph<C>, credentials: K, settings: PublisherSettings) -> Self {
        Self { graph, credentials, settings }
    }

    async fn access<'c>(
        &self,
        channel: &'c Channel,
    ) -> Result<(&'c str, std::sync::Arc<FacebookCredential>), Failure> {
        let no_page = || Failure::new(Verdict::Reject, "not_facebook", NoPage);
        let page = channel.facebook().ok_or_else(no_page)?;
        Ok((&page.page_id, self.credentials.facebook(&channel.credential).await?))
    }

    fn check_length(&self, kind: Kind, text: &str) -> Result<(), Refusal> {
        let limit = match kind {
            Kind::PrivateMessage => self.settings.private_chars,
            Kind::Post | Kind::Comment | Kind::Tweet | Kind::Repost => self.settings.comment_chars,
        };
        let length = text.chars().count();
        match length {
            0 => Err(Refusal::Empty),
            _ if length > limit => Err(Refusal::TooLong { length, limit }),
            _ => Ok(()),
        }
    }
}

impl<C: Clock, K: Credentials> Publisher for FacebookPublisher<C, K> {
    async fn publish(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        self.check_length(target.kind, text).map_err(PublishError::Refused)?;
        let (page_id, credential) =
            self.access(channel).await.map_err(PublishError::NotPublished)?;
        let page = self.graph.page(page_id, &credential);
        let _passing = passing(Call::Publish);
        let created = match target.kind {
            Kind::PrivateMessage => {
                private_message(&page, page_id, target, &json!({ "text": text })).await?
            }
            Kind::Post | Kind::Comment | Kind::Tweet | Kind::Repost => {
                comment(&page, target, &vec![("message", text.to_owned())]).await?
            }
        };
        created.into_id(page_id)
    }

    async fn own_messages(
        &self,
        channel: &Channel,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure> {
        let (page_id, credential) = self.access(channel).await?;
        let page = self.graph.page(page_id, &credential);
        let since = since.saturating_sub(CLOCKS_DIFFER).unwrap_or(since);
        let written = match target.kind {
            Kind::PrivateMessage => private_messages(&page, page_id, target, since).await?,
            Kind::Post | Kind::Comment | Kind::Tweet | Kind::Repost => {
                let under = target.reply_under.as_str();
                written(&page, &[under, "comments"], COMMENT_ORDER, since).await?
            }
        };
        Ok(own(written, page_id, since))
    }

    /// A comment that is too long is refused: Facebook takes thousands of characters.
    fn parts(&self, _: &Channel, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn settle_time(&self) -> Duration {
        self.settings.settle_time
    }

    async fn private_reply(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        self.answer_privately(channel, target, text).await
    }

    async fn publish_image(
        &self,
        channel: &Channel,
        target: &Target,
        image: &str,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        self.answer_with_picture(channel, target, image, text).await
    }

    async fn moderate(
        &self,
        channel: &Channel,
        message_id: &MessageId,
        command: Command,
    ) -> Result<(), PublishError> {
        self.carry_out(channel, message_id, command).await
    }
}

impl Created {
    /// As callbacks and polls write it, so that the echo is known as ours.
    fn into_id(self, page_id: &str) -> Result<MessageId, PublishError> {
        let unnamed = || refusal::publish_error(GraphError::Undecodable { path: "id".to_owned() });
        let Id(id) = self.message_id.or(self.id).ok_or_else(unnamed)?;
        Ok(normalise::comment_id(page_id, &id).into())
    }
}

async fn comment<C: Clock>(
    page: &Page<'_, C>,
    target: &Target,
    form: &Parameters,
) -> Result<Created, PublishError> {
    let path = [target.reply_under.as_str(), "comments"];
    page.post_form(&path, form).await.map_err(refusal::publish_error)
}

/// Within the window by itself, after it with the tag of human agents: what is published here a person wrote.
async fn private_message<C: Clock>(
    page: &Page<'_, C>,
    page_id: &str,
    target: &Target,
    message: &Value,
) -> Result<Created, PublishError> {
    let recipient =
        target.author_id.as_ref().ok_or(PublishError::Refused(Refusal::NothingToAnswer))?;
    let path = [page_id, "messages"];
    let recipient = json!({ "id": recipient });
    let plain = json!({ "recipient": recipient, "messaging_type": "RESPONSE", "message": message });
    let answer = match page.post_json(&path, &plain).await {
        Err(GraphError::Window(over)) if over.status < 500 => {
            let tagged = json!({ "recipient": recipient, "messaging_type": "MESSAGE_TAG",
                "tag": "HUMAN_AGENT", "message": message });
            page.post_json(&path, &tagged).await.map_err(|error| match error {
                // The app may not use the tag: what stands is that the window is over.
                GraphError::Permission(detail) | GraphError::Parameter(detail) => {
                    GraphError::Window(detail)
                }
                other => other,
            })
        }
        answer => answer,
    };
    answer.map_err(refusal::publish_error)
}

/// The conversation with the visitor is looked up by their id; none means that nothing was written.
async fn private_messages<C: Clock>(
    page: &Page<'_, C>,
    page_id: &str,
    target: &Target,
    since: Timestamp,
) -> Result<Vec<Written>, GraphError> {
    let Some(visitor) = &target.author_id else { return Ok(Vec::new()) };
    let query = vec![
        ("platform", "messenger".to_owned()),
        ("user_id", visitor.clone()),
        ("fields", "id".to_owned()),
    ];
    let found: List<Conversation> = page.get(&[page_id, "conversations"], &query).await?;
    match found.data.first() {
        Some(Conversation { id: Id(id) }) => written(page, &[id, "messages"], None, since).await,
        None => Ok(Vec::new()),
    }
}

/// Newest first, to the first that is older.
async fn written<C: Clock>(
    page: &Page<'_, C>,
    path: &[&str],
    order: Option<&str>,
    since: Timestamp,
) -> Result<Vec<Written>, GraphError> {
    let parameters = |size: u32| {
        let fields = "id,from{id},message,created_time".to_owned();
        let order = order.map(|order| ("order", order.to_owned()));
        let common = [("fields", fields), ("limit", size.to_string())];
        common.into_iter().chain(order).collect()
    };
    let is_old = |written: &Written| written.created_time.0 < since;
    page.list(path, PAGE_SIZE, parameters, |page| page.data.last().is_some_and(is_old)).await
}

fn own(written: Vec<Written>, page_id: &str, since: Timestamp) -> Vec<OwnMessage> {
    let is_own = |from: &From| from.id.as_ref().is_some_and(|Id(id)| id == page_id);
    let mut own: Vec<OwnMessage> = written
        .into_iter()
        .filter(|written| {
            written.created_time.0 >= since && written.from.as_ref().is_some_and(is_own)
        })
        .map(|Written { id: Id(id), message, created_time: Moment(at), .. }| OwnMessage {
            id: normalise::comment_id(page_id, &id).into(),
            fingerprint: Fingerprint::of(message.as_deref().unwrap_or_default()),
            at,
        })
        .collect();
    own.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    own
}

#[cfg(test)]
mod tests;

//! What an agent may ask for besides a plain answer: a private reply to a public message, and pictures.

use serde_json::json;
use social_core::{
    Channel, Clock, MessageId,
    credential::Credentials,
    message::Kind,
    reply::{PublishError, Refusal, Target},
};
use url::Url;

use super::{FacebookPublisher, comment, private_message, refusal};

impl<C: Clock, K: Credentials> FacebookPublisher<C, K> {
    /// Answers a post or comment privately (contract A6): once, within seven days of it.
    ///
    /// The outcome is that of a reply, and never becomes public. What is unknown may be looked for among the
    /// private messages with the author; a second attempt that is refused as answered before means that it arrived.
    pub(super) async fn answer_privately(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        self.check_length(Kind::PrivateMessage, text).map_err(PublishError::Refused)?;
        let recipient = match target.kind {
            Kind::Comment => json!({ "comment_id": target.message_id }),
            Kind::Post => json!({ "post_id": target.message_id }),
            Kind::PrivateMessage | Kind::Tweet | Kind::Repost => {
                return Err(PublishError::Refused(Refusal::NothingToAnswer));
            }
        };
        let (page_id, credential) =
            self.access(channel).await.map_err(PublishError::NotPublished)?;
        let page = self.graph.page(page_id, &credential);
        let body = json!({ "recipient": recipient, "message": { "text": text } });
        let created: super::Created =
            page.post_json(&[page_id, "messages"], &body).await.map_err(refusal::publish_error)?;
        created.into_id(page_id)
    }

    /// Answers with the picture at an address that Facebook can read (contract A5, A6).
    ///
    /// A comment may have a text beside it; a private message is one or the other.
    pub(super) async fn answer_with_picture(
        &self,
        channel: &Channel,
        target: &Target,
        image: &str,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let image = Url::parse(image).ok().filter(|image| image.scheme() == "https");
        let Some(image) = image else {
            return Err(refused("the address of a picture must begin with https://"));
        };
        let private = target.kind == Kind::PrivateMessage;
        if !text.is_empty() {
            if private {
                return Err(refused("a private message is a picture or a text, not both"));
            }
            self.check_length(target.kind, text).map_err(PublishError::Refused)?;
        }
        let (page_id, credential) =
            self.access(channel).await.map_err(PublishError::NotPublished)?;
        let page = self.graph.page(page_id, &credential);
        let created = if private {
            let payload = json!({ "url": image, "is_reusable": false });
            let message = json!({ "attachment": { "type": "image", "payload": payload } });
            private_message(&page, page_id, target, &message).await?
        } else {
            let mut form = vec![("attachment_url", image.to_string())];
            if !text.is_empty() {
                form.push(("message", text.to_owned()));
            }
            comment(&page, target, &form).await?
        };
        created.into_id(page_id)
    }
}

fn refused(reason: &str) -> PublishError {
    PublishError::Refused(Refusal::Network { reason: reason.to_owned() })
}

#[cfg(test)]
mod tests;

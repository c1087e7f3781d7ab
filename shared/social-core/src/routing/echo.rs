//! Echoes: what the company itself wrote comes back like everything else, and is never a visitor's.

use super::{Ports, RouteError, Router};
use crate::{
    clock::Clock,
    conversation::{Conversation, Who},
    message::Message,
    reply::{Fingerprint, OwnMessage, ReplyRecord},
    store::Replies,
    text,
};

impl<P: Ports> Router<P> {
    /// An own message settles the reply that it is. One that is no reply of ours was written by a
    /// colleague on the network, and the agent is shown it, marked.
    pub(super) async fn settle_echo(
        &self,
        conversation: &mut Conversation,
        message: &Message,
    ) -> Result<(), RouteError> {
        let own = OwnMessage {
            id: message.id.clone(),
            fingerprint: Fingerprint::of(&message.text),
            at: message.at,
        };
        if self.is_a_reply_of_ours(conversation, &own).await? {
            return Ok(());
        }
        let name = text::author_name(message.author.as_ref());
        let now = self.desk.clock.now();
        let note = |conversation: &mut Conversation| {
            conversation.remember(Who::Colleague, &name, &message.text, now);
        };
        if conversation.interaction().is_none() {
            return self.desk.amend(conversation, note).await.map_err(RouteError::Desk);
        }
        let written = text::clean(&message.text).replace('\n', "\n    ");
        let line = text::notice(&format!("{name} wrote on the network:\n    {written}"));
        self.said_or_noted(conversation, &line, note).await
    }

    async fn is_a_reply_of_ours(
        &self,
        conversation: &Conversation,
        own: &OwnMessage,
    ) -> Result<bool, RouteError> {
        let (channel_id, key) = (&conversation.channel_id, &conversation.key);
        let store = &self.desk.store;
        let replies = store.of(channel_id, key).await.map_err(RouteError::Store)?;
        let is_part = |reply: &ReplyRecord| reply.parts.contains(&own.fingerprint);
        if replies.iter().any(|reply| reply.is_published_as(own) || is_part(reply)) {
            return Ok(true);
        }
        for reply in &replies {
            let Some(settled) = reply.after_echo(own) else { continue };
            let advanced = store.advance(channel_id, key, reply, &settled).await;
            // Where the publisher was quicker, the record says the same by now.
            advanced.map_err(RouteError::Store)?;
            return Ok(true);
        }
        Ok(false)
    }
}

impl ReplyRecord {
    fn is_published_as(&self, own: &OwnMessage) -> bool {
        self.state.remote_id() == Some(&own.id)
    }
}

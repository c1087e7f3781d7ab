//! Moderation: what an agent may do to what stands on the page (contract A3, A5, A7).

use serde::Deserialize;
use social_core::{
    Channel, Clock, MessageId,
    command::Command,
    credential::Credentials,
    reply::{PublishError, Refusal},
};

use super::{FacebookPublisher, refusal};
use crate::graph::GraphError;

/// `{"success": true}`, which has been seen as a text too. Whatever else it says, it was no error.
#[derive(Deserialize)]
struct Done {}

impl<C: Clock, K: Credentials> FacebookPublisher<C, K> {
    /// Hides, shows, likes or deletes. Done once more it changes nothing.
    pub(super) async fn carry_out(
        &self,
        channel: &Channel,
        message_id: &MessageId,
        command: Command,
    ) -> Result<(), PublishError> {
        let (page_id, credential) =
            self.access(channel).await.map_err(PublishError::NotPublished)?;
        let page = self.graph.page(page_id, &credential);
        let id = message_id.as_str();
        let hide = |hidden: bool| vec![("is_hidden", hidden.to_string())];
        let done: Result<Done, GraphError> = match command {
            Command::Hide => page.post_form(&[id], &hide(true)).await,
            Command::Unhide => page.post_form(&[id], &hide(false)).await,
            Command::Like => page.post_form(&[id, "likes"], &Vec::new()).await,
            Command::Delete => page.delete(&[id]).await,
            _ => return Err(PublishError::Refused(Refusal::Unsupported)),
        };
        match done {
            // Deleted before, by an attempt whose answer was lost or by hand.
            Err(GraphError::Gone(_)) if command == Command::Delete => Ok(()),
            Err(error) => Err(refusal::moderation_error(error)),
            Ok(Done {}) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

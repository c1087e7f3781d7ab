//! Whose thread it is: asked of X once per thread, where the first tweet was not seen.

use social_core::{
    Author, Channel, Message,
    credential::Credentials,
    message::{Owner, Thread},
    store::ThreadOwners,
    verdict::Failure,
};

use crate::{api::Api, matching};

/// Looks up who wrote a conversation's first tweet.
#[derive(Debug)]
pub struct TwitterThreadOwners<C> {
    api: Api,
    credentials: C,
}

impl<C: Credentials> TwitterThreadOwners<C> {
    /// Takes keys from `credentials`.
    pub fn new(api: Api, credentials: C) -> Self {
        Self { api, credentials }
    }
}

impl<C: Credentials> ThreadOwners for TwitterThreadOwners<C> {
    async fn look_up(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<Option<Owner>, Failure> {
        let Thread::Tweets { conversation_id, owner, .. } = &message.thread else {
            return Ok(None);
        };
        if owner.is_some() {
            return Ok(*owner);
        }
        let credential = self.credentials.twitter(&channel.credential).await?;
        let page = self.api.tweet_with_author(&credential, conversation_id.as_str()).await?;
        // Deleted, or its author is protected: X tells nothing.
        let Some(author) = page.data.into_iter().find_map(|tweet| tweet.author_id) else {
            return Ok(None);
        };
        let user = page.includes.users.iter().find(|user| user.id == author);
        let username = user.map(|user| user.username.as_str());
        if matching::is_company(channel, Some(&author), username) {
            return Ok(Some(Owner::Company));
        }
        Ok(username.map(|_| Owner::Visitor))
    }

    /// X tells with each message who wrote it.
    async fn author(&self, _: &Channel, _: &Author) -> Result<Option<Author>, Failure> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;

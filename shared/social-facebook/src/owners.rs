//! Whose post it is, asked of Facebook where nothing is remembered.

use serde::Deserialize;
use social_core::{
    Channel, Clock, Failure, Message,
    credential::Credentials,
    message::{Owner, Thread},
    store::ThreadOwners,
};

use crate::{
    graph::{Graph, GraphError},
    normalise,
    wire::{From, Id},
};

/// Looks up a post's author with one read (contract A2, A3).
pub struct FacebookThreadOwners<C, K> {
    graph: Graph<C>,
    credentials: K,
}

impl<C: Clock, K: Credentials> FacebookThreadOwners<C, K> {
    /// With the credentials that channels name.
    pub fn new(graph: Graph<C>, credentials: K) -> Self {
        Self { graph, credentials }
    }

    async fn author(&self, channel: &Channel, post_id: &str) -> Result<Option<String>, Failure> {
        #[derive(Deserialize)]
        struct Post {
            from: Option<From>,
        }
        let Some(page) = channel.facebook() else { return Ok(None) };
        let credential = self.credentials.facebook(&channel.credential).await?;
        let fields = vec![("fields", "id,from{id}".to_owned())];
        let page = self.graph.page(&page.page_id, &credential);
        match page.get::<Post>(&[post_id], &fields).await {
            Ok(post) => Ok(post.from.and_then(|from| from.id).map(|Id(id)| id)),
            Err(GraphError::Permission(_) | GraphError::Gone(_) | GraphError::Parameter(_)) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl<C: Clock, K: Credentials> ThreadOwners for FacebookThreadOwners<C, K> {
    async fn look_up(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<Option<Owner>, Failure> {
        let Thread::Post { post_id, .. } = &message.thread else { return Ok(None) };
        let Some(author) = self.author(channel, post_id.as_str()).await? else { return Ok(None) };
        let is_page = channel.facebook().is_some_and(|page| page.page_id == author);
        Ok(Some(normalise::owner(is_page || channel.own_accounts.contains(&author))))
    }
}

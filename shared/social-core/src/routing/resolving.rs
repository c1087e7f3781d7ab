//! Resolving: which conversation a message belongs to. The rules stand in `docs/conversations.md`.

use std::collections::BTreeMap;

use super::{Ports, RouteError, Router};
use crate::{
    channel::{Channel, Scope},
    conversation::ConversationKey,
    message::{Kind, Message, MessageId, Owner, Thread, Verb},
    store::{Ledger, ThreadOwners, Threads},
};

/// Where messages of one queue message go; the ledger learns it only when they have been shown.
pub(super) type Placed = BTreeMap<MessageId, ConversationKey>;

impl<P: Ports> Router<P> {
    /// `None`: the message belongs to no visitor's conversation, as a page's own post does.
    pub(super) async fn conversation_of(
        &self,
        channel: &Channel,
        message: &Message,
        placed: &Placed,
    ) -> Result<Option<ConversationKey>, RouteError> {
        if message.verb != Verb::Add
            && let Some(known) = self.where_it_went(channel, &message.id, placed).await?
        {
            return Ok(Some(known));
        }
        if message.kind == Kind::Repost {
            // Where the tweet itself went; else all its reposts are one conversation.
            let original = MessageId::from(message.thread.root());
            let known = self.where_it_went(channel, &original, placed).await?;
            let theirs = known.or_else(|| Some(key("tweets", original.as_str(), None)));
            return Ok(theirs.filter(|_| !message.own));
        }
        match &message.thread {
            Thread::Private { visitor_id } => Ok(Some(key("private", visitor_id, None))),
            Thread::Post { post_id, top_level, top_level_author, .. } => {
                if self.owner(channel, message).await? == Some(Owner::Visitor) {
                    return Ok(Some(key("post", post_id.as_str(), None)));
                }
                match top_level {
                    Some(top_level) => {
                        let author = top_level_author.as_deref();
                        let known = self.where_it_went(channel, top_level, placed).await?;
                        Ok(known.or_else(|| {
                            under_comment(channel, message, post_id, top_level, author)
                        }))
                    }
                    None => Ok(own_branch(message, post_id)),
                }
            }
            Thread::Tweets { conversation_id, in_reply_to, .. } => {
                let by_author =
                    channel.twitter().is_some_and(|source| source.scope == Scope::Author);
                let visitors = self.owner(channel, message).await? == Some(Owner::Visitor);
                match (visitors && !by_author, message.own) {
                    (true, _) => Ok(Some(key("tweets", conversation_id.as_str(), None))),
                    (false, true) => match in_reply_to {
                        Some(answered) => self.where_it_went(channel, answered, placed).await,
                        None => Ok(None),
                    },
                    (false, false) => {
                        let author = message.author.as_ref().map(|author| author.id.as_str());
                        Ok(Some(key("tweets", conversation_id.as_str(), author)))
                    }
                }
            }
        }
    }

    /// The conversation of an earlier message: of this queue message, or in the ledger.
    async fn where_it_went(
        &self,
        channel: &Channel,
        message_id: &MessageId,
        placed: &Placed,
    ) -> Result<Option<ConversationKey>, RouteError> {
        if let Some(key) = placed.get(message_id) {
            return Ok(Some(key.clone()));
        }
        let known = Ledger::conversation_of(&self.desk.store, &channel.id, message_id).await;
        known.map_err(RouteError::Store)
    }

    /// Whose thread it is: told by the message, remembered, or asked of the network once.
    async fn owner(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<Option<Owner>, RouteError> {
        let root = message.thread.root();
        if message.id.as_str() == root && (message.author.is_some() || message.own) {
            let owner = if message.own { Owner::Company } else { Owner::Visitor };
            return Ok(Some(owner));
        }
        let store = &self.desk.store;
        if let Some(owner) = store.owner(&channel.id, root).await.map_err(RouteError::Store)? {
            return Ok(Some(owner));
        }
        let told = match &message.thread {
            Thread::Post { owner, .. } | Thread::Tweets { owner, .. } => *owner,
            Thread::Private { .. } => None,
        };
        let owner = if told.is_some() {
            told
        } else if self.began_as_a_visitors(channel, root).await? {
            Some(Owner::Visitor)
        } else {
            let asked = self.thread_owners.look_up(channel, message).await;
            asked.map_err(RouteError::Thread)?
        };
        if let Some(owner) = owner {
            store.remember(&channel.id, root, owner).await.map_err(RouteError::Store)?;
        }
        Ok(owner)
    }

    /// Whether the thread's first message was shown as a visitor's: then nobody has to be asked.
    async fn began_as_a_visitors(&self, channel: &Channel, root: &str) -> Result<bool, RouteError> {
        let went = Ledger::conversation_of(&self.desk.store, &channel.id, &root.into()).await;
        Ok(went.map_err(RouteError::Store)?.is_some())
    }

    /// A message outside every conversation: a post or tweet of the company's own. Its thread is
    /// remembered as the company's.
    pub(super) async fn note_own_thread(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<(), RouteError> {
        let root = message.thread.root();
        if message.own && message.id.as_str() == root {
            let store = &self.desk.store;
            store.remember(&channel.id, root, Owner::Company).await.map_err(RouteError::Store)?;
        }
        Ok(())
    }
}

/// A nested comment whose top-level comment was never seen: it belongs to that comment's author.
fn under_comment(
    channel: &Channel,
    message: &Message,
    post_id: &MessageId,
    top_level: &MessageId,
    top_level_author: Option<&str>,
) -> Option<ConversationKey> {
    if message.own {
        return None;
    }
    let page = channel.facebook().map(|page| page.page_id.as_str());
    let writer = message.author.as_ref().map(|author| author.id.as_str());
    // Under a comment of the page's own, the visitor who answers it has the conversation.
    match top_level_author.filter(|author| Some(*author) != page).or(writer) {
        Some(author) => Some(key("post", post_id.as_str(), Some(author))),
        None => Some(key("comment", top_level.as_str(), None)),
    }
}

/// Under a post of the page's own each visitor has a conversation; without an author each comment.
fn own_branch(message: &Message, post_id: &MessageId) -> Option<ConversationKey> {
    match &message.author {
        _ if message.own => None,
        _ if message.kind == Kind::Post => Some(key("post", post_id.as_str(), None)),
        Some(author) => Some(key("post", post_id.as_str(), Some(&author.id))),
        None => Some(key("comment", message.id.as_str(), None)),
    }
}

fn key(kind: &str, root: &str, author: Option<&str>) -> ConversationKey {
    ConversationKey(match author {
        Some(author) => format!("{kind}:{root}:{author}"),
        None => format!("{kind}:{root}"),
    })
}

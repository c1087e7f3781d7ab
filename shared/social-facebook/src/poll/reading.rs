//! What one pass reads of a page: the feed with its newest comments, and posts that left it.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
};

use serde_json::Value;
use social_core::{Channel, Clock, Message, channel::Include, message::Owner};

use super::{
    PollSettings,
    checkpoint::{Checkpoint, Known, Met},
    node::{self, Comment, Post},
};
use crate::{
    admission,
    graph::{GraphError, List, Page},
    normalise,
    wire::{From, Id},
};

/// Posts on one page of the feed.
const FEED_SIZE: u32 = 25;
/// Comments on one page of a post's.
const COMMENTS_SIZE: u32 = 100;

/// Something new, taken or not.
pub(super) struct Candidate {
    pub(super) at: i64,
    pub(super) post_id: String,
    pub(super) is_post: bool,
    pub(super) mention: bool,
    /// The revision of its text.
    pub(super) text: String,
    pub(super) message: Message,
}

/// What a pass read.
#[derive(Default)]
pub(super) struct Found {
    pub(super) on_feed: Vec<Met>,
    pub(super) new: Vec<Candidate>,
    pub(super) checked: Vec<String>,
    pub(super) gone: HashSet<String>,
}

impl Found {
    /// Oldest first, each once, and how many of them one pass takes.
    pub(super) fn order(&mut self, limit: u32) -> usize {
        let mut ids = HashSet::new();
        self.new.retain(|candidate| ids.insert(candidate.message.id.clone()));
        self.new.sort_by(|a, b| (a.at, &a.message.id).cmp(&(b.at, &b.message.id)));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.new.len().min(limit)
    }
}

/// One pass over posts and comments.
pub(super) struct Reader<'a, C> {
    pub(super) page: Page<'a, C>,
    pub(super) page_id: &'a str,
    pub(super) channel: &'a Channel,
    pub(super) settings: &'a PollSettings,
    pub(super) before: &'a Checkpoint,
    /// In a deeper look: from when on what is not known is new, however old its post.
    pub(super) deep_from: Option<i64>,
    pub(super) now: i64,
}

impl<C: Clock> Reader<'_, C> {
    /// Reads all that an ordinary pass or a deeper look looks for.
    pub(super) async fn read(&self) -> Result<Found, GraphError> {
        let mut found = Found::default();
        for post in self.read_feed().await? {
            self.read_post(post, &mut found).await?;
        }
        // Those further back are looked after only while people write there.
        found.on_feed.truncate(usize::try_from(FEED_SIZE).unwrap_or(usize::MAX));
        if self.includes(Include::Comments) {
            let due = self.before.due(&found.on_feed, self.now, self.settings);
            self.look_after(due, &mut found).await?;
        }
        Ok(found)
    }

    fn includes(&self, what: Include) -> bool {
        self.channel.facebook().is_some_and(|page| page.include.contains(&what))
    }

    /// From when on posts are new.
    fn posts_since(&self) -> i64 {
        self.deep_from.unwrap_or_else(|| self.before.feed_threshold(self.settings))
    }

    /// From when on comments of this post are new.
    fn comments_since(&self, post_id: &str) -> i64 {
        self.deep_from.unwrap_or_else(|| self.before.threshold(post_id, self.settings))
    }

    /// A deeper look goes by the number of posts: what is late may stand under an old one.
    async fn read_feed(&self) -> Result<Vec<Post>, GraphError> {
        let since = self.posts_since();
        let comments = self.includes(Include::Comments);
        let parameters = |size| node::feed(size, comments);
        let count = Cell::new(0);
        let enough = |page: &List<Post>| {
            count.set(count.get() + page.data.len());
            let old = page.data.last().is_some_and(|post| post.at() < since);
            if self.deep_from.is_some() { count.get() >= self.settings.deep_posts } else { old }
        };
        self.page.list(&[self.page_id, "feed"], FEED_SIZE, parameters, enough).await
    }

    async fn read_post(&self, mut post: Post, found: &mut Found) -> Result<(), GraphError> {
        let Id(post_id) = post.id.clone();
        let owner = self.owner(post.from.as_ref());
        let comments = match post.comments.take() {
            Some(shown) => self.all_new(&post_id, shown).await?,
            None => Vec::new(),
        };
        let at = post.at();
        let message = post.into_message(self.page_id);
        let text = normalise::revision(&message.text);
        found.on_feed.push(Met { post_id: post_id.clone(), owner, text: text.clone() });
        let known = self.before.know_post(&post_id, at, &text, self.posts_since());
        if let Some(message) = as_known(known, message) {
            let mention = admission::is_mention(self.page_id, &message);
            let post_id = post_id.clone();
            found.new.push(Candidate { at, post_id, is_post: true, mention, text, message });
        }
        self.take_comments(&post_id, owner, comments, found);
        Ok(())
    }

    /// The comments that are shown with a post; all of its new ones, where there are more.
    async fn all_new(
        &self,
        post_id: &str,
        shown: List<Comment>,
    ) -> Result<Vec<Comment>, GraphError> {
        let since = self.comments_since(post_id);
        let hides_new = shown.has_more() && shown.data.last().is_none_or(|last| last.at() >= since);
        let mut comments = shown.data;
        if hides_new {
            match self.read_comments(post_id).await {
                Ok(all) => comments.extend(all),
                // It was deleted just now.
                Err(GraphError::Gone(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(comments)
    }

    /// Reads the comments of posts that left the feed, by one call. One that cannot be read stops no other.
    async fn look_after(&self, due: Vec<String>, found: &mut Found) -> Result<(), GraphError> {
        let mut one_by_one = due;
        if one_by_one.len() > 1 {
            match self.read_many(&one_by_one).await {
                Ok(mut posts) => {
                    let unread = |id: &String| !posts.contains_key(id);
                    let (rest, read) = one_by_one.into_iter().partition(unread);
                    one_by_one = rest;
                    for post_id in Vec::<String>::into_iter(read) {
                        let shown = posts.remove(&post_id).flatten();
                        let comments = match shown {
                            Some(shown) => self.all_new(&post_id, shown).await?,
                            None => Vec::new(),
                        };
                        self.looked_after(post_id, comments, found);
                    }
                }
                // One of them is gone, and Facebook does not say which.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        for post_id in one_by_one {
            match self.read_comments(&post_id).await {
                Ok(comments) => self.looked_after(post_id, comments, found),
                Err(error) if is_gone(&error) => {
                    found.gone.insert(post_id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn looked_after(&self, post_id: String, comments: Vec<Comment>, found: &mut Found) {
        let owner = self.before.owner(&post_id);
        self.take_comments(&post_id, owner, comments, found);
        found.checked.push(post_id);
    }

    /// The newest comments of several posts, by post; `None` where there are none.
    async fn read_many(
        &self,
        post_ids: &[String],
    ) -> Result<BTreeMap<String, Option<List<Comment>>>, GraphError> {
        let nodes: BTreeMap<String, Value> = self.page.get(&[], &node::many(post_ids)).await?;
        let read = |node| Some(serde_json::from_value::<node::Talk>(node).ok()?.comments);
        Ok(nodes.into_iter().filter_map(|(id, node)| Some((id, read(node)?))).collect())
    }

    /// Newest first, to the first that is older than new.
    async fn read_comments(&self, post_id: &str) -> Result<Vec<Comment>, GraphError> {
        let since = self.comments_since(post_id);
        let older = |comment: &Comment| comment.at() < since;
        let enough = |page: &List<Comment>| page.data.last().is_some_and(older);
        self.page.list(&[post_id, "comments"], COMMENTS_SIZE, node::comments, enough).await
    }

    fn take_comments(
        &self,
        post_id: &str,
        owner: Option<Owner>,
        comments: Vec<Comment>,
        found: &mut Found,
    ) {
        let since = self.comments_since(post_id);
        for comment in comments {
            let at = comment.at();
            let message = comment.into_message(self.page_id, post_id, owner);
            let text = normalise::revision(&message.text);
            let id = message.id.as_str();
            let known = self.before.know_comment(post_id, (id, at), &text, since);
            if let Some(message) = as_known(known, message) {
                let (post_id, is_post, mention) = (post_id.to_owned(), false, false);
                found.new.push(Candidate { at, post_id, is_post, mention, text, message });
            }
        }
    }

    fn owner(&self, from: Option<&From>) -> Option<Owner> {
        let Id(author) = from?.id.as_ref()?;
        let own = *author == self.page_id || self.channel.own_accounts.contains(author);
        Some(normalise::owner(own))
    }
}

/// The message as what it is: new, or an edit of one that was taken.
fn as_known(known: Known, message: Message) -> Option<Message> {
    match known {
        Known::Old => None,
        Known::New => Some(message),
        Known::Edited => {
            let verb = normalise::edit(&message.text);
            Some(Message { verb, ..message })
        }
    }
}

fn is_gone(error: &GraphError) -> bool {
    matches!(error, GraphError::Gone(_) | GraphError::Permission(_) | GraphError::Parameter(_))
}

//! Polling a page: what callbacks did not bring (contract A2 to A4). One call where nothing happened.

mod checkpoint;
mod node;

use std::{collections::HashSet, sync::Arc, time::Duration};

use social_core::{
    Channel, Clock, Failure, Message,
    channel::{Include, Start},
    credential::FacebookCredential,
    inbound::Incoming,
    message::Owner,
    polling::{Pass, Source},
};

use self::{
    checkpoint::{Checkpoint, Met, Progress},
    node::{Comment, Post},
};
use crate::{
    admission,
    graph::{Graph, GraphError, List},
    normalise,
    wire::{From, Id},
};

/// Posts on one page of the feed.
const FEED_SIZE: u32 = 25;
/// Comments on one page of a post's.
const COMMENTS_SIZE: u32 = 100;

/// How far back a poll looks, and how often.
#[derive(Debug, Clone)]
pub struct PollSettings {
    /// What is younger than the newest by this much is looked at again: some things appear late.
    pub overlap: Duration,
    /// Between two looks at a post that left the feed's first page.
    pub revisit: Duration,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self { overlap: Duration::from_mins(10), revisit: Duration::from_mins(5) }
    }
}

impl PollSettings {
    fn overlap_seconds(&self) -> i64 {
        self.overlap.as_secs().try_into().unwrap_or(i64::MAX / 2)
    }

    fn revisit_seconds(&self) -> i64 {
        self.revisit.as_secs().try_into().unwrap_or(i64::MAX / 2)
    }
}

/// The poll of one channel's page.
pub struct FacebookPoll<C> {
    graph: Graph<C>,
    channel: Arc<Channel>,
    page_id: String,
    credential: Arc<FacebookCredential>,
    name: String,
    settings: PollSettings,
}

/// Something new, taken or not.
struct Candidate {
    at: i64,
    post_id: String,
    is_post: bool,
    mention: bool,
    message: Message,
}

/// What a pass read.
#[derive(Default)]
struct Found {
    on_feed: Vec<Met>,
    new: Vec<Candidate>,
    checked: Vec<String>,
    gone: HashSet<String>,
}

impl<C: Clock> FacebookPoll<C> {
    /// The poll of a channel; `None` where it is not one of Facebook. Time is the graph's.
    pub fn new(
        graph: Graph<C>,
        channel: Arc<Channel>,
        credential: Arc<FacebookCredential>,
    ) -> Option<Self> {
        let page_id = channel.facebook()?.page_id.clone();
        let name = format!("facebook#{page_id}#{}", channel.id);
        let settings = PollSettings::default();
        Some(Self { graph, channel, page_id, credential, name, settings })
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_settings(self, settings: PollSettings) -> Self {
        Self { settings, ..self }
    }

    fn includes(&self, what: Include) -> bool {
        self.channel.facebook().is_some_and(|page| page.include.contains(&what))
    }

    /// Private messages come by callbacks only.
    fn reads_the_feed(&self) -> bool {
        [Include::VisitorPosts, Include::Comments, Include::Mentions]
            .into_iter()
            .any(|what| self.includes(what))
    }

    /// The first checkpoint: nothing older than the channel's start.
    fn start(&self) -> Checkpoint {
        let start = match self.channel.start {
            Start::Now => self.graph.now(),
            Start::At(time) => time,
        };
        Checkpoint::starting(start.as_second())
    }

    async fn read(&self, before: &Checkpoint) -> Result<Found, GraphError> {
        let mut found = Found::default();
        if !self.reads_the_feed() {
            return Ok(found);
        }
        for post in self.read_feed(before).await? {
            self.read_post(before, post, &mut found).await?;
        }
        if self.includes(Include::Comments) {
            let now = self.graph.now().as_second();
            for post_id in before.due(&found.on_feed, now, &self.settings) {
                self.look_after(before, post_id, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn read_feed(&self, before: &Checkpoint) -> Result<Vec<Post>, GraphError> {
        let threshold = before.feed_threshold(&self.settings);
        let comments = self.includes(Include::Comments);
        let parameters = |size| node::feed(size, comments);
        let enough = |page: &List<Post>| page.data.last().is_some_and(|post| post.at() < threshold);
        let page = self.graph.page(&self.page_id, &self.credential);
        page.list(&[&self.page_id, "feed"], FEED_SIZE, parameters, enough).await
    }

    async fn read_post(
        &self,
        before: &Checkpoint,
        mut post: Post,
        found: &mut Found,
    ) -> Result<(), GraphError> {
        let Id(post_id) = post.id.clone();
        let owner = self.owner(post.from.as_ref());
        let threshold = before.threshold(&post_id, &self.settings);
        let shown = post.comments.take();
        let hides_new = shown.as_ref().is_some_and(|shown| {
            let last = shown.data.last();
            shown.has_more() && last.is_none_or(|last| last.at() >= threshold)
        });
        let mut comments = shown.map(|shown| shown.data).unwrap_or_default();
        if hides_new {
            match self.read_comments(&post_id, threshold).await {
                Ok(all) => comments.extend(all),
                // It was deleted just now.
                Err(GraphError::Gone(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let at = post.at();
        if before.is_new_post(&post_id, at, &self.settings) {
            let message = post.into_message(&self.page_id);
            let mention = admission::is_mention(&self.page_id, &message);
            let post_id = post_id.clone();
            found.new.push(Candidate { at, post_id, is_post: true, mention, message });
        }
        self.take_comments(before, &post_id, owner, comments, found);
        found.on_feed.push(Met { post_id, owner });
        Ok(())
    }

    /// Reads the comments of a post that left the feed. One that cannot be read must not stop the page.
    async fn look_after(
        &self,
        before: &Checkpoint,
        post_id: String,
        found: &mut Found,
    ) -> Result<(), GraphError> {
        let threshold = before.threshold(&post_id, &self.settings);
        match self.read_comments(&post_id, threshold).await {
            Ok(comments) => {
                let owner = before.owner(&post_id);
                self.take_comments(before, &post_id, owner, comments, found);
                found.checked.push(post_id);
            }
            Err(GraphError::Gone(_) | GraphError::Permission(_) | GraphError::Parameter(_)) => {
                found.gone.insert(post_id);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Newest first, to the first that is older than new.
    async fn read_comments(
        &self,
        post_id: &str,
        threshold: i64,
    ) -> Result<Vec<Comment>, GraphError> {
        let older = |comment: &Comment| comment.at() < threshold;
        let enough = |page: &List<Comment>| page.data.last().is_some_and(older);
        let page = self.graph.page(&self.page_id, &self.credential);
        page.list(&[post_id, "comments"], COMMENTS_SIZE, node::comments, enough).await
    }

    fn take_comments(
        &self,
        before: &Checkpoint,
        post_id: &str,
        owner: Option<Owner>,
        comments: Vec<Comment>,
        found: &mut Found,
    ) {
        for comment in comments {
            let at = comment.at();
            let message = comment.into_message(&self.page_id, post_id, owner);
            if before.is_new_comment(post_id, message.id.as_str(), at, &self.settings) {
                let post_id = post_id.to_owned();
                found.new.push(Candidate { at, post_id, is_post: false, mention: false, message });
            }
        }
    }

    fn owner(&self, from: Option<&From>) -> Option<Owner> {
        let Id(author) = from?.id.as_ref()?;
        let own = *author == self.page_id || self.channel.own_accounts.contains(author);
        Some(normalise::owner(own))
    }

    fn incoming(&self, candidate: &Candidate) -> Option<Incoming> {
        let message = candidate.message.clone();
        let message = admission::admit(&self.channel, candidate.mention, message)?;
        Some(Incoming { channel_id: self.channel.id.clone(), message })
    }
}

impl Found {
    /// Oldest first, each once, and how many of them one pass takes.
    fn order(&mut self, limit: u32) -> usize {
        let mut ids = HashSet::new();
        self.new.retain(|candidate| ids.insert(candidate.message.id.clone()));
        self.new.sort_by(|a, b| (a.at, &a.message.id).cmp(&(b.at, &b.message.id)));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.new.len().min(limit)
    }
}

impl<C: Clock> Source for FacebookPoll<C> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure> {
        let before = checkpoint.map_or_else(|| Ok(self.start()), Checkpoint::read)?;
        let mut found = self.read(&before).await?;
        // What is there when a channel starts now is history, even of this very second.
        let is_history = checkpoint.is_none() && self.channel.start == Start::Now;
        let limit = if is_history { u32::MAX } else { self.channel.post_limit };
        let count = found.order(limit);
        let (taken, pending) = found.new.split_at(count);
        let progress = Progress {
            on_feed: found.on_feed,
            taken,
            pending,
            checked: if pending.is_empty() { found.checked } else { Vec::new() },
            gone: found.gone,
            now: self.graph.now().as_second(),
        };
        let after = before.after(&progress, &self.settings);
        let messages = if is_history {
            Vec::new()
        } else {
            taken.iter().filter_map(|candidate| self.incoming(candidate)).collect()
        };
        let checkpoint = match checkpoint {
            Some(unchanged) if after == before => unchanged.to_owned(),
            _ => after.write()?,
        };
        Ok(Pass { messages, checkpoint })
    }
}

#[cfg(test)]
mod tests;

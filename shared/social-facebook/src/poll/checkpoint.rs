//! What a poll remembers: how far it came, what it took lately, which posts are talked under.
//!
//! Times are Facebook's, in its whole seconds. Cursors are never kept: they die with what they point at.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use social_core::{Failure, Verdict, message::Owner};

use super::{PollSettings, health::Health, reading::Candidate};

/// Posts that are remembered at the most.
const MAX_POSTS: usize = 50;
/// Ids that are remembered at the most, over all posts. One that was forgotten is queued again, and known there.
const MAX_SEEN: usize = 2_000;
/// Posts without anything new for this long are forgotten once they are off the feed's first page.
const ACTIVE_SECONDS: i64 = 3 * 24 * 60 * 60;
/// Posts off the first page that one pass looks after, by one call.
const DUE: usize = 25;
/// How long a text is remembered for an edit to be noticed: to the next nightly look, and the one after.
const TEXTS_SECONDS: i64 = 2 * 24 * 60 * 60;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Nothing older is ever taken: the channel's start.
    floor: i64,
    /// The newest that was taken.
    watermark: i64,
    posts: BTreeMap<String, PostState>,
    /// The last night with a deeper look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    night: Option<i64>,
    #[serde(default, skip_serializing_if = "Health::is_unproven")]
    pub(super) health: Health,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PostState {
    /// The newest that was taken of it, or how far the page was when it was first seen.
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Owner>,
    /// When it was last looked after by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checked: Option<i64>,
    /// The revision of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Comments that were taken lately.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    seen: BTreeMap<String, Mark>,
}

/// A comment's time, and the revision of its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Mark {
    /// As earlier versions of the bridge wrote it.
    Time(i64),
    Text(i64, String),
}

impl Mark {
    fn at(&self) -> i64 {
        match self {
            Self::Time(at) | Self::Text(at, _) => *at,
        }
    }
}

/// What a poll knows of a post or comment that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It was taken before, or is older than what is looked for.
    Old,
    New,
    /// It was taken before, with another text.
    Edited,
}

/// A checkpoint that is none of ours. Going on without would import history, or lose what came since.
#[derive(Debug, thiserror::Error)]
#[error("the page's checkpoint cannot be read")]
struct Unreadable;

/// A post that a pass met.
pub(super) struct Met {
    pub(super) post_id: String,
    pub(super) owner: Option<Owner>,
    pub(super) text: String,
}

/// What a pass did, for the next one to know.
#[derive(Default)]
pub(super) struct Progress<'a> {
    pub(super) on_feed: Vec<Met>,
    pub(super) taken: &'a [Candidate],
    /// New, but beyond the limit: the next pass takes them.
    pub(super) pending: &'a [Candidate],
    pub(super) checked: Vec<String>,
    pub(super) gone: HashSet<String>,
    /// The night of the deeper look that this pass finished.
    pub(super) night: Option<i64>,
    pub(super) health: Health,
    pub(super) now: i64,
}

impl PostState {
    fn new(at: i64) -> Self {
        Self { at, owner: None, checked: None, text: None, seen: BTreeMap::new() }
    }
}

impl Checkpoint {
    /// There is nothing to look deeper into in the first night.
    pub(super) fn starting(floor: i64, night: i64) -> Self {
        let (posts, night, health) = (BTreeMap::new(), Some(night), Health::default());
        Self { floor, watermark: floor, posts, night, health }
    }

    /// From when on messages are taken in.
    pub(super) fn floor(&self) -> i64 {
        self.floor
    }

    /// From when on a deeper look takes what is not known; `None` where it had its look this night.
    pub(super) fn deep_from(&self, night: i64, reach: i64) -> Option<i64> {
        (self.night != Some(night)).then(|| reach.max(self.floor))
    }

    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text)
            .map_err(|_| Failure::new(Verdict::Reject, "checkpoint_unreadable", Unreadable))
    }

    pub(super) fn write(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|_| Failure::new(Verdict::Reject, "checkpoint_unreadable", Unreadable))
    }

    /// From when on posts are new.
    pub(super) fn feed_threshold(&self, settings: &PollSettings) -> i64 {
        (self.watermark - settings.overlap_seconds()).max(self.floor)
    }

    /// From when on comments of this post are new.
    pub(super) fn threshold(&self, post_id: &str, settings: &PollSettings) -> i64 {
        let at = self.posts.get(post_id).map_or(self.watermark, |post| post.at);
        (at - settings.overlap_seconds()).max(self.floor)
    }

    /// What is known of a post with this text, where those from `since` on are looked for.
    pub(super) fn know_post(&self, post_id: &str, at: i64, text: &str, since: i64) -> Known {
        let known = self.posts.get(post_id);
        match known.map(|post| post.text.as_deref()) {
            Some(Some(taken)) if taken != text && at >= self.floor => Known::Edited,
            None if at >= since => Known::New,
            _ => Known::Old,
        }
    }

    /// What is known of a comment with this text, where those from `since` on are looked for.
    pub(super) fn know_comment(
        &self,
        post_id: &str,
        (id, at): (&str, i64),
        text: &str,
        since: i64,
    ) -> Known {
        match self.posts.get(post_id).and_then(|post| post.seen.get(id)) {
            Some(Mark::Text(_, taken)) if taken != text => Known::Edited,
            None if at >= since => Known::New,
            _ => Known::Old,
        }
    }

    pub(super) fn owner(&self, post_id: &str) -> Option<Owner> {
        self.posts.get(post_id).and_then(|post| post.owner)
    }

    /// Posts that left the feed and are to be looked after now, the longest neglected first.
    pub(super) fn due(&self, on_feed: &[Met], now: i64, settings: &PollSettings) -> Vec<String> {
        let on_feed: HashSet<&str> = on_feed.iter().map(|met| met.post_id.as_str()).collect();
        let is_due = |post: &PostState| {
            post.checked.is_none_or(|checked| now - checked >= settings.revisit_seconds())
        };
        let mut due: Vec<(Option<i64>, &String)> = self
            .posts
            .iter()
            .filter(|(id, post)| !on_feed.contains(id.as_str()) && is_due(post))
            .map(|(id, post)| (post.checked, id))
            .collect();
        due.sort_unstable();
        due.into_iter().take(DUE).map(|(_, id)| id.clone()).collect()
    }

    /// The checkpoint after a pass; equal to this one where nothing moved.
    pub(super) fn after(&self, progress: &Progress<'_>, settings: &PollSettings) -> Self {
        let mut after = self.clone();
        after.meet(progress);
        after.night = progress.night.or(self.night);
        after.health = progress.health;
        for taken in progress.taken {
            after.take(taken, settings);
        }
        for post_id in &progress.checked {
            if let Some(post) = after.posts.get_mut(post_id) {
                post.checked = Some(progress.now);
            }
        }
        after.forget(progress);
        after
    }

    /// Remembers the feed's posts, but for those that are themselves still to be taken.
    fn meet(&mut self, progress: &Progress<'_>) {
        let pending: HashSet<&str> = progress
            .pending
            .iter()
            .filter(|candidate| candidate.is_post)
            .map(|candidate| candidate.post_id.as_str())
            .collect();
        for met in progress.on_feed.iter().filter(|met| !pending.contains(met.post_id.as_str())) {
            let at = self.watermark;
            let post = self.posts.entry(met.post_id.clone());
            let post = post.or_insert_with(|| PostState { owner: met.owner, ..PostState::new(at) });
            // A text that differs is an edit, and moves when that is taken.
            post.text.get_or_insert_with(|| met.text.clone());
        }
    }

    fn take(&mut self, taken: &Candidate, settings: &PollSettings) {
        self.watermark = self.watermark.max(taken.at);
        let at = self.watermark;
        if taken.is_post && !self.posts.contains_key(&taken.post_id) {
            return;
        }
        // A comment may bring a post back that was forgotten.
        let post = self.posts.entry(taken.post_id.clone()).or_insert_with(|| PostState::new(at));
        post.at = post.at.max(taken.at);
        let (id, text) = (taken.message.id.0.clone(), taken.text.clone());
        if taken.is_post {
            post.text = Some(text);
        } else {
            post.seen.insert(id, Mark::Text(taken.at, text));
        }
        let oldest = post.at - settings.overlap_seconds().max(TEXTS_SECONDS);
        post.seen.retain(|_, mark| mark.at() >= oldest);
    }

    fn forget(&mut self, progress: &Progress<'_>) {
        let on_feed: HashSet<&str> =
            progress.on_feed.iter().map(|met| met.post_id.as_str()).collect();
        let oldest = self.watermark - ACTIVE_SECONDS;
        self.posts.retain(|id, post| {
            !progress.gone.contains(id) && (on_feed.contains(id.as_str()) || post.at >= oldest)
        });
        let mut off_feed: Vec<(i64, String)> = self
            .posts
            .iter()
            .filter(|(id, _)| !on_feed.contains(id.as_str()))
            .map(|(id, post)| (post.at, id.clone()))
            .collect();
        off_feed.sort_unstable_by(|a, b| b.cmp(a));
        for (_, id) in off_feed.iter().skip(MAX_POSTS.saturating_sub(on_feed.len())) {
            self.posts.remove(id);
        }
        let mut times: Vec<i64> =
            self.posts.values().flat_map(|post| post.seen.values().map(Mark::at)).collect();
        if let Some(cut) = beyond(&mut times, MAX_SEEN) {
            self.posts.values_mut().for_each(|post| post.seen.retain(|_, mark| mark.at() > cut));
        }
    }
}

/// The newest time that has to go, for no more than `limit` to stay.
fn beyond(times: &mut [i64], limit: usize) -> Option<i64> {
    times.sort_unstable_by(|a, b| b.cmp(a));
    times.get(limit).copied()
}

#[cfg(test)]
mod tests;

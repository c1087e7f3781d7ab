//! Polls X for all channels of a credential: as few searches as hold their terms, each matching
//! tweet once, handed to every channel whose terms it holds (contract B2).

mod backlog;
mod checkpoint;
mod joining;
mod overlap;
mod pass;
mod reading;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::lock::Mutex;
use social_core::{
    Channel, Clock,
    credential::TwitterCredential,
    polling::{Pass, Source},
    verdict::Failure,
};

use crate::{
    api::{Api, Vocabulary},
    authors::Authors,
    matching::{Matcher, TermId},
    packing::{self, DEFAULT_QUERY_LENGTH, Query},
};
use backlog::Backlog;
use overlap::Delivered;

/// Fewest and most tweets that one pass takes, whatever the channels say.
const LEAST_TWEETS: u32 = 100;
const MOST_TWEETS: u32 = 5_000;

/// How a credential's searches are made.
#[derive(Debug, Clone)]
pub struct PollSettings {
    /// Longest query, in characters: 512 on self-serve tiers, 4,096 on Enterprise.
    pub query_length: usize,
    /// The names in which fields are asked for.
    pub vocabulary: Vocabulary,
    /// How long after its creation X may show a tweet for the first time.
    pub index_lag: Duration,
    /// When a pass begins no further call; what is left waits for the next one.
    pub pass_time: Duration,
    /// Further calls that a pass may make so that X delivers no tweet twice.
    pub cuts: usize,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            query_length: DEFAULT_QUERY_LENGTH,
            vocabulary: Vocabulary::default(),
            index_lag: Duration::from_mins(3),
            pass_time: Duration::from_secs(15),
            cuts: 50,
        }
    }
}

/// The searches of one credential.
#[derive(Debug)]
pub struct TwitterPoll<C> {
    api: Api,
    name: String,
    credential: Arc<TwitterCredential>,
    settings: PollSettings,
    clock: C,
    matcher: Matcher,
    searches: Vec<PackedSearch>,
    /// Tweets that one pass takes at the most.
    limit: usize,
    authors: Authors,
    memory: Mutex<Memory>,
}

/// One query, and what the matcher calls its terms.
#[derive(Debug)]
struct PackedSearch {
    query: Query,
    terms: HashMap<TermId, String>,
}

/// What one pass leaves for the next. Lost with the process, which costs only calls.
#[derive(Debug, Default)]
struct Memory {
    backlogs: Vec<Backlog>,
    delivered: Delivered,
    /// Delivered by the last pass, as far as that was queued.
    pending: Delivered,
    /// The last pass's checkpoint: if it was stored, its messages were queued.
    returned: Option<String>,
    /// The search that begins the next pass, so that each gets its turn.
    first: usize,
}

impl<C: Clock> TwitterPoll<C> {
    /// Packs the terms of `channels`; those of other networks are left out.
    pub fn new(
        api: Api,
        credential_name: &str,
        credential: Arc<TwitterCredential>,
        channels: Vec<Arc<Channel>>,
        settings: PollSettings,
        clock: C,
    ) -> Self {
        let queries =
            packing::pack(channels.iter().map(|channel| &**channel), settings.query_length);
        let limits = channels.iter().map(|channel| channel.post_limit);
        let limit = limits.fold(0, u32::saturating_add).clamp(LEAST_TWEETS, MOST_TWEETS);
        let matcher = Matcher::new(channels);
        let search = |query| PackedSearch { terms: matcher.terms_of(&query), query };
        let searches: Vec<PackedSearch> = queries.into_iter().map(search).collect();
        let backlogs = searches.iter().map(|_| Backlog::default()).collect();
        Self {
            api,
            name: format!("twitter#{credential_name}"),
            credential,
            settings,
            clock,
            matcher,
            searches,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            authors: Authors::default(),
            memory: Mutex::new(Memory { backlogs, ..Memory::default() }),
        }
    }

    /// How many searches a pass makes.
    pub fn searches(&self) -> usize {
        self.searches.len()
    }
}

impl<C: Clock> Source for TwitterPoll<C> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn pass(&self, stored: Option<&str>) -> Result<Pass, Failure> {
        let mut memory = self.memory.lock().await;
        memory.settle(stored);
        let pass = self.read_all(&mut memory, stored).await?;
        memory.returned = Some(pass.checkpoint.clone());
        Ok(pass)
    }
}

impl Memory {
    /// Learns whether what the last pass returned was queued.
    fn settle(&mut self, stored: Option<&str>) {
        let returned = self.returned.take();
        let queued = returned.is_some() && returned.as_deref() == stored;
        self.backlogs.iter_mut().for_each(|backlog| backlog.settle(queued));
        let pending = std::mem::take(&mut self.pending);
        if queued {
            self.delivered.append(pending);
        }
    }
}

#[cfg(test)]
mod tests;

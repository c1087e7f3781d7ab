//! Polls X for all channels of a credential: as few searches as hold their terms, each matching
//! tweet once, handed to every channel whose terms it holds (contract B2).

mod backlog;
mod checkpoint;
mod gaps;
mod joining;
mod noise;
mod overlap;
mod pass;
mod plan;
mod reading;

use std::{sync::Arc, time::Duration};

use futures::lock::Mutex;
use social_core::{
    Channel, Clock,
    budget::Budgets,
    channel::Handle,
    credential::TwitterCredential,
    polling::{Pass, Source},
    verdict::{Classify, Failure},
};

use crate::{
    api::{Api, Vocabulary},
    authors::Authors,
    budget::{Prices, Purse, Uncounted},
    error::TwitterError,
    matching::Matcher,
    packing::{Causes, DEFAULT_QUERY_LENGTH},
    wire::User,
};
use backlog::Backlog;
use checkpoint::{Checkpoint, CheckpointError};
use overlap::Delivered;
use plan::Plan;
use reading::Billed;

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
pub struct TwitterPoll<C, B = Uncounted> {
    api: Api,
    name: String,
    credential: Arc<TwitterCredential>,
    /// Whose mentions are read from the account's timeline, where it is that account. The search for
    /// them is the first.
    own: Option<Handle>,
    /// The account, asked once.
    account: Mutex<Option<Arc<User>>>,
    settings: PollSettings,
    clock: C,
    purse: Purse<B>,
    billed: Billed,
    channels: Vec<Arc<Channel>>,
    matcher: Matcher,
    /// Tweets that one pass takes at the most.
    limit: usize,
    authors: Authors,
    memory: Mutex<Memory>,
}

/// What one pass leaves for the next. Lost with the process, which costs only calls.
#[derive(Debug)]
struct Memory {
    plan: Arc<Plan>,
    backlogs: Vec<Backlog>,
    delivered: Delivered,
    /// Delivered by the last pass, as far as that was queued.
    pending: Delivered,
    /// The last pass's checkpoint: if it was stored, its messages were queued.
    returned: Option<String>,
    /// The search that begins the next pass, so that each gets its turn.
    first: usize,
}

/// The handle whose mentions are cheaper on its own timeline: the account owns the app, and all
/// channels that answer do it by this one.
fn own_mentions<'a>(
    credential: &TwitterCredential,
    channels: &'a [Arc<Channel>],
) -> Option<&'a Handle> {
    let sources = || channels.iter().filter_map(|channel| channel.twitter());
    let mut replying = sources().filter_map(|source| source.reply_handle.as_ref());
    let own = replying.next().filter(|_| credential.owns_app)?;
    let others = replying.any(|handle| !handle.is(own.as_str()));
    let wanted = sources().flat_map(|source| &source.handles).any(|handle| handle.is(own.as_str()));
    (wanted && !others).then_some(own)
}

/// The name of a credential's searches, for their lease and in logs.
pub(crate) fn source_name(credential: &str) -> String {
    format!("twitter#{credential}")
}

/// The checkpoint of searches that never were.
pub(crate) fn nothing_read() -> Result<String, CheckpointError> {
    Checkpoint::default().write()
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
        let own = own_mentions(&credential, &channels).cloned();
        let limits = channels.iter().map(|channel| channel.post_limit);
        let limit = limits.fold(0, u32::saturating_add).clamp(LEAST_TWEETS, MOST_TWEETS);
        let matcher = Matcher::new(channels.clone());
        let length = settings.query_length;
        let plan = Plan::new(&channels, &matcher, own.as_ref(), length, Causes::new());
        Self {
            api,
            name: source_name(credential_name),
            purse: Purse::new(None, credential_name, &credential, Prices::default()),
            billed: Billed::default(),
            credential,
            own,
            account: Mutex::default(),
            settings,
            clock,
            channels,
            matcher,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            authors: Authors::default(),
            memory: Mutex::new(Memory::of(plan)),
        }
    }

    /// Counts what is spent, and keeps the credential's monthly budget.
    #[must_use]
    pub fn with_budgets<B: Budgets>(self, budgets: B, prices: Prices) -> TwitterPoll<C, B> {
        let name = self.name.trim_start_matches("twitter#");
        TwitterPoll {
            purse: Purse::new(Some(budgets), name, &self.credential, prices),
            api: self.api,
            name: self.name,
            credential: self.credential,
            own: self.own,
            account: self.account,
            settings: self.settings,
            clock: self.clock,
            billed: self.billed,
            channels: self.channels,
            matcher: self.matcher,
            limit: self.limit,
            authors: self.authors,
            memory: self.memory,
        }
    }

    /// How many searches a pass makes.
    pub async fn searches(&self) -> usize {
        self.memory.lock().await.plan.packed
    }
}

impl<C: Clock, B: Budgets> TwitterPoll<C, B> {
    /// Whether it was made of these channels: what it remembers is worth keeping then.
    pub fn is_of(&self, channels: &[Arc<Channel>]) -> bool {
        self.channels == channels
    }

    /// The id of the account whose timeline holds the mentions of the handle, where it does.
    async fn own_timeline(&self) -> Option<Arc<User>> {
        let own = self.own.as_ref()?;
        let mut account = self.account.lock().await;
        if account.is_none() {
            // Without an answer the search serves.
            *account = self.api.me(&self.credential).await.ok().map(Arc::new);
        }
        account.clone().filter(|account| own.is(&account.username))
    }

    /// X does not take the user's token: until the next process begins, the search finds mentions.
    async fn give_up_own_timeline(&self, error: &TwitterError) {
        tracing::warn!(
            source = self.name,
            error_type = error.error_type(),
            metric = "TimelineGivenUp",
            "the account's own timeline cannot be read; its mentions are searched for"
        );
        *self.account.lock().await = Some(Arc::default());
    }

    /// Goes on with the credential as it stands now.
    #[must_use]
    pub fn with_credential(mut self, credential: Arc<TwitterCredential>) -> Self {
        self.purse.set_limit(&credential);
        self.credential = credential;
        self
    }

    /// Writes down what X billed since the last time.
    async fn pay(&self) {
        let (users, tweets) = self.authors.take_billed();
        let (searched, owned) = self.billed.take();
        let spending = self.purse.prices.of_reading(searched + tweets, owned, users);
        self.purse.pay(spending, self.clock.now()).await;
    }
}

impl<C: Clock, B: Budgets> Source for TwitterPoll<C, B> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn pass(&self, stored: Option<&str>) -> Result<Pass, Failure> {
        let mut memory = self.memory.lock().await;
        memory.settle(stored);
        self.follow(&mut memory, stored)?;
        let level = self.purse.level(self.clock.now()).await?;
        let pass = self.read_all(&mut memory, stored, level).await;
        self.pay().await;
        let pass = pass?;
        memory.returned = Some(pass.checkpoint.clone());
        Ok(pass)
    }
}

impl Memory {
    fn of(plan: Plan) -> Self {
        let mut memory = Self {
            plan: Arc::new(plan),
            backlogs: Vec::new(),
            delivered: Delivered::default(),
            pending: Delivered::default(),
            returned: None,
            first: 0,
        };
        memory.backlogs.resize_with(memory.plan.searches.len(), Backlog::default);
        memory
    }

    /// Other searches take over. What waited of the ones before is read again.
    fn take_up(&mut self, plan: Plan) {
        let Self { plan, backlogs, first, .. } = Self::of(plan);
        (self.plan, self.backlogs, self.first) = (plan, backlogs, first);
    }

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
mod address_tests;
#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod message_tests;
#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod tests;

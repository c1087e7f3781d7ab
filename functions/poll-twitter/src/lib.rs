//! Polls the packed searches of all Twitter channels, a credential at a time, until the run's time is up.
//! Packing and matching are `social-twitter`'s, passes are `social_core::polling`'s; only the wiring is here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::{join_all, join3};
use jiff::Timestamp;
use serde::Deserialize;
use social_aws::{ChannelTable, ParameterStore, SdkConfig, SqsInbound, StateTable};
use social_core::{
    Channel, ChannelId, Channels, Clock, Failure, Network,
    breaker::{Breaker, GuardedSource, Use},
    channel::ChannelSet,
    credential::{Credentials, TwitterCredential},
    polling::{self, Pace, Ran, Source},
};
use social_lambda::{Error, SystemClock};
use social_twitter::{
    Api, PollSettings, Prices, Reading, TwitterInbox, TwitterPoll, UserTokens, Vocabulary,
};
use url::Url;

/// X allows fifteen reads of private messages in fifteen minutes: one in each run.
const BETWEEN_INBOX_PASSES: Duration = Duration::from_secs(120);

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    twitter_url: Url,
    twitter_vocabulary: Vocabulary,
    twitter_query_length: usize,
    twitter_index_lag_seconds: u64,
    run_seconds: u64,
    last_pass_seconds: u64,
    pass_seconds: u64,
}

/// Everything that a run needs, built once per execution environment.
pub struct PollTwitter {
    channels: ChannelTable<SystemClock>,
    credentials: UserTokens<ParameterStore<SystemClock>, State, SystemClock>,
    breaker: Breaker<State, SystemClock>,
    state: State,
    inbound: SqsInbound,
    api: Api,
    search: PollSettings,
    prices: Prices,
    run: Duration,
    /// Left of the invocation's time when the last pass may begin.
    last_pass: Duration,
    pause: Duration,
    /// Polls of earlier runs, by credential: what they remember saves calls, and costs none when lost.
    polls: Mutex<BTreeMap<String, Poll>>,
    inboxes: Mutex<BTreeMap<String, Inbox>>,
    /// Channels whose `reply_handle` was held against the token, by credential.
    checked: Mutex<BTreeMap<String, Vec<ChannelId>>>,
    /// What is known to rest.
    resting: Mutex<BTreeSet<(String, Reading)>>,
}

type State = StateTable<SystemClock>;
type Poll = TwitterPoll<SystemClock, State>;
type Inbox = TwitterInbox<SystemClock, State>;

impl PollTwitter {
    /// Builds the clients, and reads the channels.
    pub async fn new(settings: Settings, aws: &SdkConfig) -> Result<Self, Error> {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let parameters = ParameterStore::new(&social_aws::ssm(aws), SystemClock);
        let http = social_lambda::http_client(&parameters, None).await?;
        let state = StateTable::new(&dynamodb, settings.state_table, SystemClock);
        let api = Api::new(http, settings.twitter_url);
        let search = PollSettings {
            query_length: settings.twitter_query_length,
            vocabulary: settings.twitter_vocabulary,
            index_lag: Duration::from_secs(settings.twitter_index_lag_seconds),
            ..PollSettings::default()
        };
        Ok(Self {
            channels: ChannelTable::new(
                &dynamodb,
                settings.channels_table,
                SystemClock,
                // Each run reads them once.
                Duration::ZERO,
            )
            .read_early()
            .await,
            credentials: UserTokens::new(parameters, state.clone(), api.clone(), SystemClock),
            breaker: Breaker::of_credentials(state.clone(), SystemClock),
            state,
            inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
            api,
            search,
            prices: Prices::default(),
            run: Duration::from_secs(settings.run_seconds),
            last_pass: Duration::from_secs(settings.last_pass_seconds),
            pause: Duration::from_secs(settings.pass_seconds),
            polls: Mutex::default(),
            inboxes: Mutex::default(),
            checked: Mutex::default(),
            resting: Mutex::default(),
        })
    }

    /// One run: all credentials side by side.
    pub async fn run(&self, deadline: Timestamp) -> Result<(), Failure> {
        let until = (SystemClock.now() + self.run).min(deadline - self.last_pass);
        let channels = self.channels.all().await?;
        let mut by_credential: BTreeMap<String, Vec<Arc<Channel>>> = BTreeMap::new();
        for channel in channels.of(Network::Twitter) {
            by_credential.entry(channel.credential.clone()).or_default().push(Arc::clone(channel));
        }
        let resting = resting(&channels);
        locked(&self.resting).retain(|known| resting.contains(known));
        let polls = join_all(by_credential.iter().map(|(name, all)| self.poll(name, all, until)));
        let private = by_credential.iter().map(|(name, all)| self.read_private(name, all, until));
        let rest = resting.iter().map(|(name, reading)| self.let_rest(name, *reading));
        join3(polls, join_all(private), join_all(rest)).await;
        Ok(())
    }

    /// Tells, once in each execution environment, of channels that reply by another account than the
    /// token's.
    async fn check_account(
        &self,
        name: &str,
        credential: &TwitterCredential,
        channels: &[Arc<Channel>],
    ) {
        let ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id.clone()).collect();
        if locked(&self.checked).get(name) == Some(&ids) {
            return;
        }
        // Where X does not answer, the next run asks again; what is read does not depend on it.
        let wrong = social_twitter::wrong_reply_handles(&self.api, credential, channels).await;
        let Ok(wrong) = wrong else { return };
        for channel in wrong {
            tracing::error!(
                credential = name, channel_id = %channel, field = "reply_handle",
                metric = "ChannelTrouble",
                "the credential's access token is another account's than the channel's reply_handle"
            );
        }
        locked(&self.checked).insert(name.to_owned(), ids);
    }

    /// Reads a credential's private messages, where some channel takes them.
    #[tracing::instrument(skip_all, fields(credential = name))]
    async fn read_private(&self, name: &str, channels: &[Arc<Channel>], until: Timestamp) {
        if let Err(failure) = self.read_inbox(name, channels, until).await {
            tracing::warn!(
                credential = name, error_type = failure.error_type(), error = %failure,
                metric = "PollFailed", "the private messages of a credential cannot be read"
            );
        }
    }

    async fn read_inbox(
        &self,
        name: &str,
        channels: &[Arc<Channel>],
        until: Timestamp,
    ) -> Result<(), Failure> {
        let wants = |channel: &Arc<Channel>| {
            channel.twitter().is_some_and(|source| source.private_messages)
        };
        if !channels.iter().any(wants) {
            return Ok(());
        }
        let credential = self.credentials.twitter(name).await?;
        let kept = locked(&self.inboxes).remove(name).filter(|inbox| inbox.is_of(channels));
        let inbox = if let Some(inbox) = kept {
            Some(inbox.with_credential(credential))
        } else {
            let (api, state) = (self.api.clone(), self.state.clone());
            Inbox::new(api, name, credential, channels, SystemClock, Some(state))
        };
        let Some(inbox) = inbox else { return Ok(()) };
        let pace = Pace {
            pause: BETWEEN_INBOX_PASSES,
            pause_after_failure: BETWEEN_INBOX_PASSES,
            until,
            slack: self.last_pass,
        };
        // By the token that also publishes.
        let ran = self.run_source(&inbox, (Use::Writing, channels), pace).await;
        locked(&self.inboxes).insert(name.to_owned(), inbox);
        ran.map(drop)
    }

    /// Polls a source of these channels' credential, unless X is known to refuse it.
    async fn run_source(
        &self,
        source: &impl Source,
        (usage, channels): (Use, &[Arc<Channel>]),
        pace: Pace,
    ) -> Result<Ran, Failure> {
        let name = channels.first().map(|channel| usage.of(channel)).unwrap_or_default();
        let guarded = GuardedSource { source, breaker: &self.breaker, name };
        polling::run(&guarded, &self.state, &self.inbound, &SystemClock, pace).await
    }

    /// For a reading all of whose channels are switched off.
    async fn let_rest(&self, name: &str, reading: Reading) {
        let known = (name.to_owned(), reading);
        if locked(&self.resting).contains(&known) {
            return;
        }
        match reading {
            Reading::Searches => drop(locked(&self.polls).remove(name)),
            Reading::PrivateMessages => drop(locked(&self.inboxes).remove(name)),
        }
        let rests = match social_twitter::let_rest(&self.state, name, reading).await {
            Ok(rests) => rests,
            Err(failure) => {
                tracing::warn!(
                    credential = name, error_type = failure.error_type(), error = %failure,
                    "what a credential read could not be put to rest"
                );
                false
            }
        };
        // While the run before still reads, the next one sees to it.
        if rests {
            locked(&self.resting).insert(known);
        }
    }

    /// Polls for one credential. What fails here is its channels' alone, and is logged here.
    #[tracing::instrument(skip_all, fields(credential = name))]
    async fn poll(&self, name: &str, channels: &[Arc<Channel>], until: Timestamp) {
        if let Err(failure) = self.poll_searches(name, channels, until).await {
            tracing::warn!(
                credential = name, error_type = failure.error_type(), error = %failure,
                metric = "PollFailed", "the searches of a credential cannot be polled"
            );
        }
    }

    async fn poll_searches(
        &self,
        name: &str,
        channels: &[Arc<Channel>],
        until: Timestamp,
    ) -> Result<(), Failure> {
        let credential = self.credentials.twitter(name).await?;
        self.check_account(name, &credential, channels).await;
        let source = self.source(name, credential, channels);
        // One search serves all channels of the credential: the most eager one sets its pace.
        let asked = channels.iter().filter_map(|channel| channel.poll_interval_seconds).min();
        let pause = asked.map_or(self.pause, |seconds| Duration::from_secs(seconds.into()));
        let pace = Pace { pause, pause_after_failure: pause, until, slack: self.last_pass };
        let ran = self.run_source(&source, (Use::Reading, channels), pace).await;
        locked(&self.polls).insert(name.to_owned(), source);
        let ran = ran?;
        tracing::debug!(passes = ran.passes, messages = ran.messages, "searches polled");
        Ok(())
    }

    /// The poll of an earlier run, where the channels are still the same.
    fn source(
        &self,
        name: &str,
        credential: Arc<TwitterCredential>,
        channels: &[Arc<Channel>],
    ) -> Poll {
        let earlier = locked(&self.polls).remove(name).filter(|poll| poll.is_of(channels));
        if let Some(poll) = earlier {
            return poll.with_credential(credential);
        }
        let (api, search) = (self.api.clone(), self.search.clone());
        TwitterPoll::new(api, name, credential, channels.to_vec(), search, SystemClock)
            .with_budgets(self.state.clone(), self.prices)
    }
}

/// What of each credential is read for no channel: all are switched off, or none takes it.
fn resting(channels: &ChannelSet) -> BTreeSet<(String, Reading)> {
    let all = channels.channels.iter().chain(&channels.disabled);
    let credentials = all.filter(|channel| channel.twitter().is_some());
    let both = [Reading::Searches, Reading::PrivateMessages];
    let mut resting: BTreeSet<(String, Reading)> = credentials
        .flat_map(|channel| both.map(|reading| (channel.credential.clone(), reading)))
        .collect();
    for channel in &channels.channels {
        let Some(source) = channel.twitter() else { continue };
        resting.remove(&(channel.credential.clone(), Reading::Searches));
        if source.private_messages {
            resting.remove(&(channel.credential.clone(), Reading::PrivateMessages));
        }
    }
    resting
}

/// A panic elsewhere leaves it whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn entry(id: &str, credential: &str, more: &Value) -> Value {
        let mut entry = json!({
            "channel_id": id, "network": "twitter", "workgroup": "Social Support",
            "handles": ["@acme"], "reply_handle": "@acme", "credential": credential,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            entry[name] = value.clone();
        }
        entry
    }

    #[test]
    fn what_no_enabled_channel_takes_rests() {
        let off = json!({"enabled": false, "private_messages": true});
        let private = json!({"private_messages": true});
        let channels = ChannelSet::from_entries([
            entry("a", "/one", &off),
            entry("b", "/two", &off),
            entry("c", "/two", &json!({})),
            entry("d", "/three", &private),
        ]);
        let expected = [
            ("/one".to_owned(), Reading::Searches),
            ("/one".to_owned(), Reading::PrivateMessages),
            ("/two".to_owned(), Reading::PrivateMessages),
        ];
        assert_eq!(resting(&channels), expected.into());
    }
}

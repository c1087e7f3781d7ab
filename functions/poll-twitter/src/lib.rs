//! Polls the packed searches of all Twitter channels, a credential at a time, until the run's time is up.
//! Packing and matching are `social-twitter`'s, passes are `social_core::polling`'s; only the wiring is here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::{join, join_all};
use jiff::Timestamp;
use serde::Deserialize;
use social_aws::{ChannelTable, ParameterStore, SdkConfig, SqsInbound, StateTable};
use social_core::{
    Channel, Channels, Clock, Failure, Network,
    breaker::{Breaker, GuardedSource, Use},
    credential::{Credentials, TwitterCredential},
    polling::{self, Pace},
};
use social_lambda::{Error, SystemClock};
use social_twitter::{Api, PollSettings, Prices, TwitterPoll, UserTokens, Vocabulary};
use url::Url;

/// Left of the invocation's time when the last pass may begin.
const LAST_PASS: Duration = Duration::from_secs(20);

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
    pause: Duration,
    /// Polls of earlier runs, by credential: what they remember saves calls, and costs none when lost.
    polls: Mutex<BTreeMap<String, Poll>>,
    /// Credentials that are known to rest.
    resting: Mutex<BTreeSet<String>>,
}

type State = StateTable<SystemClock>;
type Poll = TwitterPoll<SystemClock, State>;

impl PollTwitter {
    /// Builds the clients; nothing is called yet.
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
            ),
            credentials: UserTokens::new(parameters, state.clone(), api.clone(), SystemClock),
            breaker: Breaker::of_credentials(state.clone(), SystemClock),
            state,
            inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
            api,
            search,
            prices: Prices::default(),
            run: Duration::from_secs(settings.run_seconds),
            pause: Duration::from_secs(settings.pass_seconds),
            polls: Mutex::default(),
            resting: Mutex::default(),
        })
    }

    /// One run: all credentials side by side.
    pub async fn run(&self, deadline: Timestamp) -> Result<(), Failure> {
        let until = (SystemClock.now() + self.run).min(deadline - LAST_PASS);
        let channels = self.channels.all().await?;
        let mut by_credential: BTreeMap<String, Vec<Arc<Channel>>> = BTreeMap::new();
        for channel in channels.of(Network::Twitter) {
            by_credential.entry(channel.credential.clone()).or_default().push(Arc::clone(channel));
        }
        let disabled = channels.disabled.iter().filter(|channel| channel.twitter().is_some());
        let resting: BTreeSet<&String> = disabled
            .map(|channel| &channel.credential)
            .filter(|name| !by_credential.contains_key(*name))
            .collect();
        self.resting().retain(|name| !by_credential.contains_key(name));
        let polls = join_all(by_credential.iter().map(|(name, all)| self.poll(name, all, until)));
        join(polls, join_all(resting.into_iter().map(|name| self.let_rest(name)))).await;
        Ok(())
    }

    /// For a credential none of whose channels is enabled.
    async fn let_rest(&self, name: &str) {
        if self.resting().contains(name) {
            return;
        }
        self.kept().remove(name);
        match social_twitter::let_rest(&self.state, name).await {
            Ok(true) => {
                self.resting().insert(name.to_owned());
            }
            // The run before still reads; the next one sees to it.
            Ok(false) => {}
            Err(failure) => tracing::warn!(
                credential = name, error_type = failure.error_type(), error = %failure,
                "the searches of a credential could not be put to rest"
            ),
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
        let source = self.source(name, credential, channels);
        // One search serves all channels of the credential: the most eager one sets its pace.
        let asked = channels.iter().filter_map(|channel| channel.poll_interval_seconds).min();
        let pause = asked.map_or(self.pause, |seconds| Duration::from_secs(seconds.into()));
        let pace = Pace { pause, pause_after_failure: pause, until, slack: LAST_PASS };
        let breaker = channels.first().map(|channel| Use::Reading.of(channel));
        let guarded = GuardedSource {
            source: &source,
            breaker: &self.breaker,
            name: breaker.unwrap_or_default(),
        };
        let ran = polling::run(&guarded, &self.state, &self.inbound, &SystemClock, pace).await;
        self.kept().insert(name.to_owned(), source);
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
        let earlier = self.kept().remove(name).filter(|poll| poll.is_of(channels));
        if let Some(poll) = earlier {
            return poll.with_credential(credential);
        }
        let (api, search) = (self.api.clone(), self.search.clone());
        TwitterPoll::new(api, name, credential, channels.to_vec(), search, SystemClock)
            .with_budgets(self.state.clone(), self.prices)
    }

    /// A panic elsewhere leaves the set whole.
    fn resting(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A panic elsewhere leaves the map whole.
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Poll>> {
        self.polls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

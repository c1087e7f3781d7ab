//! Polls the pages of all Facebook channels, each source by its lease, until the run's time is up.
//! Reading is `social-facebook`'s, passes are `social_core::polling`'s; only the wiring is here.

use std::{sync::Arc, time::Duration};

use futures::{future::join_all, join};
use jiff::Timestamp;
use serde::Deserialize;
use social_aws::{ChannelTable, ParameterStore, SdkConfig, SqsInbound, StateTable};
use social_core::{
    Channel, Channels, Clock, Failure, Network,
    breaker::{Breaker, GuardedSource, Use},
    channel,
    polling::{self, Pace, Source},
};
use social_facebook::{
    FacebookInbox, FacebookPoll, Graph, GraphSettings, PollPorts, PollSettings, ProofForm, Troubles,
};
use social_lambda::{Error, SystemClock};
use url::Url;

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    facebook_url: Url,
    facebook_version: String,
    run_seconds: u64,
    last_pass_seconds: u64,
    pass_seconds: u64,
    slow_pass_seconds: u64,
}

/// Everything that a run needs, built once per execution environment.
pub struct PollFacebook {
    channels: ChannelTable<SystemClock>,
    ports: PollPorts<SystemClock, ParameterStore<SystemClock>, StateTable<SystemClock>>,
    breaker: Breaker<StateTable<SystemClock>, SystemClock>,
    inbound: SqsInbound,
    run: Duration,
    /// Left of the invocation's time when the last pass may begin.
    last_pass: Duration,
    pause: Duration,
    slow: Duration,
}

impl PollFacebook {
    /// Builds the clients, and reads the channels.
    pub async fn new(settings: Settings, aws: &SdkConfig) -> Result<Self, Error> {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let credentials = ParameterStore::new(&social_aws::ssm(aws), SystemClock);
        let http = social_lambda::http_client(&credentials, None).await?;
        let graph = GraphSettings {
            base_url: settings.facebook_url,
            version: settings.facebook_version,
            proof: ProofForm::default(),
        };
        let ports = PollPorts {
            graph: Graph::new(http, graph, SystemClock),
            credentials,
            seen: StateTable::new(&dynamodb, settings.state_table, SystemClock),
            troubles: Troubles::default(),
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
            breaker: Breaker::of_credentials(ports.seen.clone(), SystemClock),
            ports,
            inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
            run: Duration::from_secs(settings.run_seconds),
            last_pass: Duration::from_secs(settings.last_pass_seconds),
            pause: Duration::from_secs(settings.pass_seconds),
            slow: Duration::from_secs(settings.slow_pass_seconds),
        })
    }

    /// One run: all pages side by side.
    pub async fn run(&self, deadline: Timestamp) -> Result<(), Failure> {
        let until = (SystemClock.now() + self.run).min(deadline - self.last_pass);
        let channels = self.channels.all().await?;
        let (network, now) = (Network::Facebook, SystemClock.now());
        let standing = channel::standing(&self.ports.seen, &channels, network, now).await?;
        let polls = channels
            .of(network)
            .map(|channel| self.poll(channel, standing.since(&channel.id), until));
        join_all(polls).await;
        Ok(())
    }

    /// Polls one page: its feed and its private messages, neither of which waits for the other.
    async fn poll(&self, channel: &Arc<Channel>, since: Option<Timestamp>, until: Timestamp) {
        let own_pause = channel.poll_interval_seconds.map(u64::from).map(Duration::from_secs);
        let pause = own_pause.unwrap_or(self.pause);
        let pace = Pace { pause, pause_after_failure: pause, until, slack: self.last_pass };
        let slow = (self.slow > pause).then_some(self.slow);
        let settings = PollSettings { slow, ..PollSettings::default() };
        let feed = FacebookPoll::new(self.ports.clone(), Arc::clone(channel));
        let feed = feed.map(|feed| feed.with_settings(settings.clone()).since(since));
        let inbox = FacebookInbox::new(self.ports.clone(), Arc::clone(channel));
        let inbox = inbox.map(|inbox| inbox.with_settings(settings).since(since));
        join!(self.poll_source(channel, feed, pace), self.poll_source(channel, inbox, pace));
    }

    /// Polls one source. What fails here is this source's alone, and is logged here.
    #[tracing::instrument(skip_all, fields(channel.id = %channel.id))]
    async fn poll_source(&self, channel: &Channel, source: Option<impl Source>, pace: Pace) {
        let Some(source) = source else { return };
        let leases = &self.ports.seen;
        let name = Use::Reading.of(channel);
        let source = GuardedSource { source: &source, breaker: &self.breaker, name };
        match polling::run(&source, leases, &self.inbound, &SystemClock, pace).await {
            Ok(ran) => tracing::debug!(
                source.name = source.name(),
                ran.passes,
                ran.messages,
                ran.failures,
                "source polled"
            ),
            Err(failure) => tracing::warn!(
                channel_id = %channel.id, source.name = source.name(),
                error_type = failure.error_type(), error = %failure, metric = "PollFailed",
                "a source cannot be polled"
            ),
        }
    }
}

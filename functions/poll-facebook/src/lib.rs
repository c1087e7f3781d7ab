//! Polls the pages of all Facebook channels, each by its lease, until the run's time is up.
//! Reading is `social-facebook`'s, passes are `social_core::polling`'s; only the wiring is here.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use jiff::Timestamp;
use serde::Deserialize;
use social_aws::{ChannelTable, ParameterStore, SdkConfig, SqsInbound, StateTable};
use social_core::{
    Channel, Channels, Clock, Failure, Network,
    credential::Credentials,
    polling::{self, Pace},
};
use social_facebook::{FacebookPoll, Graph, GraphSettings, ProofForm};
use social_lambda::{Error, SystemClock};
use url::Url;

/// Left of the invocation's time when the last pass may begin.
const LAST_PASS: Duration = Duration::from_secs(20);

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    facebook_url: Url,
    facebook_version: String,
    run_seconds: u64,
    pass_seconds: u64,
}

/// Everything that a run needs, built once per execution environment.
pub struct PollFacebook {
    channels: ChannelTable<SystemClock>,
    credentials: ParameterStore<SystemClock>,
    state: StateTable<SystemClock>,
    inbound: SqsInbound,
    graph: Graph<SystemClock>,
    run: Duration,
    pause: Duration,
}

impl PollFacebook {
    /// Builds the clients; nothing is called yet.
    pub async fn new(settings: Settings, aws: &SdkConfig) -> Result<Self, Error> {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let credentials = ParameterStore::new(&social_aws::ssm(aws), SystemClock);
        let http = social_lambda::http_client(&credentials, None).await?;
        let graph = GraphSettings {
            base_url: settings.facebook_url,
            version: settings.facebook_version,
            proof: ProofForm::default(),
        };
        let (table, refresh) = (settings.channels_table, ChannelTable::<SystemClock>::REFRESH);
        Ok(Self {
            channels: ChannelTable::new(&dynamodb, table, SystemClock, refresh),
            credentials,
            state: StateTable::new(&dynamodb, settings.state_table, SystemClock),
            inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
            graph: Graph::new(http, graph, SystemClock),
            run: Duration::from_secs(settings.run_seconds),
            pause: Duration::from_secs(settings.pass_seconds),
        })
    }

    /// One run: all pages side by side.
    pub async fn run(&self, deadline: Timestamp) -> Result<(), Failure> {
        let until = (SystemClock.now() + self.run).min(deadline - LAST_PASS);
        let channels = self.channels.all().await?;
        let pages = channels.of(Network::Facebook).map(|channel| self.poll(channel, until));
        join_all(pages).await;
        Ok(())
    }

    /// Polls one page. What fails here is this page's alone, and is logged here.
    #[tracing::instrument(skip_all, fields(channel.id = %channel.id))]
    async fn poll(&self, channel: &Arc<Channel>, until: Timestamp) {
        if let Err(failure) = self.poll_page(channel, until).await {
            tracing::warn!(
                channel_id = %channel.id, error_type = failure.error_type(),
                error = %failure, metric = "PollFailed", "page cannot be polled"
            );
        }
    }

    async fn poll_page(&self, channel: &Arc<Channel>, until: Timestamp) -> Result<(), Failure> {
        let credential = self.credentials.facebook(&channel.credential).await?;
        let graph = self.graph.clone();
        let Some(source) = FacebookPoll::new(graph, Arc::clone(channel), credential) else {
            return Ok(());
        };
        let own_pause = channel.poll_interval_seconds.map(u64::from).map(Duration::from_secs);
        let pause = own_pause.unwrap_or(self.pause);
        let pace = Pace { pause, pause_after_failure: pause, until, slack: LAST_PASS };
        let ran = polling::run(&source, &self.state, &self.inbound, &SystemClock, pace).await?;
        tracing::debug!(passes = ran.passes, messages = ran.messages, "page polled");
        Ok(())
    }
}

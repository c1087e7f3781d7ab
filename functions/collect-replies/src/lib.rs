//! Watches the open chats of its shard and queues what agents write, until a successor takes over.
//! Collecting is `social_core::collecting`'s, CIC is `social-cic`'s; only the wiring is here.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use social_aws::{
    ChannelTable, ParameterStore, Retention, SdkConfig, SqsInbound, SqsNudges, SqsOutbound,
    StateTable,
};
use social_cic::{Cic, CicSettings};
use social_core::{
    Clock, Failure,
    breaker::{Breaker, GuardedCic},
    collecting::{Collector, IdleRules, NudgeQueue, Pace},
    desk::Desk,
    reply::Fingerprint,
};
use social_lambda::{Error, SystemClock};

/// Left of the invocation's time when the last look may begin.
const LAST_LOOK: Duration = Duration::from_secs(25);
/// The same when what was told is tried to be stored for the last time.
const LAST_TRY: Duration = Duration::from_secs(15);

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    outbound_queue_url: String,
    nudge_queue_url: String,
    cic_urls: String,
    cic_interface: String,
    /// 0 where CIC ends no chat for being idle.
    cic_idle_seconds: u64,
    ca_certificate: Option<String>,
    automatic_texts: Option<String>,
    collect_seconds: u64,
    conversation_days: u32,
}

/// Everything that a run needs, built once per execution environment.
pub struct CollectReplies {
    channels: ChannelTable<SystemClock>,
    state: StateTable<SystemClock>,
    inbound: SqsInbound,
    outbound: SqsOutbound,
    nudges: SqsNudges,
    contact_center: GuardedCic<Cic, StateTable<SystemClock>, SystemClock>,
    automatic: Vec<Fingerprint>,
    run: Duration,
}

impl CollectReplies {
    /// Builds the clients, and reads the channels.
    pub async fn new(settings: Settings, aws: &SdkConfig) -> Result<Self, Error> {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let parameters = ParameterStore::new(&social_aws::ssm(aws), SystemClock);
        let ca_certificate = settings.ca_certificate.as_deref();
        let http = social_lambda::http_client(&parameters, ca_certificate).await?;
        let idle = Some(settings.cic_idle_seconds).filter(|seconds| *seconds > 0);
        let cic = CicSettings::of_deployment(&settings.cic_urls, &settings.cic_interface, None)?
            .kept_alive(idle.map(Duration::from_secs));
        let automatic =
            social_lambda::automatic_texts(&parameters, settings.automatic_texts).await?;
        let (table, refresh) = (settings.channels_table, ChannelTable::<SystemClock>::REFRESH);
        let retention =
            Retention { conversations: settings.conversation_days, ..Retention::default() };
        let state =
            StateTable::new(&dynamodb, settings.state_table, SystemClock).with_retention(retention);
        Ok(Self {
            automatic,
            channels: ChannelTable::new(&dynamodb, table, SystemClock, refresh).read_early().await,
            inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
            outbound: SqsOutbound::new(&sqs, settings.outbound_queue_url),
            nudges: SqsNudges::new(&sqs, settings.nudge_queue_url),
            contact_center: GuardedCic {
                contact_center: Cic::new(cic, http)?,
                breaker: Breaker::of_cic(state.clone(), SystemClock),
            },
            state,
            run: Duration::from_secs(settings.collect_seconds),
        })
    }

    /// One run, as the only collector of shard 0 from its first moment on.
    pub async fn run(&self, deadline: Timestamp) -> Result<(), Failure> {
        let until = (SystemClock.now() + self.run).min(deadline - LAST_LOOK);
        let collector = Collector {
            leases: self.state.clone(),
            nudges: Nudges(&self.nudges),
            desk: Desk {
                automatic: self.automatic.clone(),
                store: self.state.clone(),
                contact_center: &self.contact_center,
                inbound: self.inbound.clone(),
                outbound: self.outbound.clone(),
                clock: SystemClock,
            },
            idle: IdleRules::read(&self.channels).await,
            pace: Pace {
                shard: 0,
                list_every: Duration::from_secs(2),
                active: Duration::from_secs(2),
                quiet: Duration::from_secs(12),
                until,
                keep_until: deadline - LAST_TRY,
            },
        };
        // A large future: it holds what every look does at once.
        Box::pin(collector.run()).await
    }
}

/// The nudge queue, read by this function only.
struct Nudges<'a>(&'a SqsNudges);

impl NudgeQueue for Nudges<'_> {
    async fn receive(&self, wait: Duration) -> Result<Vec<String>, Failure> {
        self.0.receive(wait).await
    }
}

//! Publishes what waits in `outbound.fifo`, or tells the agent why not.
//! Publishing is `social_core::publishing`'s, the networks are their adapters'; only the wiring is here.

use std::time::Duration;

use serde::Deserialize;
use social_aws::{
    ChannelTable, ParameterStore, Retention, SdkConfig, SqsDeadLetters, SqsInbound, SqsOutbound,
    SqsVisibility, StateTable,
};
use social_cic::{Cic, CicSettings};
use social_core::{
    breaker::{Breaker, GuardedCic, GuardedPublisher},
    desk::Desk,
    publishing::{Limits, Publishing},
};
use social_facebook::{FacebookPublisher, Graph, GraphSettings, ProofForm, PublisherSettings};
use social_lambda::{Error, SqsQueue, SystemClock};
use social_twitter::{Api, Prices, PublishSettings, TwitterPublisher, UserTokens, Vocabulary};
use url::Url;

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    outbound_queue_url: String,
    outbound_dlq_url: String,
    cic_urls: String,
    cic_interface: String,
    conversation_days: u32,
    reply_days: u32,
    ca_certificate: Option<String>,
    automatic_texts: Option<String>,
    facebook_url: Url,
    facebook_version: String,
    facebook_settle_seconds: u64,
    twitter_url: Url,
    twitter_private_length: usize,
    twitter_settle_seconds: u64,
    twitter_vocabulary: Vocabulary,
    reply_max_age_seconds: u64,
    /// Longer than the function may run: after it no attempt of an earlier invocation is under way.
    message_lease: u64,
}

type Parameters = ParameterStore<SystemClock>;
type State = StateTable<SystemClock>;

/// The use case with the adapters it runs on.
type NetworkPublishing = Publishing<(
    ChannelTable<SystemClock>,
    GuardedPublisher<FacebookPublisher<SystemClock, Parameters>, State, SystemClock>,
    GuardedPublisher<
        TwitterPublisher<UserTokens<Parameters, State, SystemClock>, State>,
        State,
        SystemClock,
    >,
    State,
    GuardedCic<Cic, State, SystemClock>,
    SqsInbound,
    SqsOutbound,
    SystemClock,
)>;

/// Everything that an invocation needs, built once per execution environment.
pub struct PublisherFunction {
    pub publishing: NetworkPublishing,
    pub queue: SqsQueue,
    /// How long a reply belongs to the worker that took it.
    pub lease: Duration,
}

impl PublisherFunction {
    /// Builds the clients, and reads the channels.
    pub async fn new(settings: Settings, aws: &SdkConfig) -> Result<Self, Error> {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let parameters = ParameterStore::new(&social_aws::ssm(aws), SystemClock);
        let ca_certificate = settings.ca_certificate.as_deref();
        let http = social_lambda::http_client(&parameters, ca_certificate).await?;
        let cic = CicSettings::of_deployment(&settings.cic_urls, &settings.cic_interface, None)?;
        let graph = GraphSettings {
            base_url: settings.facebook_url,
            version: settings.facebook_version,
            proof: ProofForm::default(),
        };
        let facebook = PublisherSettings {
            settle_time: Duration::from_secs(settings.facebook_settle_seconds),
            ..PublisherSettings::default()
        };
        let twitter = PublishSettings {
            private_length: settings.twitter_private_length,
            settle_time: Duration::from_secs(settings.twitter_settle_seconds),
            vocabulary: settings.twitter_vocabulary,
            ..PublishSettings::default()
        };
        let graph = Graph::new(http.clone(), graph, SystemClock);
        let api = Api::new(http.clone(), settings.twitter_url);
        let lease = Duration::from_secs(settings.message_lease);
        let retention = Retention {
            conversations: settings.conversation_days,
            replies: settings.reply_days,
            ..Retention::default()
        };
        let store =
            StateTable::new(&dynamodb, settings.state_table, SystemClock).with_retention(retention);
        let tokens = UserTokens::new(parameters.clone(), store.clone(), api.clone(), SystemClock);
        let (table, refresh) = (settings.channels_table, ChannelTable::<SystemClock>::REFRESH);
        let automatic =
            social_lambda::automatic_texts(&parameters, settings.automatic_texts).await?;
        let breaker = Breaker::of_credentials(store.clone(), SystemClock);
        let facebook = FacebookPublisher::new(graph, parameters, facebook);
        let twitter = TwitterPublisher::new(api, tokens, twitter)
            .with_budgets(store.clone(), Prices::default());
        let publishing = Publishing {
            channels: ChannelTable::new(&dynamodb, table, SystemClock, refresh).read_early().await,
            facebook: GuardedPublisher { publisher: facebook, breaker: breaker.clone() },
            twitter: GuardedPublisher { publisher: twitter, breaker },
            desk: Desk {
                automatic,
                contact_center: GuardedCic {
                    contact_center: Cic::new(cic, http)?,
                    breaker: Breaker::of_cic(store.clone(), SystemClock),
                },
                store,
                inbound: SqsInbound::new(&sqs, settings.inbound_queue_url),
                outbound: SqsOutbound::new(&sqs, &settings.outbound_queue_url),
                clock: SystemClock,
            },
            limits: Limits { max_age: Duration::from_secs(settings.reply_max_age_seconds), lease },
        };
        let queue = SqsQueue {
            dead_letters: SqsDeadLetters::new(&sqs, settings.outbound_dlq_url),
            visibility: SqsVisibility::new(&sqs, settings.outbound_queue_url),
        };
        Ok(Self { publishing, queue, lease })
    }
}

//! Routes what waits in `inbound.fifo` to interactions in CIC.
//! Routing is `social_core::routing`'s, CIC is `social-cic`'s; only the wiring is here.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use social_aws::{
    ChannelTable, ParameterStore, Retention, SdkConfig, SqsDeadLetters, SqsInbound, SqsOutbound,
    SqsVisibility, StateTable,
};
use social_cic::{Cic, CicSettings};
use social_core::{
    Author, Channel, Failure, Message, Network,
    breaker::{Breaker, GuardedCic, GuardedOwners},
    desk::Desk,
    message::Owner,
    routing::Router,
    slots::Caps,
    store::ThreadOwners,
};
use social_facebook::{FacebookThreadOwners, Graph, GraphSettings, ProofForm};
use social_lambda::{Error, SqsQueue, SystemClock};
use social_twitter::{Api, TwitterThreadOwners};
use url::Url;

/// From the environment; the README lists them.
#[derive(Debug, Deserialize)]
pub struct Settings {
    channels_table: String,
    state_table: String,
    inbound_queue_url: String,
    inbound_dlq_url: String,
    outbound_queue_url: String,
    cic_urls: String,
    cic_interface: String,
    cic_events_url: Option<String>,
    /// Name of the parameter with the token at the end of that URL.
    cic_events_token: Option<String>,
    cic_max_chats: u32,
    cic_starts_per_second: u32,
    message_lease: u64,
    conversation_days: u32,
    message_days: u32,
    reply_days: u32,
    ca_certificate: Option<String>,
    automatic_texts: Option<String>,
    facebook_url: Url,
    facebook_version: String,
    twitter_url: Url,
}

type Parameters = ParameterStore<SystemClock>;

/// Asks the network that the channel belongs to.
pub struct NetworkThreads {
    facebook: FacebookThreadOwners<SystemClock, Parameters>,
    twitter: TwitterThreadOwners<Parameters>,
}

impl ThreadOwners for NetworkThreads {
    async fn look_up(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<Option<Owner>, Failure> {
        match channel.network() {
            Network::Facebook => self.facebook.look_up(channel, message).await,
            Network::Twitter => self.twitter.look_up(channel, message).await,
        }
    }

    async fn author(&self, channel: &Channel, author: &Author) -> Result<Option<Author>, Failure> {
        match channel.network() {
            Network::Facebook => self.facebook.author(channel, author).await,
            Network::Twitter => self.twitter.author(channel, author).await,
        }
    }
}

/// The use case with the adapters it runs on.
type CicRouter = Router<(
    ChannelTable<SystemClock>,
    GuardedOwners<NetworkThreads, StateTable<SystemClock>, SystemClock>,
    SqsDeadLetters,
    StateTable<SystemClock>,
    GuardedCic<Cic, StateTable<SystemClock>, SystemClock>,
    SqsInbound,
    SqsOutbound,
    SystemClock,
)>;

/// Everything that an invocation needs, built once per execution environment.
pub struct RouterFunction {
    pub router: CicRouter,
    pub queue: SqsQueue,
    /// How long a message belongs to the worker that took it.
    pub lease: Duration,
}

impl RouterFunction {
    /// Builds the clients, and reads the channels.
    pub async fn new(settings: Settings, aws: &SdkConfig) -> Result<Self, Error> {
        let (dynamodb, sqs) = (social_aws::dynamodb(aws), social_aws::sqs(aws));
        let parameters = ParameterStore::new(&social_aws::ssm(aws), SystemClock);
        let ca_certificate = settings.ca_certificate.as_deref();
        let http = social_lambda::http_client(&parameters, ca_certificate).await?;
        let events_url = match (&settings.cic_events_url, &settings.cic_events_token) {
            (Some(url), Some(name)) => {
                Some(format!("{url}/{}", parameters.text(name).await?.expose_secret()))
            }
            _ => None,
        };
        let cic = CicSettings::of_deployment(
            &settings.cic_urls,
            &settings.cic_interface,
            events_url.as_deref(),
        )?;
        let caps = Caps {
            open: settings.cic_max_chats,
            starts_per_second: settings.cic_starts_per_second,
        };
        let graph = GraphSettings {
            base_url: settings.facebook_url,
            version: settings.facebook_version,
            proof: ProofForm::default(),
        };
        let graph = Graph::new(http.clone(), graph, SystemClock);
        let api = Api::new(http.clone(), settings.twitter_url);
        let (table, refresh) = (settings.channels_table, ChannelTable::<SystemClock>::REFRESH);
        let dead_letters = SqsDeadLetters::new(&sqs, settings.inbound_dlq_url);
        let automatic =
            social_lambda::automatic_texts(&parameters, settings.automatic_texts).await?;
        let retention = Retention {
            conversations: settings.conversation_days,
            messages: settings.message_days,
            replies: settings.reply_days,
        };
        let lease = Duration::from_secs(settings.message_lease);
        let store = StateTable::new(&dynamodb, settings.state_table, SystemClock)
            .with_claim_lease(lease)
            .with_caps(caps)
            .with_retention(retention);
        let thread_owners = NetworkThreads {
            facebook: FacebookThreadOwners::new(graph, parameters.clone()),
            twitter: TwitterThreadOwners::new(api, parameters),
        };
        let router = Router {
            channels: ChannelTable::new(&dynamodb, table, SystemClock, refresh).read_early().await,
            thread_owners: GuardedOwners {
                owners: thread_owners,
                breaker: Breaker::of_credentials(store.clone(), SystemClock),
            },
            dead_letters: dead_letters.clone(),
            desk: Desk {
                automatic,
                contact_center: GuardedCic {
                    contact_center: Cic::new(cic, http)?,
                    breaker: Breaker::of_cic(store.clone(), SystemClock),
                },
                store,
                inbound: SqsInbound::new(&sqs, &settings.inbound_queue_url),
                outbound: SqsOutbound::new(&sqs, settings.outbound_queue_url),
                clock: SystemClock,
            },
        };
        let queue = SqsQueue {
            dead_letters,
            visibility: SqsVisibility::new(&sqs, settings.inbound_queue_url),
        };
        Ok(Self { router, queue, lease })
    }
}

//! What tests of this crate share: a `DynamoDB` of their own, a clock that they hold, samples.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Credentials, Intercept, RuntimeComponents, SharedCredentialsProvider,
        http::HttpResponse, interceptors::BeforeDeserializationInterceptorContextMut,
    },
    error::BoxError,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{Storable, StoreReplace},
};
use jiff::Timestamp;
use social_core::{
    ChannelId, Clock, Message, MessageId,
    message::{Answerable, Kind, Thread, Verb},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::Field,
    span::{Attributes, Id, Record},
};

use crate::StateTable;

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Clone)]
pub(crate) struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-11-22T12:00:00Z".parse().unwrap())))
    }

    pub(crate) fn advance(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

/// Settings for a service at that address.
pub(crate) fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

/// A client of a `DynamoDB` in this process, which ends with the test's runtime.
pub(crate) async fn dynamodb() -> Client {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    crate::dynamodb(&config(&endpoint))
}

/// What the deployment's index holds of an item: less than the item.
fn projection() -> Projection {
    const TEMPLATE: &str = include_str!("../../../infra/template.yaml");
    let (_, index) = TEMPLATE.split_once("IndexName: open-chats").unwrap();
    let (_, attributes) = index.split_once("NonKeyAttributes: [").unwrap();
    let (attributes, _) = attributes.split_once(']').unwrap();
    let attributes = attributes.split(',').map(|name| name.trim().to_owned()).collect();
    Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(attributes))
        .build()
}

/// A `social-state` table with its index, as the deployment makes it.
pub(crate) async fn state_table() -> (StateTable<TestClock>, TestClock) {
    let client = dynamodb().await;
    let index = GlobalSecondaryIndex::builder()
        .index_name("open-chats")
        .key_schema(key("shard", KeyType::Hash))
        .key_schema(key("chat", KeyType::Range))
        .projection(projection())
        .build()
        .unwrap();
    client
        .create_table()
        .table_name("social-state")
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["pk", "sk", "shard", "chat"].map(string).to_vec()))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
    let clock = TestClock::new();
    (StateTable::new(&client, "social-state", clock.clone()), clock)
}

/// An empty `channels` table.
pub(crate) async fn channels_table() -> Client {
    let client = dynamodb().await;
    client
        .create_table()
        .table_name("channels")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(string("channel_id"))
        .key_schema(key("channel_id", KeyType::Hash))
        .send()
        .await
        .unwrap();
    client
}

/// The same client, but the first answer to each call never arrives, although it was done.
pub(crate) fn losing_answers(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().interceptor(LoseFirstAnswer).build())
}

#[derive(Debug)]
struct LoseFirstAnswer;

#[derive(Debug)]
struct Lost;

impl Storable for Lost {
    type Storer = StoreReplace<Self>;
}

impl Intercept for LoseFirstAnswer {
    fn name(&self) -> &'static str {
        "lose the first answer"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Lost>().is_none() {
            config.interceptor_state().store_put(Lost);
            *context.response_mut() = HttpResponse::new(502_u16.try_into()?, SdkBody::empty());
        }
        Ok(())
    }
}

/// Log lines of the present test, each as its fields' names and values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Records until the guard is dropped.
    pub(crate) fn record(&self) -> tracing::subscriber::DefaultGuard {
        tracing::subscriber::set_default(self.clone())
    }

    /// What was recorded since the last call, of the lines with this metric.
    pub(crate) fn take(&self, metric: &str) -> Vec<String> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap());
        lines.into_iter().filter(|line| line.contains(&format!("metric={metric:?}"))).collect()
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("social_aws")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            write!(line, "{}={value:?} ", field.name()).unwrap();
        });
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn string(name: &str) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(name);
    definition.attribute_type(ScalarAttributeType::S).build().unwrap()
}

fn key(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap()
}

pub(crate) fn channel() -> ChannelId {
    ChannelId("acme-page".to_owned())
}

pub(crate) fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        kind: Kind::Comment,
        verb: Verb::Add,
        author: None,
        own: false,
        text: "where is my parcel".to_owned(),
        media: vec![],
        permalink: None,
        at: "2026-11-22T11:59:00Z".parse().unwrap(),
        thread: Thread::Post {
            post_id: MessageId::from("7_8"),
            top_level: None,
            top_level_author: None,
            owner: None,
        },
        answerable: Answerable::Yes,
        also_in: vec![],
    }
}

/// Compiles for futures that a multi-threaded server can run.
pub(crate) fn assert_send<T: Send>(_: T) {}

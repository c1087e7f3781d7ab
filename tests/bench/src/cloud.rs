//! `DynamoDB` and SQS in this process, as far as a collector uses them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    config::{Credentials, SharedCredentialsProvider},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};
use social_aws::StateTable;
use social_lambda::SystemClock;
use tokio::{net::TcpListener, time::Instant};

use crate::Failed;

/// The administrators' table; empty.
pub(crate) const CHANNELS: &str = "channels";
/// The table of the bridge's own.
pub(crate) const TABLE: &str = "social-state";
/// The region of everything.
pub(crate) const REGION: &str = "eu-central-1";

/// When each reply was queued first, by its text.
type Queued = Arc<Mutex<HashMap<String, Instant>>>;

/// The services that a collector calls.
pub(crate) struct Cloud {
    pub(crate) dynamodb_url: String,
    pub(crate) sqs_url: String,
    pub(crate) state: StateTable<SystemClock>,
    queued: Queued,
}

impl Cloud {
    /// Starts them, with an empty table.
    pub(crate) async fn start() -> Result<Self, Failed> {
        let (dynamodb, sqs) = (listener().await?, listener().await?);
        let (dynamodb_url, sqs_url) = (url(&dynamodb)?, url(&sqs)?);
        tokio::spawn(dynoxide::server::serve_on(dynamodb, dynoxide::Database::memory()?));
        let queued = Queued::default();
        let app = Router::new().route("/", post(answer)).with_state(Arc::clone(&queued));
        tokio::spawn(async move { axum::serve(sqs, app).await });
        let client = social_aws::dynamodb(&config(&dynamodb_url));
        create_table(&client).await?;
        create_channels(&client).await?;
        let state = StateTable::new(&client, TABLE, SystemClock);
        Ok(Self { dynamodb_url, sqs_url, state, queued })
    }

    /// How long each of these texts took into the outbound queue, the quickest first.
    pub(crate) fn delays(&self, written: &BTreeMap<String, Instant>) -> Vec<Duration> {
        let queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let delay = |(text, at): (&String, &Instant)| Some(queued.get(text)?.duration_since(*at));
        let mut delays: Vec<Duration> = written.iter().filter_map(delay).collect();
        delays.sort_unstable();
        delays
    }
}

async fn listener() -> Result<TcpListener, Failed> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?)
}

fn url(listener: &TcpListener) -> Result<String, Failed> {
    Ok(format!("http://{}", listener.local_addr()?))
}

fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

/// As `infra/template.yaml` has it.
async fn create_table(client: &aws_sdk_dynamodb::Client) -> Result<(), Failed> {
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes("open_chat")
        .build();
    let index = GlobalSecondaryIndex::builder()
        .index_name("open-chats")
        .key_schema(key("shard", KeyType::Hash)?)
        .key_schema(key("chat", KeyType::Range)?)
        .projection(projection)
        .build()?;
    let mut table = client.create_table().table_name(TABLE);
    for name in ["pk", "sk", "shard", "chat"] {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        table =
            table.attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build()?);
    }
    table
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index)
        .send()
        .await?;
    Ok(())
}

async fn create_channels(client: &aws_sdk_dynamodb::Client) -> Result<(), Failed> {
    let id = AttributeDefinition::builder().attribute_name("channel_id");
    client
        .create_table()
        .table_name(CHANNELS)
        .attribute_definitions(id.attribute_type(ScalarAttributeType::S).build()?)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("channel_id", KeyType::Hash)?)
        .send()
        .await?;
    Ok(())
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, Failed> {
    Ok(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?)
}

/// SQS: takes replies, and has no nudges.
async fn answer(State(queued): State<Queued>, headers: HeaderMap, body: String) -> Json<Value> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if target.is_some_and(|target| target.ends_with("ReceiveMessage")) {
        tokio::time::sleep(Duration::from_secs(20)).await;
        return Json(json!({}));
    }
    let order: Value = serde_json::from_str(&body).unwrap_or_default();
    let message = order.get("MessageBody").and_then(Value::as_str).unwrap_or_default();
    let reply: Value = serde_json::from_str(message).unwrap_or_default();
    if let Some(text) = reply.get("text").and_then(Value::as_str) {
        let mut queued = queued.lock().unwrap_or_else(PoisonError::into_inner);
        queued.entry(text.to_owned()).or_insert_with(Instant::now);
    }
    Json(json!({ "MessageId": "1" }))
}

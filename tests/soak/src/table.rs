//! The real state table, `social_aws::StateTable`, on `dynoxide` in this process: the SDK's requests
//! are answered without a socket, so that the virtual clock holds for them too.

use std::{fmt, sync::Arc};

use aws_sdk_dynamodb::config::{
    Credentials, Region, RuntimeComponents, SharedCredentialsProvider, retry::RetryConfig,
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use social_aws::{SdkConfig, StateTable};

use crate::{clock::VirtualClock, world::State};

const NAME: &str = "social-state";

/// An empty table with its index, as the deployment makes it.
pub fn new(clock: VirtualClock) -> StateTable<VirtualClock> {
    let database = Database::memory().map(Arc::new);
    let client = InProcess { database: database.ok() };
    client.create_table();
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url("http://dynamodb")
        .retry_config(RetryConfig::disabled())
        .http_client(client)
        .build();
    StateTable::new(&social_aws::dynamodb(&config), NAME, clock)
}

impl State for StateTable<VirtualClock> {
    /// Nobody's clock is wrong in the runs on the real table.
    fn by(&self, _: VirtualClock) -> Self {
        self.clone()
    }
}

/// Answers requests by the database in this process.
#[derive(Clone)]
struct InProcess {
    database: Option<Arc<Database>>,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl InProcess {
    fn create_table(&self) {
        let string = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let attributes = ["pk", "sk", "shard", "chat"].map(string);
        let request = json!({
            "TableName": NAME,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "open-chats",
                "KeySchema": [key("shard", "HASH"), key("chat", "RANGE")],
                "Projection": { "ProjectionType": "ALL" },
            }],
        });
        self.answer("CreateTable", &request.to_string());
    }

    fn answer(&self, operation: &str, body: &str) -> (u16, String) {
        let Some(database) = &self.database else { return (500, String::new()) };
        let answer = match operation {
            "GetItem" => done(body, |request| database.get_item(request)),
            "PutItem" => done(body, |request| database.put_item(request)),
            "UpdateItem" => done(body, |request| database.update_item(request)),
            "Query" => done(body, |request| database.query(request)),
            "CreateTable" => done(body, |request| database.create_table(request)),
            _ => return (400, json!({ "__type": "UnknownOperationException" }).to_string()),
        };
        answer.unwrap_or_else(|error| (error.status_code(), error.to_json()))
    }
}

fn done<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    work: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<(u16, String), DynoxideError> {
    match serde_json::from_str(body) {
        Ok(request) => Ok((200, serde_json::to_string(&work(request)?).unwrap_or_default())),
        Err(_) => Ok((400, json!({ "__type": "SerializationException" }).to_string())),
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let (status, body) = self.answer(operation, &body);
        HttpConnectorFuture::ready(match status.try_into() {
            Ok(status) => Ok(HttpResponse::new(status, SdkBody::from(body))),
            Err(_) => Err(ConnectorError::other("no status".into(), None)),
        })
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

//! AWS without a socket: secrets that can be replaced, a queue that counts, the state table on
//! `dynoxide`. For tests of many calls.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{
    Credentials, Region, RuntimeComponents, SharedCredentialsProvider, retry::RetryConfig,
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

use super::*;

/// All of AWS that the webhook calls.
#[derive(Clone)]
pub(super) struct Cloud {
    database: Arc<Database>,
    secrets: Arc<Mutex<Value>>,
    /// Queue and body of each message that was sent.
    sent: Arc<Mutex<Vec<(String, String)>>>,
    /// Each call's service and operation.
    calls: Arc<Mutex<Vec<String>>>,
    /// A call that is refused.
    refused: Arc<Mutex<Option<&'static str>>>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cloud")
    }
}

impl Cloud {
    /// With one page's channel, and these app secrets.
    pub(super) fn new(app_secrets: &[&str]) -> Self {
        let cloud = Self {
            database: Arc::new(Database::memory().unwrap()),
            secrets: Arc::default(),
            sent: Arc::default(),
            calls: Arc::default(),
            refused: Arc::default(),
        };
        cloud.replace_secrets(app_secrets);
        let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let table = json!({
            "TableName": "social-state", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("pk"), attribute("sk")],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        });
        cloud.answer("CreateTable", &table.to_string());
        cloud
    }

    /// Writes the document of secrets anew.
    pub(super) fn replace_secrets(&self, app_secrets: &[&str]) {
        *self.secrets.lock().unwrap() = json!({
            "facebook": { "app_secrets": app_secrets, "verify_token": "verify" },
            "twitter": { "consumer_secrets": app_secrets },
            "cic": { "reply_tokens": app_secrets, "event_tokens": app_secrets },
        });
    }

    /// The function, as a new execution environment has it.
    pub(super) fn app(&self) -> Router {
        app(Webhook::new(settings(), &self.config()))
    }

    /// The state table, as an administrator reaches it.
    pub(super) fn state_table(&self) -> StateTable<SystemClock> {
        StateTable::new(&social_aws::dynamodb(&self.config()), "social-state", SystemClock)
    }

    fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url("http://aws")
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone())
            .build()
    }

    /// From now on calls of this kind are refused.
    pub(super) fn refuse(&self, target: Option<&'static str>) {
        *self.refused.lock().unwrap() = target;
    }

    /// What was sent into a queue of that name.
    pub(super) fn sent(&self, queue: &str) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let of_queue = sent.iter().filter(|(of, _)| of.ends_with(&format!("/{queue}")));
        of_queue.map(|(_, body)| body.clone()).collect()
    }

    /// Calls of AWS so far.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// Everything in the state table, as text.
    pub(super) fn state(&self) -> String {
        self.answer("Scan", r#"{"TableName": "social-state"}"#).1
    }

    fn answer(&self, operation: &str, body: &str) -> (u16, String) {
        let database = &self.database;
        let answer = match operation {
            "GetItem" => done(body, |request| database.get_item(request)),
            "PutItem" => done(body, |request| database.put_item(request)),
            "Scan" => done(body, |request| database.scan(request)),
            "CreateTable" => done(body, |request| database.create_table(request)),
            other => panic!("the webhook's role allows no {other}"),
        };
        answer.unwrap_or_else(|error| (error.status_code(), error.to_json()))
    }

    fn carry_out(&self, target: &str, body: &str) -> (u16, String) {
        self.calls.lock().unwrap().push(target.to_owned());
        if *self.refused.lock().unwrap() == Some(target) {
            let refusal = json!({ "__type": "AccessDeniedException", "message": "no" });
            return (400, refusal.to_string());
        }
        let order: Value = serde_json::from_str(body).unwrap();
        let answer = match target {
            "AmazonSSM.GetParameter" => {
                json!({ "Parameter": { "Name": "s", "Value": self.secrets.lock().unwrap().to_string() } })
            }
            "AmazonSQS.SendMessage" => {
                let text = |name: &str| order[name].as_str().unwrap().to_owned();
                self.sent.lock().unwrap().push((text("QueueUrl"), text("MessageBody")));
                json!({ "MessageId": "1" })
            }
            "DynamoDB_20120810.Scan" if order["TableName"] == "channels" => {
                json!({ "Items": [page_entry()], "Count": 1 })
            }
            of_state => return self.answer(of_state.rsplit('.').next().unwrap(), body),
        };
        (200, answer.to_string())
    }
}

fn done<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    work: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<(u16, String), DynoxideError> {
    work(serde_json::from_str(body).unwrap())
        .map(|answer| (200, serde_json::to_string(&answer).unwrap()))
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let (status, body) = self.carry_out(target, &body);
        let status = status.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

impl HttpClient for Cloud {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

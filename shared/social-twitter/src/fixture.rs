//! What several tests need: a clock that stands, keys, channels, and an X that answers as told.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use social_core::{
    Channel, Clock,
    credential::{Credentials, FacebookCredential, TwitterCredential},
    verdict::{Failure, Verdict},
};
use wiremock::{Mock, MockServer, ResponseTemplate, Times, matchers};

use crate::Api;

/// A clock that tests move.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn at(time: &str) -> Self {
        Self(Mutex::new(time.parse().unwrap()))
    }

    pub(crate) fn set(&self, time: &str) {
        *self.0.lock().unwrap() = time.parse().unwrap();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

/// The same keys for every name, or none.
#[derive(Debug)]
pub(crate) struct Keys(pub(crate) Option<Arc<TwitterCredential>>);

impl Keys {
    pub(crate) fn good() -> Self {
        Self(Some(credential()))
    }
}

impl Credentials for Keys {
    async fn facebook(&self, _: &str) -> Result<Arc<FacebookCredential>, Failure> {
        Err(Failure::new(Verdict::WAIT, "credential_missing", "no such credential"))
    }

    async fn twitter(&self, _: &str) -> Result<Arc<TwitterCredential>, Failure> {
        let missing = || Failure::new(Verdict::WAIT, "credential_missing", "no such credential");
        self.0.clone().ok_or_else(missing)
    }
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

pub(crate) fn credential() -> Arc<TwitterCredential> {
    Arc::new(TwitterCredential {
        bearer_token: secret("bearer-of-acme"),
        consumer_key: secret("key"),
        consumer_secret: secret("secret"),
        access_token: Some(secret("token")),
        access_token_secret: Some(secret("token-secret")),
        monthly_budget_usd: None,
    })
}

pub(crate) fn api(uri: &str) -> Api {
    let http = social_http::Client::new(&social_http::Settings {
        timeout: std::time::Duration::from_secs(2),
        ..social_http::Settings::default()
    });
    Api::new(http.unwrap(), uri.parse().unwrap())
}

/// The brand's channel, with some fields of its own.
pub(crate) fn channel(fields: Value) -> Arc<Channel> {
    let entry = json!({
        "channel_id": "acme-brand", "network": "twitter", "workgroup": "Social Support",
        "credential": "/social/twitter/acme", "handles": ["@acme"], "reply_handle": "@acme",
    });
    with(entry, fields)
}

/// A competitor's channel: it only watches.
pub(crate) fn watch(fields: Value) -> Arc<Channel> {
    let entry = json!({
        "channel_id": "rival-watch", "network": "twitter", "workgroup": "Market Watch",
        "credential": "/social/twitter/acme", "handles": ["@rival"],
    });
    with(entry, fields)
}

fn with(mut entry: Value, fields: Value) -> Arc<Channel> {
    let Value::Object(fields) = fields else { panic!("no object") };
    for (name, value) in fields {
        entry[name] = value;
    }
    Arc::new(Channel::from_entry(entry).unwrap())
}

/// Answers a route with JSON, as often as is expected.
pub(crate) async fn answer(
    server: &MockServer,
    method: &str,
    path: &str,
    status: u16,
    body: Value,
    times: impl Into<Times>,
) {
    Mock::given(matchers::method(method))
        .and(matchers::path(path))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .expect(times)
        .mount(server)
        .await;
}

/// The requests to a path so far, each as its query.
pub(crate) async fn queries(server: &MockServer, path: &str) -> Vec<Vec<(String, String)>> {
    let requests = server.received_requests().await.unwrap();
    let to_path = requests.iter().filter(|request| request.url.path() == path);
    to_path.map(|request| request.url.query_pairs().into_owned().collect()).collect()
}

/// A parameter of a request.
pub(crate) fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

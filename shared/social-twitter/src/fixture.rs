//! What several tests need: a clock that stands, keys, channels, and an X that answers as told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use social_core::{
    Channel, Clock,
    credential::{Credentials, FacebookCredential, TwitterCredential},
    store::{Lease, Leases},
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

    async fn sleep(&self, _: Duration) {
        // Somebody else's turn; a call over HTTP needs more than one.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
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

/// Leases in memory; each holds until it is given back.
#[derive(Debug, Default)]
pub(crate) struct LeaseTable {
    rows: Mutex<BTreeMap<String, Row>>,
    /// Writes of a checkpoint that still fail.
    failing: Mutex<u32>,
}

#[derive(Debug, Default)]
struct Row {
    epoch: u64,
    held: bool,
    checkpoint: Option<String>,
}

impl LeaseTable {
    pub(crate) fn fail_writes(&self, times: u32) {
        *self.failing.lock().unwrap() = times;
    }

    pub(crate) fn stored(&self, name: &str) -> Option<String> {
        self.rows.lock().unwrap().get(name)?.checkpoint.clone()
    }
}

impl Leases for &LeaseTable {
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure> {
        let held = self.rows.lock().unwrap().get(name).is_some_and(|row| row.held);
        if held { Ok(None) } else { self.take_over(name, length).await.map(Some) }
    }

    async fn take_over(&self, name: &str, _: Duration) -> Result<Lease, Failure> {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.entry(name.to_owned()).or_default();
        (row.epoch, row.held) = (row.epoch + 1, true);
        let checkpoint = row.checkpoint.clone();
        Ok(Lease { name: name.to_owned(), epoch: row.epoch, until: Timestamp::MAX, checkpoint })
    }

    async fn holds(&self, lease: &Lease) -> Result<bool, Failure> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.get(&lease.name).is_some_and(|row| row.epoch == lease.epoch))
    }

    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        let mut failing = self.failing.lock().unwrap();
        if *failing > 0 {
            *failing -= 1;
            return Err(Failure::new(Verdict::RETRY, "state_away", "no answer"));
        }
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&lease.name).filter(|row| row.epoch == lease.epoch);
        let Some(row) = row else { return Ok(false) };
        row.checkpoint = Some(checkpoint.to_owned());
        Ok(true)
    }

    async fn release(&self, lease: &Lease) -> Result<(), Failure> {
        let mut rows = self.rows.lock().unwrap();
        if let Some(row) = rows.get_mut(&lease.name).filter(|row| row.epoch == lease.epoch) {
            row.held = false;
        }
        Ok(())
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
        oauth2: None,
        user_token: None,
        owns_app: false,
        monthly_budget_usd: None,
    })
}

pub(crate) fn api(uri: &str) -> Api {
    let http = social_http::Client::new(&social_http::Settings {
        timeout: Duration::from_secs(2),
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

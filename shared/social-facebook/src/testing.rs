//! What the tests share: a clock that stands, a page, its channel and credential.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Sha256;
use social_core::{
    Channel, ChannelId, Clock, Failure, Message,
    credential::{Credentials, FacebookCredential, TwitterCredential},
    store::Seen,
};
use social_http::Client;
use wiremock::MockServer;

use crate::{
    callback::{self, PageChange, ParseError},
    graph::{Graph, GraphSettings},
    signature,
};

pub(crate) const PAGE: &str = "1029384756";

/// Noon of 22 November 2026, until it is set otherwise.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn noon() -> Self {
        Self(Arc::new(AtomicI64::new(at("12:00:00").as_second())))
    }

    pub(crate) fn set(&self, time: &str) {
        self.set_to(at(time));
    }

    pub(crate) fn set_to(&self, time: Timestamp) {
        self.0.store(time.as_second(), Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    /// Waits for nobody, and loses no second of it.
    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(duration.as_secs().try_into().unwrap(), Ordering::Relaxed);
    }
}

/// A time of that day.
pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().unwrap()
}

/// The same as Facebook writes it.
pub(crate) fn graph_time(time: &str) -> String {
    format!("2026-11-22T{time}+0000")
}

pub(crate) fn graph(server: &MockServer, hands: &Hands) -> Graph<Hands> {
    let settings = social_http::Settings { timeout: Duration::from_secs(2), ..Default::default() };
    let client = Client::new(&settings).unwrap();
    Graph::new(client, GraphSettings::new(server.uri().parse().unwrap()), hands.clone())
}

pub(crate) fn credential() -> Arc<FacebookCredential> {
    Arc::new(FacebookCredential {
        page_token: "EAAtoken".into(),
        app_secret: "secret-sauce".into(),
    })
}

/// A channel of the page, with further fields.
pub(crate) fn channel(further: Value) -> Arc<Channel> {
    let mut entry = json!({
        "channel_id": "acme-page", "network": "facebook", "workgroup": "Social Support",
        "page_id": PAGE, "credential": "/social/facebook/acme", "own_accounts": ["777"],
    });
    if let (Some(entry), Value::Object(further)) = (entry.as_object_mut(), further) {
        entry.extend(further);
    }
    Arc::new(Channel::from_entry(entry).unwrap())
}

/// A ledger that knows what it is told, by change.
#[derive(Clone, Default)]
pub(crate) struct Ledger(pub(crate) Arc<Mutex<HashSet<String>>>);

impl Ledger {
    pub(crate) fn know(&self, change: &str) {
        self.0.lock().unwrap().insert(change.to_owned());
    }
}

impl Seen for Ledger {
    async fn is_known(&self, channel: &ChannelId, message: &Message) -> Result<bool, Failure> {
        assert_eq!(channel.as_str(), "acme-page");
        Ok(self.0.lock().unwrap().contains(&message.change_key()))
    }
}

/// Has the page's credential only.
#[derive(Clone, Copy)]
pub(crate) struct OnePage;

impl Credentials for OnePage {
    async fn facebook(&self, name: &str) -> Result<Arc<FacebookCredential>, Failure> {
        assert_eq!(name, "/social/facebook/acme");
        Ok(credential())
    }

    async fn twitter(&self, _: &str) -> Result<Arc<TwitterCredential>, Failure> {
        unreachable!("nothing here is Twitter's")
    }
}

/// A callback as it is delivered: signed, proven and read.
pub(crate) fn delivered(body: &str) -> Result<Vec<PageChange>, ParseError> {
    let mac = Hmac::<Sha256>::new_from_slice(b"app_secret").unwrap().chain_update(body);
    let header = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let secrets = [SecretString::from("app_secret")];
    callback::parse(signature::verify(&secrets, Some(&header), body.as_bytes()).unwrap())
}

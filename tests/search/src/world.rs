//! A simulated X in this process, and the poll that reads it.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use simulators::{
    control::Control,
    seed::twitter::{BEARER_TOKEN, BRAND, CONSUMER_KEY, CONSUMER_SECRET},
    server::Bound,
    twitter::{Settings, Twitter},
};
use social_core::{Channel, credential::TwitterCredential};
use social_twitter::{Api, PollSettings, TwitterPoll};

/// The simulator's clock, as the bridge sees it.
#[derive(Clone)]
pub struct Clock(Control);

impl social_core::Clock for Clock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A simulated X of its own.
pub struct World {
    pub url: String,
    pub control: Control,
    /// How long the bridge waits for an answer.
    pub patience: Duration,
    client: Client,
}

impl World {
    /// Starts a simulator that indexes at once.
    #[expect(clippy::disallowed_methods, reason = "what visitors write does not go by the bridge")]
    #[expect(clippy::expect_used, reason = "without a world there is no test")]
    pub async fn new(settings: Settings) -> Self {
        let control = Control::default();
        let bound = Bound::to(0).await.expect("a free port");
        let url = bound.url();
        let settings = Settings { index_lag: Duration::ZERO, ..settings };
        tokio::spawn(bound.serve(Twitter::new(control.clone(), settings).router()));
        Self { url, control, patience: Duration::from_secs(2), client: Client::new() }
    }

    /// What the bridge would poll with.
    pub fn poll(&self, channels: Vec<Arc<Channel>>, settings: PollSettings) -> TwitterPoll<Clock> {
        let clock = self.clock();
        TwitterPoll::new(self.api(), "/social/twitter/acme", keys(), channels, settings, clock)
    }

    /// The bridge's client of this X.
    #[expect(clippy::expect_used, reason = "without a client there is no test")]
    pub fn api(&self) -> Api {
        let settings =
            social_http::Settings { timeout: self.patience, ..social_http::Settings::default() };
        let http = social_http::Client::new(&settings).expect("a client");
        Api::new(http, self.url.parse().expect("the simulator's address"))
    }

    /// The simulator's clock.
    pub fn clock(&self) -> Clock {
        Clock(self.control.clone())
    }

    /// Every tweet, oldest first.
    pub async fn tweets(&self) -> Vec<Value> {
        self.show("/tweets").await.as_array().cloned().unwrap_or_default()
    }

    /// Moves the clock.
    pub async fn wait(&self, span: SignedDuration) {
        self.send("PUT", "/clock", json!({"now": self.control.now() + span})).await;
    }

    /// How often a route was called.
    pub async fn calls(&self, route: &str) -> u64 {
        let shown = self.show("/requests").await;
        let routes = shown.get("routes").cloned().unwrap_or_default();
        routes.get(route).and_then(Value::as_u64).unwrap_or_default()
    }

    /// A visitor writes; the id of the tweet.
    pub async fn write(&self, text: &str, at: Timestamp, more: Value) -> String {
        let mut tweet = json!({
            "author": {"id": "7001", "username": "zoe", "name": "Zoë"},
            "text": text, "created_at": at,
        });
        if let (Value::Object(tweet), Value::Object(more)) = (&mut tweet, more) {
            tweet.extend(more);
        }
        let told = self.send("POST", "/tweets", tweet).await;
        told.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A visitor writes to the brand in private.
    pub async fn whispers(&self, text: &str) {
        let author = json!({"id": "7001", "username": "zoe", "name": "Zoë"});
        let message = json!({"author": author, "to": BRAND.id, "text": text});
        self.send("POST", "/private_messages", message).await;
    }

    /// One request fails so.
    pub async fn fails(&self, fault: Value) {
        self.send("POST", "/faults", fault).await;
    }

    /// Tweets that the simulator handed out so far.
    pub async fn delivered(&self) -> u64 {
        let shown = self.show("/requests").await;
        shown.get("tweets_delivered").and_then(Value::as_u64).unwrap_or_default()
    }

    /// Searches so far.
    pub async fn searches(&self) -> u64 {
        self.calls("GET /2/tweets/search/recent").await
    }

    /// Forgets what was counted.
    pub async fn forget_counts(&self) {
        self.send("DELETE", "/requests/counts", Value::Null).await;
    }

    async fn show(&self, path: &str) -> Value {
        Self::answer(self.client.get(format!("{}/_sim{path}", self.url))).await
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/_sim{path}", self.url);
        let method = method.parse().unwrap_or_default();
        Self::answer(self.client.request(method, url).json(&body)).await
    }

    #[expect(clippy::expect_used, reason = "the simulator is in this process")]
    async fn answer(request: RequestBuilder) -> Value {
        let answer = request.send().await.expect("the simulator answers");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json().await.unwrap_or_default()
    }
}

/// The brand's keys.
pub fn keys() -> Arc<TwitterCredential> {
    let document = json!({
        "bearer_token": BEARER_TOKEN,
        "consumer_key": CONSUMER_KEY,
        "consumer_secret": CONSUMER_SECRET,
        "access_token": BRAND.access_token,
        "access_token_secret": BRAND.access_token_secret,
    });
    let secret = |name: &str| {
        let text = document.get(name).and_then(Value::as_str).unwrap_or_default();
        SecretString::from(text.to_owned())
    };
    Arc::new(TwitterCredential {
        bearer_token: secret("bearer_token"),
        consumer_key: secret("consumer_key"),
        consumer_secret: secret("consumer_secret"),
        access_token: Some(secret("access_token")),
        access_token_secret: Some(secret("access_token_secret")),
        oauth2: None,
        user_token: None,
        owns_app: false,
        monthly_budget_usd: None,
    })
}

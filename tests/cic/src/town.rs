//! A simulated pair with its agents, and how its primary is lost.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use simulators::{
    cic::{Age, Pair, Settings},
    server::Bound,
};
use social_cic::{Choice, Cic, CicSettings};
use social_http::Client;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

/// How long anything may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(20);

/// A pair that is served until the test ends.
pub(crate) struct Town {
    pub(crate) cic: Cic,
    urls: [String; 2],
    http: Client,
    _servers: JoinSet<()>,
}

impl Town {
    /// A pair of an age without throttles; the backup takes over after a moment.
    pub(crate) async fn of(age: Age, choice: Choice) -> Self {
        let takeover_after = Duration::from_millis(300);
        let pair =
            Pair::new(Settings { age, limits: false, takeover_after, ..Settings::default() });
        let (primary, backup) = (Bound::to(0).await.unwrap(), Bound::to(0).await.unwrap());
        let urls = [primary.url(), backup.url()];
        let [first, second] = pair.routers();
        let mut servers = JoinSet::new();
        servers.spawn(primary.serve(first));
        servers.spawn(backup.serve(second));
        let http = Client::new(&social_http::Settings::default()).unwrap();
        let settings = CicSettings {
            urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
            interface: choice,
            events_url: None,
            keep_alive: None,
        };
        let cic = Cic::new(settings, http.clone()).unwrap();
        Self { cic, urls, http, _servers: servers }
    }

    async fn control(&self, server: usize, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_sim{path}", self.urls[server]).parse().unwrap();
        let call = self.http.request(method, url).json(&body);
        let answer = self.http.send(call).await.unwrap();
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// An agent does something with an interaction.
    pub(crate) async fn agent(&self, id: &str, command: &str, body: Value) {
        let path = format!("/interactions/{id}/{command}");
        self.control(1, Method::POST, &path, body).await;
    }

    /// The pair tells of so many agents from now on.
    pub(crate) async fn agents_are_available(&self, available: u32) {
        self.control(1, Method::PUT, "/agents", json!({ "available": available })).await;
    }

    /// Every interaction.
    pub(crate) async fn interactions(&self) -> Vec<Value> {
        let all = self.control(1, Method::GET, "/interactions", json!({})).await;
        all.as_array().unwrap().clone()
    }

    /// The interaction of a chat.
    pub(crate) async fn interaction(&self, chat_id: &str) -> Value {
        let all = self.interactions().await;
        all.into_iter().find(|it| it["chat_id"] == chat_id).unwrap()
    }

    /// The primary stops taking calls.
    pub(crate) async fn primary_goes_down(&self) {
        self.fault(json!({
            "match": { "path": "*" }, "fault": "status", "status": 503, "times": 100_000,
        }))
        .await;
    }

    /// The primary does the next call to any of `paths`, goes down, and its answer is lost.
    pub(crate) async fn primary_dies_with(&self, paths: &[&str]) {
        for path in paths {
            self.fault(json!({ "match": { "path": path }, "fault": "apply_then_drop" })).await;
        }
        self.primary_goes_down().await;
    }

    async fn fault(&self, fault: Value) {
        self.control(0, Method::POST, "/faults", fault).await;
    }

    /// The primary is well again.
    pub(crate) async fn primary_comes_back(&self) {
        self.control(0, Method::DELETE, "/faults", json!({})).await;
        self.serves(0).await;
    }

    /// Waits until a server takes calls.
    pub(crate) async fn serves(&self, server: usize) {
        let deadline = Instant::now() + PATIENCE;
        let active = json!({ "active": true });
        while self.control(server, Method::GET, "/status", json!({})).await != active {
            assert!(Instant::now() < deadline, "server {server} never takes over");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Tries until something is there.
pub(crate) async fn patiently<T>(what: &str, attempt: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(done) = attempt().await {
            return done;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

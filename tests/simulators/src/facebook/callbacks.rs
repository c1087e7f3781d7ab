//! Sends changes to the app: in order, batched, signed, and again until they are taken (contract A11).

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, StatusCode, redirect};
use serde_json::Value;
use tokio::sync::Notify;

use super::envelope;
use crate::{
    control::{Control, locked},
    seed::facebook as seed,
};

/// The most changes in one POST.
const BATCH: usize = 1_000;
/// How long the app has for its answer.
const PATIENCE: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// What could not be delivered for this long is dropped.
const KEPT: SignedDuration = SignedDuration::from_hours(36);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Feed,
    Messaging,
}

/// One change, waiting to be told.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) page: String,
    pub(super) kind: Kind,
    pub(super) value: Value,
    at: Timestamp,
    /// How often it was told.
    told: u32,
}

impl Change {
    /// Something about a post or comment.
    pub(super) fn feed(page: &str, at: Timestamp, value: Value) -> Self {
        Self { page: page.to_owned(), kind: Kind::Feed, value, at, told: 0 }
    }

    /// A private message.
    pub(super) fn messaging(page: &str, at: Timestamp, value: Value) -> Self {
        Self { page: page.to_owned(), kind: Kind::Messaging, value, at, told: 0 }
    }
}

/// Where callbacks go, and which secret signs them.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) url: String,
    pub(super) secret: String,
    /// How often each change is told: more than once where the app answered too late for Facebook.
    pub(super) times: u32,
}

/// The app's subscription, and the changes that wait for it.
pub(super) struct Callbacks {
    control: Control,
    client: Client,
    state: Mutex<State>,
    /// Wakes a sender that pauses when the registration changes.
    changed: Notify,
}

#[derive(Default)]
struct State {
    registration: Option<Registration>,
    waiting: VecDeque<Change>,
    /// Whether a sender runs. It ends when nothing waits.
    sending: bool,
    /// Goes up when what waits is forgotten, so that a sender drops what it holds.
    epoch: u64,
}

/// What a sender holds while it tries.
struct Batch {
    epoch: u64,
    body: Bytes,
    newest: Timestamp,
    changes: Vec<Change>,
}

impl Callbacks {
    #[expect(
        clippy::disallowed_methods,
        reason = "the network calls the app with its own client and time-outs, not with the bridge's"
    )]
    pub(super) fn new(control: Control) -> Self {
        let client = Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap_or_default();
        Self { control, client, state: Mutex::default(), changed: Notify::new() }
    }

    /// Switches callbacks on or, with `None`, off, which forgets what waits.
    pub(super) fn register(&self, registration: Option<Registration>) {
        let mut state = locked(&self.state);
        if registration.is_none() {
            state.forget();
        }
        state.registration = registration;
        drop(state);
        self.changed.notify_one();
    }

    /// Whether the app has an address.
    pub(super) fn is_on(&self) -> bool {
        locked(&self.state).registration.is_some()
    }

    /// The secret that signs, if callbacks are on.
    pub(super) fn secret(&self) -> Option<String> {
        locked(&self.state).registration.as_ref().map(|registration| registration.secret.clone())
    }

    /// Drops what was not delivered yet.
    pub(super) fn forget_waiting(&self) {
        locked(&self.state).forget();
        self.changed.notify_one();
    }

    /// Changes that were not delivered yet, those on their way not counted.
    pub(super) fn waiting(&self) -> usize {
        locked(&self.state).waiting.len()
    }

    /// Queues a change, and starts a sender where none runs.
    pub(super) fn push(self: &Arc<Self>, change: Change) {
        let mut state = locked(&self.state);
        if state.registration.is_none() {
            return;
        }
        state.waiting.push_back(change);
        if !state.sending {
            state.sending = true;
            tokio::spawn(deliver(Arc::downgrade(self)));
        }
    }

    /// The handshake that proves an address: the challenge must come back as the exact body.
    pub(super) async fn verify(&self, url: &str, token: &str) -> Result<(), String> {
        const CHALLENGE: &str = "1158201444";
        let query =
            [("hub.mode", "subscribe"), ("hub.challenge", CHALLENGE), ("hub.verify_token", token)];
        let answer = self.client.get(url).query(&query).send().await;
        let answer = answer.map_err(|error| failed(&error.to_string()))?;
        let status = answer.status();
        let body = answer.text().await.map_err(|error| failed(&error.to_string()))?;
        if status == StatusCode::OK && body == CHALLENGE {
            return Ok(());
        }
        Err(failed(&format!(
            "HTTP Status Code = {}; body of {} bytes",
            status.as_u16(),
            body.len()
        )))
    }

    /// Takes what waits, up to a batch. Without anything the sender is done.
    fn next_batch(&self) -> Option<Batch> {
        let now = self.control.now();
        let mut state = locked(&self.state);
        let size = state.waiting.len().min(BATCH);
        let changes: Vec<Change> = state.waiting.drain(..size).collect();
        let Some(newest) = changes.last().map(|change| change.at) else {
            state.sending = false;
            return None;
        };
        Some(Batch { epoch: state.epoch, body: envelope::envelope(&changes, now), newest, changes })
    }

    /// The app took a batch. What is to be told again waits behind what came meanwhile.
    fn taken(&self, batch: Batch) {
        let mut state = locked(&self.state);
        let times = state.registration.as_ref().map_or(1, |registration| registration.times);
        if state.epoch == batch.epoch {
            let told = batch.changes.into_iter().map(|it| Change { told: it.told + 1, ..it });
            state.waiting.extend(told.filter(|change| change.told < times));
        }
    }

    /// Whether a batch is still worth another try.
    fn is_wanted(&self, batch: &Batch) -> bool {
        let state = locked(&self.state);
        let fresh = self.control.now().duration_since(batch.newest) <= KEPT;
        state.epoch == batch.epoch && state.registration.is_some() && fresh
    }

    /// One try. Only 200 counts.
    async fn attempt(&self, body: &Bytes) -> bool {
        let registration = locked(&self.state).registration.clone();
        let Some(Registration { url, secret, .. }) = registration else { return false };
        let sent = self
            .client
            .post(&url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "facebookexternalua")
            .header("X-Hub-Signature", envelope::sha1(&secret, body))
            .header("X-Hub-Signature-256", envelope::sha256(&secret, body))
            .body(body.clone())
            .send()
            .await;
        matches!(sent, Ok(answer) if answer.status() == StatusCode::OK)
    }
}

impl State {
    fn forget(&mut self) {
        self.waiting.clear();
        self.epoch += 1;
    }
}

fn failed(why: &str) -> String {
    format!(
        "(#2200) Callback verification failed with the following errors: {why} (app {})",
        seed::APP_ID
    )
}

/// Sends until nothing waits. Ends with the simulator that it belongs to.
async fn deliver(simulator: Weak<Callbacks>) {
    while let Some(batch) = simulator.upgrade().and_then(|callbacks| callbacks.next_batch()) {
        insist(&simulator, batch).await;
    }
}

/// Tries until the batch is taken or nobody wants it: again at once, then with growing pauses.
async fn insist(simulator: &Weak<Callbacks>, batch: Batch) {
    let mut pause = Duration::ZERO;
    while let Some(callbacks) = simulator.upgrade() {
        if !callbacks.is_wanted(&batch) {
            return;
        }
        if callbacks.attempt(&batch.body).await {
            return callbacks.taken(batch);
        }
        tracing::debug!(changes = batch.changes.len(), ?pause, "callback not taken");
        // Holding the simulator while pausing would keep it alive; a minute of that is harmless.
        tokio::time::timeout(pause, callbacks.changed.notified()).await.ok();
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

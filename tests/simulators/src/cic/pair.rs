//! The switchover pair: two servers, one memory, one of them active (section 2.3 of the contract).

use std::{
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use axum::{Router, extract::Request, middleware};
use http::Uri;
use jiff::Timestamp;
use tower::ServiceExt;

use super::{icws, settings::Settings, sim, state::State, web_chat, webhook, websvcs};
use crate::control::{Control, controlled, locked};

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ServerIndex {
    Primary,
    Backup,
}

impl ServerIndex {
    fn of<T>(self, [primary, backup]: &[T; 2]) -> &T {
        match self {
            Self::Primary => primary,
            Self::Backup => backup,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Primary => Self::Backup,
            Self::Backup => Self::Primary,
        }
    }
}

/// A simulated switchover pair. Clones share it.
#[derive(Clone)]
pub struct Pair(Arc<Inner>);

struct Inner {
    settings: Settings,
    controls: [Control; 2],
    hosts: Mutex<[String; 2]>,
    switch: Mutex<Switch>,
    state: Mutex<State>,
    http: reqwest::Client,
}

/// Who is active, and since when the primary is seen to be down.
struct Switch {
    active: ServerIndex,
    down_since: Option<tokio::time::Instant>,
}

impl Switch {
    fn new() -> Self {
        Self { active: ServerIndex::Primary, down_since: None }
    }
}

impl Pair {
    /// A pair with the seed's workgroups and no chats; the first server is active.
    #[expect(clippy::disallowed_methods, reason = "nothing of the bridge may be used here")]
    pub fn new(settings: Settings) -> Self {
        let timeout = Duration::from_secs(5);
        let http = reqwest::Client::builder().no_proxy().timeout(timeout).build();
        Self(Arc::new(Inner {
            state: Mutex::new(State::seeded(settings.clone())),
            settings,
            controls: [Control::default(), Control::default()],
            hosts: Mutex::new(["127.0.0.1".to_owned(), "127.0.0.1".to_owned()]),
            switch: Mutex::new(Switch::new()),
            http: http.unwrap_or_default(),
        }))
    }

    /// What `alternateHostList` says of primary and backup: host, or host and port.
    pub fn set_hosts(&self, hosts: [String; 2]) {
        *locked(&self.0.hosts) = hosts;
    }

    /// The faults, counts and clocks of primary and backup.
    pub fn controls(&self) -> &[Control; 2] {
        &self.0.controls
    }

    /// The servers: primary, backup. Called inside a runtime, it also keeps the time for them, so
    /// that chats end and servers take over with nobody asking.
    pub fn routers(&self) -> [Router; 2] {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(keep_time(Arc::downgrade(&self.0)));
        }
        [ServerIndex::Primary, ServerIndex::Backup]
            .map(|index| Server { pair: self.clone(), index }.router())
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The pair's time: the later of the two servers' clocks, since either may be moved.
    fn now(&self) -> Timestamp {
        let [primary, backup] = &self.0.controls;
        primary.now().max(backup.now())
    }

    /// Does something with the memory, and tells the webhooks what came of it.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.now();
        let (outcome, hints) = {
            let mut state = locked(&self.0.state);
            state.sweep(now);
            let outcome = act(&mut state, now);
            state.tell_agents(now);
            (outcome, state.take_hints())
        };
        webhook::tell(&self.0.http, hints);
        outcome
    }

    /// The active server, after taking over or handing back if that is due.
    pub(super) fn active(&self) -> ServerIndex {
        let (before, after) = self.switch();
        if before != after {
            locked(&self.0.state).end_sessions_but_of(after);
        }
        after
    }

    /// The active server as it was and as it is now.
    fn switch(&self) -> (ServerIndex, ServerIndex) {
        let [primary_down, backup_down] =
            self.0.controls.each_ref().map(|control| control.is_down(is_contracts));
        let mut switch = locked(&self.0.switch);
        let before = switch.active;
        if !primary_down {
            *switch = Switch::new();
            return (before, switch.active);
        }
        let since = *switch.down_since.get_or_insert_with(tokio::time::Instant::now);
        if !backup_down && since.elapsed() >= self.0.settings.takeover_after {
            switch.active = ServerIndex::Backup;
        }
        (before, switch.active)
    }

    /// Both servers as they were at the start.
    fn reset(&self) {
        self.0.controls.iter().for_each(Control::reset);
        *locked(&self.0.switch) = Switch::new();
        *locked(&self.0.state) = State::seeded(self.0.settings.clone());
    }
}

/// Lets time pass for a pair for as long as somebody holds it.
async fn keep_time(pair: Weak<Inner>) {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let Some(inner) = pair.upgrade() else { return };
        let pair = Pair(inner);
        pair.active();
        pair.with(|_, _| ());
    }
}

/// Whether a fault's path can match `/icws/*` or `websvcs`, with or without `/I3Root/ServerN`.
fn is_contracts(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let (literal, _) = pattern.split_once('*').unwrap_or((&pattern, ""));
    ["/icws/", "/websvcs/", "/i3root/"]
        .iter()
        .any(|root| literal.starts_with(root) || (root.starts_with(literal) && literal != pattern))
}

/// One server of the pair, as its handlers see it.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) pair: Pair,
    pub(super) index: ServerIndex,
}

impl Server {
    pub(super) fn is_active(&self) -> bool {
        self.pair.active() == self.index
    }

    /// This server, as the other's `alternateHostList` names it.
    pub(super) fn host(&self) -> String {
        self.index.of(&locked(&self.pair.0.hosts)).clone()
    }

    /// The other server, as `alternateHostList` names it.
    pub(super) fn alternate(&self) -> String {
        self.index.other().of(&locked(&self.pair.0.hosts)).clone()
    }

    /// Does something with the pair's memory, as this server.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State, ServerIndex, Timestamp) -> T) -> T {
        self.pair.with(|state, now| act(state, self.index, now))
    }

    fn router(self) -> Router {
        let icws = icws::routes(&self)
            .merge(web_chat::routes(&self))
            .layer(middleware::from_fn_with_state(self.clone(), icws::guard));
        let websvcs = websvcs::routes(&self)
            .layer(middleware::from_fn_with_state(self.clone(), websvcs::guard));
        let contract = Router::new()
            .nest("/websvcs", websvcs.clone())
            .nest("/i3root/{server}/websvcs", websvcs)
            .nest("/icws", icws)
            .fallback(async || http::StatusCode::NOT_FOUND);
        let control = self.index.of(&self.pair.0.controls).clone();
        let pair = self.pair.clone();
        let inner = controlled(contract, sim::routes(&self), &control, move || pair.reset());
        Router::new().fallback(move |mut request: Request| {
            lower_case(request.uri_mut());
            inner.clone().oneshot(request)
        })
    }
}

/// CIC's paths are the same in any case; the routes are written in lower case.
fn lower_case(uri: &mut Uri) {
    let (path, query) = (uri.path().to_ascii_lowercase(), uri.query());
    if path.starts_with("/_sim") || path == uri.path() {
        return;
    }
    let rewritten = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    if let Ok(rewritten) = rewritten.parse() {
        *uri = rewritten;
    }
}

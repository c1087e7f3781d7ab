//! What every simulator shares under `/_sim`: faults on order, request counts, the clock, reset.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// How long a `timeout` fault keeps its caller waiting, unless `delay_ms` says otherwise.
const SILENCE: Duration = Duration::from_mins(2);

/// Locks a mutex; a panic elsewhere leaves the data as it was, which is good enough for a simulator.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One simulator's faults, counts and clock. Clones share them.
#[derive(Clone, Default)]
pub struct Control(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    faults: Vec<Fault>,
    requests: BTreeMap<String, u64>,
    tallies: BTreeMap<&'static str, u64>,
    clock_offset: SignedDuration,
}

/// A fault to inject: which requests, what happens, how often.
#[derive(Clone, Debug, Deserialize)]
pub struct Fault {
    #[serde(rename = "match")]
    matches: Matches,
    #[serde(rename = "fault")]
    kind: Kind,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    times: Option<u64>,
    delay_ms: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
struct Matches {
    method: Option<String>,
    path: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Status,
    Timeout,
    Reset,
    ApplyThenDrop,
    Delay,
    Body,
}

/// Marks a response that must never be sent: the connection is closed instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HangUp {
    /// Closed in order, without an answer.
    Close,
    /// Closed with a TCP reset.
    Reset,
}

impl Control {
    /// The simulator's time: real time, moved by `PUT /_sim/clock`, and running on from there.
    #[expect(clippy::disallowed_methods, reason = "this is the simulators' clock")]
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + locked(&self.0).clock_offset
    }

    /// Counts a request under `route`, for `GET /_sim/requests`.
    pub fn count(&self, route: &str) {
        *locked(&self.0).requests.entry(route.to_owned()).or_default() += 1;
    }

    /// Adds to a number that `GET /_sim/requests` shows beside the routes.
    pub fn tally(&self, name: &'static str, amount: u64) {
        *locked(&self.0).tallies.entry(name).or_default() += amount;
    }

    /// Requests so far, by route.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        locked(&self.0).requests.clone()
    }

    /// Whether a fault that would make `path` answer 503, reset or time out is waiting. Consumes nothing.
    pub fn is_down(&self, path_is: impl Fn(&str) -> bool) -> bool {
        locked(&self.0).faults.iter().any(|fault| {
            let fatal = match fault.kind {
                Kind::Status => fault.status.is_none_or(|status| status == 503),
                Kind::Timeout | Kind::Reset => true,
                _ => false,
            };
            fatal && path_is(&fault.matches.path)
        })
    }

    /// Forgets faults, counts and the moved clock.
    pub fn reset(&self) {
        *locked(&self.0) = Inner::default();
    }

    /// Takes the first fault that matches, counting it down.
    fn take_fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut inner = locked(&self.0);
        let index = inner.faults.iter().position(|fault| fault.matches.covers(method, path))?;
        let fault = inner.faults.get_mut(index)?;
        let left = fault.times.unwrap_or(1).saturating_sub(1);
        fault.times = Some(left);
        let taken = fault.clone();
        if left == 0 {
            inner.faults.remove(index);
        }
        Some(taken)
    }
}

impl Matches {
    fn covers(&self, method: &Method, path: &str) -> bool {
        let same_method =
            self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()));
        same_method && glob(&self.path.to_ascii_lowercase(), &path.to_ascii_lowercase())
    }
}

/// Whether `path` fits `pattern`, in which `*` stands for anything.
pub fn glob(pattern: &str, path: &str) -> bool {
    let mut parts: VecDeque<&str> = pattern.split('*').collect();
    let (Some(first), Some(last)) = (parts.pop_front(), parts.pop_back()) else {
        return pattern == path;
    };
    let Some(mut rest) = path.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    true
}

/// Puts a simulator together: the network's contract behind faults and counts, `/_sim` beside it.
///
/// `reset` restores the simulator's own state when `POST /_sim/reset` is called.
pub fn controlled(
    contract: Router,
    sim: Router,
    control: &Control,
    reset: impl Fn() + Clone + Send + Sync + 'static,
) -> Router {
    let contract = contract.layer(middleware::from_fn_with_state(control.clone(), inject));
    let state = control.clone();
    let shared = Router::new()
        .route("/faults", post(add_fault).delete(drop_faults))
        .route("/clock", put(set_clock))
        .route("/requests", get(show_requests))
        .route(
            "/reset",
            post(async move |State(control): State<Control>| {
                control.reset();
                reset();
                StatusCode::NO_CONTENT
            }),
        )
        .route("/requests/counts", delete(forget_requests))
        .with_state(state);
    Router::new().nest("/_sim", sim.merge(shared)).merge(contract)
}

async fn inject(State(control): State<Control>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    control.count(&format!("{method} {}", route.unwrap_or_else(|| path.clone())));
    let Some(fault) = control.take_fault(&method, &path) else { return next.run(request).await };
    let delay = fault.delay_ms.map(Duration::from_millis);
    match fault.kind {
        Kind::Status => fault.answer(StatusCode::SERVICE_UNAVAILABLE),
        Kind::Body => fault.answer(StatusCode::OK),
        Kind::Reset => hang_up(HangUp::Reset),
        Kind::Timeout => {
            tokio::time::sleep(delay.unwrap_or(SILENCE)).await;
            hang_up(HangUp::Close)
        }
        Kind::ApplyThenDrop => {
            next.run(request).await;
            hang_up(HangUp::Close)
        }
        Kind::Delay => {
            tokio::time::sleep(delay.unwrap_or_default()).await;
            next.run(request).await
        }
    }
}

impl Fault {
    fn answer(self, default: StatusCode) -> Response {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let (kind, body) = match self.body {
            Some(Value::String(text)) => ("text/html; charset=utf-8", text),
            Some(body) => ("application/json", body.to_string()),
            None => ("text/plain", String::new()),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status.unwrap_or(default);
        let headers =
            [("content-type".to_owned(), kind.to_owned())].into_iter().chain(self.headers);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn hang_up(how: HangUp) -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(how);
    response
}

async fn add_fault(State(control): State<Control>, Json(fault): Json<Fault>) -> StatusCode {
    locked(&control.0).faults.push(fault);
    StatusCode::CREATED
}

async fn drop_faults(State(control): State<Control>) -> StatusCode {
    locked(&control.0).faults.clear();
    StatusCode::NO_CONTENT
}

async fn forget_requests(State(control): State<Control>) -> StatusCode {
    let mut inner = locked(&control.0);
    inner.requests.clear();
    inner.tallies.values_mut().for_each(|tally| *tally = 0);
    StatusCode::NO_CONTENT
}

async fn show_requests(State(control): State<Control>) -> Response {
    let mut shown = Map::new();
    shown.insert("routes".to_owned(), json!(control.requests()));
    let tallies = locked(&control.0).tallies.clone();
    shown.extend(tallies.into_iter().map(|(name, count)| (name.to_owned(), json!(count))));
    Json(shown).into_response()
}

#[derive(Deserialize)]
struct ClockTime {
    now: Timestamp,
}

#[expect(clippy::disallowed_methods, reason = "this is the simulators' clock")]
async fn set_clock(State(control): State<Control>, Json(clock): Json<ClockTime>) -> StatusCode {
    locked(&control.0).clock_offset = clock.now.duration_since(Timestamp::now());
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(glob("/*/comments", "/v26.0/1_2/comments"));
        assert!(glob("*", "/anything"));
        assert!(glob("/icws/*", "/icws/web-chat/start"));
        assert!(!glob("/icws/*", "/websvcs/chat/start"));
        assert!(glob("/a", "/a"));
        assert!(!glob("/a", "/ab"));
    }
}

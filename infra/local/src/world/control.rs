//! One simulator's control interface: the calls that all three have, and how a call is made.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Client, Method};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::WorldError;

/// A simulator under load answers late, but a dead one must not hold up a scene.
const TIME_OUT: Duration = Duration::from_secs(10);

#[expect(
    clippy::disallowed_methods,
    reason = "calls go to this machine's simulators and never leave with a function"
)]
pub(super) fn client() -> Result<Client, WorldError> {
    Client::builder().no_proxy().timeout(TIME_OUT).build().map_err(WorldError::Client)
}

/// The control interface of one simulator. Faults never touch it.
#[derive(Clone)]
pub struct Control {
    http: Client,
    base: String,
}

/// A fault to inject into a simulator's own contract.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    #[serde(rename = "match")]
    matches: Matches,
    #[serde(rename = "fault")]
    kind: FaultKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct Matches {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    path: String,
}

/// What a fault does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers with a status.
    Status,
    /// Never answers.
    Timeout,
    /// Resets the connection.
    Reset,
    /// Does what was asked, and closes the connection without an answer.
    ApplyThenDrop,
    /// Answers late.
    Delay,
    /// Answers 200 with a body of the test's own.
    Body,
}

impl Fault {
    /// A fault on every request whose path fits `path`, in which `*` stands for anything. Once.
    pub fn new(kind: FaultKind, path: &str) -> Self {
        Self {
            matches: Matches { method: None, path: path.to_owned() },
            kind,
            status: None,
            headers: BTreeMap::new(),
            body: None,
            times: None,
            delay_ms: None,
        }
    }

    /// Answers requests to `path` with `status`. Once.
    pub fn status(path: &str, status: u16) -> Self {
        Self { status: Some(status), ..Self::new(FaultKind::Status, path) }
    }

    /// Touches requests of this method only.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.matches.method = Some(method.to_owned());
        self
    }

    /// Happens this often.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Waits this long: the delay of a late answer, the length of a time-out.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Answers with this body: JSON, or HTML where it is a string.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Answers with this header too.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Control {
    pub(super) fn new(http: Client, base: &str) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }

    /// Injects a fault, until it has happened as often as it says or the faults are dropped.
    pub async fn add_fault(&self, fault: &Fault) -> Result<(), WorldError> {
        self.tell(Method::POST, "/faults", Some(fault)).await
    }

    /// Ends every fault of this simulator.
    pub async fn drop_faults(&self) -> Result<(), WorldError> {
        self.tell(Method::DELETE, "/faults", None::<&()>).await
    }

    /// Forgets everything that happened, faults, counts and the moved clock too.
    pub async fn reset(&self) -> Result<(), WorldError> {
        self.tell(Method::POST, "/reset", None::<&()>).await
    }

    /// Sets the simulator's clock, which runs on from there.
    pub async fn set_clock(&self, now: jiff::Timestamp) -> Result<(), WorldError> {
        self.tell(Method::PUT, "/clock", Some(&json!({ "now": now }))).await
    }

    /// Requests of the network's contract so far, by route (`GET /2/tweets/search/recent`).
    pub async fn requests(&self) -> Result<BTreeMap<String, u64>, WorldError> {
        #[derive(Deserialize)]
        struct Requests {
            routes: BTreeMap<String, u64>,
        }
        let requests: Requests = self.get("/requests").await?;
        Ok(requests.routes)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, WorldError> {
        self.ask(Method::GET, path, None::<&()>).await
    }

    /// Creates something, and gives its id.
    pub(super) async fn create(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<String, WorldError> {
        #[derive(Deserialize)]
        struct Created {
            id: String,
        }
        let created: Created = self.ask(Method::POST, path, Some(body)).await?;
        Ok(created.id)
    }

    /// Asks for something to be done, whatever the answer says.
    pub(super) async fn tell(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<(), WorldError> {
        self.call(method, path, body).await.map(|_| ())
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, WorldError> {
        let (call, answer) = self.call(method, path, body).await?;
        serde_json::from_str(&answer).map_err(|source| WorldError::Unreadable { call, source })
    }

    /// The call's name, for errors, and the body of its answer.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<(String, String), WorldError> {
        let url = format!("{}/_sim{path}", self.base);
        let call = format!("{method} {url}");
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let no_answer = |source| WorldError::NoAnswer { call: call.clone(), source };
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let body = response.text().await.map_err(no_answer)?;
        if status.is_success() {
            Ok((call, body))
        } else {
            Err(WorldError::Refused { call, status, body })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_only_what_was_asked() {
        let outage = serde_json::to_value(Fault::status("*", 503).times(100_000)).unwrap();
        assert_eq!(
            outage,
            json!({"match": {"path": "*"}, "fault": "status", "status": 503, "times": 100_000})
        );
        let late = Fault::new(FaultKind::ApplyThenDrop, "/*/comments")
            .method("POST")
            .delay(Duration::from_secs(1));
        assert_eq!(
            serde_json::to_value(late).unwrap(),
            json!({"match": {"method": "POST", "path": "/*/comments"},
                   "fault": "apply_then_drop", "delay_ms": 1000})
        );
    }
}

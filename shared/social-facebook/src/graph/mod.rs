//! The client: one call, its proof, what its answer means, and when to stop asking.

mod error;
mod pages;
mod proof;
mod usage;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, Method};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use social_core::{Clock, credential::FacebookCredential};
use social_http::{Answer, Client, RequestBuilder};
use url::Url;

pub use error::{Detail, GraphError};
pub(crate) use pages::List;
pub use proof::ProofForm;

/// The version that answers are written for (contract A1).
pub const VERSION: &str = "v26.0";
/// From this share of a limit on, nothing more is read: replies come before polls.
const NEARLY: f64 = 95.0;
const FULL: f64 = 100.0;
/// Pause where Facebook tells none.
const PAUSE: Duration = Duration::from_mins(5);

/// Where the Graph API is, and how it is asked.
#[derive(Debug, Clone)]
pub struct GraphSettings {
    /// `https://graph.facebook.com`, or a stand-in.
    pub base_url: Url,
    /// Always in the path: calls without one get the oldest version.
    pub version: String,
    pub proof: ProofForm,
}

impl GraphSettings {
    /// The current version and the preferred proof at `base_url`.
    pub fn new(base_url: Url) -> Self {
        Self { base_url, version: VERSION.to_owned(), proof: ProofForm::default() }
    }
}

/// A client of the Graph API. Clones share what is known of the pages' limits.
pub struct Graph<C> {
    inner: Arc<Inner<C>>,
}

struct Inner<C> {
    http: Client,
    settings: GraphSettings,
    clock: C,
    /// By page.
    pauses: Mutex<HashMap<String, Pause>>,
    told_of_version: AtomicBool,
}

/// Nothing is asked for a page until then.
#[derive(Clone, Copy)]
struct Pause {
    until: Timestamp,
    /// Whether replies wait too.
    writes: bool,
}

impl<C> Clone for Graph<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<C: Clock> Graph<C> {
    /// A client over the process's HTTP client.
    pub fn new(http: Client, settings: GraphSettings, clock: C) -> Self {
        let pauses = Mutex::default();
        let told_of_version = AtomicBool::new(false);
        Self { inner: Arc::new(Inner { http, settings, clock, pauses, told_of_version }) }
    }

    /// The time that proofs and limits go by.
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Calls on behalf of a page.
    pub(crate) fn page<'a>(
        &'a self,
        id: &'a str,
        credential: &'a FacebookCredential,
    ) -> Page<'a, C> {
        Page { graph: self, id, credential }
    }
}

/// The Graph API with the token of one page.
pub(crate) struct Page<'a, C> {
    graph: &'a Graph<C>,
    id: &'a str,
    credential: &'a FacebookCredential,
}

/// Parameters of a call, not yet encoded.
pub(crate) type Parameters = Vec<(&'static str, String)>;

impl<C: Clock> Page<'_, C> {
    /// Reads a node or an edge.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Parameters,
    ) -> Result<T, GraphError> {
        self.call(Method::GET, path, |request| request.query(parameters)).await
    }

    /// Posts a form.
    pub(crate) async fn post_form<T: DeserializeOwned>(
        &self,
        path: &[&str],
        form: &Parameters,
    ) -> Result<T, GraphError> {
        self.call(Method::POST, path, |request| request.form(form)).await
    }

    /// Posts JSON.
    pub(crate) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Value,
    ) -> Result<T, GraphError> {
        self.call(Method::POST, path, |request| request.json(body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, GraphError> {
        let inner = &self.graph.inner;
        let writes = method != Method::GET;
        self.check_pause(writes)?;
        let proof = proof::parameters(inner.settings.proof, self.credential, inner.clock.now());
        let request = inner.http.request(method, inner.settings.address(path)?);
        let request = request.bearer_auth(self.credential.page_token.expose_secret()).query(&proof);
        let answer = inner.http.send(fill(request)).await.map_err(GraphError::Http)?;
        inner.compare_version(&answer.headers);
        self.read(&answer)
    }

    /// An `error` counts before the status: it comes with HTTP 200 too.
    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, GraphError> {
        let usage = usage::read(&answer.headers);
        let status = answer.status.as_u16();
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let mut body = body.unwrap_or_default();
        let failed = match body.get_mut("error").map(Value::take) {
            Some(error) if !error.is_null() => Some(error::classify(status, error, usage.regain)),
            _ if answer.status.is_success() => None,
            _ => Some(error::without_body(status, usage.regain)),
        };
        let throttled = matches!(failed, Some(GraphError::Throttled { .. }));
        self.pause(usage, throttled);
        match failed {
            Some(error) => Err(error),
            None => serde_path_to_error::deserialize(body)
                .map_err(|error| GraphError::Undecodable { path: error.path().to_string() }),
        }
    }

    fn check_pause(&self, writes: bool) -> Result<(), GraphError> {
        let now = self.graph.now();
        let pauses = self.graph.inner.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        match pauses.get(self.id) {
            Some(pause) if pause.until > now && (pause.writes || !writes) => {
                let after = Duration::try_from(pause.until.duration_since(now)).ok();
                Err(GraphError::Throttled { detail: Detail::default(), after })
            }
            _ => Ok(()),
        }
    }

    /// Stops asking before the limit is reached: calls beyond it make the pause longer.
    fn pause(&self, usage: usage::Usage, throttled: bool) {
        if usage.percent < NEARLY && !throttled {
            return;
        }
        let pause = usage.regain.unwrap_or(PAUSE);
        let Ok(until) = self.graph.now().checked_add(pause) else { return };
        let writes = throttled || usage.percent >= FULL;
        let mut pauses = self.graph.inner.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.insert(self.id.to_owned(), Pause { until, writes });
    }
}

impl GraphSettings {
    /// `{base}/{version}/{path…}`; an id can add no segment of its own.
    fn address(&self, path: &[&str]) -> Result<Url, GraphError> {
        let unusable = || GraphError::Parameter(Detail::default());
        if path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(unusable());
        }
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| unusable())?
            .pop_if_empty()
            .push(&self.version)
            .extend(path);
        Ok(url)
    }
}

impl<C> Inner<C> {
    /// Says once when another version answers than was asked: the one asked for has expired.
    fn compare_version(&self, headers: &HeaderMap) {
        let answered = headers.get("facebook-api-version").and_then(|value| value.to_str().ok());
        if let Some(answered) = answered
            && answered != self.settings.version
            && !self.told_of_version.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                error_type = "graph_version",
                asked = self.settings.version,
                answered,
                "the Graph API answers with another version"
            );
        }
    }
}

#[cfg(test)]
mod tests;

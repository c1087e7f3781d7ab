//! The client: one call, its proof, what its answer means, and when to stop asking.

mod error;
mod limits;
mod pages;
mod proof;
mod usage;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::{HeaderMap, Method};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use social_core::{Clock, credential::FacebookCredential};
use social_http::{Answer, Client, RequestBuilder};
use url::Url;

use self::{
    limits::{Limits, Scopes},
    usage::Usages,
};
pub use error::{Detail, GraphError};
pub(crate) use pages::List;
pub use proof::ProofForm;

/// The version that answers are written for (contract A1).
pub const VERSION: &str = "v26.0";
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

/// A client of the Graph API. Clones share what is known of the apps' and pages' limits.
pub struct Graph<C> {
    inner: Arc<Inner<C>>,
}

struct Inner<C> {
    http: Client,
    settings: GraphSettings,
    clock: C,
    limits: Limits,
    told_of_version: AtomicBool,
}

impl<C> Clone for Graph<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<C: Clock> Graph<C> {
    /// A client over the process's HTTP client.
    pub fn new(http: Client, settings: GraphSettings, clock: C) -> Self {
        let limits = Limits::default();
        let told_of_version = AtomicBool::new(false);
        Self { inner: Arc::new(Inner { http, settings, clock, limits, told_of_version }) }
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

    /// Deletes a node.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, GraphError> {
        self.call(Method::DELETE, path, |request| request).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, GraphError> {
        let inner = &self.graph.inner;
        let scopes = Scopes::new(self.id, self.credential, path);
        inner.limits.check(&scopes, method != Method::GET, inner.clock.now())?;
        let proof = proof::parameters(inner.settings.proof, self.credential, inner.clock.now());
        let request = inner.http.request(method, inner.settings.address(path)?);
        let request = request.bearer_auth(self.credential.page_token.expose_secret()).query(&proof);
        let answer = inner.http.send(fill(request)).await.map_err(GraphError::Http)?;
        inner.compare_version(&answer.headers);
        let (usages, outcome) = read(&answer);
        inner.limits.learn(&scopes, &usages, outcome.as_ref().err(), inner.clock.now());
        serde_path_to_error::deserialize(outcome?)
            .map_err(|error| GraphError::Undecodable { path: error.path().to_string() })
    }
}

/// The usage that an answer tells of, and its body. An `error` counts before the status: it comes with HTTP 200 too.
fn read(answer: &Answer) -> (Usages, Result<Value, GraphError>) {
    let usages = usage::read(&answer.headers);
    let status = answer.status.as_u16();
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let mut body = body.unwrap_or_default();
    let outcome = match body.get_mut("error").map(Value::take) {
        Some(error) if !error.is_null() => Err(error::classify(status, error, usages.regain())),
        _ if answer.status.is_success() => Ok(body),
        _ => Err(error::without_body(status, usages.regain())),
    };
    (usages, outcome)
}

impl GraphSettings {
    /// `{base}/{version}/{path…}`; an id can add no segment of its own. No path is the root, for several ids.
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
            .extend(if path.is_empty() { &[""] } else { path });
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

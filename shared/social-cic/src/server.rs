//! One server of the pair: where it is, and what it is known to offer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderValue, Method, header};
use social_http::{Answer, Client};
use tokio::time::Instant;
use url::Url;

use crate::{ask::Request, error::CicError, extras::Refusals, offer::Known};

/// A server of the pair.
pub(crate) struct Server {
    /// Its place in the settings.
    pub(crate) index: usize,
    url: Url,
    http: Client,
    known: Mutex<Known>,
    /// What it refused in the start of a chat.
    pub(crate) refusals: Refusals,
}

impl Server {
    /// A server of which nothing is known yet.
    pub(crate) fn new(index: usize, mut url: Url, http: Client) -> Self {
        url.set_query(None);
        url.set_fragment(None);
        Self { index, url, http, known: Mutex::default(), refusals: Refusals::default() }
    }

    /// What it is known to offer.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_old(Instant::now()) {
            *known = Known::default();
        }
        known
    }

    /// Forgets what it offers: it was down, and may come back another.
    pub(crate) fn forget(&self) {
        *self.known() = Known::default();
    }

    /// Sends one call.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, CicError> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&request.path);
        }
        let call = self.http.request(request.method.clone(), url);
        let call = call.header(header::ACCEPT, HeaderValue::from_static(request.accept));
        let call = match &request.body {
            Some(body) => call.json(body),
            // Proxies refuse a POST that does not tell its length.
            None if request.method == Method::POST => call.header(header::CONTENT_LENGTH, 0),
            None => call,
        };
        self.http.send(call).await.map_err(CicError::Unreachable)
    }
}

//! HTTP of the tests' own.

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::Value;

use crate::story::Outcome;

/// A client for this machine's own servers.
#[expect(clippy::disallowed_methods, reason = "the functions' client is not for tests")]
pub(crate) fn client() -> Outcome<Client> {
    Ok(Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?)
}

/// Sets something up in a simulator.
pub(crate) async fn put(http: &Client, url: &str, body: &Value) -> Outcome {
    http.put(url).json(body).send().await.and_then(Response::error_for_status)?;
    Ok(())
}

//! Stories told to the simulated X over HTTP.

mod control;
mod fields;
mod limits;
mod oauth;
mod private;
mod publishing;
mod queries;
mod search;
mod webhooks;
mod weights;

use std::time::Duration;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{ACCESS_TOKEN, Settings, Twitter};
use crate::{control::Control, seed::twitter::BEARER_TOKEN, server::Bound};

/// A running X, and a client of it.
struct World {
    url: String,
    control: Control,
    client: Client,
    server: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An X whose index has no lag, so that a story needs no waiting.
async fn world() -> World {
    world_of(Settings { index_lag: Duration::ZERO, ..Settings::default() }).await
}

#[expect(clippy::disallowed_methods, reason = "the tests' own client, with a time-out")]
async fn world_of(settings: Settings) -> World {
    let control = Control::default();
    let bound = Bound::to(0).await.unwrap();
    let url = bound.url();
    let app = Twitter::new(control.clone(), settings).router();
    let server = tokio::spawn(bound.serve(app));
    let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    World { url, control, client, server }
}

impl World {
    async fn send(&self, request: RequestBuilder) -> (StatusCode, Value) {
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Reads as the app.
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = self.client.get(format!("{}{path}", self.url)).query(query);
        self.send(request.bearer_auth(BEARER_TOKEN)).await
    }

    /// Searches and expects an answer.
    async fn search(&self, query: &str, more: &[(&str, &str)]) -> Value {
        let query = [&[("query", query)], more].concat();
        let (status, body) = self.get("/2/tweets/search/recent", &query).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    /// Searches and expects to be refused; what X says about it.
    async fn refused(&self, query: &str, more: &[(&str, &str)]) -> String {
        let query = [&[("query", query)], more].concat();
        let (status, body) = self.get("/2/tweets/search/recent", &query).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(body["type"].as_str().unwrap().ends_with("/problems/invalid-request"));
        assert!(body["errors"][0]["parameters"].is_object());
        body["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}/_sim{path}", self.url));
        self.send(request.json(&body)).await
    }

    /// A visitor writes.
    async fn visitor_writes(&self, text: &str, more: Value) -> String {
        let mut tweet = json!({
            "author": {"id": "7001", "username": "zoe", "name": "Zoë"}, "text": text,
        });
        tweet.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let (status, body) = self.control("POST", "/tweets", tweet).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    /// The brand publishes by its OAuth 2.0 token.
    async fn publish(&self, body: Value) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}/2/tweets", self.url));
        self.send(request.bearer_auth(ACCESS_TOKEN).json(&body)).await
    }

    /// A time before the simulator's now.
    fn ago(&self, span: SignedDuration) -> Timestamp {
        self.control.now() - span
    }
}

fn ids(body: &Value) -> Vec<&str> {
    let data = body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    data.iter().map(|tweet| tweet["id"].as_str().unwrap()).collect()
}

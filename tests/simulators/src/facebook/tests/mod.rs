//! Stories that are played over HTTP, as the bridge and Meta's own SDK would see them.

mod callbacks;
mod messaging;
mod publishing;
mod reading;
mod tokens;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Facebook, Settings};
use crate::{control::Control, seed::facebook as seed, server::Bound};

const PAGE: &str = seed::PAGES[0].id;
const NORD: &str = seed::PAGES[1].id;
const TOKEN: &str = seed::PAGES[0].token;
const NORD_TOKEN: &str = seed::PAGES[1].token;

/// A Facebook that answers on this machine, and someone to talk to it.
struct Stage {
    url: String,
    client: Client,
    control: Control,
}

/// Status, body and headers of an answer.
struct Answer {
    status: u16,
    body: Value,
    headers: http::HeaderMap,
}

impl Answer {
    fn error(&self) -> (u16, u64, Option<u64>) {
        let error = &self.body["error"];
        assert!(error["fbtrace_id"].is_string(), "no error: {}", self.body);
        assert!(
            self.headers["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("OAuth \"Facebook Platform\"")
        );
        (self.status, error["code"].as_u64().unwrap(), error["error_subcode"].as_u64())
    }

    fn texts(&self, field: &str) -> Vec<&str> {
        let data = self.body["data"].as_array().unwrap_or_else(|| panic!("no data: {}", self.body));
        data.iter().map(|item| item[field].as_str().unwrap_or_default()).collect()
    }
}

impl Stage {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let control = Control::default();
        let bound = Bound::to(0).await.unwrap();
        let url = bound.url();
        tokio::spawn(Facebook::with_settings(control.clone(), settings).serve(bound));
        Self { url, client: Client::default(), control }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// As the main page, with its token and proof.
    fn page(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(TOKEN).query(&[("appsecret_proof", proof(TOKEN))])
    }

    async fn get(&self, path: &str) -> Answer {
        send(self.page(Method::GET, path)).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.page(Method::POST, path).form(form)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        send(self.page(Method::DELETE, path)).await
    }

    async fn sim(&self, method: Method, path: &str, body: Value) -> Answer {
        send(self.request(method, &format!("/_sim{path}")).json(&body)).await
    }

    /// Someone posts on the main page.
    async fn posts(&self, message: &str) -> String {
        self.writes(&format!("/pages/{PAGE}/posts"), ("7001", "Ann Bee"), message).await
    }

    /// Someone comments.
    async fn comments(&self, target: &str, message: &str) -> String {
        self.writes(&format!("/objects/{target}/comments"), ("7002", "Cy Dee"), message).await
    }

    async fn writes(&self, path: &str, (id, name): (&str, &str), message: &str) -> String {
        let body = json!({"author": {"id": id, "name": name}, "message": message});
        let answer = self.sim(Method::POST, path, body).await;
        answer.body["id"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    /// `hours` from the simulator's present.
    async fn pass(&self, hours: i64) {
        let now: Timestamp = self.control.now() + jiff::SignedDuration::from_hours(hours);
        self.sim(Method::PUT, "/clock", json!({"now": now})).await;
    }
}

async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, body, headers }
}

fn proof(signed: &str) -> String {
    let key = Hmac::<Sha256>::new_from_slice(seed::APP_SECRET.as_bytes()).unwrap();
    hex::encode(key.chain_update(signed).finalize().into_bytes())
}

//! Stories told over HTTP: visitors by both interfaces, agents by the control interface.

mod agents;
mod connection;
mod limits;
mod status;
mod switchover;
mod web_chat;
mod webhook;
mod websvcs;

use std::{future::Future, time::Duration};

use http::Method;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{Pair, Settings};
use crate::server::Bound;

/// What a call was answered.
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

/// One server of the pair, by its base URL.
struct Site {
    url: String,
    http: reqwest::Client,
}

/// A pair that is served until the test ends.
struct Cic {
    primary: Site,
    backup: Site,
    _servers: JoinSet<()>,
}

impl Cic {
    async fn new() -> Self {
        Self::with(Settings { limits: false, ..Settings::default() }).await
    }

    async fn with(settings: Settings) -> Self {
        let pair = Pair::new(settings);
        let (primary, backup) = (Bound::to(0).await.unwrap(), Bound::to(0).await.unwrap());
        pair.set_hosts(["ic1".to_owned(), "ic2".to_owned()]);
        let sites = [&primary, &backup].map(|bound| Site { url: bound.url(), http: client() });
        let [first, second] = pair.routers();
        let mut servers = JoinSet::new();
        servers.spawn(primary.serve(first));
        servers.spawn(backup.serve(second));
        let [primary, backup] = sites;
        Self { primary, backup, _servers: servers }
    }

    /// The only interaction.
    async fn interaction(&self) -> Value {
        let all = self.primary.get("/_sim/interactions").await.body;
        assert_eq!(all.as_array().unwrap().len(), 1, "one interaction: {all}");
        all[0].clone()
    }

    /// An agent does something with the only interaction; the HTTP status.
    async fn agent(&self, command: &str, body: Value) -> u16 {
        let id = self.interaction().await["id"].as_str().unwrap().to_owned();
        self.primary.post(&format!("/_sim/interactions/{id}/{command}"), body).await.status
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing of the bridge may be used here")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap()
}

impl Site {
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut call = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            call = call.json(&body);
        }
        answer(call).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    async fn is_active(&self) -> bool {
        self.get("/_sim/status").await.body == json!({ "active": true })
    }

    /// Starts a web-chat; its participant and chat id.
    async fn start_web_chat(&self, more: Value) -> (String, String) {
        let mut body = json!({ "participantName": "Zoë", "targetName": "Social Support", "targetType": "Workgroup" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let started = self.post("/icws/web-chat/start", body).await;
        assert_eq!(started.status, 200, "{}", started.body);
        (text(&started.body["participantId"]), text(&started.body["chatId"]))
    }

    /// Starts a chat by websvcs; its participant and chat id.
    async fn start_websvcs(&self, more: Value) -> (String, String) {
        let mut body = json!({
            "supportedContentTypes": "text/plain", "participant": { "name": "Zoë", "credentials": "" },
            "target": "Social Support", "targettype": "Workgroup",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let chat = self.post("/websvcs/chat/start", body).await.body["chat"].clone();
        assert_eq!(chat["status"]["type"], "success", "{chat}");
        (text(&chat["participantID"]), text(&chat["chatID"]))
    }

    /// The messages that web-chat delivers now.
    async fn read_web_chat(&self, participant: &str) -> Vec<Value> {
        let told = self.get(&format!("/icws/web-chat/messages/{participant}")).await;
        assert_eq!(told.status, 200, "{}", told.body);
        told.body["messages"].as_array().unwrap().clone()
    }

    /// What websvcs answers to a poll.
    async fn poll(&self, participant: &str) -> Value {
        let polled = self.get(&format!("/websvcs/chat/poll/{participant}")).await;
        assert_eq!(polled.status, 200);
        polled.body["chat"].clone()
    }
}

async fn answer(call: reqwest::RequestBuilder) -> Answer {
    let response = call.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&body).unwrap_or(Value::String(body)) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The values of one field, in order.
fn each(events: &[Value], field: &str) -> Vec<Value> {
    events.iter().map(|event| event[field].clone()).filter(|value| !value.is_null()).collect()
}

/// Waits for something to hold.
async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

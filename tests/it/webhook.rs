//! The webhook, as a network or a stranger calls it.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use local::{scenes::SamplePage, stack::Stack, world::Visitor};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{outside, story::Outcome};

/// The HTTP API of a stack.
pub(crate) struct Webhook {
    http: Client,
    url: String,
    app_secret: String,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Webhook {
    pub(crate) fn new(stack: &Stack) -> Outcome<Self> {
        Ok(Self {
            http: outside::client()?,
            url: stack.webhook_url.clone(),
            app_secret: stack.secrets.facebook_app_secret.clone(),
        })
    }

    /// Asks for a path, with a query.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Outcome<Answer> {
        answer(self.http.get(format!("{}{path}", self.url)).query(query)).await
    }

    /// Posts a form.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Outcome<Answer> {
        answer(self.http.post(format!("{}{path}", self.url)).form(fields)).await
    }

    /// Posts a body, with one header.
    pub(crate) async fn post(
        &self,
        path: &str,
        (name, value): (&str, &str),
        body: &str,
    ) -> Outcome<Answer> {
        let post = self.http.post(format!("{}{path}", self.url)).header(name, value);
        answer(post.header("Content-Type", "application/json").body(body.to_owned())).await
    }

    /// Sends a Facebook callback with this signature.
    pub(crate) async fn facebook(&self, body: &str, signature: &str) -> Outcome<StatusCode> {
        let header = ("X-Hub-Signature-256", signature);
        Ok(self.post("/facebook", header, body).await?.status)
    }

    /// Sends a Facebook callback with the right signature.
    pub(crate) async fn signed(&self, body: &str) -> Outcome<StatusCode> {
        self.facebook(body, &self.signature(body)).await
    }

    /// The right signature of a body.
    pub(crate) fn signature(&self, body: &str) -> String {
        signature(&self.app_secret, body)
    }
}

async fn answer(request: RequestBuilder) -> Outcome<Answer> {
    let answer = request.send().await?;
    let content_type = answer.headers().get("content-type").and_then(|it| it.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    Ok(Answer { status: answer.status(), content_type, body: answer.text().await? })
}

/// `X-Hub-Signature-256` of a body.
pub(crate) fn signature(secret: &str, body: &str) -> String {
    let tag = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| mac.chain_update(body).finalize().into_bytes());
    format!("sha256={}", tag.map(hex::encode).unwrap_or_default())
}

/// A callback of a page with these changes.
pub(crate) fn callback(page: &SamplePage, changes: &[Value]) -> String {
    let changes: Vec<_> =
        changes.iter().map(|value| json!({ "field": "feed", "value": value })).collect();
    let entry = json!({ "id": page.id, "time": now(), "changes": changes });
    json!({ "object": "page", "entry": [entry] }).to_string()
}

/// That a visitor posted.
pub(crate) fn posted(post_id: &str, visitor: &Visitor, text: &str) -> Value {
    json!({
        "item": "status", "verb": "add", "published": 1, "created_time": now(),
        "from": { "id": "9000000000000001", "name": visitor.name() },
        "post_id": post_id, "message": text,
    })
}

/// That a visitor commented on a post.
pub(crate) fn commented(post_id: &str, comment_id: &str, visitor: &Visitor, text: &str) -> Value {
    json!({
        "item": "comment", "verb": "add", "created_time": now(),
        "from": { "id": "9000000000000001", "name": visitor.name() },
        "post_id": post_id, "parent_id": post_id, "comment_id": comment_id, "message": text,
    })
}

/// Seconds since 1970, as Facebook writes times.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

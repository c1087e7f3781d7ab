//! Webhooks: registration with its challenge, and signed deliveries (contract B8).

mod events;
mod routes;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

pub(super) use events::Happened;
pub(super) use routes::{control, create, list, remove, show, validate};

use super::{Twitter, state::State};
use crate::{control::locked, seed::twitter::CONSUMER_SECRET};

/// A receiver must answer within ten seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how long a delivery that failed is tried again.
const RETRIES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(15)];

/// The shape of what is delivered: activity events, or the older account activity.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Style {
    #[default]
    Xaa,
    Aaa,
}

/// The app's one webhook.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    id: String,
    url: String,
    style: Style,
    valid: bool,
    created_at: jiff::Timestamp,
}

/// How many deliveries were taken, and how many tries failed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    delivered: u64,
    failed: u64,
}

/// Queues what happened for the webhook, if there is one, and starts sending.
pub(super) fn announce(twitter: &Twitter, state: &mut State, happened: &Happened) {
    let Some(hook) = state.hook.clone().filter(|hook| hook.valid) else { return };
    let bodies = events::bodies(state, happened, hook.style, twitter.now());
    if bodies.is_empty() {
        return;
    }
    state.outbox.extend(bodies);
    tokio::spawn(drain(twitter.clone(), hook.url));
}

/// Sends what is queued, one after the other, in order. What fails is tried again apart.
async fn drain(twitter: Twitter, url: String) {
    let _turn = twitter.0.sending.lock().await;
    let client = client();
    loop {
        let Some(body) = twitter.state().outbox.pop_front() else { return };
        if !deliver(&twitter, &client, &url, &body).await {
            tokio::spawn(retry(twitter.clone(), client.clone(), url.clone(), body));
        }
    }
}

async fn retry(twitter: Twitter, client: Client, url: String, body: Value) {
    for wait in RETRIES {
        tokio::time::sleep(wait).await;
        let current =
            twitter.state().hook.as_ref().is_some_and(|hook| hook.valid && hook.url == url);
        if !current || deliver(&twitter, &client, &url, &body).await {
            return;
        }
    }
}

async fn deliver(twitter: &Twitter, client: &Client, url: &str, body: &Value) -> bool {
    let body = body.to_string();
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("x-twitter-webhooks-signature", signature(body.as_bytes()))
        .body(body);
    let taken = request.send().await.is_ok_and(|response| response.status().is_success());
    let outcome = &mut locked(&twitter.0.state).outcome;
    outcome.delivered += u64::from(taken);
    outcome.failed += u64::from(!taken);
    taken
}

/// Asks the receiver for the answer that only the holder of the consumer secret can give.
async fn challenge(url: &str) -> Result<(), String> {
    let token = format!("{}+/=&", Uuid::new_v4());
    let response = client().get(url).query(&[("crc_token", &token)]).send().await;
    let response = response.map_err(|error| format!("the challenge got no answer: {error}"))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the challenge was answered {status}"));
    }
    let body: Value =
        response.json().await.map_err(|_| "the challenge's answer is no JSON".to_owned())?;
    match body.get("response_token").and_then(Value::as_str) {
        Some(answer) if answer == signature(token.as_bytes()) => Ok(()),
        _ => Err("the challenge's response_token is wrong".to_owned()),
    }
}

/// The signature of the app's own consumer secret.
pub(super) fn signature(bytes: &[u8]) -> String {
    sign(CONSUMER_SECRET, bytes)
}

/// `sha256=` and the base64 of the HMAC.
fn sign(secret: &str, bytes: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(bytes);
    format!("sha256={}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "X's own client, which shares nothing with the bridge"
)]
fn client() -> Client {
    let builder = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_challenge_is_answered_as_documented() {
        let answer = super::sign("consumer_secret", b"challenge_string");
        assert_eq!(answer, "sha256=v1WdiCVwy17uGTMWveHGlqQXN/qW1bQraNXXByRO2YA=");
    }
}

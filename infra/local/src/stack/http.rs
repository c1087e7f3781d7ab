//! The few HTTP calls that tell how the stack is.

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{REGION, Stack, StackError, processes::Started};

/// How long anything may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);
const PACE: Duration = Duration::from_millis(50);

/// A client for this machine's own servers.
#[expect(clippy::disallowed_methods, reason = "the functions' client is not for the local stack")]
pub(super) fn client() -> Result<Client, StackError> {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build();
    client.map_err(|source| StackError::Http { url: "anything".to_owned(), source })
}

/// Waits until `server` answers `url` with success.
pub(super) async fn ready(http: &Client, url: &str, server: &Started) -> Result<(), StackError> {
    until(
        server.name,
        || super::files::tail(&server.log),
        async || {
            if !server.lives() {
                return Some(false);
            }
            let answer = http.get(url).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(true)
        },
    )
    .await
}

/// Waits until the webhook answers Facebook's verification, which takes the function, the HTTP
/// API and the secrets.
pub(super) async fn webhook_answers(http: &Client, stack: &Stack) -> Result<(), StackError> {
    let url = format!("{}/facebook", stack.webhook_url);
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.verify_token", &stack.secrets.facebook_verify_token),
        ("hub.challenge", "1158201444"),
    ];
    let describe = || format!("see `cargo local logs webhook` and {}", stack.directory.display());
    until("the webhook", describe, async || {
        let answer = http.get(&url).query(&query).send().await.ok()?;
        let body = answer.text().await.ok()?;
        (body == "1158201444").then_some(true)
    })
    .await
}

/// Has the simulated Facebook send callbacks to the webhook, for all its pages.
pub(super) async fn callbacks_on(http: &Client, stack: &Stack) -> Result<(), StackError> {
    let url = format!("{}/_sim/callbacks", stack.facebook_url);
    let order = json!({
        "url": format!("{}/facebook", stack.webhook_url),
        "enabled": true,
        "app_secret": stack.secrets.facebook_app_secret,
    });
    let answer = http.put(&url).json(&order).send().await.and_then(Response::error_for_status);
    answer.map(drop).map_err(|source| StackError::Http { url, source })
}

/// How many messages a queue holds that nobody works on.
pub(super) async fn waiting_in(stack: &Stack, queue: &str) -> Result<u64, StackError> {
    const COUNT: &str = "ApproximateNumberOfMessages";
    let url = &stack.aws_endpoint_url;
    let order = json!({ "QueueUrl": queue, "AttributeNames": [COUNT] });
    let scope = format!("Credential=test/20261122/{REGION}/sqs/aws4_request");
    let call = client()?
        .post(url)
        .header("Authorization", format!("AWS4-HMAC-SHA256 {scope}"))
        .header("X-Amz-Target", "AmazonSQS.GetQueueAttributes")
        .header("Content-Type", "application/x-amz-json-1.0")
        .body(order.to_string());
    let failed = |source| StackError::Http { url: url.clone(), source };
    let answer = call.send().await.and_then(Response::error_for_status).map_err(failed)?;
    let answer: Value = answer.json().await.map_err(failed)?;
    let count = answer.pointer(&format!("/Attributes/{COUNT}")).and_then(Value::as_str);
    count.and_then(|count| count.parse().ok()).ok_or_else(|| StackError::Failed {
        program: "GetQueueAttributes".to_owned(),
        output: answer.to_string(),
    })
}

/// Asks until the answer is there; `false` is the answer that it will never be.
async fn until(
    what: &str,
    describe: impl Fn() -> String,
    mut ask: impl AsyncFnMut() -> Option<bool>,
) -> Result<(), StackError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Some(true) => return Ok(()),
            None if Instant::now() < deadline => sleep(PACE).await,
            Some(false) | None => {
                return Err(StackError::NotReady { what: what.to_owned(), output: describe() });
            }
        }
    }
}

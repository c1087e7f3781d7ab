//! The queues: one file per port.

mod dead_letters;
mod inbound;
mod nudges;
mod outbound;
mod parked;
mod visibility;

use aws_sdk_sqs::{Client, operation::send_message::builders::SendMessageFluentBuilder};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::{
    dead_letters::SqsDeadLetters, inbound::SqsInbound, nudges::SqsNudges, outbound::SqsOutbound,
    parked::SqsParked, visibility::SqsVisibility,
};
use crate::AwsError;

/// Longest group and deduplication id.
const MAX_ID: usize = 128;

/// A queue by its URL.
#[derive(Debug, Clone)]
struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    fn new(client: &Client, url: impl Into<String>) -> Self {
        Self { client: client.clone(), url: url.into() }
    }

    fn message(&self, body: impl Into<String>) -> SendMessageFluentBuilder {
        self.client.send_message().queue_url(&self.url).message_body(body)
    }
}

async fn send(message: SendMessageFluentBuilder) -> Result<(), AwsError> {
    message.send().await.map_err(AwsError::of("SQS SendMessage"))?;
    Ok(())
}

/// JSON that SQS takes whatever texts it holds: the two characters that JSON may hold and a
/// queue refuses can stand in strings only, and are escaped there.
fn json<T: Serialize>(what: &'static str, value: &T) -> Result<String, AwsError> {
    let json = serde_json::to_string(value).map_err(|_| AwsError::Malformed { what })?;
    Ok(json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

/// An id that SQS allows: as it is, or hashed.
fn allowed(id: &str) -> String {
    let fits =
        !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { id.to_owned() } else { hashed(&[id]) }
}

/// One id of several parts; differs where any part does.
fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests;

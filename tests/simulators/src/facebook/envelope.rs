//! The bytes of a callback and their signatures (contract A11).

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use super::{
    answer::escaped_for_callbacks,
    callbacks::{Change, Kind},
};

/// One POST's body: neighbours of one page and kind share an entry, so that the order holds.
pub(super) fn envelope(changes: &[Change], now: Timestamp) -> Bytes {
    let alike = |a: &Change, b: &Change| a.page == b.page && a.kind == b.kind;
    let entries: Vec<Value> =
        changes.chunk_by(alike).filter_map(|alike| entry(alike, now)).collect();
    let body = json!({ "object": "page", "entry": entries });
    Bytes::from(escaped_for_callbacks(&body.to_string()))
}

/// `time` is in seconds for changes and in milliseconds for messages.
fn entry(changes: &[Change], now: Timestamp) -> Option<Value> {
    let first = changes.first()?;
    let values = changes.iter().map(|change| &change.value);
    Some(match first.kind {
        Kind::Feed => {
            let changes: Vec<_> =
                values.map(|value| json!({ "field": "feed", "value": value })).collect();
            json!({ "id": first.page, "time": now.as_second(), "changes": changes })
        }
        Kind::Messaging => {
            let messages: Vec<_> = values.collect();
            json!({ "id": first.page, "time": now.as_millisecond(), "messaging": messages })
        }
    })
}

/// `sha256=…`, over exactly the bytes that are sent.
pub(super) fn sha256(secret: &str, body: &[u8]) -> String {
    let signature = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|key| hex::encode(key.chain_update(body).finalize().into_bytes()));
    format!("sha256={}", signature.unwrap_or_default())
}

/// `sha1=…`: the older signature, still sent.
pub(super) fn sha1(secret: &str, body: &[u8]) -> String {
    let signature = Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        .map(|key| hex::encode(key.chain_update(body).finalize().into_bytes()));
    format!("sha1={}", signature.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_the_escaped_bytes() {
        assert_eq!(
            sha256("app_secret", br#"{"a":"\u00e4"}"#),
            "sha256=462f8c209c663e0a69da0bb1d7693211dd604e5662bdb1b7a79ad364834889a3"
        );
    }
}

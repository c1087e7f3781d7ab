//! Proof that a callback is X's, and the answer to X's own challenge (contract B8).
//! <https://docs.x.com/x-api/webhooks/introduction>

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Name of the header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-twitter-webhooks-signature";
const PREFIX: &str = "sha256=";

/// Why a body is not taken for X's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the request has no signature")]
    Missing,
    /// No `sha256=` and base64: another algorithm, or hexadecimal as Facebook's.
    #[error("the signature is malformed")]
    Malformed,
    #[error("the signature is wrong")]
    Wrong,
}

/// A request body whose signature is valid. There is no other way to get one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a>(&'a [u8]);

impl<'a> Signed<'a> {
    /// Checks the signature on the raw bytes, in constant time, against each consumer secret:
    /// there are two while one is replaced, and one per app.
    pub fn verify(
        body: &'a [u8],
        signature: Option<&str>,
        secrets: &[SecretString],
    ) -> Result<Self, SignatureError> {
        let signature = signature.ok_or(SignatureError::Missing)?.trim();
        let encoded = signature.strip_prefix(PREFIX).ok_or(SignatureError::Malformed)?;
        let tag = STANDARD.decode(encoded).map_err(|_| SignatureError::Malformed)?;
        if tag.len() != 32 {
            return Err(SignatureError::Malformed);
        }
        let is_valid = |secret: &SecretString| {
            mac(secret, body).is_some_and(|mac| mac.verify_slice(&tag).is_ok())
        };
        // Every secret is tried, so that the time does not tell which one it is.
        let valid = secrets.iter().filter(|secret| is_valid(secret)).count();
        if valid > 0 { Ok(Self(body)) } else { Err(SignatureError::Wrong) }
    }

    /// The bytes that were signed.
    pub fn body(&self) -> &'a [u8] {
        self.0
    }
}

/// The answer to a challenge-response check, as JSON; `crc_token` decoded once from the query.
/// `None` where there is no secret to answer with.
pub fn challenge_answer(secret: &SecretString, crc_token: &str) -> Option<String> {
    let tag = mac(secret, crc_token.as_bytes())?.finalize().into_bytes();
    let token = format!("{PREFIX}{}", STANDARD.encode(tag));
    Some(serde_json::json!({ "response_token": token }).to_string())
}

/// `None` where there is no secret: anybody could sign with an empty one.
fn mac(secret: &SecretString, message: &[u8]) -> Option<Hmac<Sha256>> {
    if secret.expose_secret().is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(message);
    Some(mac)
}

/// A name that a metric can carry.
pub(crate) fn low_cardinality(kind: &str) -> String {
    kind.chars().filter(|c| c.is_ascii_alphanumeric() || "._+".contains(*c)).take(60).collect()
}

#[cfg(test)]
mod tests;

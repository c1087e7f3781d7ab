//! Facebook's data-deletion callback: a person wants the app to delete what it holds.
//!
//! Meta: "Data Deletion Request Callback". The person is named by an id of the app's own, which
//! nobody who only writes on a page has; the Graph API maps it to no author.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    signature::{self, Unproven},
    wire::Id,
};

/// The only algorithm that Facebook signs by.
const ALGORITHM: &str = "HMAC-SHA256";
/// Letters of a code: 128 bits, which nobody guesses.
const CODE_LENGTH: usize = 32;

/// What a `signed_request` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionRequest {
    /// The person's id within the app.
    pub user_id: String,
    /// The same for the same request however it is encoded, and known to nobody else.
    pub code: String,
}

/// Why a `signed_request` is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// It is Facebook's, and says something else than a deletion does.
    #[error("the signed request is malformed")]
    Malformed,
}

#[derive(Deserialize)]
struct Payload {
    algorithm: String,
    user_id: Id,
}

/// Reads a `signed_request`: signature and payload in base64url, a dot between. The signature is over
/// the payload as it was sent. All secrets count: while one is replaced, two are active.
pub fn parse(secrets: &[SecretString], signed_request: &str) -> Result<DeletionRequest, Refused> {
    let (tag, payload) = signed_request.split_once('.').ok_or(Unproven::Unsigned)?;
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    let tag = decode(tag).map_err(|_| Unproven::Unsigned)?;
    let tag: [u8; 32] = tag.try_into().map_err(|_| Unproven::Unsigned)?;
    let proven = signature::prove(secrets, &tag, payload.as_bytes())?;
    let said = std::str::from_utf8(proven.bytes()).map_err(|_| Refused::Malformed)?;
    let said = decode(said).map_err(|_| Refused::Malformed)?;
    let said: Payload = serde_json::from_slice(&said).map_err(|_| Refused::Malformed)?;
    let user_id = said.user_id.0;
    if !said.algorithm.eq_ignore_ascii_case(ALGORITHM) || user_id.is_empty() {
        return Err(Refused::Malformed);
    }
    let mut code = hex::encode(Sha256::digest(tag));
    code.truncate(CODE_LENGTH);
    Ok(DeletionRequest { user_id, code })
}

/// Whether it can be the code of a request.
pub fn is_code(code: &str) -> bool {
    code.len() == CODE_LENGTH && code.bytes().all(|letter| letter.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;

//! Calls in a user's name (contract B7): the access token of OAuth 2.0 where there is one, else a
//! signature of OAuth 1.0a.
//!
//! A JSON body is not signed; query parameters are, and so is the host: a signature for a
//! simulator is computed over the simulator's address.

use std::num::NonZeroU64;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Method};
use oauth1_request::{Builder, Credentials, HmacSha1, Token, request::ParameterList};
use secrecy::{ExposeSecret, SecretString};
use social_core::credential::{OAuth2Keys, TwitterCredential};
use url::Url;

use crate::error::TwitterError;

/// Fixes what is random or from the clock, so that X's published vectors can be reproduced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed<'a> {
    pub(crate) nonce: &'a str,
    pub(crate) timestamp: u64,
}

/// The `Authorization` header of a request; `url` with its query.
pub(crate) fn authorization(
    credential: &TwitterCredential,
    method: &Method,
    url: &Url,
    fixed: Option<Fixed<'_>>,
) -> Result<HeaderValue, TwitterError> {
    if let Some(token) = &credential.user_token {
        return bearing(token);
    }
    let (Some(token), Some(token_secret)) =
        (&credential.access_token, &credential.access_token_secret)
    else {
        return Err(TwitterError::NoUserToken);
    };
    let token = Token::new(
        Credentials::new(exposed(&credential.consumer_key), exposed(&credential.consumer_secret)),
        Credentials::new(exposed(token), exposed(token_secret)),
    );
    let mut builder = Builder::with_token(token, HmacSha1::new());
    builder.version(true);
    if let Some(fixed) = fixed {
        builder.nonce(fixed.nonce).timestamp(NonZeroU64::new(fixed.timestamp));
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut bare = url.clone();
    bare.set_query(None);
    let header = builder.authorize(method.as_str(), bare, &ParameterList::new(pairs));
    sensitive(header)
}

/// The `Authorization` header of an app-only call.
pub(crate) fn bearer(credential: &TwitterCredential) -> Result<HeaderValue, TwitterError> {
    bearing(&credential.bearer_token)
}

fn bearing(token: &SecretString) -> Result<HeaderValue, TwitterError> {
    sensitive(format!("Bearer {}", exposed(token)))
}

/// How a client of OAuth 2.0 proves itself to the token endpoint.
pub(crate) fn client(keys: &OAuth2Keys) -> Result<HeaderValue, TwitterError> {
    let pair = format!("{}:{}", keys.client_id.trim(), exposed(&keys.client_secret));
    sensitive(format!("Basic {}", STANDARD.encode(pair)))
}

/// Bytes that are in no header can only come from the credential's document.
fn sensitive(header: String) -> Result<HeaderValue, TwitterError> {
    let mut header = HeaderValue::try_from(header).map_err(|_| TwitterError::Unauthorized)?;
    header.set_sensitive(true);
    Ok(header)
}

/// White space around a secret is a slip of whoever pasted it.
pub(crate) fn exposed(secret: &SecretString) -> &str {
    secret.expose_secret().trim()
}

#[cfg(test)]
mod tests;

//! Who is calling: the app by its bearer token, or a user by OAuth 1.0a or 2.0 (contract B7).

pub(crate) mod oauth1;
pub(crate) mod oauth2;

use http::{HeaderMap, Method, Uri, header::AUTHORIZATION};
use subtle::ConstantTimeEq;

use super::Twitter;
use crate::seed::twitter::BEARER_TOKEN;

/// Whose credential a request carried.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Caller {
    App,
    User(String),
}

impl Caller {
    /// What limits are counted by.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::App => "app",
            Self::User(id) => id,
        }
    }
}

/// Finds out who calls; `None` where nothing holds.
pub(crate) fn identify(
    twitter: &Twitter,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<Caller> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        let token = rest.trim();
        if token.as_bytes().ct_eq(BEARER_TOKEN.as_bytes()).into() {
            return Some(Caller::App);
        }
        return twitter.state().grants.user(token, twitter.now()).map(Caller::User);
    }
    if scheme.eq_ignore_ascii_case("oauth") {
        return oauth1::verify(twitter, method, uri, headers, rest).map(Caller::User);
    }
    None
}

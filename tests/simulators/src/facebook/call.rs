//! One call to the Graph API: its path, parameters and whose token it carries (contract A1, A8).

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, header};
use serde_json::Value;
use sha2::Sha256;

use super::{
    Facebook,
    errors::GraphError,
    settings::{EXPIRED, VERSIONS},
    world::{Page, World},
};
use crate::seed::facebook as seed;

/// How long a proof with a time is good for, in seconds.
const PROOF_LIFE: i64 = 300;

/// Whose token a call carries.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Caller {
    /// A page, by its page access token.
    Page(String),
    /// The app itself, by `{app id}|{app secret}`: sees no authors.
    App,
}

/// A call that was read, but not yet judged.
pub(super) struct Call {
    pub(super) method: Method,
    /// The version that answers.
    pub(super) version: &'static str,
    /// `http://host`, for the addresses in `paging`.
    base: String,
    pub(super) object: String,
    pub(super) edge: String,
    /// Path segments behind object and edge: there should be none.
    pub(super) excess: Option<String>,
    /// Query, form and JSON in one; the body wins.
    pub(super) params: BTreeMap<String, String>,
    pub(super) token: String,
    pub(super) caller: Caller,
}

impl Call {
    /// Reads a request. Fails only where its body cannot be read.
    pub(super) async fn read(facebook: &Facebook, request: Request) -> Result<Self, GraphError> {
        let method = request.method().clone();
        let uri = request.uri().clone();
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, facebook)
            .await
            .map_err(|_| GraphError::parameter("The request body could not be read"))?;
        let mut params = pairs(uri.query().unwrap_or_default().as_bytes());
        params.extend(body_params(&headers, &body)?);
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let mut segments = uri.path().split('/').filter(|segment| !segment.is_empty()).peekable();
        let asked = segments.peek().copied().unwrap_or_default();
        let live = VERSIONS.into_iter().find(|live| *live == asked);
        if live.is_some() || EXPIRED.contains(&asked) {
            segments.next();
        }
        let [oldest, ..] = VERSIONS;
        let bearer = bearer(&headers);
        Ok(Self {
            method,
            version: live.unwrap_or(oldest),
            base: format!("http://{}", host.unwrap_or("graph.facebook.com")),
            object: segments.next().unwrap_or_default().to_owned(),
            edge: segments.next().unwrap_or_default().to_owned(),
            excess: segments.next().map(str::to_owned),
            token: params.remove("access_token").or(bearer).unwrap_or_default(),
            params,
            caller: Caller::App,
        })
    }

    /// Finds out whose token this is, checks the proof, and reads `me` as the token's page.
    pub(super) fn prove(&mut self, facebook: &Facebook) -> Result<(), GraphError> {
        self.caller = self.find_caller(&facebook.world())?;
        self.check_proof(facebook)?;
        if self.object == "me" {
            self.object = match &self.caller {
                Caller::Page(page) => page.clone(),
                Caller::App => return Err(GraphError::nobody()),
            };
        }
        Ok(())
    }

    fn find_caller(&self, world: &World) -> Result<Caller, GraphError> {
        if self.token.is_empty() {
            return Err(GraphError::no_token());
        }
        if self.token == app_token() {
            return Ok(Caller::App);
        }
        if let Some(page) = world.pages.iter().find(|page| page.token == self.token) {
            return Ok(Caller::Page(page.id.clone()));
        }
        let was = |page: &Page| page.dead_tokens.contains(&self.token);
        Err(if world.pages.iter().any(was) {
            GraphError::dead_token()
        } else {
            GraphError::bad_token()
        })
    }

    fn check_proof(&self, facebook: &Facebook) -> Result<(), GraphError> {
        let Some(proof) = self.param("appsecret_proof") else {
            let needed = facebook.settings().require_proof && self.caller != Caller::App;
            return if needed { Err(GraphError::no_proof()) } else { Ok(()) };
        };
        let signed = match self.param("appsecret_time") {
            None => self.token.clone(),
            Some(time) => {
                let now = facebook.now().as_second();
                let fresh = time.parse::<i64>().is_ok_and(|time| (now - time).abs() <= PROOF_LIFE);
                if !fresh {
                    return Err(GraphError::bad_proof());
                }
                format!("{}|{time}", self.token)
            }
        };
        // The app's secret is the seed's, or the one that callbacks were switched on with.
        let secrets = [Some(seed::APP_SECRET.to_owned()), facebook.callbacks().secret()];
        let proven = secrets.into_iter().flatten().any(|secret| is_proof(proof, &secret, &signed));
        if proven { Ok(()) } else { Err(GraphError::bad_proof()) }
    }

    /// A parameter; one without a value counts as absent.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that must be `true` or `false`, in any of the usual spellings.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, GraphError> {
        match self.param(name) {
            None => Ok(None),
            Some("true" | "1" | "True") => Ok(Some(true)),
            Some("false" | "0" | "False") => Ok(Some(false)),
            Some(_) => Err(GraphError::parameter(&format!("Param {name} must be a boolean"))),
        }
    }

    /// Whether the token is that page's own.
    pub(super) fn is_of(&self, page: &str) -> bool {
        matches!(&self.caller, Caller::Page(own) if own == page)
    }

    /// The start of an absolute address of this version: `http://host/v26.0`.
    pub(super) fn root(&self) -> String {
        format!("{}/{}", self.base, self.version)
    }
}

/// The token of the app itself.
pub(super) fn app_token() -> String {
    format!("{}|{}", seed::APP_ID, seed::APP_SECRET)
}

fn is_proof(proof: &str, secret: &str, signed: &str) -> bool {
    let Ok(proof) = hex::decode(proof) else { return false };
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .is_ok_and(|key| key.chain_update(signed).verify_slice(&proof).is_ok())
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
    known.then(|| token.trim().to_owned())
}

fn pairs(encoded: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

fn body_params(headers: &HeaderMap, body: &[u8]) -> Result<BTreeMap<String, String>, GraphError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Ok(pairs(body));
    }
    if body.is_empty() {
        return Ok(BTreeMap::new());
    }
    let unreadable = || GraphError::parameter("The request body is not valid JSON");
    match serde_json::from_slice::<Value>(body).map_err(|_| unreadable())? {
        Value::Object(members) => Ok(members.into_iter().filter_map(plain).collect()),
        _ => Err(unreadable()),
    }
}

/// A member of a JSON body as a parameter: structures stay JSON, as in a form.
fn plain((name, value): (String, Value)) -> Option<(String, String)> {
    match value {
        Value::Null => None,
        Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_that_of_the_published_example() {
        let proof = "7663e2a50e39a881d532ed83f51483dcdaada17fb45809f6b4c07b6297a24e19";
        assert!(is_proof(proof, "secret-sauce", "EAAtoken"));
        assert!(!is_proof(proof, "secret-sauce", "EAAtokem"));
        assert!(!is_proof("zz", "secret-sauce", "EAAtoken"));
    }
}

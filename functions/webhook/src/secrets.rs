//! The secrets that callbacks prove themselves by: one document in Parameter Store.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use social_core::Failure;
use subtle::ConstantTimeEq;

use crate::Webhook;

/// The document. Each list may hold two while a secret is replaced: the new one and the old one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Secrets {
    pub(crate) facebook: FacebookSecrets,
    pub(crate) twitter: TwitterSecrets,
    pub(crate) cic: CicSecrets,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FacebookSecrets {
    pub(crate) app_secrets: Vec<SecretString>,
    pub(crate) verify_token: SecretString,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TwitterSecrets {
    pub(crate) consumer_secrets: Vec<SecretString>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CicSecrets {
    pub(crate) reply_tokens: Vec<SecretString>,
    pub(crate) event_tokens: Vec<SecretString>,
}

impl Webhook {
    pub(crate) async fn secrets(&self) -> Result<Secrets, Failure> {
        self.parameters.document(&self.secrets_name).await
    }
}

/// Whether `given` is one of the active tokens, in the same time wherever they differ.
pub(crate) fn is_active(tokens: &[SecretString], given: &str) -> bool {
    let same = |token: &SecretString| {
        let token = token.expose_secret().as_bytes();
        !token.is_empty() && bool::from(token.ct_eq(given.as_bytes()))
    };
    // All are compared: the time tells neither which one fits nor how many there are before it.
    tokens.iter().filter(|token| same(token)).count() > 0
}

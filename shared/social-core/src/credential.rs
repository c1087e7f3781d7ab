//! Credentials: documents in Parameter Store that channels name. Several channels may share one.

use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;

use crate::verdict::Failure;

/// A Facebook page's token and its app's secret (for `appsecret_proof`).
#[derive(Debug, Clone, Deserialize)]
pub struct FacebookCredential {
    pub page_token: SecretString,
    pub app_secret: SecretString,
}

/// A Twitter key set: the app-only token reads, the user's token (OAuth 1.0a or 2.0) replies.
#[derive(Debug, Clone, Deserialize)]
pub struct TwitterCredential {
    pub bearer_token: SecretString,
    pub consumer_key: SecretString,
    pub consumer_secret: SecretString,
    /// Absent where the key set only reads.
    pub access_token: Option<SecretString>,
    pub access_token_secret: Option<SecretString>,
    /// Instead of the two above, or before them.
    pub oauth2: Option<OAuth2Keys>,
    /// The access token of OAuth 2.0 that holds now; never in the document.
    #[serde(skip)]
    pub user_token: Option<SecretString>,
    /// Whether the account owns the app: X lets it read its own mentions for a fifth of the price.
    #[serde(default)]
    pub owns_app: bool,
    /// What reading and publishing may cost in a month; without it nothing is counted.
    pub monthly_budget_usd: Option<f64>,
}

/// How access tokens of OAuth 2.0 are had. The refresh token is the one that the administrator was given:
/// it holds for one use, and the bridge keeps its successors.
#[derive(Debug, Clone, Deserialize)]
pub struct OAuth2Keys {
    pub client_id: String,
    pub client_secret: SecretString,
    pub refresh_token: SecretString,
}

/// Where credentials come from, by the name in the channel entry; at most a minute old.
///
/// A missing or malformed document fails with [`crate::Verdict::Wait`]: its channels stand still
/// until it is mended, all others go on.
pub trait Credentials {
    /// The Facebook credential `name`.
    async fn facebook(&self, name: &str) -> Result<Arc<FacebookCredential>, Failure>;

    /// The Twitter credential `name`.
    async fn twitter(&self, name: &str) -> Result<Arc<TwitterCredential>, Failure>;
}

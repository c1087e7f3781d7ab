//! OAuth 2.0 tokens of users: an access token holds for two hours, a refresh token for one use
//! (contract B7). Why they live where they live: `docs/adr/0018-rotating-tokens.md`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use social_core::{
    Clock,
    credential::{Credentials, FacebookCredential, OAuth2Keys, TwitterCredential},
    store::{Lease, Leases},
    verdict::{Classify, Failure, Verdict},
};

use crate::{api::Api, error::TwitterError};

/// A token is replaced this long before its end: longer than a run takes that was begun with it.
const EARLY: Duration = Duration::from_mins(5);
/// Longer than the call and its writes take.
const LEASE: Duration = Duration::from_secs(60);
/// How often, and after which pause, it is looked whether somebody else has the new token.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// Tries to write down a new pair: without it nobody can ever refresh again.
const WRITES: u32 = 4;

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error("another function replaces the token")]
    Busy,
    #[error("X takes the refresh token no more; authorise the account anew")]
    Dead,
    #[error("the token cannot be replaced now")]
    X(#[source] TwitterError),
    #[error("the bridge's state cannot be read or written")]
    Store(#[source] Failure),
    #[error("what is stored of the token cannot be read")]
    Malformed,
}

impl Classify for TokenError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Busy => Verdict::RETRY,
            Self::Dead | Self::Malformed => Verdict::WAIT,
            Self::X(error) => error.verdict(),
            Self::Store(failure) => failure.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Busy => "twitter_token_busy",
            Self::Dead => "twitter_refresh_refused",
            Self::X(error) => error.error_type(),
            Self::Store(failure) => failure.error_type(),
            Self::Malformed => "twitter_token_malformed",
        }
    }
}

/// Credentials whose OAuth 2.0 access token holds. All others pass through as they are.
///
/// Whoever replaces a token holds a lease, and what X gave is in the bridge's state before it is used.
#[derive(Debug)]
pub struct UserTokens<C, L, K> {
    credentials: C,
    leases: L,
    api: Api,
    clock: K,
    known: Mutex<HashMap<String, Pair>>,
    /// What X gave and the bridge's state did not take yet.
    unwritten: Mutex<HashMap<String, Pair>>,
}

/// What is stored beside the lease.
#[derive(Clone, Serialize, Deserialize)]
struct Pair {
    /// A hash of the document's refresh token from which this one descends: another document begins
    /// anew.
    origin: String,
    access: String,
    refresh: String,
    until: Timestamp,
    /// X refused the refresh token, and the administrators were told.
    #[serde(default)]
    dead: bool,
}

/// No token.
impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Pair {
    fn holds(&self, now: Timestamp, margin: Duration) -> bool {
        !self.dead && now + margin < self.until
    }
}

impl<C: Credentials, L: Leases, K: Clock> UserTokens<C, L, K> {
    /// Keeps the tokens of `credentials` beside their leases.
    pub fn new(credentials: C, leases: L, api: Api, clock: K) -> Self {
        let (known, unwritten) = Default::default();
        Self { credentials, leases, api, clock, known, unwritten }
    }

    /// The access token that holds now, if necessary a new one.
    async fn access(&self, name: &str, keys: &OAuth2Keys) -> Result<SecretString, TokenError> {
        let origin = origin(keys);
        let known = locked(&self.known).get(name).filter(|pair| pair.origin == origin).cloned();
        if let Some(pair) = &known
            && pair.holds(self.clock.now(), EARLY)
        {
            return Ok(pair.access.clone().into());
        }
        let replaced = self.replaced(name, keys, &origin).await;
        // For its last minutes the old one is good enough.
        match (replaced, known) {
            (Err(TokenError::X(_) | TokenError::Store(_) | TokenError::Busy), Some(pair))
                if pair.holds(self.clock.now(), Duration::ZERO) =>
            {
                Ok(pair.access.into())
            }
            (Ok(pair), _) => {
                let access = pair.access.clone().into();
                locked(&self.known).insert(name.to_owned(), pair);
                Ok(access)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The pair that another function has stored, or a new one.
    async fn replaced(
        &self,
        name: &str,
        keys: &OAuth2Keys,
        origin: &str,
    ) -> Result<Pair, TokenError> {
        let lease = self.lease(name).await?;
        let pair = self.replaced_by_us(name, keys, origin, &lease).await;
        // A lease that is not given back ends by itself.
        self.leases.release(&lease).await.ok();
        pair
    }

    async fn lease(&self, name: &str) -> Result<Lease, TokenError> {
        let lease_name = format!("oauth2#{name}");
        for _ in 0..LOOKS {
            let taken = self.leases.take(&lease_name, LEASE).await.map_err(TokenError::Store)?;
            if let Some(lease) = taken {
                return Ok(lease);
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        }
        Err(TokenError::Busy)
    }

    async fn replaced_by_us(
        &self,
        name: &str,
        keys: &OAuth2Keys,
        origin: &str,
        lease: &Lease,
    ) -> Result<Pair, TokenError> {
        let unwritten = locked(&self.unwritten).get(name).cloned();
        if let Some(pair) = unwritten.filter(|pair| pair.origin == origin) {
            return self.put_on_record(name, lease, pair).await;
        }
        let stored = lease.checkpoint.as_deref().map(serde_json::from_str::<Pair>).transpose();
        let stored = stored.map_err(|_| TokenError::Malformed)?;
        let stored = stored.filter(|pair| pair.origin == origin);
        if let Some(pair) = &stored {
            if pair.dead {
                return Err(TokenError::Dead);
            }
            if pair.holds(self.clock.now(), EARLY) {
                return Ok(pair.clone());
            }
        }
        let refresh = stored.map(|pair| SecretString::from(pair.refresh));
        let refreshed = self.api.refresh(keys, refresh.as_ref().unwrap_or(&keys.refresh_token));
        match refreshed.await {
            Ok(granted) => {
                let pair = Pair {
                    origin: origin.to_owned(),
                    access: granted.access_token,
                    // X rotates it; where it did not, the old one goes on.
                    refresh: granted.refresh_token.unwrap_or_else(|| {
                        let old = refresh.as_ref().unwrap_or(&keys.refresh_token);
                        old.expose_secret().trim().to_owned()
                    }),
                    until: self.clock.now() + Duration::from_secs(granted.expires_in),
                    dead: false,
                };
                locked(&self.unwritten).insert(name.to_owned(), pair.clone());
                self.put_on_record(name, lease, pair).await
            }
            Err(TwitterError::RefreshRefused) => {
                let dead = Pair {
                    origin: origin.to_owned(),
                    access: String::new(),
                    refresh: String::new(),
                    until: Timestamp::UNIX_EPOCH,
                    dead: true,
                };
                self.write_down(lease, &dead).await?;
                tracing::error!(
                    credential = name,
                    metric = "CredentialFailed",
                    "X takes the refresh token no more: authorise the account anew and put the new \
                     refresh token into the credential; replies wait for it"
                );
                Err(TokenError::Dead)
            }
            Err(error) => Err(TokenError::X(error)),
        }
    }

    async fn put_on_record(
        &self,
        name: &str,
        lease: &Lease,
        pair: Pair,
    ) -> Result<Pair, TokenError> {
        self.write_down(lease, &pair).await?;
        locked(&self.unwritten).remove(name);
        Ok(pair)
    }

    async fn write_down(&self, lease: &Lease, pair: &Pair) -> Result<(), TokenError> {
        let text = serde_json::to_string(pair).map_err(|_| TokenError::Malformed)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.leases.save_checkpoint(lease, &text).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(TokenError::Busy),
                Err(failure) if tries >= WRITES => return Err(TokenError::Store(failure)),
                Err(_) => self.clock.sleep(BETWEEN_LOOKS).await,
            }
        }
    }
}

/// A panic elsewhere leaves the map whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: Credentials, L: Leases, K: Clock> Credentials for UserTokens<C, L, K> {
    async fn facebook(&self, name: &str) -> Result<Arc<FacebookCredential>, Failure> {
        self.credentials.facebook(name).await
    }

    /// Without an access token the credential still reads in the app's name.
    async fn twitter(&self, name: &str) -> Result<Arc<TwitterCredential>, Failure> {
        let credential = self.credentials.twitter(name).await?;
        let Some(keys) = &credential.oauth2 else { return Ok(credential) };
        let user_token = match self.access(name, keys).await {
            Ok(token) => Some(token),
            Err(error) => {
                tracing::warn!(
                    credential = name,
                    error_type = error.error_type(),
                    error = %Failure::from(error),
                    "the account has no access token"
                );
                None
            }
        };
        Ok(Arc::new(TwitterCredential { user_token, ..(*credential).clone() }))
    }
}

fn origin(keys: &OAuth2Keys) -> String {
    hex::encode(Sha256::digest(keys.refresh_token.expose_secret().trim().as_bytes()))
}

#[cfg(test)]
mod tests;

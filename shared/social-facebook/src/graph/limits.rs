//! When to stop asking, and what of it: each limit has a scope of its own (contract A9, A10).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use social_core::credential::FacebookCredential;

use super::{
    Detail, GraphError,
    usage::{Usage, Usages},
};

/// From this share of a limit on, nothing more is read: replies come before polls.
const NEARLY: f64 = 95.0;
const FULL: f64 = 100.0;
/// Pause where Facebook tells none.
const PAUSE: Duration = Duration::from_mins(5);

/// What a limit is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Scope {
    /// All pages of an app, known by a hash of its secret.
    App([u8; 32]),
    Page(String),
    /// Private messages of a page.
    Messenger(String),
}

/// The scopes that a call falls under.
pub(super) struct Scopes {
    app: Scope,
    page: Scope,
    messenger: Scope,
    is_messenger: bool,
}

/// Nothing is asked in a scope until then.
#[derive(Clone, Copy)]
struct Pause {
    until: Timestamp,
    /// Whether replies wait too.
    writes: bool,
}

/// The pauses of this process.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<Scope, Pause>>);

impl Scopes {
    /// Of a call on behalf of a page.
    pub(super) fn new(page_id: &str, credential: &FacebookCredential, path: &[&str]) -> Self {
        let app = Sha256::digest(credential.app_secret.expose_secret().as_bytes());
        let is_messenger = matches!(path.last(), Some(&("messages" | "conversations")));
        Self {
            app: Scope::App(app.into()),
            page: Scope::Page(page_id.to_owned()),
            messenger: Scope::Messenger(page_id.to_owned()),
            is_messenger,
        }
    }

    fn own(&self) -> &Scope {
        if self.is_messenger { &self.messenger } else { &self.page }
    }

    /// What a throttle stops (contract A9): by its code, else what the call was of.
    fn throttled(&self, code: u64) -> &Scope {
        match code {
            4 | 341 => &self.app,
            80_006 => &self.messenger,
            17 | 32 | 80_001 => &self.page,
            _ => self.own(),
        }
    }
}

impl Limits {
    /// Fails while a scope of the call pauses.
    pub(super) fn check(
        &self,
        scopes: &Scopes,
        writes: bool,
        now: Timestamp,
    ) -> Result<(), GraphError> {
        let pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_call = [&scopes.app, scopes.own()].into_iter().filter_map(|scope| pauses.get(scope));
        let holding = of_call.filter(|pause| pause.until > now && (pause.writes || !writes));
        let Some(until) = holding.map(|pause| pause.until).max() else { return Ok(()) };
        let after = Duration::try_from(until.duration_since(now)).ok();
        Err(GraphError::Throttled { detail: Detail::default(), after })
    }

    /// Stops asking before a limit is reached: calls beyond it make the pause longer.
    pub(super) fn learn(
        &self,
        scopes: &Scopes,
        usages: &Usages,
        failed: Option<&GraphError>,
        now: Timestamp,
    ) {
        let told = [
            (&scopes.app, usages.app),
            (&scopes.page, usages.page),
            (&scopes.messenger, usages.messenger),
        ];
        for (scope, Usage { percent, regain }) in told {
            if percent >= NEARLY {
                self.pause(scope, regain.unwrap_or(PAUSE), percent >= FULL, now);
            }
        }
        if let Some(GraphError::Throttled { detail, after }) = failed {
            self.pause(scopes.throttled(detail.code), after.unwrap_or(PAUSE), true, now);
        }
    }

    fn pause(&self, scope: &Scope, pause: Duration, writes: bool, now: Timestamp) {
        let Ok(until) = now.checked_add(pause) else { return };
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.insert(scope.clone(), Pause { until, writes });
    }
}

//! Limits obeyed before X has to refuse (contract B4, B5): what the headers of earlier answers say
//! is left of each route, and whether the account has credits.
//!
//! Held in memory, per key set. Another process learns the same from its own first answer.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::HeaderMap;
use secrecy::ExposeSecret;
use social_core::credential::TwitterCredential;

use crate::{error::TwitterError, rate};

/// How long nothing is asked of X after it said that there are no credits.
const CREDITS_PAUSE: Duration = Duration::from_mins(5);

/// Calls that share one of X's windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    Search,
    Tweets,
    Users,
    Me,
    Mentions,
    Timeline,
    Publish,
    Delete,
    PrivateEvents,
    PrivateEventsWith,
    SendPrivate,
}

/// For whom a call is made: replies are served before polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Leaves a reserve, and spreads its calls once little is left.
    Poll,
    /// May use a window to its end.
    Reply,
}

/// Part of a window that polls leave alone, and part below which they spread their calls.
const RESERVE: u64 = 20;
const SPREAD: u64 = 4;

/// What is known of all key sets.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<u64, Account>>);

#[derive(Debug, Default)]
struct Account {
    windows: HashMap<Route, Known>,
    without_credits_until: Option<Instant>,
}

/// A route's window as its last answer told it.
#[derive(Debug, Clone, Copy)]
struct Known {
    limit: u64,
    remaining: u64,
    full_again: Instant,
    told: Instant,
}

impl Known {
    /// How long this call has to wait.
    fn wait(&self, purpose: Purpose, now: Instant) -> Option<Duration> {
        let left = self.full_again.checked_duration_since(now)?;
        if purpose == Purpose::Reply {
            return (self.remaining == 0).then_some(left);
        }
        let usable = self.remaining.saturating_sub(self.limit / RESERVE);
        if usable == 0 {
            return Some(left);
        }
        if self.remaining > self.limit / SPREAD {
            return None;
        }
        let whole = self.full_again.saturating_duration_since(self.told);
        let step = whole / u32::try_from(usable).unwrap_or(u32::MAX);
        (self.told + step).checked_duration_since(now)
    }
}

impl Limits {
    /// Whether a call may be made now; an error says when it may.
    pub(crate) fn check(
        &self,
        credential: &TwitterCredential,
        route: Route,
        purpose: Purpose,
    ) -> Result<(), TwitterError> {
        self.check_at(credential, route, purpose, Instant::now())
    }

    fn check_at(
        &self,
        credential: &TwitterCredential,
        route: Route,
        purpose: Purpose,
        now: Instant,
    ) -> Result<(), TwitterError> {
        let accounts = self.locked();
        let Some(account) = accounts.get(&name(credential)) else { return Ok(()) };
        if account.without_credits_until.is_some_and(|until| now < until) {
            return Err(TwitterError::CreditsDepleted);
        }
        let wait = account.windows.get(&route).and_then(|known| known.wait(purpose, now));
        match wait.filter(|wait| !wait.is_zero()) {
            Some(after) => Err(TwitterError::RateLimited { after: Some(after) }),
            None => Ok(()),
        }
    }

    /// Remembers what an answer's headers say.
    pub(crate) fn learn(&self, credential: &TwitterCredential, route: Route, headers: &HeaderMap) {
        self.learn_at(credential, route, headers, Instant::now());
    }

    fn learn_at(
        &self,
        credential: &TwitterCredential,
        route: Route,
        headers: &HeaderMap,
        now: Instant,
    ) {
        let Some((window, left)) = rate::scarcest(headers) else { return };
        let known = Known {
            limit: window.limit,
            remaining: window.remaining,
            full_again: now + left,
            told: now,
        };
        self.locked().entry(name(credential)).or_default().windows.insert(route, known);
    }

    /// X said that there are no credits: told once, and nothing is asked for a while. `false` when
    /// it was known.
    pub(crate) fn out_of_credits(&self, credential: &TwitterCredential) -> bool {
        let now = Instant::now();
        let mut accounts = self.locked();
        let account = accounts.entry(name(credential)).or_default();
        let is_new = account.without_credits_until.is_none();
        account.without_credits_until = Some(now + CREDITS_PAUSE);
        is_new
    }

    /// A call went well: there are credits.
    pub(crate) fn has_credits(&self, credential: &TwitterCredential) {
        if let Some(account) = self.locked().get_mut(&name(credential)) {
            account.without_credits_until = None;
        }
    }

    /// Searches that a poll may make on top of what it needs.
    pub(crate) fn spare(&self, credential: &TwitterCredential, route: Route) -> Option<u64> {
        let accounts = self.locked();
        let known = accounts.get(&name(credential))?.windows.get(&route)?;
        let fresh = known.full_again > Instant::now();
        fresh.then(|| known.remaining.saturating_sub(known.limit / SPREAD))
    }

    /// A panic elsewhere leaves the map whole.
    fn locked(&self) -> MutexGuard<'_, HashMap<u64, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which app and user it is, without keeping a secret a second time.
fn name(credential: &TwitterCredential) -> u64 {
    let mut hasher = DefaultHasher::new();
    credential.consumer_key.expose_secret().hash(&mut hasher);
    credential.bearer_token.expose_secret().hash(&mut hasher);
    let user = credential.access_token.as_ref().map(ExposeSecret::expose_secret);
    user.hash(&mut hasher);
    // OAuth 2.0's tokens change; its client does not.
    credential.oauth2.as_ref().map(|keys| &keys.client_id).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::fixture::credential;

    fn headers(limit: u64, remaining: u64, seconds: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let reset = 1_795_348_800 + seconds;
        headers.insert("date", "Sun, 22 Nov 2026 12:00:00 GMT".parse().unwrap());
        headers.insert("x-rate-limit-limit", limit.into());
        headers.insert("x-rate-limit-remaining", remaining.into());
        headers.insert("x-rate-limit-reset", reset.into());
        headers
    }

    /// Contract E10: what is used up is not asked for, and the last of it belongs to replies.
    #[rstest]
    #[case::plenty(450, 400, Purpose::Poll, 1, None)]
    #[case::used_up(450, 0, Purpose::Poll, 1, Some(900))]
    #[case::used_up_for_replies(450, 0, Purpose::Reply, 1, Some(900))]
    #[case::reserve(450, 22, Purpose::Poll, 1, Some(900))]
    #[case::reserve_is_for_replies(450, 22, Purpose::Reply, 1, None)]
    #[case::spread(450, 112, Purpose::Poll, 1, Some(9))]
    #[case::spread_and_waited(450, 112, Purpose::Poll, 12, None)]
    #[case::over(450, 0, Purpose::Poll, 905, None)]
    fn e10_limits_are_obeyed_before_x_refuses(
        #[case] limit: u64,
        #[case] remaining: u64,
        #[case] purpose: Purpose,
        #[case] later: u64,
        #[case] wait: Option<u64>,
    ) {
        let (limits, now) = (Limits::default(), Instant::now());
        let credential = credential();
        limits.learn_at(&credential, Route::Search, &headers(limit, remaining, 900), now);
        let later = now + Duration::from_secs(later);
        let answer = limits.check_at(&credential, Route::Search, purpose, later);
        let waits = match answer {
            Err(TwitterError::RateLimited { after }) => after.map(|after| after.as_secs()),
            _ => None,
        };
        assert_eq!(waits, wait);
        // Other routes have windows of their own.
        assert!(limits.check_at(&credential, Route::Users, purpose, later).is_ok());
    }

    #[test]
    fn e10_without_credits_nothing_is_asked_and_it_is_told_once() {
        let (limits, credential) = (Limits::default(), credential());
        assert!(limits.out_of_credits(&credential));
        assert!(!limits.out_of_credits(&credential));
        let error = limits.check(&credential, Route::Publish, Purpose::Reply).unwrap_err();
        assert!(matches!(error, TwitterError::CreditsDepleted));
        let later = Instant::now() + CREDITS_PAUSE + Duration::from_secs(1);
        assert!(limits.check_at(&credential, Route::Users, Purpose::Poll, later).is_ok());
        limits.has_credits(&credential);
        assert!(limits.check(&credential, Route::Publish, Purpose::Reply).is_ok());
    }
}

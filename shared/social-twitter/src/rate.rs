//! Rate limits as X tells them in its headers (contract B4).

use std::time::Duration;

use http::HeaderMap;
use jiff::{Timestamp, fmt::rfc2822};

/// Header prefixes: the fifteen minutes of a route, then the day of the app and of the user.
const WINDOWS: [&str; 3] = ["x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour"];

/// One limit and how much of it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub limit: u64,
    pub remaining: u64,
    /// When it is full again.
    pub reset: Timestamp,
}

/// The limits that an answer told of; often none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimits(pub Vec<Window>);

impl RateLimits {
    /// Reads an answer's headers; what is missing or no number is left out.
    pub fn of(headers: &HeaderMap) -> Self {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let window = |prefix: &str| {
            let remaining = number(&format!("{prefix}-remaining"))?;
            let reset = Timestamp::from_second(number(&format!("{prefix}-reset"))?).ok()?;
            let remaining = remaining.try_into().unwrap_or_default();
            let limit = number(&format!("{prefix}-limit")).unwrap_or_default();
            Some(Window { limit: limit.try_into().unwrap_or(remaining), remaining, reset })
        };
        Self(WINDOWS.into_iter().filter_map(window).collect())
    }

    /// When every window with nothing left is full again. A window with something left did not
    /// refuse the call, whatever its reset says.
    pub fn exhausted_until(&self) -> Option<Timestamp> {
        self.0.iter().filter(|window| window.remaining == 0).map(|window| window.reset).max()
    }
}

/// How long to wait after a refused call, by X's own clock.
pub(crate) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let left = left(headers, RateLimits::of(headers).exhausted_until()?)?;
    // It was refused: at once would be too soon.
    Some(left.max(Duration::from_secs(1)))
}

/// The window that ends the calls first, and how long it lasts: of those with the least left, the
/// longest.
pub(crate) fn scarcest(headers: &HeaderMap) -> Option<(Window, Duration)> {
    let windows = RateLimits::of(headers).0;
    let scarcest = windows
        .into_iter()
        .min_by_key(|window| (window.remaining, std::cmp::Reverse(window.reset)))?;
    Some((scarcest, left(headers, scarcest.reset)?))
}

/// Until when, by X's own clock.
fn left(headers: &HeaderMap, until: Timestamp) -> Option<Duration> {
    let now = rfc2822::parse(headers.get(http::header::DATE)?.to_str().ok()?).ok()?.timestamp();
    // One more second, because both times are cut to seconds.
    let seconds = u64::try_from(until.as_second() - now.as_second()).ok();
    Some(Duration::from_secs(seconds.map_or(0, |seconds| seconds + 1)))
}

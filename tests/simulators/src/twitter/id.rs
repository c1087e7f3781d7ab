//! Snowflake ids, whose upper bits are the time of creation (contract B2).

use jiff::Timestamp;

/// Milliseconds since 1970 at which ids begin.
pub(crate) const EPOCH_MS: i64 = 1_288_834_974_657;

/// The smallest id that a tweet of `time` can have.
pub(crate) fn at(time: Timestamp) -> u64 {
    u64::try_from(time.as_millisecond() - EPOCH_MS).unwrap_or_default() << 22
}

/// When the tweet with this id was created, in milliseconds since 1970.
pub(crate) fn millis(id: u64) -> i64 {
    i64::try_from(id >> 22).unwrap_or_default() + EPOCH_MS
}

/// Reads an id as X does: one to nineteen digits.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

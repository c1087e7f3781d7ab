//! Snowflake ids: 64 bits, whose upper ones are the time of creation (contract B2).
//! Compared as numbers: as texts, a shorter id would be the larger one.

use std::time::Duration;

use jiff::Timestamp;

/// Milliseconds since 1970 at which ids begin.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// The smallest id that a tweet of this time can have.
pub(crate) fn at(time: Timestamp) -> u64 {
    u64::try_from(time.as_millisecond() - EPOCH_MS).unwrap_or_default() << 22
}

/// When the tweet with this id was created.
pub(crate) fn time_of(id: u64) -> Timestamp {
    let ms = i64::try_from(id >> 22).unwrap_or_default() + EPOCH_MS;
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reads an id as X writes it.
pub(crate) fn parse(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `time` moved back; the beginning of time where that is out of reach.
pub(crate) fn before(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_time() {
        let time: Timestamp = "2026-11-22T12:00:00.123Z".parse().unwrap();
        assert_eq!(time_of(at(time)), time);
        assert_eq!(at(Timestamp::UNIX_EPOCH), 0);
    }

    /// Contract E10: ids of different lengths.
    #[test]
    fn e10_ids_compare_as_numbers() {
        assert!(parse("999999999999999999") < parse("1000000000000000000"));
        assert_eq!(parse("12x"), None);
        assert_eq!(parse(""), None);
    }
}

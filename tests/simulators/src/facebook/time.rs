//! Facebook's ways to write a moment: `+0000` without a colon in nodes, epochs in callbacks (contract A2, A11).

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// `2021-02-12T16:27:12+0000`.
pub(super) fn graph_time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// Reads what `since` and `until` accept: an epoch, a date, or a date with a time.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let with_zone = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok();
    let date = || {
        let midnight = text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    };
    // A date alone also parses as a civil time, so the zoned forms come first.
    text.parse::<Timestamp>().ok().or_else(with_zone).or_else(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_every_form_and_written_in_one() {
        for text in [
            "1613147232",
            "2021-02-12T16:27:12+0000",
            "2021-02-12T16:27:12Z",
            "2021-02-12T17:27:12+01:00",
        ] {
            let moment = parse(text).unwrap();
            assert_eq!(graph_time(moment), "2021-02-12T16:27:12+0000", "{text}");
        }
        assert_eq!(graph_time(parse("2021-02-12").unwrap()), "2021-02-12T00:00:00+0000");
        assert_eq!(parse("yesterday-ish"), None);
    }
}

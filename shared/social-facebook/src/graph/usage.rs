//! How much of its limits a page has used (contract A10; Meta: "Rate Limits"). Headers that cannot be read tell nothing.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

const HEADERS: [&str; 3] = ["x-app-usage", "x-page-usage", "x-business-use-case-usage"];
const SHARES: [&str; 3] = ["call_count", "total_cputime", "total_time"];

/// The worst of all limits that an answer tells of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    /// Percent; may exceed 100.
    pub(super) percent: f64,
    /// When calls will be answered again.
    pub(super) regain: Option<Duration>,
}

/// Reads the headers of an answer.
pub(super) fn read(headers: &HeaderMap) -> Usage {
    let mut usage = Usage::default();
    for name in HEADERS {
        let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        usage.take(&value);
    }
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    usage.regain = usage.regain.max(seconds.map(Duration::from_secs));
    usage
}

impl Usage {
    fn take(&mut self, value: &Value) {
        match value {
            Value::Object(members) if SHARES.iter().any(|share| members.contains_key(*share)) => {
                if is_ours(value) {
                    self.take_one(value);
                }
            }
            Value::Object(members) => members.values().for_each(|member| self.take(member)),
            Value::Array(elements) => elements.iter().for_each(|element| self.take(element)),
            Value::Number(_) | Value::String(_) => self.percent = self.percent.max(percent(value)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn take_one(&mut self, usage: &Value) {
        for share in SHARES.iter().filter_map(|share| usage.get(share)) {
            self.percent = self.percent.max(percent(share));
        }
        let minutes = usage.get("estimated_time_to_regain_access").and_then(Value::as_u64);
        let regain = minutes.filter(|minutes| *minutes > 0).map(|minutes| minutes.min(24 * 60));
        self.regain = self.regain.max(regain.map(Duration::from_mins));
    }
}

/// Limits of advertising and Instagram are none of this page's.
fn is_ours(usage: &Value) -> bool {
    usage
        .get("type")
        .and_then(Value::as_str)
        .is_none_or(|kind| matches!(kind, "pages" | "messenger"))
}

/// `17`, `9.67`, `"17%"`.
fn percent(value: &Value) -> f64 {
    let text = || value.as_str()?.trim().trim_end_matches('%').parse().ok();
    value.as_f64().or_else(text).filter(|percent| percent.is_finite()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::app(
        "x-app-usage",
        r#"{"call_count":28,"total_time":25,"total_cputime":25}"#,
        28.0,
        None
    )]
    #[case::over(
        "x-page-usage",
        r#"{"call_count":28,"total_time":144,"total_cputime":25}"#,
        144.0,
        None
    )]
    #[case::bare("x-page-usage", "17%", 17.0, None)]
    #[case::quoted("x-page-usage", r#""17%""#, 17.0, None)]
    #[case::empty("x-page-usage", "", 0.0, None)]
    #[case::garbage("x-app-usage", "{[", 0.0, None)]
    #[case::odd("x-app-usage", r#"{"call_count":{},"total_time":null}"#, 0.0, None)]
    #[case::business(
        "x-business-use-case-usage",
        r#"{"1029384756":[{"type":"pages","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":19}]}"#,
        100.0,
        Some(19)
    )]
    #[case::foreign(
        "x-business-use-case-usage",
        r#"{"1":[{"type":"ads_insights","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":19}]}"#,
        0.0,
        None
    )]
    fn headers_are_read_as_far_as_they_can_be(
        #[case] name: &'static str,
        #[case] value: &str,
        #[case] percent: f64,
        #[case] minutes: Option<u64>,
    ) {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        let regain = minutes.map(Duration::from_mins);
        assert_eq!(read(&headers), Usage { percent, regain });
    }
}

//! How much of its limits a page has used (contract A10; Meta: "Rate Limits"). Headers that cannot be read tell nothing.

use std::time::Duration;

use http::HeaderMap;
use serde_json::{Map, Value};

const SHARES: [&str; 3] = ["call_count", "total_cputime", "total_time"];

/// The worst that an answer tells of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    /// Percent; may exceed 100.
    pub(super) percent: f64,
    /// When calls will be answered again.
    pub(super) regain: Option<Duration>,
}

/// The limits that an answer tells of, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usages {
    pub(super) app: Usage,
    pub(super) page: Usage,
    pub(super) messenger: Usage,
    /// Said of no limit in particular.
    pub(super) retry_after: Option<Duration>,
}

/// Reads the headers of an answer.
pub(super) fn read(headers: &HeaderMap) -> Usages {
    let mut usages = Usages::default();
    usages.app.take(&value(headers, "x-app-usage"));
    usages.page.take(&value(headers, "x-page-usage"));
    usages.take(&value(headers, "x-business-use-case-usage"));
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    usages.retry_after = seconds.map(Duration::from_secs);
    usages
}

/// JSON, or the bare text.
fn value(headers: &HeaderMap, name: &str) -> Value {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

impl Usages {
    /// The longest pause that any of the limits asks for.
    pub(super) fn regain(&self) -> Option<Duration> {
        let limits = [self.app, self.page, self.messenger];
        limits.iter().filter_map(|usage| usage.regain).chain(self.retry_after).max()
    }

    /// Business use cases: a map of lists. Those of advertising and Instagram are none of this page's.
    fn take(&mut self, value: &Value) {
        match value {
            Value::Object(members) if members.contains_key("type") => {
                match members.get("type").and_then(Value::as_str) {
                    Some("pages") => self.page.take(value),
                    Some("messenger") => self.messenger.take(value),
                    _ => {}
                }
            }
            Value::Object(members) if is_usage(members) => self.page.take(value),
            Value::Object(members) => members.values().for_each(|member| self.take(member)),
            Value::Array(elements) => elements.iter().for_each(|element| self.take(element)),
            Value::Number(_) | Value::String(_) => self.page.take(value),
            Value::Null | Value::Bool(_) => {}
        }
    }
}

fn is_usage(members: &Map<String, Value>) -> bool {
    SHARES.iter().any(|share| members.contains_key(*share))
}

impl Usage {
    fn take(&mut self, value: &Value) {
        match value {
            Value::Object(_) => {
                for share in SHARES.iter().filter_map(|share| value.get(share)) {
                    self.percent = self.percent.max(percent(share));
                }
                let minutes = value.get("estimated_time_to_regain_access").and_then(Value::as_u64);
                let regain = minutes.filter(|minutes| *minutes > 0);
                let regain = regain.map(|minutes| Duration::from_mins(minutes.min(24 * 60)));
                self.regain = self.regain.max(regain);
            }
            _ => self.percent = self.percent.max(percent(value)),
        }
    }
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

    /// Contract E8: minutes are minutes, more than 100 %, a bare `17%`, rubbish.
    #[rstest]
    #[case::app("x-app-usage", r#"{"call_count":28,"total_time":25,"total_cputime":25}"#, "app 28")]
    #[case::over(
        "x-page-usage",
        r#"{"call_count":28,"total_time":144,"total_cputime":25}"#,
        "page 144"
    )]
    #[case::bare("x-page-usage", "17%", "page 17")]
    #[case::quoted("x-page-usage", r#""17%""#, "page 17")]
    #[case::number("x-app-usage", "9.67", "app 9.67")]
    #[case::empty("x-page-usage", "", "")]
    #[case::garbage("x-app-usage", "{[", "")]
    #[case::odd("x-app-usage", r#"{"call_count":{},"total_time":null}"#, "")]
    #[case::list("x-app-usage", "[1]", "")]
    #[case::business(
        "x-business-use-case-usage",
        r#"{"1029384756":[{"type":"pages","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":19}]}"#,
        "page 100 19m"
    )]
    #[case::messenger(
        "x-business-use-case-usage",
        r#"{"1":[{"type":"messenger","call_count":96},{"type":"pages","call_count":2}]}"#,
        "page 2 messenger 96"
    )]
    #[case::foreign(
        "x-business-use-case-usage",
        r#"{"1":[{"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":19}]}"#,
        ""
    )]
    fn e8_headers_are_read_as_far_as_they_can_be(
        #[case] name: &'static str,
        #[case] value: &str,
        #[case] expected: &str,
    ) {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        let usages = read(&headers);
        let limits = [("app", usages.app), ("page", usages.page), ("messenger", usages.messenger)];
        let told = limits.into_iter().filter(|(_, usage)| *usage != Usage::default());
        let told: Vec<String> = told
            .map(|(name, Usage { percent, regain })| {
                let minutes = regain.map(|regain| format!(" {}m", regain.as_secs() / 60));
                format!("{name} {percent}{}", minutes.unwrap_or_default())
            })
            .collect();
        assert_eq!(told.join(" "), expected);
    }
}

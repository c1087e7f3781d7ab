//! JSON as CIC writes it: names in any case, numbers as texts, much of it optional.

use std::time::Duration;

use serde_json::{Map, Value};
use social_http::Answer;

use crate::error::CicError;

/// Bounds for the pause that CIC suggests between two polls.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A JSON object, its names read in any case: both `participantID` and `participantId` are seen.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The object of `value`, if it is one.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The field; `null` counts as absent.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        let found = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// The object in a field.
    pub(crate) fn object(self, name: &str) -> Option<Self> {
        self.get(name).and_then(Self::of)
    }

    /// The text in a field.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// The text or number in a field, as a text.
    pub(crate) fn owned(self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The whole number in a field, which may be written as a text.
    pub(crate) fn number(self, name: &str) -> Option<i64> {
        number(self.get(name)?)
    }

    /// The list in a field; absent is empty.
    pub(crate) fn list(self, name: &str) -> &'a [Value] {
        self.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A whole number, which may be written as a text or with an empty fraction.
pub(crate) fn number(value: &Value) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.bytes().all(|digit| digit == b'0') { whole.parse().ok() } else { None }
}

/// What any answer about a chat may hold, whichever interface gave it.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) participant_id: Option<String>,
    pub(crate) chat_id: Option<String>,
    /// Version of `serverConfiguration`.
    pub(crate) cfg_ver: Option<i64>,
    pub(crate) poll_after: Option<Duration>,
    /// Events as they came.
    pub(crate) events: Vec<Value>,
}

impl Reply {
    /// Reads what is there.
    pub(crate) fn of(fields: Fields<'_>) -> Self {
        let owned = |name| fields.owned(name).filter(|text| !text.is_empty());
        let events = [fields.list("events"), fields.list("messages")].concat();
        Self {
            participant_id: owned("participantId"),
            chat_id: owned("chatId"),
            cfg_ver: fields.number("cfgVer"),
            poll_after: fields.number("pollWaitSuggestion").and_then(pause),
            events,
        }
    }
}

fn pause(milliseconds: i64) -> Option<Duration> {
    let suggested = Duration::from_millis(u64::try_from(milliseconds).ok()?);
    Some(suggested.clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
}

/// The JSON of an answer; `None` where it has no body, which ICWS labels JSON all the same.
pub(crate) fn json(answer: &Answer) -> Result<Option<Value>, CicError> {
    let body = answer.body.trim_ascii();
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    if body.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(body).map(Some).map_err(|_| CicError::Malformed)
}

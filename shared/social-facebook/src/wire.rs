//! Values as Facebook spells them: ids as strings or numbers, times in three forms (contract A2, A11).

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::Value;

/// Numbers above this are milliseconds: as seconds they would lie beyond the year 5000.
const LARGEST_SECOND: i64 = 100_000_000_000;

/// An opaque id. Old payloads have numbers where newer ones have strings.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(id) if !id.is_empty() => Ok(Self(id)),
            Value::Number(id) if id.is_u64() => Ok(Self(id.to_string())),
            _ => Err(D::Error::custom("no id")),
        }
    }
}

/// A moment in seconds, in milliseconds, or as ISO 8601 with `+0000`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Moment {
    /// Reads a moment from text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let zoned = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok();
        let numeric = || text.parse().ok().and_then(from_number);
        numeric().or_else(zoned).or_else(|| text.parse().ok()).map(Self)
    }
}

fn from_number(number: i64) -> Option<Timestamp> {
    if number.abs() > LARGEST_SECOND {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let moment = match Value::deserialize(deserializer)? {
            Value::String(text) => Self::parse(&text),
            Value::Number(number) => number.as_i64().and_then(from_number).map(Self),
            _ => None,
        };
        moment.ok_or_else(|| D::Error::custom("no time"))
    }
}

/// `from{id,name}`. Absent where the author hides from the page.
#[derive(Clone, Deserialize)]
pub(crate) struct From {
    #[serde(default, deserialize_with = "if_readable")]
    pub(crate) id: Option<Id>,
    pub(crate) name: Option<String>,
}

/// A part that is odd must not hide the whole: it counts as absent.
pub(crate) fn if_readable<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!(1_613_147_232))]
    #[case(json!("1613147232"))]
    #[case(json!(1_613_147_232_000_i64))]
    #[case(json!("2021-02-12T16:27:12+0000"))]
    #[case(json!("2021-02-12T17:27:12+01:00"))]
    #[case(json!("2021-02-12T16:27:12Z"))]
    fn a_moment_comes_in_many_forms(#[case] value: Value) {
        let Moment(moment) = serde_json::from_value(value).unwrap();
        assert_eq!(moment.to_string(), "2021-02-12T16:27:12Z");
    }

    #[test]
    fn an_id_is_text_or_number_and_never_empty() {
        let id = |value| serde_json::from_value::<Id>(value).ok().map(|id| id.0);
        assert_eq!(id(json!("1_2")).as_deref(), Some("1_2"));
        assert_eq!(id(json!(12_345_654_332_u64)).as_deref(), Some("12345654332"));
        assert_eq!(id(json!("")), None);
        assert_eq!(id(json!({})), None);
    }
}

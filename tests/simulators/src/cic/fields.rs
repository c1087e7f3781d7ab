//! Request bodies, read the way CIC reads them: names in any case, nothing said of content types.

use serde_json::{Map, Value};

/// The fields of a JSON object.
pub(super) struct Fields(Map<String, Value>);

/// Why a field cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Flaw {
    /// The body is no JSON object.
    NotAnObject,
    /// A required field is not there, or empty.
    Missing(&'static str),
    /// A field is of the wrong type, or a value nobody knows.
    Invalid(&'static str),
}

impl Fields {
    /// Reads a body; an empty one has no fields, and neither has `null`, which public clients send
    /// with what needs no body.
    pub(super) fn read(body: &[u8]) -> Result<Self, Flaw> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(Value::Null) => Ok(Self(Map::new())),
            _ => Err(Flaw::NotAnObject),
        }
    }

    /// The fields of a value, if it is an object.
    pub(super) fn of(value: &Value) -> Option<Self> {
        value.as_object().cloned().map(Self)
    }

    /// The field, whatever it holds; `null` counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// A text that may be absent.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, Flaw> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(Flaw::Invalid(name)),
        }
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Flaw> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or(Flaw::Missing(name))
    }

    /// A switch that must be there.
    pub(super) fn switch(&self, name: &'static str) -> Result<bool, Flaw> {
        self.get(name).ok_or(Flaw::Missing(name))?.as_bool().ok_or(Flaw::Invalid(name))
    }

    /// An object within.
    pub(super) fn object(&self, name: &'static str) -> Result<Option<Self>, Flaw> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields.clone()))),
            Some(_) => Err(Flaw::Invalid(name)),
        }
    }

    /// A flat map of texts, each name behind `prefix`; absent is empty.
    pub(super) fn texts(
        &self,
        name: &'static str,
        prefix: &str,
    ) -> Result<Vec<(String, String)>, Flaw> {
        let Some(Self(map)) = self.object(name)? else { return Ok(Vec::new()) };
        map.into_iter()
            .map(|(key, value)| match value {
                Value::String(text) => Ok((format!("{prefix}{key}"), text)),
                _ => Err(Flaw::Invalid(name)),
            })
            .collect()
    }

    /// A list of objects that each hold the fields named; absent is empty.
    pub(super) fn list(&self, name: &'static str, each: &[&str]) -> Result<Vec<Value>, Flaw> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or(Flaw::Invalid(name))?;
        let whole = |item: &Value| match item {
            Value::Object(fields) => {
                each.iter().all(|name| Self(fields.clone()).get(name).is_some())
            }
            _ => false,
        };
        if list.iter().all(whole) { Ok(list.clone()) } else { Err(Flaw::Invalid(name)) }
    }
}

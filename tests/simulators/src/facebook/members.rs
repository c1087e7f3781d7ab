//! JSON objects that grow member by member.

use serde_json::Value;

/// Sets a member of a JSON object.
pub(super) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

//! Callbacks of pages: what each change in a body became (contract A11; Meta: "Webhooks for Pages", "Messenger Webhooks").
//!
//! One odd change never hides its neighbours: known kinds that nobody needs are told by name, unknown ones are
//! handed over in full.

mod feed;
mod messaging;

use std::fmt;

use serde_json::{Value, json};
use social_core::{Channel, Message};

use crate::{
    admission,
    signature::Signed,
    wire::{Id, Moment},
};

/// One change of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct PageChange {
    /// The page that was told of it; empty where an entry names none.
    pub page_id: String,
    /// It stands elsewhere, and only names the page.
    pub mention: bool,
    pub what: What,
}

/// What a change became.
#[derive(Clone, PartialEq)]
pub enum What {
    /// A message, or what happened to one.
    Message(Box<Message>),
    /// A kind that is known and not needed, by its name.
    Ignored(&'static str),
    /// A kind that nobody described: an entry with this one change, to be parked in full.
    Unknown(Value),
}

/// Names and texts of people belong in no log line.
impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.debug_tuple("Message").field(message).finish(),
            Self::Ignored(kind) => f.debug_tuple("Ignored").field(kind).finish(),
            Self::Unknown(_) => f.debug_tuple("Unknown").finish_non_exhaustive(),
        }
    }
}

/// The body is none of a callback: no JSON, or no list of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("the callback is no JSON")]
    NoJson,
    #[error("the callback has no entries")]
    NoEntries,
    #[error("the callback has more changes than Facebook ever sends")]
    TooMany,
}

/// Objects that an app may be told of besides pages, and that hold nobody's message.
const IGNORED_OBJECTS: &[&str] =
    &["user", "permissions", "application", "certificate_transparency"];
/// An entry of old that names the changed fields, and not what changed: the poll finds that.
const CHANGED_FIELDS: &str = "changed_fields";

/// Many times the 1,000 that Facebook sends at once. Each may be queued or parked by itself.
const MOST_CHANGES: usize = 5_000;

/// Reads all changes of a proven body, in their order.
pub fn parse(body: Signed<'_>) -> Result<Vec<PageChange>, ParseError> {
    let body: Value = serde_json::from_slice(body.bytes()).map_err(|_| ParseError::NoJson)?;
    let entries = body.get("entry").and_then(Value::as_array).ok_or(ParseError::NoEntries)?;
    let object = body.get("object").and_then(Value::as_str).unwrap_or_default();
    let read = |entry| match ignored(IGNORED_OBJECTS, object) {
        Some(what) => vec![whole_entry(entry, what)],
        None if object == "page" => Entry::read(entry),
        None => vec![whole_entry(entry, What::Unknown(entry.clone()))],
    };
    let changes: Vec<PageChange> = entries.iter().flat_map(read).take(MOST_CHANGES + 1).collect();
    if changes.len() > MOST_CHANGES { Err(ParseError::TooMany) } else { Ok(changes) }
}

/// The change as a channel of its page takes it; `None` where the channel does not.
pub fn for_channel(change: &PageChange, channel: &Channel) -> Option<Message> {
    let What::Message(message) = &change.what else { return None };
    let page = channel.facebook()?;
    let of_page = page.page_id == change.page_id;
    of_page.then(|| admission::admit(channel, change.mention, (**message).clone())).flatten()
}

/// What the parts of an entry have in common.
struct Entry<'a> {
    page_id: String,
    /// Seconds for changes, milliseconds for messaging.
    time: Option<Moment>,
    raw: &'a Value,
}

/// A change that was read: a mention or not, and what it became. `None` is unknown.
type Read = Option<(bool, What)>;

impl<'a> Entry<'a> {
    fn read(raw: &'a Value) -> Vec<PageChange> {
        let unknown = || vec![whole_entry(raw, What::Unknown(raw.clone()))];
        let Some(Id(page_id)) = member(raw, "id") else { return unknown() };
        let entry = Self { page_id, time: member(raw, "time"), raw };
        let mut all = Vec::new();
        entry.read_list("changes", feed::read, &mut all);
        entry.read_list("messaging", messaging::read, &mut all);
        // While another app holds the conversation, its messages come by this name.
        entry.read_list("standby", messaging::read, &mut all);
        match all.is_empty() {
            false => all,
            true if raw.get(CHANGED_FIELDS).is_some() => {
                vec![whole_entry(raw, What::Ignored(CHANGED_FIELDS))]
            }
            true => unknown(),
        }
    }

    fn read_list(&self, name: &str, read: fn(&Self, &Value) -> Read, all: &mut Vec<PageChange>) {
        let elements = match self.raw.get(name) {
            None | Some(Value::Null) => return,
            Some(Value::Array(elements)) => elements.as_slice(),
            Some(odd) => std::slice::from_ref(odd),
        };
        all.extend(elements.iter().map(|element| {
            let unknown = || (false, What::Unknown(self.alone(name, element)));
            let (mention, what) = read(self, element).unwrap_or_else(unknown);
            PageChange { page_id: self.page_id.clone(), mention, what }
        }));
    }

    /// The entry as it would be with this one element in it.
    fn alone(&self, name: &str, element: &Value) -> Value {
        let time = self.raw.get("time");
        json!({ "id": self.page_id, "time": time, name: [element] })
    }
}

/// What an entry became that is not read change by change.
fn whole_entry(entry: &Value, what: What) -> PageChange {
    let page_id = member(entry, "id").map(|Id(id)| id).unwrap_or_default();
    PageChange { page_id, mention: false, what }
}

/// The name, where it is a known one.
fn ignored(known: &[&'static str], name: &str) -> Option<What> {
    known.iter().find(|known| **known == name).map(|known| What::Ignored(known))
}

fn member<T: serde::de::DeserializeOwned>(of: &Value, name: &str) -> Option<T> {
    T::deserialize(of.get(name)?).ok()
}

#[cfg(test)]
mod tests;

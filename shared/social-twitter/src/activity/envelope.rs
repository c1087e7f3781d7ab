//! The X Activity API: one event in an envelope, its payload in version 2's words.

use serde::Deserialize;
use serde_json::Value;

use super::{Event, Gone, Heard, Whispered};
use crate::{
    inbox::Said,
    wire::{PrivateEvent, Tweet, User},
};

/// Kinds that are known and of no use: private ones, reactions, and what reposts are.
const IGNORED: [&str; 13] = [
    "post.repost.create",
    "post.repost.delete",
    "like.create",
    "like.delete",
    "follow.follow",
    "follow.unfollow",
    "follow.create",
    "follow.delete",
    "dm.read",
    "dm.indicate_typing",
    "profile.update.bio",
    "profile.update.profile_picture",
    "bookmark.create",
];

#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

/// `event_uuid` is not read: it may be negative, and the tweet's own id tells repeats apart.
#[derive(Deserialize)]
struct Data {
    event_type: String,
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    includes: Includes,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    user_id: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Includes {
    users: Vec<Value>,
    #[serde(alias = "posts")]
    tweets: Vec<Value>,
}

/// Reads one event; what cannot be read is kept whole.
pub(super) fn event(body: &Value) -> Event {
    let Ok(Envelope { data }) = Envelope::deserialize(body) else { return unknown(body) };
    if let Some(kind) = IGNORED.into_iter().find(|kind| *kind == data.event_type) {
        return Event::Ignored { kind };
    }
    let subscriber = data.filter.user_id.as_ref().and_then(word);
    match data.event_type.as_str() {
        "post.create" | "post.mention.create" | "post.reply.create" | "post.quote.create" => {
            heard(&data, subscriber).map_or_else(|| unknown(body), Event::Tweet)
        }
        "dm.received" | "dm.sent" => {
            let whispered = whispered(&data, subscriber.as_deref());
            whispered.map_or_else(|| unknown(body), |whispered| Event::Private(Box::new(whispered)))
        }
        "post.delete" => match data.payload.get("id").and_then(word) {
            Some(id) => {
                let author_id = data.payload.get("author_id").and_then(word);
                Event::Deleted(Gone { id, author_id, at: None, subscriber })
            }
            None => unknown(body),
        },
        _ => unknown(body),
    }
}

fn heard(data: &Data, subscriber: Option<String>) -> Option<Box<Heard>> {
    let tweet = tweet(&data.payload)?;
    let tweets = data.includes.tweets.iter().map(unwrapped).filter_map(|included| {
        let included: Tweet = Tweet::deserialize(included).ok()?;
        Some((included.id, included.author_id?))
    });
    let wrote = tweets.collect();
    let users = data.includes.users.iter().map(unwrapped);
    let users = users.filter_map(|user| User::deserialize(user).ok()).collect();
    Some(Box::new(Heard { tweet, users, wrote, subscriber }))
}

/// A private message as version 2 tells it.
fn whispered(data: &Data, subscriber: Option<&str>) -> Option<Whispered> {
    let event = PrivateEvent::deserialize(unwrapped(&data.payload)).ok()?;
    let account = subscriber?;
    crate::snowflake::parse(&event.id)?;
    let users: Vec<User> = data.includes.users.iter().map(unwrapped).filter_map(user).collect();
    let said = Said::of(&event, account)?;
    let named = |id: &str| users.iter().find(|user| user.id == id).cloned();
    let visitor = named(&said.visitor_id);
    Some(Whispered { said, visitor, account: named(account).map(|user| user.username) })
}

fn user(value: &Value) -> Option<User> {
    User::deserialize(value).ok()
}

/// With an id at least: everything else can be missing.
fn tweet(payload: &Value) -> Option<Tweet> {
    let tweet = Tweet::deserialize(unwrapped(payload)).ok()?;
    crate::snowflake::parse(&tweet.id)?;
    Some(tweet)
}

/// Some objects come as `{"data": {…}}`.
fn unwrapped(value: &Value) -> &Value {
    value.get("data").filter(|inner| inner.is_object()).unwrap_or(value)
}

/// An id as text, whether it is a text or a number.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn unknown(body: &Value) -> Event {
    let kind = body.pointer("/data/event_type").and_then(Value::as_str).unwrap_or("unknown");
    Event::Unknown { kind: crate::webhook::low_cardinality(kind), event: body.to_string() }
}

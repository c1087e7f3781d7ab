//! The Account Activity API, deprecated and still sent: lists of version 1.1's objects.

use jiff::{Timestamp, fmt::strtime};
use serde_json::{Value, json};

use super::{Event, Gone, Heard, Whispered, envelope::word};
use crate::wire::{Entities, Link, Mention, Metrics, Note, Reference, Tag, Tweet, User};
use crate::{inbox::Said, text::unescaped};

/// Lists that are known and of no use.
const IGNORED: [&str; 8] = [
    "favorite_events",
    "follow_events",
    "unfollow_events",
    "block_events",
    "mute_events",
    "user_event",
    "direct_message_indicate_typing_events",
    "direct_message_mark_read_events",
];

/// All events of a body, list by list, each in its own order.
pub(super) fn events(body: &Value) -> Vec<Event> {
    let subscriber = body.get("for_user_id").and_then(word);
    let lists = body.as_object().into_iter().flatten();
    let mut events = Vec::new();
    for (name, list) in lists.filter(|(name, _)| name.contains("_event")) {
        if let Some(kind) = IGNORED.into_iter().find(|ignored| ignored == name) {
            events.push(Event::Ignored { kind });
            continue;
        }
        for event in list.as_array().into_iter().flatten() {
            events.push(match name.as_str() {
                "tweet_create_events" => created(event, subscriber.clone()),
                "tweet_delete_events" => deleted(event, subscriber.clone()),
                "direct_message_events" => {
                    whispered(event, body.get("users"), subscriber.as_deref())
                }
                _ => unknown(name, event),
            });
        }
    }
    events
}

fn unknown(name: &str, event: &Value) -> Event {
    let kind = crate::webhook::low_cardinality(name);
    Event::Unknown { kind, event: json!({ name: [event] }).to_string() }
}

/// A private message; who is who stands in a map of users beside the list.
fn whispered(event: &Value, users: Option<&Value>, subscriber: Option<&str>) -> Event {
    let private = || {
        let subscriber = subscriber?;
        let id = event.get("id").and_then(word)?;
        let message = event.get("message_create")?;
        let sender = message.get("sender_id").and_then(word)?;
        let recipient = message.pointer("/target/recipient_id").and_then(word)?;
        let ms = event.get("created_timestamp").and_then(word)?.parse().ok()?;
        let text = message.pointer("/message_data/text").and_then(Value::as_str);
        let own = sender == subscriber;
        if !own && recipient != subscriber {
            return None;
        }
        let visitor_id = if own { recipient } else { sender };
        let user = |id: &str| Some(named(id, users?.get(id)?));
        let said = Said {
            id,
            text: unescaped(text.unwrap_or_default()),
            at: Timestamp::from_millisecond(ms).ok()?,
            own,
            attachments: message.pointer("/message_data/attachment").iter().count(),
            visitor_id: visitor_id.clone(),
        };
        let account = user(subscriber).map(|user| user.username);
        Some(Whispered { said, visitor: user(&visitor_id), account })
    };
    private().map_or_else(
        || unknown("direct_message_events", event),
        |whispered| Event::Private(Box::new(whispered)),
    )
}

fn deleted(event: &Value, subscriber: Option<String>) -> Event {
    let Some(id) = event.pointer("/status/id").and_then(word) else {
        return unknown("tweet_delete_events", event);
    };
    let ms = event.get("timestamp_ms").and_then(word).and_then(|ms| ms.parse().ok());
    let at = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Event::Deleted(Gone {
        id,
        author_id: event.pointer("/status/user_id").and_then(word),
        at,
        subscriber,
    })
}

/// A reply does not say to which conversation it belongs, and is left to the search.
fn created(event: &Value, subscriber: Option<String>) -> Event {
    let id = |name: &str| event.get(format!("{name}_str")).or(event.get(name)).and_then(word);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let Some(tweet_id) = id("id") else { return unknown("tweet_create_events", event) };
    if event.get("retweeted_status").is_some_and(Value::is_object) {
        return Event::Ignored { kind: "retweet" };
    }
    if id("in_reply_to_status_id").is_some() {
        return Event::LeftToSearch;
    }
    let user = event.get("user").unwrap_or(&Value::Null);
    let author_id = user.get("id_str").or(user.get("id")).and_then(word);
    let extended = event.get("extended_tweet");
    let note = extended.and_then(|extended| {
        let text = text(extended.get("full_text"))?;
        Some(Note { text, entities: entities(extended.get("entities")) })
    });
    let quoted = id("quoted_status_id");
    let quoted_author = event.pointer("/quoted_status/user/id_str").and_then(word);
    let mut users: Vec<User> = author_id.iter().map(|id| named(id, user)).collect();
    if let (Some(id), Some(quoted)) = (&quoted_author, event.pointer("/quoted_status/user")) {
        users.push(named(id, quoted));
    }
    let tweet = Tweet {
        text: text(event.get("full_text")).or(text(event.get("text"))).unwrap_or_default(),
        edit_history_tweet_ids: Vec::new(),
        author_id,
        created_at: created_at(event).map(|time| time.to_string()),
        conversation_id: Some(tweet_id.clone()),
        referenced_tweets: quoted
            .iter()
            .map(|id| Reference { kind: "quoted".to_owned(), id: id.clone() })
            .collect(),
        entities: entities(event.get("entities")),
        lang: text(event.get("lang")),
        note,
        id: tweet_id,
        ..Tweet::default()
    };
    let wrote = quoted.into_iter().zip(quoted_author).collect();
    Event::Tweet(Box::new(Heard { tweet, users, wrote, subscriber }))
}

fn named(id: &str, user: &Value) -> User {
    let text = |name: &str| user.get(name).and_then(Value::as_str).map(str::to_owned);
    let followers_count = user.get("followers_count").and_then(Value::as_u64);
    User {
        id: id.to_owned(),
        name: text("name").unwrap_or_default(),
        username: text("screen_name").unwrap_or_default(),
        profile_image_url: text("profile_image_url_https"),
        public_metrics: Some(Metrics { followers_count }),
    }
}

/// Seconds, as version 2 tells them; `Sun Nov 22 12:00:00 +0000 2026`.
fn created_at(event: &Value) -> Option<Timestamp> {
    let told = event.get("created_at").and_then(Value::as_str)?;
    strtime::parse("%a %b %d %H:%M:%S %z %Y", told).ok()?.to_timestamp().ok()
}

fn entities(value: Option<&Value>) -> Entities {
    let list = |name: &str| {
        let list = value.and_then(|value| value.get(name)).and_then(Value::as_array);
        list.into_iter().flatten()
    };
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let tag = |value: &Value| Tag { tag: text(value, "text") };
    let link = |value: &Value| Link {
        url: text(value, "url"),
        expanded_url: Some(text(value, "expanded_url")).filter(|url| !url.is_empty()),
        display_url: Some(text(value, "display_url")).filter(|url| !url.is_empty()),
        media_key: None,
    };
    let mention = |value: &Value| Mention { username: text(value, "screen_name") };
    Entities {
        mentions: list("user_mentions").map(mention).collect(),
        hashtags: list("hashtags").map(tag).collect(),
        cashtags: list("symbols").map(tag).collect(),
        urls: list("urls").map(link).collect(),
    }
}

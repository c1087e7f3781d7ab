//! `messaging` and `standby`: private messages.

use serde::Deserialize;
use serde_json::Value;
use social_core::{
    Author, Message,
    message::{Answerable, Kind, Media, Thread, Verb},
};

use super::{Entry, Read, What};
use crate::{
    normalise,
    wire::{Id, Moment},
};

const MESSAGES: [&str; 3] = ["message", "message_edit", "postback"];
/// Events that are no messages, and that nobody needs.
const IGNORED: &[&str] = &[
    "reaction",
    "read",
    "delivery",
    "optin",
    "referral",
    "account_linking",
    "policy_enforcement",
    "app_roles",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "typing",
    "game_play",
    "messaging_feedback",
    "marketing_message",
];

#[derive(Deserialize)]
struct Event {
    sender: Option<Party>,
    recipient: Option<Party>,
    timestamp: Option<Moment>,
    message: Option<Sent>,
    message_edit: Option<Sent>,
    postback: Option<Postback>,
}

#[derive(Deserialize)]
struct Party {
    id: Option<Id>,
}

#[derive(Deserialize)]
struct Sent {
    mid: Id,
    text: Option<String>,
    #[serde(default)]
    attachments: Option<Vec<Attachment>>,
    #[serde(default)]
    is_echo: Option<bool>,
    #[serde(default)]
    is_deleted: Option<bool>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(rename = "type")]
    kind: Option<String>,
    payload: Option<Payload>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    url: Option<String>,
}

/// A button that was pressed. Those of `standby` lack their payload.
#[derive(Deserialize)]
struct Postback {
    mid: Option<Id>,
    title: Option<String>,
    payload: Option<String>,
}

/// What an event says of its message.
struct Said {
    id: String,
    verb: Verb,
    text: String,
    media: Vec<Media>,
    echo: bool,
}

/// Reads one of `messaging`.
pub(super) fn read(entry: &Entry<'_>, event: &Value) -> Read {
    let has = |kind: &&&str| event.get(**kind).is_some();
    if !MESSAGES.iter().any(|kind| has(&kind)) {
        return IGNORED.iter().find(has).map(|kind| (false, What::Ignored(kind)));
    }
    let event = Event::deserialize(event).ok()?;
    let id = |party: Option<Party>| party.and_then(|party| party.id).map(|Id(id)| id);
    let (sender, recipient) = (id(event.sender)?, id(event.recipient));
    let Moment(at) = event.timestamp.or(entry.time)?;
    let said = match (event.message, event.message_edit, event.postback) {
        (Some(text), None, None) => Said::message(text),
        (None, Some(text), None) => Said::edit(text),
        (None, None, Some(postback)) => Said::postback(postback, &sender, at.as_millisecond()),
        _ => return None,
    };
    let own = said.echo || sender == entry.page_id;
    let visitor_id = if own { recipient? } else { sender.clone() };
    let message = Message {
        id: said.id.into(),
        kind: Kind::PrivateMessage,
        verb: said.verb,
        author: Some(Author { id: sender, name: String::new(), handle: None }),
        own,
        text: said.text,
        media: said.media,
        permalink: None,
        at,
        thread: Thread::Private { visitor_id },
        answerable: Answerable::Yes,
    };
    Some((false, What::Message(Box::new(message))))
}

impl Said {
    fn message(message: Sent) -> Self {
        let deleted = message.is_deleted.unwrap_or_default();
        let attachments = message.attachments.unwrap_or_default();
        Self {
            id: message.mid.0,
            verb: if deleted { Verb::Delete } else { Verb::Add },
            text: message.text.unwrap_or_default(),
            media: attachments.into_iter().filter_map(Attachment::into_media).collect(),
            echo: message.is_echo.unwrap_or_default(),
        }
    }

    fn edit(message: Sent) -> Self {
        let verb = normalise::edit(message.text.as_deref().unwrap_or_default());
        Self { verb, ..Self::message(message) }
    }

    /// Older ones have no id: who pressed and when tells one from another.
    fn postback(postback: Postback, sender: &str, millisecond: i64) -> Self {
        let id = postback.mid.map(|Id(id)| id);
        Self {
            id: id.unwrap_or_else(|| format!("postback:{sender}:{millisecond}")),
            verb: Verb::Add,
            text: postback.title.or(postback.payload).unwrap_or_default(),
            media: Vec::new(),
            echo: false,
        }
    }
}

impl Attachment {
    fn into_media(self) -> Option<Media> {
        let url = self.payload.and_then(|payload| payload.url).or(self.url)?;
        Some(normalise::media(self.kind.as_deref().unwrap_or_default(), &url))
    }
}

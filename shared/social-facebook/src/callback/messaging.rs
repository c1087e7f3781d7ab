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
    wire::{Id, Moment, if_readable},
};

const MESSAGES: [&str; 3] = ["message", "message_edit", "postback"];
/// Shown where Facebook tells that there is something, and not what.
const UNSUPPORTED: &str = "[a kind of message that Facebook does not pass on]";
/// Events that are no messages, and that nobody needs.
const IGNORED: &[&str] = &[
    "reaction",
    "read",
    "delivery",
    "optin",
    "referral",
    "account_linking",
    "policy_enforcement",
    "policy-enforcement",
    "app_roles",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "payment",
    "checkout_update",
    "pre_checkout",
    "order",
    "prior_message",
    "message_request",
    "message_context",
    "typing",
    "game_play",
    "messaging_feedback",
    "response_feedback",
    "in_thread_lead_form_submit",
    "marketing_message",
    "customer_information",
    "calls",
];

#[derive(Deserialize)]
struct Event {
    #[serde(default, deserialize_with = "if_readable")]
    sender: Option<Party>,
    #[serde(default, deserialize_with = "if_readable")]
    recipient: Option<Party>,
    #[serde(default, deserialize_with = "if_readable")]
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
    #[serde(default, deserialize_with = "if_readable")]
    text: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    attachments: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "if_readable")]
    is_echo: Option<bool>,
    #[serde(default, deserialize_with = "if_readable")]
    is_deleted: Option<bool>,
    /// Facebook does not pass on what it says.
    #[serde(default, deserialize_with = "if_readable")]
    is_unsupported: Option<bool>,
}

#[derive(Deserialize, Default)]
struct Attachment {
    #[serde(default, rename = "type", deserialize_with = "if_readable")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    title: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    payload: Option<Payload>,
    #[serde(default, deserialize_with = "if_readable")]
    url: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default, deserialize_with = "if_readable")]
    url: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    sticker_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    coordinates: Option<Coordinates>,
    /// Of a template.
    #[serde(default, deserialize_with = "if_readable")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Coordinates {
    lat: f64,
    long: f64,
}

/// A button that was pressed. Those of `standby` lack their payload.
#[derive(Deserialize)]
struct Postback {
    #[serde(default, deserialize_with = "if_readable")]
    mid: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    title: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
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
    // Recorded echoes have the parties either way round.
    let visitor_id = if sender == entry.page_id { recipient? } else { sender.clone() };
    let author = if own { entry.page_id.clone() } else { sender };
    let message = Message {
        id: said.id.into(),
        kind: Kind::PrivateMessage,
        verb: said.verb,
        author: Some(Author { id: author, ..Author::default() }),
        own,
        text: said.text,
        media: said.media,
        permalink: None,
        at,
        thread: Thread::Private { visitor_id },
        answerable: Answerable::Yes,
        also_in: vec![],
    };
    Some((false, What::Message(Box::new(message))))
}

impl Said {
    fn message(message: Sent) -> Self {
        let deleted = message.is_deleted.unwrap_or_default();
        let unsupported = message.is_unsupported.unwrap_or_default() && !deleted;
        let (media, words) = attached(message.attachments.unwrap_or_default());
        let unsupported = unsupported.then(|| UNSUPPORTED.to_owned());
        let text = message.text.filter(|text| !text.is_empty());
        let parts: Vec<String> = text.into_iter().chain(words).chain(unsupported).collect();
        Self {
            id: message.mid.0,
            verb: if deleted { Verb::Delete } else { Verb::Add },
            text: parts.join("\n"),
            media,
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

/// What is attached: addresses, and words for what has none.
fn attached(attachments: Vec<Value>) -> (Vec<Media>, Vec<String>) {
    let (mut media, mut words) = (Vec::new(), Vec::new());
    for attachment in attachments {
        match Attachment::deserialize(attachment).unwrap_or_default().read() {
            Ok(address) => media.push(address),
            Err(word) => words.push(word),
        }
    }
    (media, words)
}

impl Attachment {
    /// Its address; else what can be said of it: a template's words, a title, or the kind alone.
    fn read(self) -> Result<Media, String> {
        let kind = self.kind.unwrap_or_else(|| "attachment".to_owned());
        let payload = self.payload;
        let sticker = payload.as_ref().is_some_and(|payload| payload.sticker_id.is_some());
        let map = payload.as_ref().and_then(|payload| payload.coordinates.as_ref()).map(on_a_map);
        let (url, text) = payload.map(|payload| (payload.url, payload.text)).unzip();
        match url.flatten().or(self.url).or(map) {
            Some(url) => Ok(normalise::media(if sticker { "sticker" } else { &kind }, &url)),
            None => Err(text.flatten().or(self.title).unwrap_or_else(|| format!("[{kind}]"))),
        }
    }
}

fn on_a_map(place: &Coordinates) -> String {
    let Coordinates { lat, long } = place;
    format!("https://www.openstreetmap.org/?mlat={lat}&mlon={long}")
}

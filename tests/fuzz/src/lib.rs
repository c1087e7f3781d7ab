//! Everything that reads what others wrote, one function each: `cargo fuzz` drives them with bytes of
//! its own (`targets/`), and the tests here with a small corpus and mutations of it.
//!
//! A target panics where a promise is broken. What it is given may be anything.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::Sha256;
use social_core::{
    Author, Channel, ChannelId, ChannelSet, Message,
    chat::Interface,
    inbound::{Change, InboundBatch},
    message::{Answerable, Kind, Media, Thread, Verb},
    reply::Reply,
    text,
};
use social_facebook::{callback, deletion, signature};
use social_twitter::{activity, webhook::Signed};

const SECRET: &str = "secret";

/// A target, by the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 7] = [
    ("facebook_callback", facebook_callback),
    ("signed_request", signed_request),
    ("twitter_activity", twitter_activity),
    ("cic_answer", cic_answer),
    ("queue_body", queue_body),
    ("channel_entry", channel_entry),
    ("visitor_line", visitor_line),
];

/// A callback of a page: what is read of it goes through the queue unchanged.
pub fn facebook_callback(body: &[u8]) {
    let secrets = [SecretString::from(SECRET)];
    let tag = format!("sha256={}", hex::encode(mac(body)));
    let proven = signature::verify(&secrets, Some(&tag), body);
    assert!(proven.is_ok(), "the right signature is refused");
    let Ok(proven) = proven else { return };
    for change in callback::parse(proven).into_iter().flatten() {
        for channel in channels() {
            if let Some(message) = callback::for_channel(&change, &channel) {
                through_the_queue(message);
            }
        }
    }
}

/// A request to delete: bytes that are no request, and what a request with the right signature says.
pub fn signed_request(bytes: &[u8]) {
    let secrets = [SecretString::from(SECRET)];
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(deletion::parse(&secrets, text).is_err(), "an unsigned request is taken");
    }
    let payload = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let tag = BASE64_URL_SAFE_NO_PAD.encode(mac(payload.as_bytes()));
    if let Ok(request) = deletion::parse(&secrets, &format!("{tag}.{payload}")) {
        assert!(!request.user_id.is_empty() && deletion::is_code(&request.code));
    }
}

/// Activity events of X, of both kinds: what is read of them goes through the queue unchanged.
pub fn twitter_activity(body: &[u8]) {
    let secrets = [SecretString::from(SECRET)];
    let tag = format!("sha256={}", BASE64_STANDARD.encode(mac(body)));
    let proven = Signed::verify(body, Some(&tag), &secrets);
    assert!(proven.is_ok(), "the right signature is refused");
    let Ok(proven) = proven else { return };
    let events = activity::parse(proven);
    for incoming in activity::messages(&events, &channels(), Timestamp::UNIX_EPOCH) {
        through_the_queue(incoming.message);
    }
}

/// An answer of CIC, by either interface: events in order, each once.
pub fn cic_answer(body: &[u8]) {
    for interface in [Interface::WebChat, Interface::Websvcs] {
        for status in [StatusCode::OK, StatusCode::BAD_REQUEST] {
            let events = social_cic::fuzzing::told(interface, status, body.to_vec());
            assert!(events.is_sorted_by_key(|event| event.sequence));
        }
    }
}

/// Bodies of the bridge's own queues: what is understood is written again as the same.
pub fn queue_body(body: &[u8]) {
    same_again::<InboundBatch>(body);
    same_again::<Reply>(body);
}

/// An administrator's entry: valid or named with what is wrong, never anything else.
pub fn channel_entry(body: &[u8]) {
    let Ok(entry) = serde_json::from_slice::<Value>(body) else { return };
    let off = entry.get("enabled") == Some(&Value::Bool(false));
    let set = ChannelSet::from_entries([entry]);
    assert!(set.channels.len() + set.invalid.len() == 1 || off && set.channels.is_empty());
}

/// A visitor's name and text: no line of it can pass for a header, a notice or somebody else's.
pub fn visitor_line(bytes: &[u8]) {
    let written = String::from_utf8_lossy(bytes);
    let (name, words) = written.split_once('\0').unwrap_or(("Zoë", &written));
    let author = Author {
        id: "7".to_owned(),
        name: name.to_owned(),
        handle: Some(name.to_owned()),
        ..Author::default()
    };
    let line = text::visitor_line(3, &message(author, words));
    let mut lines = line.split('\n');
    assert!(lines.next().is_some_and(|header| header.starts_with("3 · ")), "{line:?}");
    assert!(lines.all(|line| line.starts_with("    ")), "{line:?}");
    assert!(!line.contains(deceives), "{line:?}");
    let attribute = text::attribute(&written);
    assert!(attribute.chars().count() <= text::ATTRIBUTE_CHARS, "{attribute:?}");
    assert!(!attribute.contains(|c| c == '\n' || deceives(c)), "{attribute:?}");
}

/// What moves or hides other characters, of Unicode's list of bidirectional controls, and what
/// starts a line elsewhere.
fn deceives(c: char) -> bool {
    (c.is_control() && c != '\n')
        || "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{2028}\u{2029}"
            .contains(c)
}

fn mac(message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes());
    mac.map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec()).unwrap_or_default()
}

fn channels() -> Vec<Arc<Channel>> {
    let page = json!({ "channel_id": "page", "network": "facebook", "workgroup": "Support",
        "page_id": "1029384756", "credential": "/social/facebook/acme" });
    let brand = json!({ "channel_id": "brand", "network": "twitter", "workgroup": "Support",
        "handles": ["@acme"], "keywords": ["router"], "credential": "/social/twitter/acme",
        "reply_handle": "@acme", "private_messages": true });
    ChannelSet::from_entries([page, brand]).channels
}

fn message(author: Author, words: &str) -> Message {
    Message {
        id: "1".into(),
        kind: Kind::Comment,
        verb: Verb::Add,
        author: Some(author),
        own: false,
        text: words.to_owned(),
        media: vec![Media { kind: words.to_owned(), url: words.to_owned() }],
        permalink: Some(words.to_owned()),
        at: Timestamp::UNIX_EPOCH,
        thread: Thread::Private { visitor_id: "7".to_owned() },
        answerable: Answerable::Yes,
        also_in: vec![],
    }
}

fn through_the_queue(message: Message) {
    let channel = ChannelId("page".to_owned());
    let batch = InboundBatch::new(channel, vec![Change::Message(Box::new(message))]);
    let written = serde_json::to_vec(&batch).unwrap_or_default();
    let read: Option<InboundBatch> = serde_json::from_slice(&written).ok();
    assert!(read == Some(batch), "the queue changes {}", String::from_utf8_lossy(&written));
}

fn same_again<T: DeserializeOwned + Serialize + PartialEq>(body: &[u8]) {
    let Ok(first) = serde_json::from_slice::<T>(body) else { return };
    let written = serde_json::to_vec(&first).unwrap_or_default();
    let second: Option<T> = serde_json::from_slice(&written).ok();
    assert!(second == Some(first), "written as {}", String::from_utf8_lossy(&written));
}

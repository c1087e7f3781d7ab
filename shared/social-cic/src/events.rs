//! Events as both interfaces tell them, turned into the port's (section 4 of the contract).

use std::collections::HashMap;

use serde_json::Value;
use social_core::chat::{ChatEvent, Happening, ParticipantState, Party};

use crate::{error::code, html, wire::Fields};

/// The system's participant id.
const SYSTEM_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Who the participants are, as far as one call's answers told.
///
/// A text of web-chat names its participant by id alone. Whoever is not us, not the system and not
/// told of is taken for an agent: a reply is rather looked at than lost, and the caller publishes
/// only the texts of the participant that it knows as the active agent.
pub(crate) struct People<'a> {
    /// Participant ids of the visitor's leg: a switchover may have changed it.
    own: &'a [String],
    told: HashMap<String, (Option<Party>, Option<&'a str>)>,
}

/// What becomes of the visitor's own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echoes {
    Dropped,
    Kept,
}

/// The events in order, each once. Typing is ignored, what is not understood is logged by its kind.
pub(crate) fn read(events: &[Value], own: &[String], echoes: Echoes) -> Vec<ChatEvent> {
    let fields: Vec<Fields<'_>> = events.iter().filter_map(Fields::of).collect();
    let people = People::new(&fields, own);
    let mut events: Vec<ChatEvent> =
        fields.into_iter().filter_map(|event| people.event(event)).collect();
    if echoes == Echoes::Dropped {
        // What is told at once needs no time, and CIC's clock may differ.
        for event in &mut events {
            event.at = None;
        }
        events.retain(|event| {
            event.party != Party::Visitor || matches!(event.what, Happening::State(_))
        });
    }
    in_order(events)
}

/// Sorts events by their sequence; what was told twice stays once.
pub(crate) fn in_order(mut events: Vec<ChatEvent>) -> Vec<ChatEvent> {
    events.sort_by_key(|event| event.sequence);
    events.dedup();
    events
}

impl<'a> People<'a> {
    fn new(events: &[Fields<'a>], own: &'a [String]) -> Self {
        let mut told = HashMap::<String, (Option<Party>, Option<&str>)>::new();
        for event in events {
            let Some(id) = event.owned("participantId") else { continue };
            let known = told.entry(id.to_ascii_lowercase()).or_default();
            known.0 = party(*event).or(known.0);
            known.1 = name(*event).or(known.1);
        }
        Self { own, told }
    }

    fn event(&self, event: Fields<'_>) -> Option<ChatEvent> {
        let kind = kind(event);
        if kind == "typingindicator" {
            return None;
        }
        let read = what(&kind, event).zip(event.number("sequenceNumber"));
        let Some((what, sequence)) = read else {
            let kind = code(&kind);
            tracing::warn!(
                error_type = "cic_event_unknown",
                kind,
                "an event of CIC is not understood"
            );
            return None;
        };
        let id = event.owned("participantId").unwrap_or_default();
        let told = self.told.get(&id.to_ascii_lowercase());
        let name = name(event).or_else(|| told.and_then(|told| told.1)).unwrap_or_default();
        let party = self.party(&id, event);
        let at = event.text("timestamp").and_then(|at| at.parse().ok());
        Some(ChatEvent { sequence, participant_id: id, party, name: name.to_owned(), at, what })
    }

    fn party(&self, id: &str, event: Fields<'_>) -> Party {
        if self.own.iter().any(|own| own.eq_ignore_ascii_case(id)) {
            return Party::Visitor;
        }
        if id == SYSTEM_ID {
            return Party::System;
        }
        let told = || self.told.get(&id.to_ascii_lowercase()).and_then(|told| told.0);
        party(event).or_else(told).unwrap_or(Party::Agent)
    }
}

/// `participantType` is a text in both interfaces; what a number there would mean is not public.
fn party(event: Fields<'_>) -> Option<Party> {
    match event.text("participantType")?.to_ascii_lowercase().as_str() {
        "webuser" => Some(Party::Visitor),
        "agent" => Some(Party::Agent),
        "system" => Some(Party::System),
        _ => None,
    }
}

fn name(event: Fields<'_>) -> Option<&str> {
    let name = event.text("displayName").or_else(|| event.text("participantName"))?;
    Some(name).filter(|name| !name.is_empty())
}

/// `text` of both `"type": "text"` and `"__type": "urn:inin.com:webChat:chatTextMessage"`.
fn kind(event: Fields<'_>) -> String {
    if let Some(kind) = event.text("type") {
        return kind.to_ascii_lowercase();
    }
    let kind = event.text("__type").unwrap_or_default().to_ascii_lowercase();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    let kind = kind.strip_prefix("chat").unwrap_or(kind);
    kind.strip_suffix("message").unwrap_or(kind).to_owned()
}

fn what(kind: &str, event: Fields<'_>) -> Option<Happening> {
    let value = || event.text("value");
    Some(match kind {
        "text" => Happening::Text(text(value()?, event.text("contentType"))),
        "url" => Happening::Url(value()?.to_owned()),
        "file" => {
            let named = event.text("fileName").map(str::to_owned);
            Happening::File(named.or_else(|| value().map(file_name))?)
        }
        "participantstatechanged" => Happening::State(state(event)?),
        _ => return None,
    })
}

fn text(value: &str, content_type: Option<&str>) -> String {
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let is_html = content_type.split(';').next().is_some_and(|kind| kind.trim() == "text/html");
    if is_html { html::to_text(value) } else { value.to_owned() }
}

/// The last part of `/websvcs/chat/getfile/{participant}/{hex}/-my%20image.jpeg`. The rest is a
/// secret. A `/` in the name itself comes escaped.
fn file_name(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    percent_decoded(name.strip_prefix('-').unwrap_or(name))
}

/// A `%` that escapes nothing stays; what is no UTF-8 becomes a replacement character.
fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.split_at_checked(2)).flatten();
        let escaped = escaped.and_then(|(digits, after)| {
            let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = escaped.unwrap_or((byte, after));
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A number in web-chat, a text in `websvcs`.
fn state(event: Fields<'_>) -> Option<ParticipantState> {
    let state = match event.number("state") {
        Some(number) => number.to_string(),
        None => event.text("state")?.to_ascii_lowercase(),
    };
    Some(match state.as_str() {
        "0" | "initializing" => ParticipantState::Initializing,
        "1" | "alerting" => ParticipantState::Alerting,
        "2" | "active" => ParticipantState::Active,
        "3" | "held" => ParticipantState::Held,
        "4" | "disconnected" => ParticipantState::Disconnected,
        _ => return None,
    })
}

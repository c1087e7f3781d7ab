//! What happens in a chat, as the two interfaces tell it (sections 4.1 and 4.2 of the contract).

use jiff::Timestamp;
use serde_json::{Value, json};

/// The participant id of the system.
pub(super) const SYSTEM_ID: &str = "00000000-0000-0000-0000-000000000000";
/// The name of the system.
pub(super) const SYSTEM_NAME: &str = "IC";

/// Whose leg of the chat it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    WebUser,
    Agent,
    System,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::WebUser => "WebUser",
            Self::Agent => "Agent",
            Self::System => "System",
        }
    }
}

/// How a participant stands. The numbers are web-chat's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Standing {
    Initializing = 0,
    Alerting = 1,
    Active = 2,
    Held = 3,
    Disconnected = 4,
}

impl Standing {
    fn name(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Alerting => "alerting",
            Self::Active => "active",
            Self::Held => "held",
            Self::Disconnected => "disconnected",
        }
    }
}

/// Someone in a chat.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) standing: Standing,
}

/// What an event tells.
#[derive(Clone, Debug)]
pub(super) enum What {
    Standing(Standing),
    Text { value: String, content_type: String },
    Typing(bool),
    File { guid: String, name: String, size: usize },
}

/// One event of a chat; `sequence` orders all of them.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) sequence: u64,
    pub(super) at: Timestamp,
    /// Index of the party it is about.
    pub(super) party: usize,
    pub(super) what: What,
}

impl Event {
    /// The event as `websvcs` tells it to the visitor's leg `me`.
    pub(super) fn websvcs(&self, party: &Party, me: &str) -> Value {
        let mut event =
            json!({ "participantID": id_of(party, me), "sequenceNumber": self.sequence });
        let said = match &self.what {
            What::Standing(standing) => json!({
                "type": "participantStateChanged", "state": standing.name(),
                "participantName": party.name, "participantType": party.kind.name(),
            }),
            What::Text { value, content_type } => json!({
                "type": "text", "conversationSequenceNumber": 0, "contentType": content_type,
                "value": value, "displayName": party.name, "participantType": party.kind.name(),
            }),
            What::Typing(on) => json!({ "type": "typingIndicator", "value": on }),
            What::File { guid, name, .. } => json!({
                "type": "file", "contentType": "text/plain", "displayName": party.name,
                "participantType": party.kind.name(),
                "value": format!("/websvcs/chat/getfile/{me}/{}/-{name}", guid.replace('-', "")),
            }),
        };
        add(&mut event, said);
        event
    }

    /// The event as ICWS web-chat tells it to the visitor's leg `me`.
    pub(super) fn web_chat(&self, party: &Party, me: &str) -> Value {
        let mut event = json!({
            "participantId": id_of(party, me), "sequenceNumber": self.sequence,
            "timestamp": compact(self.at),
        });
        let said = match &self.what {
            What::Standing(standing) => json!({
                "__type": "urn:inin.com:webChat:chatParticipantStateChangedMessage",
                "state": *standing as u8, "displayName": party.name,
                "participantType": party.kind.name(),
            }),
            What::Text { value, content_type } => json!({
                "__type": "urn:inin.com:webChat:chatTextMessage",
                "contentType": content_type, "value": value,
            }),
            What::Typing(on) => {
                json!({ "__type": "urn:inin.com:webChat:chatTypingIndicatorMessage", "value": on })
            }
            What::File { guid, name, size } => json!({
                "__type": "urn:inin.com:webChat:chatFileMessage",
                "fileGuid": guid, "fileName": name, "fileSize": size,
            }),
        };
        add(&mut event, said);
        event
    }
}

/// The visitor is told their own leg by the id they asked with: an old one stays good after a
/// reconnect, and a client that kept it must still know itself.
fn id_of<'a>(party: &'a Party, me: &'a str) -> &'a str {
    if party.kind == Kind::WebUser { me } else { &party.id }
}

fn add(event: &mut Value, said: Value) {
    if let (Value::Object(event), Value::Object(said)) = (event, said) {
        event.extend(said);
    }
}

/// A time as ICWS writes it: `20210706T193229Z`.
pub(super) fn compact(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

//! The contact centre as its agents see it: interactions, offered in workgroups, and their transcripts.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Agent, Control, WorldError};

/// One server of the simulated switchover pair.
#[derive(Clone)]
pub struct Cic {
    control: Control,
}

/// Whether a server of the pair is the one that serves.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Status {
    /// The other one answers 503.
    pub active: bool,
}

/// A chat that ACD routed to a workgroup.
#[derive(Clone, Debug, Deserialize)]
pub struct Interaction {
    /// As agents' commands name it.
    pub id: String,
    /// As the bridge knows it.
    #[serde(default)]
    pub chat_id: String,
    /// Where it was routed to.
    pub workgroup: String,
    /// Where it stands.
    pub state: State,
    /// What travels with it, by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
    /// Whom the agent talks to.
    #[serde(default)]
    pub participant_name: String,
    /// Every line, oldest first.
    #[serde(default)]
    pub transcript: Vec<Entry>,
}

/// The states that CIC names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No agent has it yet.
    Offering,
    /// An agent picked it up.
    Connected,
    /// The agent put it on hold.
    Held,
    /// It has ended.
    Disconnected,
    /// A state that scenes do not ask about.
    #[serde(other)]
    Other,
}

/// One line of a transcript.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// The participant's name.
    #[serde(default)]
    pub from: String,
    /// Whose line it is.
    #[serde(rename = "type")]
    pub kind: EntryKind,
    /// As the agent reads it.
    pub text: String,
    /// When, as CIC writes it.
    #[serde(default)]
    pub at: Option<String>,
}

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A visitor's message.
    Visitor,
    /// The bridge's own.
    Notice,
    /// An agent's.
    Agent,
    /// The contact centre's own.
    System,
    /// One that scenes do not ask about.
    #[serde(other)]
    Other,
}

/// The first line of a visitor's message: `3 · Zoë O'Hara (@zoe) · 12:04 · comment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Counts the messages, from the first on.
    pub number: u32,
    /// The visitor's, with the handle where the network has one.
    pub name: &'a str,
    /// Of the message on the network.
    pub time: &'a str,
    /// What it is there: a post, a comment, a tweet.
    pub kind: &'a str,
}

impl Entry {
    /// Whether `text` stands in this line, whatever the indent.
    pub fn says(&self, text: &str) -> bool {
        unindented(&self.text).contains(&unindented(text))
    }

    /// Whether it is a visitor's message that says `text`.
    pub fn shows(&self, text: &str) -> bool {
        self.kind == EntryKind::Visitor && self.says(text)
    }

    /// Whether it is the bridge's own line with `words` in it, in whatever case.
    pub fn is_notice_of(&self, words: &str) -> bool {
        self.kind == EntryKind::Notice && self.text.to_lowercase().contains(&words.to_lowercase())
    }

    /// The header of a visitor's message, where it has one.
    pub fn header(&self) -> Option<Header<'_>> {
        let mut parts = self.text.lines().next()?.split(" · ").map(str::trim);
        let number = parts.next()?.parse().ok()?;
        Some(Header { number, name: parts.next()?, time: parts.next()?, kind: parts.next()? })
    }

    /// The links in this line.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.text
            .split_whitespace()
            .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
    }
}

fn unindented(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

impl Interaction {
    /// Whether a visitor's message with `text` is in it.
    pub fn shows(&self, text: &str) -> bool {
        self.message(text).is_some()
    }

    /// The visitor's message with `text`.
    pub fn message(&self, text: &str) -> Option<&Entry> {
        self.transcript.iter().find(|entry| entry.shows(text))
    }

    /// How many visitors' messages with `text` are in it: more than one is one too many.
    pub fn times_shown(&self, text: &str) -> usize {
        self.transcript.iter().filter(|entry| entry.shows(text)).count()
    }

    /// The lines above the visitor's message with `text`; every line where it is not there.
    pub fn before(&self, text: &str) -> &[Entry] {
        let until = self.transcript.iter().position(|entry| entry.shows(text));
        self.transcript.get(..until.unwrap_or(self.transcript.len())).unwrap_or_default()
    }

    /// The lines under what an agent wrote; none where it is not there.
    pub fn after_agents(&self, text: &str) -> &[Entry] {
        let agents = |entry: &Entry| entry.kind == EntryKind::Agent && entry.says(text);
        let from = self.transcript.iter().position(agents).map(|index| index + 1);
        from.and_then(|from| self.transcript.get(from..)).unwrap_or_default()
    }

    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.state != State::Disconnected
    }
}

impl Cic {
    pub(super) fn new(control: Control) -> Self {
        Self { control }
    }

    /// Faults, counts and clock of this server.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// An agent who is logged on to this server.
    pub fn agent(&self, name: &str) -> Agent {
        Agent::new(self, name)
    }

    /// Whether this server serves now.
    pub async fn status(&self) -> Result<Status, WorldError> {
        self.control.get("/status").await
    }

    /// Every interaction, ended ones included.
    pub async fn interactions(&self) -> Result<Vec<Interaction>, WorldError> {
        self.control.get("/interactions").await
    }

    /// Says which workgroups there are: a chat in any other is refused.
    pub async fn set_workgroups(&self, names: &[&str]) -> Result<(), WorldError> {
        self.control.tell(Method::PUT, "/workgroups", Some(&json!({ "names": names }))).await
    }

    /// Does something with an interaction, as an agent would.
    pub(super) async fn command(
        &self,
        interaction: &Interaction,
        command: &str,
        body: Option<&Value>,
    ) -> Result<(), WorldError> {
        let path = format!("/interactions/{}/{command}", interaction.id);
        self.control.tell(Method::POST, &path, body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, text: &str) -> Entry {
        serde_json::from_value(json!({"from": "x", "type": kind, "text": text, "new": 1})).unwrap()
    }

    #[test]
    fn a_message_shows_its_text_whatever_the_indent() {
        let line = entry("visitor", "3 · Zoë O'Hara (@zoe) · 12:04 · comment\n    one\n    two");
        assert!(line.shows("one\ntwo"));
        assert!(!line.shows("one two"));
        assert_eq!(
            line.header(),
            Some(Header { number: 3, name: "Zoë O'Hara (@zoe)", time: "12:04", kind: "comment" })
        );
        assert_eq!(entry("visitor", "no header").header(), None);
    }

    #[test]
    fn only_a_visitors_line_shows_a_message() {
        let told_again = entry("notice", "[bridge] earlier: one");
        assert!(told_again.says("one") && !told_again.shows("one"));
        assert!(told_again.is_notice_of("EARLIER"));
        assert_eq!(entry("supervisor", "one").kind, EntryKind::Other);
    }

    #[test]
    fn a_transcript_is_read_around_a_line() {
        let chat = Interaction {
            id: "1".into(),
            chat_id: String::new(),
            workgroup: "Social Support".into(),
            state: State::Connected,
            attributes: BTreeMap::new(),
            participant_name: String::new(),
            transcript: vec![
                entry("notice", "before"),
                entry("visitor", "1 · Zoë · 12:04 · post\n  help\n  https://example.com/1"),
                entry("agent", "sure"),
                entry("notice", "not published"),
            ],
        };
        assert_eq!(chat.before("help").len(), 1);
        assert_eq!(chat.after_agents("sure").len(), 1);
        assert_eq!(chat.after_agents("never").len(), 0);
        assert_eq!(chat.message("help").unwrap().links().count(), 1);
        assert_eq!(chat.times_shown("help"), 1);
    }
}

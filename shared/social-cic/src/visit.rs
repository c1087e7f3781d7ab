//! What is gathered while one call of the port is carried out, which may take several to CIC.

use std::time::Duration;

use serde_json::Value;
use social_core::chat::{ChatEvent, Sent};

use crate::{
    events::{self, Echoes},
    wire::{Fields, Reply},
};

/// The pause between two polls where CIC suggests none.
const PAUSE: Duration = Duration::from_secs(2);

/// One call of the port.
pub(crate) struct Visit {
    /// Participant ids of the visitor's leg.
    own: Vec<String>,
    events: Vec<Value>,
    poll_after: Duration,
    /// Whether CIC may have done what it was asked for.
    pub(crate) sent: Sent,
}

impl Visit {
    pub(crate) fn new() -> Self {
        Self { own: Vec::new(), events: Vec::new(), poll_after: PAUSE, sent: Sent::No }
    }

    /// Makes the participant id one of our own.
    pub(crate) fn adopt(&mut self, participant_id: &str) {
        self.own.push(participant_id.to_owned());
    }

    /// Keeps what an answer told.
    pub(crate) fn hear(&mut self, reply: &mut Reply) {
        self.events.append(&mut reply.events);
        self.poll_after = reply.poll_after.unwrap_or(self.poll_after);
    }

    /// The events so far.
    pub(crate) fn events(&self, echoes: Echoes) -> Vec<ChatEvent> {
        events::read(&self.events, &self.own, echoes)
    }

    /// The numbers of all that was told, whatever it was.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        let events = self.events.iter().filter_map(Fields::of);
        events.filter_map(|event| event.number("sequenceNumber")).collect()
    }

    /// The pause that the last answer suggested.
    pub(crate) fn poll_after(&self) -> Duration {
        self.poll_after
    }
}

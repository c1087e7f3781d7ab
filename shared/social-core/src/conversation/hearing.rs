//! Hearing: what the events of a chat mean for its conversation. Pure, and safe to apply twice.
//!
//! CIC tells an event once, to whoever asks first: the collector's poll, or the answer to a line of
//! the router's. What two of them were told may be taken in here in either order.

mod doubts;
mod pushes;

use jiff::Timestamp;
pub use pushes::PushHeard;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Conversation, Interaction, Needs, Numbers, State, Who, numbers::Before, roads::Roads};
use crate::{
    chat::{Chat, ChatEvent, Happening, ParticipantState, Party, Told},
    command::{Command, Written},
    reply::{
        Fingerprint, Reply,
        targeting::{self, Meaning},
    },
};

/// Events that are remembered as heard. Two workers are seconds apart, never so many events.
const REMEMBERED_EVENTS: usize = 64;
/// Comings and goings of agents that are remembered.
const REMEMBERED_STANDINGS: usize = 32;
/// Agents' texts that wait for the news that their writer is active.
const HELD_TEXTS: usize = 20;

/// What came of the events, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The active agent wrote something to be published.
    Reply(Box<Reply>),
    /// The active agent did something that cannot be published; in words for the agent.
    Unpublishable { id: String, notice: &'static str },
    /// The interaction ended. `answered`: some agent had been active in it. `missing`: something
    /// that was told in it was not heard.
    Ended { answered: bool, missing: bool },
}

impl Heard {
    /// The same for the same event, whatever was known of the conversation when it was heard.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Reply(a), Self::Reply(b)) => a.id == b.id,
            (Self::Unpublishable { id: a, .. }, Self::Unpublishable { id: b, .. }) => a == b,
            (Self::Ended { .. }, Self::Ended { .. }) => true,
            _ => false,
        }
    }
}

/// What was heard of a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hearing {
    /// Participant ids of our leg, in the order in which they were handed out: `websvcs` hands out a
    /// new one after a switchover, and may number its events anew.
    legs: Vec<String>,
    /// Events that were applied.
    heard: Vec<String>,
    /// Agents who came and went, in the chat's own order.
    standings: Vec<Standing>,
    /// Texts of agents of whom nobody knows yet that they were active.
    held: Vec<HeldText>,
    /// What was told at all.
    numbers: Box<Numbers>,
    /// Texts, by the road that they came.
    roads: Box<Roads>,
}

/// Place of an event in its chat: leg, sequence number.
type Place = (usize, i64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    at: Place,
    participant_id: String,
    name: String,
    active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HeldText {
    at: Place,
    participant_id: String,
    #[serde(default)]
    name: String,
    text: String,
    #[serde(default)]
    written_at: Timestamp,
}

impl HeldText {
    /// Whether it is a word about a colleague's reply that waits.
    fn decides(&self) -> bool {
        matches!(
            Written::read(&self.text),
            Written::Command(Command::Approve | Command::Discard, _)
        )
    }
}

impl Hearing {
    /// The numbers of the chat's events.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    fn leg(&mut self, chat: &Chat) -> usize {
        let known = self.legs.iter().position(|leg| *leg == chat.participant_id);
        known.unwrap_or_else(|| {
            self.legs.push(chat.participant_id.clone());
            self.legs.len() - 1
        })
    }

    /// `false`: the event was applied before.
    fn is_new(&mut self, key: &str) -> bool {
        if self.heard.iter().any(|heard| heard == key) {
            return false;
        }
        self.heard.push(key.to_owned());
        let surplus = self.heard.len().saturating_sub(REMEMBERED_EVENTS);
        self.heard.drain(..surplus);
        true
    }

    fn stands(&mut self, at: Place, event: &ChatEvent, active: bool) {
        self.standings.push(Standing {
            at,
            participant_id: event.participant_id.clone(),
            name: event.name.clone(),
            active,
        });
        self.standings.sort_by_key(|standing| standing.at);
        let surplus = self.standings.len().saturating_sub(REMEMBERED_STANDINGS);
        self.standings.drain(..surplus);
    }

    /// The single agent whose text may be published at that place: who has been active longest.
    fn floor_at(&self, at: Place) -> Option<&Standing> {
        self.active(at).first().copied()
    }

    /// That agent, if active at that place, with the floor or without.
    fn active_at(&self, at: Place, participant_id: &str) -> Option<&Standing> {
        self.active(at).into_iter().find(|standing| standing.participant_id == participant_id)
    }

    /// Who is active at that place, the longest first.
    fn active(&self, at: Place) -> Vec<&Standing> {
        let mut active: Vec<&Standing> = Vec::new();
        for standing in self.standings.iter().filter(|standing| standing.at < at) {
            let known =
                active.iter().position(|other| other.participant_id == standing.participant_id);
            match (known, standing.active) {
                (None, true) => active.push(standing),
                (Some(index), false) => drop(active.remove(index)),
                (Some(_), true) | (None, false) => {}
            }
        }
        active
    }

    fn hold(&mut self, text: HeldText) {
        self.held.push(text);
        if self.held.len() > HELD_TEXTS {
            let is_complete = |text: &HeldText| self.numbers.before(text.at.1) == Before::Complete;
            let greeting = self.held.iter().position(is_complete);
            self.held.remove(greeting.unwrap_or_default());
        }
    }
}

/// Tells an event from every other of its chat, whoever was told of it. Servers have been seen to
/// give one number to two events, and may begin anew after a switchover.
fn key(event: &ChatEvent) -> String {
    let what = match &event.what {
        Happening::Text(text) => format!("text {text}"),
        Happening::File(name) => format!("file {name}"),
        Happening::Url(url) => format!("url {url}"),
        Happening::State(state) => format!("state {state:?}"),
    };
    let digest = Sha256::digest(format!("{}\0{what}", event.participant_id));
    format!("{}#{}", event.sequence, hex::encode(digest.get(..4).unwrap_or_default()))
}

impl Conversation {
    /// Applies an answer of CIC: the chat as it is now, and its events that were not applied before.
    ///
    /// Only the text of the single active agent becomes a reply. Greetings, supervisors, early
    /// texts, everything of the system and `automatic` texts do not. Another chat's answer is
    /// nothing to us; one that has ended already is still heard out.
    pub fn hear_told(
        &mut self,
        told: &Told,
        automatic: &[Fingerprint],
        now: Timestamp,
    ) -> Vec<Heard> {
        let Some(interaction) = self.interaction_in(&told.chat) else { return Vec::new() };
        interaction.chat = told.chat.clone();
        let legs = interaction.hearing.legs.len();
        let leg = interaction.hearing.leg(&told.chat);
        let is_new = interaction.hearing.legs.len() > legs;
        interaction.hearing.numbers.hear(&told.numbers, is_new, now);
        let mut heard = Vec::new();
        for event in &told.events {
            let key = key(event);
            let at = (leg, event.sequence);
            let Some(interaction) = self.interaction_in(&told.chat) else { break };
            if interaction.hearing.is_new(&key) {
                heard.extend(self.hear_one(&told.chat, event, at, key, automatic, now));
            }
        }
        heard
    }

    /// The chat is over, with a last word or without.
    pub fn end(&mut self, chat: &Chat) -> Vec<Heard> {
        let State::Open(interaction) = &self.state else { return Vec::new() };
        if interaction.chat.chat_id != chat.chat_id {
            return Vec::new();
        }
        let answered = interaction.answered;
        let missing = !interaction.hearing.numbers.is_complete();
        self.unanswered = if answered { 0 } else { self.unanswered + 1 };
        self.ended = Some(Box::new(interaction.clone()));
        self.state = State::Closed;
        if answered {
            // Who left has read what came back.
            self.undecided.retain(|kept| kept.needs == Needs::Approval);
        }
        let mut heard = self.hear_held(chat);
        heard.push(Heard::Ended { answered, missing });
        heard
    }

    /// The interaction of that chat, open or ended.
    fn interaction_in(&mut self, chat: &Chat) -> Option<&mut Interaction> {
        let open = match &mut self.state {
            State::Open(interaction) => Some(interaction),
            State::Closed | State::Opening { .. } => None,
        };
        open.into_iter()
            .chain(self.ended.as_deref_mut())
            .find(|interaction| interaction.chat.chat_id == chat.chat_id)
    }

    fn hear_one(
        &mut self,
        chat: &Chat,
        event: &ChatEvent,
        at: Place,
        key: String,
        automatic: &[Fingerprint],
        now: Timestamp,
    ) -> Vec<Heard> {
        let participant_id = event.participant_id.clone();
        match (event.party, &event.what) {
            (Party::Agent, Happening::State(state)) => {
                self.hear_agent(chat, event, at, *state);
                self.hear_held(chat)
            }
            (Party::Visitor, Happening::State(ParticipantState::Disconnected)) => self.end(chat),
            (Party::Agent, Happening::Text(text)) => {
                if automatic.contains(&Fingerprint::of(text)) {
                    return Vec::new();
                }
                let (name, text) = (event.name.clone(), text.clone());
                let written_at = event.at.unwrap_or(now).min(now);
                let text = HeldText { at, participant_id, name, text, written_at };
                self.hear_text(chat, text).into_iter().collect()
            }
            (Party::Agent, Happening::File(_) | Happening::Url(_)) => {
                let Some(interaction) = self.interaction_in(chat) else { return Vec::new() };
                let floor = interaction.hearing.floor_at(at);
                let has_the_floor =
                    floor.is_some_and(|floor| floor.participant_id == participant_id);
                let notice = unpublishable(&event.what);
                let told = has_the_floor.then_some(Heard::Unpublishable { id: key, notice });
                told.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn hear_agent(&mut self, chat: &Chat, event: &ChatEvent, at: Place, state: ParticipantState) {
        let Some(interaction) = self.interaction_in(chat) else { return };
        match state {
            ParticipantState::Active => {
                interaction.answered = true;
                interaction.hearing.stands(at, event, true);
                self.unanswered = 0;
            }
            ParticipantState::Disconnected => interaction.hearing.stands(at, event, false),
            ParticipantState::Initializing
            | ParticipantState::Alerting
            | ParticipantState::Held => {}
        }
    }

    /// Texts that came before the news that their writer was active.
    fn hear_held(&mut self, chat: &Chat) -> Vec<Heard> {
        let Some(interaction) = self.interaction_in(chat) else { return Vec::new() };
        let held = std::mem::take(&mut interaction.hearing.held);
        held.into_iter().filter_map(|text| self.hear_text(chat, text)).collect()
    }

    fn hear_text(&mut self, chat: &Chat, text: HeldText) -> Option<Heard> {
        let is_open = self.is_open_in(chat);
        let in_person = self.is_in_person(&text);
        let interaction = self.interaction_in(chat)?;
        if in_person {
            interaction.hearing.arrived_before(&text);
            interaction.answered = true;
        }
        let hearing = &interaction.hearing;
        let floor = hearing.floor_at(text.at);
        let has_the_floor = |floor: &&Standing| floor.participant_id == text.participant_id;
        // A second person decides about what the first one wrote, and says nothing else.
        let decider = || {
            let active = hearing.active_at(text.at, &text.participant_id);
            active.filter(|_| in_person || text.decides())
        };
        let agent = floor.filter(has_the_floor).or_else(decider).map(|agent| agent.name.clone());
        if agent.is_none() && !hearing.is_in_doubt(&text, is_open) {
            interaction.hearing.hold(text);
            return None;
        }
        let occurrence = interaction.hearing.roads.told(&text.text)?;
        let id = format!("{}#{occurrence}", chat.chat_id);
        let in_doubt = agent.is_none();
        let text = HeldText { name: agent.unwrap_or(text.name), ..text };
        Some(Heard::Reply(self.reply(id, text, in_doubt)))
    }

    fn reply(&mut self, id: String, written: HeldText, in_doubt: bool) -> Box<Reply> {
        let HeldText { participant_id, name: agent, written_at, .. } = written;
        let Meaning { command, target, text } = targeting::read(self, &written.text);
        match command {
            _ if in_doubt => {}
            Some(Command::Private) => {
                self.remember(Who::Agent, &agent, &format!("(privately) {text}"), written_at);
            }
            Some(Command::Image) | None => self.remember(Who::Agent, &agent, &text, written_at),
            Some(_) => {}
        }
        let answered = target.as_ref().ok().map(|target| &target.message_id);
        let answered = answered.and_then(|id| self.shown().find(|shown| shown.message_id == *id));
        Box::new(Reply {
            id,
            channel_id: self.channel_id.clone(),
            conversation: self.key.clone(),
            generation: self.generation,
            also_in: answered.map(|shown| shown.also_in.clone()).unwrap_or_default(),
            agent,
            text,
            written_at,
            target,
            command,
            participant_id,
            confirmed: false,
            in_doubt,
            approved_by: None,
        })
    }
}

fn unpublishable(what: &Happening) -> &'static str {
    match what {
        Happening::Url(_) => {
            "the pushed page was not published; write the link in a message instead"
        }
        _ => "the file was not published: files cannot be sent to the network from here",
    }
}

#[cfg(test)]
mod tests;

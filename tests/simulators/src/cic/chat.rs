//! One chat: an interaction with its people, its events and its transcript.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    events::{Event, Kind, Party, SYSTEM_ID, SYSTEM_NAME, Standing, What, compact},
    pair::ServerIndex,
    settings::User,
};

/// The state of an interaction (section 2.5 of the contract).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    Offering,
    Connected,
    Held,
    Disconnected,
}

/// What a start asks for, whichever interface it came by.
#[derive(Clone, Debug, Default)]
pub(super) struct Opening {
    pub(super) name: String,
    pub(super) workgroup: String,
    pub(super) language: Option<String>,
    /// As they will be named on the interaction.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) routing_contexts: Vec<Value>,
    pub(super) notes: Option<String>,
    pub(super) chat_history: Vec<Value>,
    pub(super) webhook: Option<String>,
    /// The client's address, for the limits.
    pub(super) address: String,
}

/// A line of the transcript, as an agent sees it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    from: String,
    r#type: &'static str,
    text: String,
    at: Timestamp,
    /// Index of the party who wrote it.
    #[serde(skip)]
    party: usize,
}

/// A file that an agent sent.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) guid: String,
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
}

/// How a file stands in the transcript.
pub(super) const FILE_MARK: &str = "[file] ";
/// Index of the visitor among a chat's parties.
const VISITOR: usize = 0;
/// Index of the system among a chat's parties.
pub(super) const SYSTEM: usize = 1;

/// A chat, from its start to some time after its end.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) interaction_id: String,
    /// The GUID that a reconnect names.
    pub(super) id: String,
    pub(super) opening: Opening,
    pub(super) workgroup: String,
    pub(super) stage: Stage,
    /// The server that the visitor's leg is connected to.
    pub(super) server: ServerIndex,
    pub(super) parties: Vec<Party>,
    /// Index of the agent who holds the interaction.
    pub(super) agent: Option<usize>,
    /// Index of the agent who held it at its end.
    pub(super) last_agent: Option<usize>,
    pub(super) files: Vec<File>,
    /// When the visitor's client last asked, and when the visitor last wrote or typed.
    pub(super) asked: Timestamp,
    pub(super) active: Timestamp,
    pub(super) ended: Option<Timestamp>,
    /// Name of the agent who is alerted of it.
    pub(super) alerting: Option<String>,
    /// Held by being parked.
    pub(super) parked: bool,
    /// The visitor ended it, or stopped asking.
    pub(super) left: bool,
    /// There is something to read that the webhook was not told of yet.
    pub(super) hint: bool,
    events: Vec<Event>,
    /// How many events were delivered.
    read: usize,
    transcript: Vec<Line>,
}

impl Chat {
    /// A new chat, offered to its workgroup; visitor and system are in it.
    pub(super) fn open(
        interaction_id: String,
        opening: Opening,
        server: ServerIndex,
        now: Timestamp,
    ) -> Self {
        let party = |id: String, name: &str, kind| Party {
            id,
            name: name.to_owned(),
            kind,
            standing: Standing::Initializing,
        };
        let parties = vec![
            party(guid(), &opening.name, Kind::WebUser),
            party(SYSTEM_ID.to_owned(), SYSTEM_NAME, Kind::System),
        ];
        let mut chat = Self {
            interaction_id,
            id: guid(),
            workgroup: opening.workgroup.clone(),
            opening,
            stage: Stage::Offering,
            server,
            parties,
            agent: None,
            last_agent: None,
            files: Vec::new(),
            asked: now,
            active: now,
            ended: None,
            alerting: None,
            parked: false,
            left: false,
            hint: false,
            events: Vec::new(),
            read: 0,
            transcript: Vec::new(),
        };
        chat.stand(VISITOR, Standing::Active, now);
        chat.stand(SYSTEM, Standing::Active, now);
        chat
    }

    /// The newest id of the visitor's leg.
    pub(super) fn visitor_id(&self) -> &str {
        self.parties.first().map_or("", |visitor| &visitor.id)
    }

    /// A new id for the visitor's leg; old ones stay good.
    pub(super) fn renew_visitor_id(&mut self) -> String {
        let id = guid();
        if let Some(visitor) = self.parties.get_mut(VISITOR) {
            visitor.id.clone_from(&id);
        }
        id
    }

    /// Adds an agent's leg.
    pub(super) fn join(&mut self, name: &str) -> usize {
        let (id, name) = (guid(), name.to_owned());
        self.parties.push(Party { id, name, kind: Kind::Agent, standing: Standing::Initializing });
        self.parties.len() - 1
    }

    /// Tells how a party stands now.
    pub(super) fn stand(&mut self, party: usize, standing: Standing, now: Timestamp) {
        if let Some(found) = self.parties.get_mut(party) {
            found.standing = standing;
            self.tell(party, What::Standing(standing), now);
        }
    }

    /// Adds an event that the visitor's client will read.
    pub(super) fn tell(&mut self, party: usize, what: What, now: Timestamp) {
        let sequence = self.events.len() as u64;
        self.hint |= party != VISITOR;
        self.events.push(Event { sequence, at: now, party, what });
    }

    /// The visitor's text: echoed, and shown to the agent.
    pub(super) fn hear(&mut self, text: &str, content_type: &str, notice: bool, now: Timestamp) {
        self.active = now;
        self.say(VISITOR, text, content_type, if notice { "notice" } else { "visitor" }, now);
    }

    /// A text of any party, as event and as line of the transcript.
    pub(super) fn say(
        &mut self,
        party: usize,
        text: &str,
        content_type: &str,
        as_type: &'static str,
        now: Timestamp,
    ) {
        let what = What::Text { value: text.to_owned(), content_type: content_type.to_owned() };
        self.tell(party, what, now);
        self.note(party, text, as_type, now);
    }

    /// A line of the transcript alone.
    pub(super) fn note(&mut self, party: usize, text: &str, r#type: &'static str, now: Timestamp) {
        let from = self.parties.get(party).map_or_else(String::new, |party| party.name.clone());
        let text = text.to_owned();
        self.transcript.push(Line { from, r#type, text, at: now, party });
    }

    /// Ends the chat: every leg is disconnected, the visitor's last.
    pub(super) fn end(&mut self, now: Timestamp) {
        if self.stage == Stage::Disconnected {
            return;
        }
        self.stage = Stage::Disconnected;
        self.ended = Some(now);
        self.last_agent = self.agent;
        self.drop_agents(now);
        self.stand(VISITOR, Standing::Disconnected, now);
        self.hint = true;
    }

    /// Ends the chat from the visitor's side.
    pub(super) fn leave(&mut self, now: Timestamp) {
        self.left |= self.stage != Stage::Disconnected;
        self.end(now);
    }

    /// Disconnects every agent's leg.
    pub(super) fn drop_agents(&mut self, now: Timestamp) {
        self.agent = None;
        self.alerting = None;
        self.parked = false;
        for index in SYSTEM + 1..self.parties.len() {
            let gone = self.parties.get(index).is_none_or(|p| p.standing == Standing::Disconnected);
            if !gone {
                self.stand(index, Standing::Disconnected, now);
            }
        }
    }

    /// Whether it is over and its last events were read.
    pub(super) fn is_gone(&self) -> bool {
        self.stage == Stage::Disconnected && self.read == self.events.len()
    }

    /// The events not delivered yet; they are after this. `render` is the interface's wording.
    pub(super) fn take_events(&mut self, render: impl Fn(&Event, &Party) -> Value) -> Vec<Value> {
        let fresh = self.events.get(self.read..).unwrap_or_default();
        let told = Self::rendered(fresh, &self.parties, render);
        self.read = self.events.len();
        self.hint = false;
        told
    }

    /// Every event from the start, delivered or not. Consumes nothing.
    pub(super) fn history(&self, render: impl Fn(&Event, &Party) -> Value) -> Vec<Value> {
        Self::rendered(&self.events, &self.parties, render)
    }

    fn rendered(
        events: &[Event],
        parties: &[Party],
        render: impl Fn(&Event, &Party) -> Value,
    ) -> Vec<Value> {
        let worded = |event: &Event| parties.get(event.party).map(|party| render(event, party));
        events.iter().filter_map(worded).collect()
    }

    /// Whether the user's leg is in the chat.
    pub(super) fn is_in(&self, user: &User) -> bool {
        self.parties.iter().any(|party| {
            party.kind == Kind::Agent
                && party.name == user.name
                && party.standing != Standing::Disconnected
        })
    }

    /// Who is in the chat, by index, as `user` is told.
    pub(super) fn members(&self, user: &User) -> BTreeMap<usize, Value> {
        let all = self.parties.iter().enumerate();
        all.filter(|(_, party)| party.standing != Standing::Disconnected)
            .map(|(index, party)| (index, self.member(party, user)))
            .collect()
    }

    /// The lines from the `skip`th on, as `user` is told.
    pub(super) fn lines(&self, skip: usize, user: &User) -> Vec<Value> {
        let worded = |line: &Line| {
            let member = self.parties.get(line.party).map(|party| self.member(party, user));
            let file = line.text.strip_prefix(FILE_MARK);
            json!({
                "chatMember": member, "text": file.unwrap_or(&line.text),
                "timestamp": compact(line.at), "messageType": u8::from(file.is_some()),
            })
        };
        self.transcript.iter().skip(skip).map(worded).collect()
    }

    fn member(&self, party: &Party, user: &User) -> Value {
        let member_type = match party.kind {
            Kind::System => 1,
            Kind::Agent if party.name == user.name => 2,
            Kind::Agent => 3,
            Kind::WebUser => 4,
        };
        let is_agent = party.kind == Kind::Agent;
        let user_id = User::named(&party.name).filter(|_| is_agent).map_or("", |user| user.id);
        json!({
            "chatMemberType": member_type, "displayName": party.name, "userId": user_id,
            "interactionId": self.interaction_id, "isTyping": false,
        })
    }

    /// The file with this GUID, written with or without hyphens.
    pub(super) fn file(&self, guid: &str) -> Option<&File> {
        let bare = |guid: &str| guid.replace('-', "");
        self.files.iter().find(|file| bare(&file.guid) == bare(guid))
    }

    /// The interaction as the control interface shows it.
    pub(super) fn shown(&self) -> Value {
        json!({
            "id": self.interaction_id, "chat_id": self.id, "workgroup": self.workgroup,
            "state": self.stage, "attributes": self.opening.attributes,
            "participant_name": self.opening.name, "transcript": self.transcript,
            "agent": self.agent.and_then(|agent| self.parties.get(agent)).map(|agent| &agent.name),
            "language": self.opening.language, "notes": self.opening.notes,
            "routing_contexts": self.opening.routing_contexts,
            "chat_history": self.opening.chat_history,
        })
    }
}

/// A fresh GUID.
pub(super) fn guid() -> String {
    uuid::Uuid::new_v4().to_string()
}

//! An interaction as ICWS shows it: its attributes and the queues that it is in (section 2.5).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    chat::{Chat, Stage},
    settings::User,
};

/// Attributes by name.
pub(super) type Attributes = BTreeMap<String, String>;

/// What CIC sets itself; nobody else can.
const OWN: [&str; 7] = [
    "Eic_CallId",
    "Eic_State",
    "Eic_CallStateString",
    "Eic_RemoteName",
    "Eic_WorkgroupName",
    "Eic_ObjectType",
    "Eic_LocalName",
];

/// How long an ended interaction stays in its queues before it is deallocated. Inferred: clients
/// are told of the new state first, and of the removal later.
const LINGERS: SignedDuration = SignedDuration::from_secs(2);

/// A queue that a client watches: `queueType` and `queueName`.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) kind: i64,
    pub(super) name: String,
}

impl Queue {
    /// Whether the interaction is in it: 0 system, 1 user, 2 workgroup. A system queue of a user's
    /// name is that user's own interactions, as a public client expects; of any other, all.
    pub(super) fn holds(&self, chat: &Chat) -> bool {
        let of_user = User::named(&self.name).map(|user| chat.is_with(user) || chat.was_with(user));
        match self.kind {
            0 => of_user.unwrap_or(true),
            1 => of_user.unwrap_or(false),
            2 => chat.workgroup.eq_ignore_ascii_case(&self.name),
            _ => false,
        }
    }
}

/// Whether only CIC sets the attribute.
pub(super) fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
}

impl Chat {
    /// Whether it has ended long enough ago to be deallocated.
    pub(super) fn is_deallocated(&self, now: Timestamp) -> bool {
        self.ended.is_some_and(|ended| now.duration_since(ended) > LINGERS)
    }

    /// Whether an agent has it, or is alerted of it.
    pub(super) fn is_with(&self, user: &User) -> bool {
        let holder = self.agent.and_then(|agent| self.parties.get(agent));
        holder.is_some_and(|party| party.name == user.name)
            || self.alerting.as_deref() == Some(user.name)
    }

    /// Whether it ended at the agent's: it stays in the agent's queue as long as in the others.
    pub(super) fn was_with(&self, user: &User) -> bool {
        let last = self.last_agent.and_then(|agent| self.parties.get(agent));
        self.stage == Stage::Disconnected && last.is_some_and(|party| party.name == user.name)
    }

    /// Every attribute: CIC's own, those of the start, and those that clients set.
    pub(super) fn attributes(&self) -> Attributes {
        let (state, words) = self.state();
        let agent = self.agent.and_then(|agent| self.parties.get(agent));
        let own = [
            self.interaction_id.as_str(),
            state,
            words,
            &self.opening.name,
            &self.workgroup,
            "Chat",
            agent.map_or("", |agent| &agent.name),
        ];
        let mut all = self.opening.attributes.clone();
        if let Some(notes) = &self.opening.notes {
            all.entry("Eic_Notes".to_owned()).or_insert_with(|| notes.clone());
        }
        all.extend(OWN.iter().zip(own).map(|(name, value)| ((*name).to_owned(), value.to_owned())));
        all
    }

    /// The attributes that a client asks for, under the names that it uses; there or not, none is
    /// left out. Without any it is the id alone.
    pub(super) fn selected(&self, names: &[String]) -> Attributes {
        let all = self.attributes();
        let id = ["Eic_CallId".to_owned()];
        let names = if names.is_empty() { &id } else { names };
        let find = |name: &str| all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = |name: &String| find(name).map(|(_, value)| value.clone()).unwrap_or_default();
        names.iter().map(|name| (name.clone(), value(name))).collect()
    }

    /// `Eic_State` and `Eic_CallStateString`.
    fn state(&self) -> (&'static str, &'static str) {
        match self.stage {
            Stage::Offering if self.alerting.is_some() => ("A", "Alerting"),
            Stage::Offering => ("O", "Offering"),
            Stage::Connected => ("C", "Connected"),
            Stage::Held if self.parked => ("P", "Parked"),
            Stage::Held => ("H", "On Hold"),
            Stage::Disconnected if self.left => ("E", "Disconnected [Remote Disconnect]"),
            Stage::Disconnected => ("I", "Disconnected [Local Disconnect]"),
        }
    }
}

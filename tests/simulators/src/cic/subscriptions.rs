//! What a session subscribed to, and the messages that tell it what changed (section 2.6).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    attributes::{Attributes, Queue},
    chat::{Chat, Stage},
    settings::User,
    state::State,
    status::Presence,
};

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// Told first: a public client picks up what alerts it, and not what it saw in a queue before.
    Alerting,
    /// By the id that the client chose.
    Queues(String),
    /// By the interaction's id.
    Interaction(String),
    Chat(String),
    /// Of the users that the subscription names.
    Statuses,
    /// Handlers' notifications. Nobody sends any here.
    Notifications,
}

/// A subscription, and what its session was told so far.
#[derive(Debug, Default)]
pub(super) struct Subscription {
    attributes: Vec<String>,
    queues: Vec<Queue>,
    users: Vec<&'static User>,
    begun: bool,
    interactions: BTreeMap<String, Attributes>,
    members: BTreeMap<usize, Value>,
    lines: usize,
    statuses: Vec<Value>,
    over: bool,
}

impl Subscription {
    /// One that tells of these attributes, and of these queues where it is about queues.
    pub(super) fn to(attributes: Vec<String>, queues: Vec<Queue>) -> Self {
        Self { attributes, queues, ..Self::default() }
    }

    /// One that tells how these users are.
    pub(super) fn to_users(users: Vec<&'static User>) -> Self {
        Self { users, ..Self::default() }
    }

    /// The messages that bring its session up to date. The first has `isDelta: false`.
    pub(super) fn news(
        &mut self,
        topic: &Topic,
        state: &State,
        user: &User,
        now: Timestamp,
    ) -> Vec<Value> {
        match topic {
            Topic::Queues(id) => self.queue_contents(id, state, now).into_iter().collect(),
            Topic::Alerting => self.alerts(state, user).into_iter().collect(),
            Topic::Interaction(id) => state
                .chat(id)
                .map_or_else(Vec::new, |chat| self.interaction(chat, now).into_iter().collect()),
            Topic::Chat(id) => state.chat(id).map_or_else(Vec::new, |chat| self.chat(chat, user)),
            Topic::Statuses => self.user_statuses(state).into_iter().collect(),
            Topic::Notifications => Vec::new(),
        }
    }

    fn queue_contents(&mut self, id: &str, state: &State, now: Timestamp) -> Option<Value> {
        let there = |chat: &&Chat| {
            !chat.is_deallocated(now) && self.queues.iter().any(|queue| queue.holds(chat))
        };
        let fresh: BTreeMap<String, Attributes> = state
            .chats()
            .filter(there)
            .map(|chat| (chat.interaction_id.clone(), chat.selected(&self.attributes)))
            .collect();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for (id, attributes) in &fresh {
            match self.interactions.get(id) {
                None => added.push(json!({ "interactionId": id, "attributes": attributes })),
                Some(before) => {
                    if let Some(changes) = differences(before, attributes) {
                        changed.push(json!({ "interactionId": id, "attributes": changes }));
                    }
                }
            }
        }
        let removed: Vec<_> =
            self.interactions.keys().filter(|id| !fresh.contains_key(*id)).cloned().collect();
        self.interactions = fresh;
        let is_delta = std::mem::replace(&mut self.begun, true);
        let quiet = added.is_empty() && changed.is_empty() && removed.is_empty();
        (!is_delta || !quiet).then(|| {
            json!({
                "__type": "urn:inin.com:queues:queueContentsMessage", "isDelta": is_delta,
                "subscriptionId": id, "interactionsAdded": added, "interactionsChanged": changed,
                "interactionsRemoved": removed,
            })
        })
    }

    fn user_statuses(&mut self, state: &State) -> Option<Value> {
        let watched = state.presences.iter().filter(|it| self.users.contains(&it.user));
        let fresh: Vec<Value> = watched.map(Presence::shown).collect();
        let changed: Vec<&Value> = fresh.iter().filter(|it| !self.statuses.contains(it)).collect();
        let is_delta = std::mem::replace(&mut self.begun, true);
        let message = (!is_delta || !changed.is_empty()).then(|| {
            json!({
                "__type": "urn:inin.com:status:userStatusMessage", "isDelta": is_delta,
                "userStatusList": changed,
            })
        });
        self.statuses = fresh;
        message
    }

    /// Alerts that start and stop. One that stops is known by its id alone.
    fn alerts(&mut self, state: &State, user: &User) -> Option<Value> {
        let alerted = |chat: &&Chat| {
            chat.stage == Stage::Offering && chat.alerting.as_deref() == Some(user.name)
        };
        let alerting: BTreeSet<String> =
            state.chats().filter(alerted).map(|chat| chat.interaction_id.clone()).collect();
        let starts = alerting.iter().filter(|id| !self.interactions.contains_key(*id));
        let stops = self.interactions.keys().filter(|id| !alerting.contains(*id));
        let detail = |id: &String, action: u8| {
            let name = state.chat(id).map_or("", |chat| &chat.opening.name);
            json!({
                "interactionId": id, "interactionType": 2, "name": name, "address": "",
                "alertType": 0, "alertAction": action, "autoAnswer": false,
            })
        };
        let details: Vec<_> =
            starts.map(|id| detail(id, 1)).chain(stops.map(|id| detail(id, 2))).collect();
        self.interactions = alerting.into_iter().map(|id| (id, Attributes::new())).collect();
        let is_delta = std::mem::replace(&mut self.begun, true);
        (!details.is_empty()).then(|| {
            json!({
                "__type": "urn:inin.com:interactions:interactionAlertingMessage",
                "isDelta": is_delta, "alertingInteractionDetails": details,
            })
        })
    }

    fn interaction(&mut self, chat: &Chat, now: Timestamp) -> Option<Value> {
        let id = &chat.interaction_id;
        if self.over {
            return None;
        }
        if chat.is_deallocated(now) {
            self.over = true;
            let kind = "urn:inin.com:interactions:interactionDeallocatedMessage";
            return Some(json!({ "__type": kind, "isDelta": self.begun, "interactionID": id }));
        }
        let fresh = chat.selected(&self.attributes);
        let changes = match self.interactions.get(id) {
            None => Some(fresh.clone()),
            Some(before) => differences(before, &fresh),
        };
        self.interactions.insert(id.clone(), fresh);
        let is_delta = std::mem::replace(&mut self.begun, true);
        changes.map(|changes| {
            json!({
                "__type": "urn:inin.com:interactions:interactionChangedMessage",
                "isDelta": is_delta, "interactionID": id, "attributes": changes,
            })
        })
    }

    /// Who is in the chat, and what was written.
    fn chat(&mut self, chat: &Chat, user: &User) -> Vec<Value> {
        let members = chat.members(user);
        let fresh = |(index, member): &(&usize, &Value)| match self.members.get(index) {
            None => Some((false, (*member).clone())),
            Some(before) => (before != *member).then(|| (true, (*member).clone())),
        };
        let (changed, added): (Vec<_>, Vec<_>) =
            members.iter().filter_map(|entry| fresh(&entry)).partition(|(changed, _)| *changed);
        let gone = |(index, _): &(&usize, &Value)| !members.contains_key(*index);
        let removed: Vec<_> =
            self.members.iter().filter(gone).map(|(_, member)| member.clone()).collect();
        let bare =
            |list: Vec<(bool, Value)>| list.into_iter().map(|(_, it)| it).collect::<Vec<_>>();
        let written = chat.lines(self.lines, user);
        self.lines += written.len();
        let is_delta = std::mem::replace(&mut self.begun, true);
        let id = &chat.interaction_id;
        let mut news = Vec::new();
        if !(added.is_empty() && changed.is_empty() && removed.is_empty()) {
            news.push(json!({
                "__type": "urn:inin.com:interactions.chat:chatMembersMessage",
                "isDelta": is_delta, "interactionId": id, "membersAdded": bare(added),
                "membersChanged": bare(changed), "membersRemoved": removed,
            }));
        }
        if !is_delta || !written.is_empty() {
            news.push(json!({
                "__type": "urn:inin.com:interactions.chat:chatContentsMessage",
                "isDelta": is_delta, "interactionId": id, "messagesAdded": written,
            }));
        }
        self.members = members;
        news
    }
}

/// What is new or different; `None` where nothing is.
fn differences(before: &Attributes, after: &Attributes) -> Option<Attributes> {
    let changes: Attributes = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!changes.is_empty()).then_some(changes)
}

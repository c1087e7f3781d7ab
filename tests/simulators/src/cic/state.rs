//! What both servers of the pair know: chats, workgroups, greetings, sessions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{
    chat::{Chat, Opening, SYSTEM, Stage},
    events::{SYSTEM_NAME, Standing},
    limits::Throttle,
    pair::ServerIndex,
    sessions::Session,
    settings::{Settings, User},
};
use crate::seed;

/// Ten digits, as real ids have.
const FIRST_INTERACTION: u64 = 1_001_234_567;

/// Like those that were seen.
const FIRST_SESSION: usize = 1_247_633_034;

/// The automatic texts that CIC is configured to send (section 7 of the contract).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Greetings {
    pub(super) texts: Vec<String>,
    #[serde(default, rename = "as")]
    pub(super) speaker: Speaker,
    #[serde(default)]
    pub(super) when: When,
}

/// Whom an automatic text seems to come from.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
pub(super) enum Speaker {
    #[default]
    System,
    Agent,
}

/// When the automatic texts are sent.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum When {
    #[default]
    Start,
    Pickup,
}

/// No chat answers to this id, on this server.
#[derive(Debug)]
pub(super) struct Gone;

/// Why a chat is not started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refusal {
    UnknownWorkgroup,
    Throttled,
}

/// The pair's memory.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) workgroups: Vec<String>,
    pub(super) greetings: Greetings,
    /// As the pair tells of any workgroup; who ACD offers a chat to is another matter.
    pub(super) agents_available: u32,
    sessions: HashMap<String, Session>,
    /// Whether `serverConfiguration` was fetched since the seed.
    pub(super) configuration_fetched: bool,
    chats: BTreeMap<u64, Chat>,
    participants: HashMap<String, u64>,
    /// The chats that have a webhook and something left to tell it.
    hooked: BTreeSet<u64>,
    throttle: Throttle,
    swept: Option<Timestamp>,
}

impl State {
    /// The state at the start.
    pub(super) fn seeded(settings: Settings) -> Self {
        let texts = vec!["Welcome. An agent will be with you shortly.".to_owned()];
        Self {
            settings,
            workgroups: seed::cic::WORKGROUPS.map(str::to_owned).to_vec(),
            agents_available: 1,
            greetings: Greetings { texts, speaker: Speaker::System, when: When::Start },
            sessions: HashMap::new(),
            configuration_fetched: false,
            chats: BTreeMap::new(),
            participants: HashMap::new(),
            hooked: BTreeSet::new(),
            throttle: Throttle::default(),
            swept: None,
        }
    }

    /// The workgroup as it is spelled here, if it exists.
    pub(super) fn workgroup(&self, name: &str) -> Option<&String> {
        self.workgroups.iter().find(|known| known.to_lowercase() == name.to_lowercase())
    }

    /// Opens a chat.
    pub(super) fn start(
        &mut self,
        mut opening: Opening,
        server: ServerIndex,
        now: Timestamp,
    ) -> Result<&mut Chat, Refusal> {
        let workgroup = self.workgroup(&opening.workgroup).ok_or(Refusal::UnknownWorkgroup)?;
        opening.workgroup.clone_from(workgroup);
        if self.settings.limits {
            let open = self.chats.values().filter(|chat| chat.stage != Stage::Disconnected);
            let (all, here) = open.fold((0, 0), |(all, here), chat| {
                (all + 1, here + usize::from(chat.opening.address == opening.address))
            });
            let full = all >= self.settings.active_chats || here >= self.settings.per_address;
            if full || !self.throttle.admit(self.settings.per_second, now) {
                return Err(Refusal::Throttled);
            }
        }
        let key = FIRST_INTERACTION + self.chats.len() as u64;
        let mut chat = Chat::open(key.to_string(), opening, server, now);
        self.participants.insert(chat.visitor_id().to_owned(), key);
        if chat.opening.webhook.is_some() {
            self.hooked.insert(key);
        }
        if self.greetings.when == When::Start {
            self.greetings.greet(&mut chat, now);
        }
        Ok(self.chats.entry(key).or_insert(chat))
    }

    /// The chat of a visitor's leg. Gone when unknown, over and read, or on the other server.
    pub(super) fn visitor(
        &mut self,
        participant: &str,
        server: ServerIndex,
        now: Timestamp,
    ) -> Result<&mut Chat, Gone> {
        let key = self.participants.get(participant).ok_or(Gone)?;
        let chat = self.chats.get_mut(key).ok_or(Gone)?;
        if chat.server != server || chat.is_gone() {
            return Err(Gone);
        }
        chat.asked = now;
        Ok(chat)
    }

    /// The chat of a visitor's leg for reading its past: also for a while after its end.
    pub(super) fn past(
        &mut self,
        participant: &str,
        server: ServerIndex,
        now: Timestamp,
    ) -> Result<&mut Chat, Gone> {
        let linger = self.settings.history_linger;
        let key = self.participants.get(participant).ok_or(Gone)?;
        let chat = self.chats.get_mut(key).ok_or(Gone)?;
        let over =
            chat.ended.is_some_and(|ended| now.duration_since(ended).unsigned_abs() > linger);
        if chat.server != server || over {
            return Err(Gone);
        }
        chat.asked = now;
        Ok(chat)
    }

    /// Like [`Self::visitor`], for what can only be done before the end.
    pub(super) fn open(
        &mut self,
        participant: &str,
        server: ServerIndex,
        now: Timestamp,
    ) -> Result<&mut Chat, Gone> {
        let chat = self.visitor(participant, server, now)?;
        if chat.stage == Stage::Disconnected { Err(Gone) } else { Ok(chat) }
    }

    /// The key of the chat with this chat id, unless it is over and read.
    pub(super) fn holder(&self, chat_id: &str) -> Result<u64, Gone> {
        let named = |chat: &Chat| chat.id.eq_ignore_ascii_case(chat_id) && !chat.is_gone();
        self.chats.iter().find(|(_, chat)| named(chat)).map(|(key, _)| *key).ok_or(Gone)
    }

    /// Whether a visitor's leg, by any of its ids, is of this chat.
    pub(super) fn belongs(&self, participant: &str, chat: u64) -> bool {
        self.participants.get(&participant.to_ascii_lowercase()) == Some(&chat)
    }

    /// Moves a chat to `server`.
    pub(super) fn reconnect(
        &mut self,
        chat_id: &str,
        server: ServerIndex,
        now: Timestamp,
    ) -> Result<&mut Chat, Gone> {
        let key = self.holder(chat_id)?;
        let chat = self.chats.get_mut(&key).ok_or(Gone)?;
        chat.server = server;
        chat.asked = now;
        Ok(chat)
    }

    /// Hands the visitor's leg of a chat a new id; the old one stays good.
    pub(super) fn renew_participant(&mut self, interaction_id: &str) -> Result<String, Gone> {
        let key = interaction_id.parse().map_err(|_| Gone)?;
        let id = self.chats.get_mut(&key).ok_or(Gone)?.renew_visitor_id();
        self.participants.insert(id.clone(), key);
        Ok(id)
    }

    /// The session with this id, unless it has ended.
    pub(super) fn session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(id).filter(|session| session.is_live())
    }

    /// The session with this id, ended or not.
    pub(super) fn any_session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(id)
    }

    /// Keeps a new session; its id.
    pub(super) fn admit(&mut self, session: Session) -> String {
        // Ended ones keep their number, so that no later session gets it.
        let id = (FIRST_SESSION + self.sessions.len()).to_string();
        self.sessions.insert(id.clone(), session);
        id
    }

    /// Ends the sessions of all servers but one: they do not survive a switchover.
    pub(super) fn end_sessions_but_of(&mut self, server: ServerIndex) {
        for session in self.sessions.values_mut().filter(|session| session.server() != server) {
            session.end();
        }
    }

    /// Lets ACD alert agents, and tells every session what changed since it was told last.
    pub(super) fn tell_agents(&mut self, now: Timestamp) {
        if !self.sessions.values().any(Session::is_live) {
            return;
        }
        let timeout = self.settings.session_timeout;
        self.alert();
        let mut sessions = std::mem::take(&mut self.sessions);
        for session in sessions.values_mut().filter(|session| session.is_live()) {
            session.tell(self, timeout, now);
        }
        self.sessions = sessions;
    }

    /// The users who wait at a station for work, each once.
    pub(super) fn ready_users(&self) -> Vec<&'static User> {
        let ready =
            |user: &&User| self.sessions.values().any(|session| session.waits_for_work(user));
        User::ALL.iter().filter(ready).collect()
    }

    /// The interactions that nobody has, and nobody is alerted of.
    pub(super) fn offered(&mut self) -> impl Iterator<Item = &mut Chat> {
        let free = |chat: &&mut Chat| chat.stage == Stage::Offering && chat.alerting.is_none();
        self.chats.values_mut().filter(free)
    }

    /// The interaction with this id, to look at.
    pub(super) fn chat(&self, id: &str) -> Option<&Chat> {
        self.chats.get(&id.parse().ok()?)
    }

    /// The interaction with this id.
    pub(super) fn interaction(&mut self, id: &str) -> Option<&mut Chat> {
        self.chats.get_mut(&id.parse().ok()?)
    }

    /// All interactions, oldest first.
    pub(super) fn chats(&self) -> impl Iterator<Item = &Chat> {
        self.chats.values()
    }

    /// Disconnects the chats that nobody asks about any more, at most ten times a second.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        const PAUSE: SignedDuration = SignedDuration::from_millis(100);
        if self.swept.is_some_and(|last| now.duration_since(last).abs() < PAUSE) {
            return;
        }
        self.swept = Some(now);
        let past = |since: Timestamp, limit| now.duration_since(since) > limit;
        let unpolled = signed(self.settings.poll_timeout);
        let idle = self.settings.idle_timeout.map(signed);
        for chat in self.chats.values_mut().filter(|chat| chat.stage != Stage::Disconnected) {
            if past(chat.asked, unpolled) || idle.is_some_and(|idle| past(chat.active, idle)) {
                chat.leave(now);
            }
        }
    }

    /// The webhooks to be told, each with participant and chat id.
    pub(super) fn take_hints(&mut self) -> Vec<(String, String, String)> {
        let chats = &mut self.chats;
        self.hooked.retain(|key| chats.get(key).is_some_and(|chat| chat.hint || !chat.is_gone()));
        let hint = |key: &u64| {
            let chat = chats.get_mut(key)?;
            let url = chat.opening.webhook.clone()?;
            let due = std::mem::take(&mut chat.hint);
            due.then(|| (url, chat.visitor_id().to_owned(), chat.id.clone()))
        };
        self.hooked.iter().filter_map(hint).collect()
    }
}

impl Greetings {
    /// Says the automatic texts.
    pub(super) fn greet(&self, chat: &mut Chat, now: Timestamp) {
        if self.texts.is_empty() {
            return;
        }
        let party = match self.speaker {
            Speaker::System => SYSTEM,
            Speaker::Agent => {
                let party = chat.agent.unwrap_or_else(|| chat.join(SYSTEM_NAME));
                // A leg that only greets never becomes active.
                if chat.agent.is_none()
                    && let Some(joined) = chat.parties.get_mut(party)
                {
                    joined.standing = Standing::Disconnected;
                }
                party
            }
        };
        for text in &self.texts {
            chat.say(party, text, "text/plain", "system", now);
        }
    }
}

fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

//! The pair: which server is asked, and what happens when it does not answer.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use social_core::chat::{
    Chat, ChatError, ChatEvent, ContactCenter, Interface, Opening, Sent, Told,
};
use social_http::Client;
use url::Url;

use crate::{
    ask::{Ask, Start},
    error::CicError,
    events::{self, Echoes},
    offer::Offer,
    server::Server,
    settings::{Choice, CicSettings, SettingsError},
    visit::Visit,
    web_chat,
    wire::Reply,
};

/// CIC, both servers of it. Switchover happens inside (section 8 of the contract, rule 6).
pub struct Cic {
    servers: Vec<Server>,
    choice: Choice,
    events_url: Option<Url>,
    memory: Mutex<Memory>,
}

/// What is remembered between calls, in this process alone.
#[derive(Default)]
struct Memory {
    /// The server that answered last.
    active: Option<usize>,
    /// Events that came with a call that then failed, by chat id: told with the next one.
    untold: HashMap<String, Vec<ChatEvent>>,
}

/// What is wanted of a chat that exists.
#[derive(Clone, Copy)]
enum Wish<'a> {
    Poll,
    Say(&'a str),
    History,
    Exit,
}

impl<'a> Wish<'a> {
    fn ask(self, me: &'a str) -> Ask<'a> {
        match self {
            Self::Poll => Ask::Poll { me },
            Self::Say(text) => Ask::Say { me, text },
            Self::History => Ask::History { me },
            Self::Exit => Ask::Exit { me },
        }
    }
}

impl fmt::Debug for Cic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cic").field("choice", &self.choice).finish_non_exhaustive()
    }
}

impl Cic {
    /// Takes the settings; nothing is asked yet.
    pub fn new(settings: CicSettings, http: Client) -> Result<Self, SettingsError> {
        if !(1..=2).contains(&settings.urls.len()) {
            return Err(SettingsError::Servers(settings.urls.len()));
        }
        let mut servers = Vec::new();
        let clients = std::iter::repeat_n(http, settings.urls.len());
        for (index, (url, http)) in settings.urls.into_iter().zip(clients).enumerate() {
            if !matches!(url.scheme(), "http" | "https") {
                return Err(SettingsError::Scheme(index + 1));
            }
            servers.push(Server::new(index, url, http));
        }
        let memory = Mutex::default();
        Ok(Self { servers, choice: settings.interface, events_url: settings.events_url, memory })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The servers, the one that answered last first; before any did, `preferred`.
    fn in_turn(&self, preferred: usize) -> impl Iterator<Item = &Server> {
        let first = self.memory().active.unwrap_or(preferred);
        let first = if first < self.servers.len() { first } else { 0 };
        self.servers.iter().cycle().skip(first).take(self.servers.len())
    }

    /// Makes one call and keeps what its answer tells, also when it is a refusal.
    async fn exchange(
        &self,
        server: &Server,
        interface: Interface,
        ask: Ask<'_>,
        visit: &mut Visit,
    ) -> Result<Reply, CicError> {
        let answer = server.send(&ask.request(interface)).await?;
        let (mut reply, refusal) = ask.read(interface, &answer);
        visit.hear(&mut reply);
        server.known().note_version(reply.cfg_ver);
        refusal.map_or(Ok(reply), Err)
    }

    /// Does what is wanted of a chat, on the server that knows it. `None` where history is not kept.
    async fn visit(
        &self,
        chat: &Chat,
        wish: Wish<'_>,
        visit: &mut Visit,
    ) -> Result<Option<Chat>, CicError> {
        let (mut gone, mut down) = (false, None);
        visit.adopt(&chat.participant_id);
        for server in self.in_turn(chat.server) {
            match self.reach(server, chat, wish, visit).await {
                Ok(moved) => {
                    self.memory().active = Some(server.index);
                    return Ok(moved);
                }
                // The one thing that must not be done twice.
                Err(error) if matches!((wish, visit.sent), (Wish::Say(_), Sent::Perhaps)) => {
                    return Err(error);
                }
                Err(CicError::Gone) => gone = true,
                Err(error) if error.is_down() => {
                    server.forget();
                    down.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        // A chat that one server does not know, while the other takes no calls, is gone as well: of
        // a pair, the one that takes calls knows all chats.
        Err(down.filter(|_| !gone).map_or(CicError::Gone, pair_down))
    }

    /// Does it on one server, which is told of the chat once if it does not know it.
    async fn reach(
        &self,
        server: &Server,
        chat: &Chat,
        wish: Wish<'_>,
        visit: &mut Visit,
    ) -> Result<Option<Chat>, CicError> {
        let at_home = server.index == chat.server;
        if at_home {
            match self.act(server, chat, wish, visit).await {
                Err(CicError::Gone) => {}
                done => return done,
            }
        } else {
            server.prepare(chat.interface).await?;
        }
        let moved = self.reconnect(server, chat, visit).await?;
        match self.act(server, &moved, wish, visit).await {
            Err(CicError::Gone) if !at_home && moved.participant_id != chat.participant_id => {
                // The server may have kept the old id, as some clients do.
                let kept = Chat { participant_id: chat.participant_id.clone(), ..moved };
                self.act(server, &kept, wish, visit).await
            }
            done => done,
        }
    }

    /// Reconnects a chat on a server; `websvcs` hands out a new participant id.
    async fn reconnect(
        &self,
        server: &Server,
        chat: &Chat,
        visit: &mut Visit,
    ) -> Result<Chat, CicError> {
        let ask = Ask::Reconnect(chat);
        let reply = self.exchange(server, chat.interface, ask, visit).await?;
        let participant_id = reply.participant_id.unwrap_or_else(|| chat.participant_id.clone());
        visit.adopt(&participant_id);
        Ok(Chat { server: server.index, participant_id, ..chat.clone() })
    }

    /// Makes the call itself.
    async fn act(
        &self,
        server: &Server,
        chat: &Chat,
        wish: Wish<'_>,
        visit: &mut Visit,
    ) -> Result<Option<Chat>, CicError> {
        let asks_history = matches!(wish, Wish::History);
        if asks_history && server.web_chat_version().await? < web_chat::KEEPS_HISTORY {
            return Ok(None);
        }
        let ask = wish.ask(&chat.participant_id);
        match self.exchange(server, chat.interface, ask, visit).await {
            Ok(_) => Ok(Some(chat.clone())),
            Err(error) => {
                if error.perhaps_done() {
                    visit.sent = Sent::Perhaps;
                }
                Err(error)
            }
        }
    }

    /// Carries a call out and tells what came of it. Events that came with a failure are kept for
    /// the next call in this process: CIC has forgotten them.
    async fn call(&self, chat: &Chat, wish: Wish<'_>) -> Result<Told, ChatError> {
        let mut visit = Visit::new();
        let outcome = self.visit(chat, wish, &mut visit).await;
        let mut events = self.memory().untold.remove(&chat.chat_id).unwrap_or_default();
        events.append(&mut visit.events(Echoes::Dropped));
        let events = events::in_order(events);
        let poll_after = visit.poll_after();
        match outcome {
            Ok(moved) => {
                Ok(Told { chat: moved.unwrap_or_else(|| chat.clone()), events, poll_after })
            }
            // The next poll will fail the same way, with nothing left to tell.
            Err(_) if matches!(wish, Wish::Poll) && !events.is_empty() => {
                Ok(Told { chat: chat.clone(), events, poll_after })
            }
            Err(error) => {
                if !events.is_empty() {
                    self.memory().untold.insert(chat.chat_id.clone(), events);
                }
                Err(error.into_chat_error(visit.sent))
            }
        }
    }

    /// Starts a chat on one server.
    async fn start(
        &self,
        server: &Server,
        opening: &Opening,
        visit: &mut Visit,
    ) -> Result<Chat, CicError> {
        let Offer { interface, version } = server.offer(self.choice).await?;
        let ask = Ask::Start(Start { opening, version, webhook: self.events_url.as_ref() });
        let reply = match self.exchange(server, interface, ask, visit).await {
            Ok(reply) => reply,
            Err(error) => {
                if error.perhaps_done() {
                    visit.sent = Sent::Perhaps;
                }
                return Err(self.throttled(server, error).await);
            }
        };
        let (Some(chat_id), Some(participant_id)) = (reply.chat_id, reply.participant_id) else {
            visit.sent = Sent::Perhaps;
            return Err(CicError::Malformed);
        };
        visit.adopt(&participant_id);
        Ok(Chat { interface, server: server.index, chat_id, participant_id })
    }

    /// Tells CIC's throttle from a server that is down. What a throttled start is answered is not
    /// public (section 9); a public client's comment hints at 404. Inferred: 429, `unavailable` of
    /// `websvcs`, and 404 or 503 from a server that, asked again, still offers chats.
    async fn throttled(&self, server: &Server, error: CicError) -> CicError {
        let at_once = match &error {
            CicError::Status { status, .. } => match status {
                429 => true,
                404 | 503 => false,
                _ => return error,
            },
            CicError::Refused { reason }
                if reason.to_ascii_lowercase().ends_with(".unavailable") =>
            {
                true
            }
            _ => return error,
        };
        if at_once {
            return CicError::Throttled;
        }
        server.forget();
        match server.offer(self.choice).await {
            Ok(_) => CicError::Throttled,
            Err(CicError::NoInterface) => error,
            Err(down) => down,
        }
    }
}

fn pair_down(first: CicError) -> CicError {
    CicError::PairDown(Box::new(first))
}

impl ContactCenter for Cic {
    /// A start whose answer is lost is tried on the other server: an empty chat that nobody polls
    /// is dropped by CIC.
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError> {
        let mut visit = Visit::new();
        let mut down = None;
        for server in self.in_turn(0) {
            match self.start(server, opening, &mut visit).await {
                Ok(chat) => {
                    self.memory().active = Some(server.index);
                    let (events, poll_after) = (visit.events(Echoes::Dropped), visit.poll_after());
                    return Ok(Told { chat, events, poll_after });
                }
                Err(error) if error.is_down() => {
                    server.forget();
                    down.get_or_insert(error);
                }
                Err(error) => return Err(error.into_open_error(visit.sent)),
            }
        }
        let error = down.map_or(CicError::NoInterface, pair_down);
        Err(error.into_open_error(visit.sent))
    }

    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        self.call(chat, Wish::Say(text)).await
    }

    async fn poll(&self, chat: &Chat) -> Result<Told, ChatError> {
        self.call(chat, Wish::Poll).await
    }

    /// Web-chat keeps one from version 6 on.
    async fn history(&self, chat: &Chat) -> Result<Option<Vec<ChatEvent>>, ChatError> {
        if chat.interface == Interface::Websvcs {
            return Ok(None);
        }
        let mut visit = Visit::new();
        match self.visit(chat, Wish::History, &mut visit).await {
            Ok(moved) => Ok(moved.map(|_| visit.events(Echoes::Kept))),
            Err(error) => Err(error.into_chat_error(visit.sent)),
        }
    }

    /// What is told with the answer, an agent's last words, is told again by the next poll.
    async fn exit(&self, chat: &Chat) -> Result<(), ChatError> {
        let told = self.call(chat, Wish::Exit).await?;
        if !told.events.is_empty() {
            self.memory().untold.insert(chat.chat_id.clone(), told.events);
        }
        Ok(())
    }
}

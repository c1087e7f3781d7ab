//! The pair: which server is asked, and what happens when it does not answer.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use social_core::{
    Classify,
    chat::{Chat, ChatError, ChatEvent, ContactCenter, Interface, Opening, Sent, Told},
};
use social_failpoints::{Call, passing};
use social_http::Client;
use tokio::time::Instant;
use url::Url;

use crate::{
    ask::{Ask, status_error},
    error::CicError,
    events::{self, Echoes},
    memory::{Memory, Untold},
    server::Server,
    settings::{Choice, CicSettings, SettingsError},
    visit::Visit,
    web_chat, websvcs,
    wire::Reply,
};

/// CIC, both servers of it. Switchover happens inside (section 8 of the contract, rule 6).
pub struct Cic {
    servers: Vec<Server>,
    pub(crate) choice: Choice,
    pub(crate) events_url: Option<Url>,
    keep_alive: Option<Duration>,
    memory: Mutex<Memory>,
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
        for (index, (url, http)) in settings.urls.iter().cloned().zip(clients).enumerate() {
            if !matches!(url.scheme(), "http" | "https") {
                return Err(SettingsError::Scheme(index + 1));
            }
            servers.push(Server::new(index, url, http));
        }
        let CicSettings { interface: choice, events_url, keep_alive, .. } = settings;
        Ok(Self { servers, choice, events_url, keep_alive, memory: Mutex::default() })
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The servers, the one that answered last first; before any did, `preferred`.
    fn in_turn(&self, preferred: usize) -> impl Iterator<Item = &Server> {
        let first = self.memory().active().unwrap_or(preferred);
        let first = if first < self.servers.len() { first } else { 0 };
        self.servers.iter().cycle().skip(first).take(self.servers.len())
    }

    /// Makes one call and keeps what its answer tells, also when it is a refusal. What CIC failed
    /// at in passing is asked once more where that is safe.
    pub(crate) async fn exchange(
        &self,
        server: &Server,
        interface: Interface,
        ask: Ask<'_>,
        visit: &mut Visit,
    ) -> Result<Reply, CicError> {
        let mut tries = ask.tries();
        loop {
            tries -= 1;
            let answer = server.send(&ask.request(interface)).await?;
            let (mut reply, refusal) = ask.read(interface, &answer);
            visit.hear(&mut reply);
            server.known().note_version(reply.cfg_ver);
            match refusal {
                Some(error) if tries > 0 && error.is_passing() => {}
                Some(error) => return Err(error),
                None => return Ok(reply),
            }
        }
    }

    /// Does what is wanted of a chat, on the server that knows it. `None` where history is not kept.
    async fn visit(
        &self,
        chat: &Chat,
        wish: Wish<'_>,
        visit: &mut Visit,
    ) -> Result<Option<Chat>, CicError> {
        let (mut gone, mut down, mut homeless) = (false, None, false);
        visit.adopt(&chat.participant_id);
        for server in self.in_turn(chat.server) {
            if gone && self.memory().rests(server.index) {
                homeless |= server.index == chat.server;
                continue;
            }
            match self.reach(server, chat, wish, visit).await {
                Ok(moved) => {
                    let mut memory = self.memory();
                    memory.answered(server.index);
                    memory.found(&chat.chat_id);
                    return Ok(moved);
                }
                // The one thing that must not be done twice.
                Err(error) if matches!((wish, visit.sent), (Wish::Say(_), Sent::Perhaps)) => {
                    return Err(error);
                }
                Err(CicError::Gone) => {
                    if !gone {
                        self.memory().answered(server.index);
                    }
                    gone = true;
                }
                Err(error) if error.is_down() => {
                    self.note_down(server);
                    homeless |= server.index == chat.server;
                    down.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        if !gone {
            return Err(down.map_or(CicError::Gone, pair_down));
        }
        // A chat that one server does not know, while the other takes no calls, is gone as well: of
        // a pair, the one that takes calls knows all chats. It may need a moment after a takeover.
        let may_turn_up = self.memory().may_turn_up(&chat.chat_id, homeless);
        Err(if may_turn_up { CicError::Recovering } else { CicError::Gone })
    }

    /// What a server that is down was known to offer may have changed when it comes back.
    pub(crate) fn note_down(&self, server: &Server) {
        server.forget();
        self.memory().is_down(server.index);
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
        match (&outcome, wish) {
            (Ok(Some(moved)), Wish::Poll) => self.keep_alive(moved, &mut visit).await,
            (Ok(_), Wish::Say(_)) => self.memory().stirs(&chat.chat_id, Instant::now()),
            _ => {}
        }
        let Untold { mut events, mut numbers } = self.memory().take(&chat.chat_id);
        events.append(&mut visit.events(Echoes::Dropped));
        numbers.append(&mut visit.numbers());
        let events = events::in_order(events);
        let poll_after = visit.poll_after();
        match outcome {
            Ok(moved) => {
                let chat = moved.unwrap_or_else(|| chat.clone());
                Ok(Told { chat, events, numbers, poll_after })
            }
            // The next poll will fail the same way, with nothing left to tell.
            Err(_) if matches!(wish, Wish::Poll) && !events.is_empty() => {
                Ok(Told { chat: chat.clone(), events, numbers, poll_after })
            }
            Err(error) => {
                self.memory().keep(&chat.chat_id, Untold { events, numbers });
                Err(error.into_chat_error(visit.sent))
            }
        }
    }

    /// Tells CIC that the visitor is there, where its idle time-out is on and nothing else did for
    /// a while. Whatever fails here, the next poll finds out.
    async fn keep_alive(&self, chat: &Chat, visit: &mut Visit) {
        let Some(pause) = self.keep_alive else { return };
        if !self.memory().is_still(&chat.chat_id, pause) {
            return;
        }
        let Some(server) = self.servers.get(chat.server) else { return };
        let ask = Ask::Still { me: &chat.participant_id };
        if let Err(error) = self.exchange(server, chat.interface, ask, visit).await {
            let error_type = error.error_type();
            tracing::debug!(error_type, "a sign of life was not taken");
        }
    }
}

impl Cic {
    /// How many agents one server tells of. An error says that it takes no calls at all: a proxy may
    /// let nobody through to `websvcs` while chats go on over the other interface.
    async fn queue_of(&self, server: &Server, workgroup: &str) -> Result<Option<u32>, CicError> {
        let failed = match server.send(&websvcs::queue_request(workgroup)).await {
            Ok(answer) if answer.status.is_success() => {
                return Ok(websvcs::agents_available(&answer));
            }
            Ok(answer) => status_error(&answer),
            Err(error) => error,
        };
        if failed.is_down() {
            server.forget();
            server.offer(self.choice).await?;
        }
        Ok(None)
    }
}

fn pair_down(first: CicError) -> CicError {
    CicError::PairDown(Box::new(first))
}

impl ContactCenter for Cic {
    /// A start whose answer is lost is tried on the other server: an empty chat that nobody polls
    /// is dropped by CIC.
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError> {
        let _passing = passing(Call::Open);
        let mut visit = Visit::new();
        let mut down = None;
        for server in self.in_turn(0) {
            match self.start(server, opening, &mut visit).await {
                Ok(chat) => {
                    self.memory().answered(server.index);
                    let (events, poll_after) = (visit.events(Echoes::Dropped), visit.poll_after());
                    let numbers = visit.numbers();
                    return Ok(Told { chat, events, numbers, poll_after });
                }
                Err(error) if error.is_down() => {
                    self.note_down(server);
                    down.get_or_insert(error);
                }
                Err(error) => return Err(error.into_open_error(visit.sent)),
            }
        }
        let error = down.map_or(CicError::NoInterface, pair_down);
        Err(error.into_open_error(visit.sent))
    }

    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        let _passing = passing(Call::Say);
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

    /// Only `websvcs` tells (section 4.1): it is asked whichever interface the chats use.
    async fn agents_available(&self, workgroup: &str) -> Result<Option<u32>, ChatError> {
        let mut down = None;
        for server in self.in_turn(0) {
            match self.queue_of(server, workgroup).await {
                Ok(available) => return Ok(available),
                Err(error) => {
                    self.note_down(server);
                    down.get_or_insert(error);
                }
            }
        }
        let error = down.map_or(CicError::NoInterface, pair_down);
        Err(error.into_chat_error(Sent::No))
    }

    /// What is told with the answer, an agent's last words, is told again by the next poll.
    async fn exit(&self, chat: &Chat) -> Result<(), ChatError> {
        let told = self.call(chat, Wish::Exit).await?;
        let Told { events, numbers, .. } = told;
        self.memory().keep(&chat.chat_id, Untold { events, numbers });
        Ok(())
    }
}

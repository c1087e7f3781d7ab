//! CIC as a judge: it keeps what was said in every chat, and tells each event once.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use jiff::Timestamp;
use social_core::{
    Clock, Failure, Verdict,
    chat::{
        Chat, ChatError, ChatEvent, Happening, Interface, Opening, ParticipantState, Party, Sent,
        Told,
    },
};
use tokio::time::Instant;

use crate::{
    absence::Absence,
    clock::VirtualClock,
    faults::{Away, Process, When},
};

/// What an agent wrote, and who was told of it; without a text, that the agent picked the chat up.
#[derive(Debug, Clone)]
pub struct Written {
    pub chat: usize,
    pub text: String,
    pub at: Instant,
    /// Who read it: no longer there if that process died, or its answer was lost.
    pub reader: Option<Process>,
    pub read_at: Option<Instant>,
    pub answer_lost: bool,
}

impl Written {
    /// Read once, by somebody who had no chance to keep it.
    pub fn died_with_its_reader(&self) -> bool {
        self.answer_lost || self.reader.as_ref().is_some_and(Process::is_dead)
    }
}

/// A line that was said in a chat from the visitor's side.
#[derive(Debug, Clone)]
pub struct Line {
    pub text: String,
    pub at: Instant,
}

/// One chat.
#[derive(Debug, Default)]
pub struct Room {
    pub conversation: String,
    pub lines: Vec<Line>,
    unread: Vec<(ChatEvent, Option<usize>)>,
    /// Numbers of our own lines, which are told too.
    echoes: Vec<i64>,
    log: Vec<ChatEvent>,
    sequence: i64,
    pub over: bool,
    over_at: Option<Instant>,
    /// The greatest number that a history told after the end: nobody has to poll for it.
    known: i64,
    pub picked_up: bool,
}

impl Room {
    fn end(&mut self) {
        self.over = true;
        self.over_at.get_or_insert_with(Instant::now);
    }

    /// Until when its history could be read; `None`: still.
    pub fn readable_until(&self, linger: Duration) -> Option<Instant> {
        self.over_at.map(|over_at| over_at + linger)
    }
}

/// All chats, and what agents wrote in them.
#[derive(Debug, Default)]
pub struct Cic {
    pub rooms: RefCell<Vec<Room>>,
    pub written: RefCell<Vec<Written>>,
    /// What a history tells the time by.
    pub clock: Cell<Option<VirtualClock>>,
    pub keeps_history: Cell<bool>,
    /// When it wants to be asked again.
    pub poll_after: Cell<Duration>,
    /// For how long after a chat's end.
    pub history_linger: Cell<Duration>,
    /// Neither server takes calls.
    pub away: Absence,
}

impl Cic {
    fn time(&self) -> Option<Timestamp> {
        self.clock.get().map(|clock| clock.now())
    }

    /// Something happens on the agent's side.
    fn happens(&self, room: usize, party: Party, what: Happening, written: Option<usize>) {
        let mut rooms = self.rooms.borrow_mut();
        let Some(at) = rooms.get_mut(room) else { return };
        at.sequence += 1;
        let event = ChatEvent {
            sequence: at.sequence,
            participant_id: if party == Party::Agent { "agent" } else { "visitor" }.to_owned(),
            party,
            name: "Jo".to_owned(),
            at: None,
            what,
        };
        at.log.push(ChatEvent { at: self.time(), ..event.clone() });
        at.unread.push((event, written));
    }

    /// An agent picks the chat up.
    pub fn pick_up(&self, room: usize) {
        if let Some(room) = self.rooms.borrow_mut().get_mut(room) {
            room.picked_up = true;
        }
        let written = self.note(room, "");
        self.happens(room, Party::Agent, Happening::State(ParticipantState::Active), Some(written));
    }

    /// The agent writes.
    pub fn write(&self, room: usize, text: &str) {
        let written = self.note(room, text);
        self.happens(room, Party::Agent, Happening::Text(text.to_owned()), Some(written));
    }

    fn note(&self, room: usize, text: &str) -> usize {
        let mut written = self.written.borrow_mut();
        let (text, at) = (text.to_owned(), Instant::now());
        written.push(Written {
            chat: room,
            text,
            at,
            reader: None,
            read_at: None,
            answer_lost: false,
        });
        written.len() - 1
    }

    /// The interaction is over; what was written before can still be read once.
    pub fn disconnect(&self, room: usize) {
        let over = Happening::State(ParticipantState::Disconnected);
        self.happens(room, Party::Visitor, over, None);
        if let Some(room) = self.rooms.borrow_mut().get_mut(room) {
            room.end();
        }
    }

    /// Whether nobody was told yet of something in a chat.
    pub fn has_unread(&self) -> bool {
        let unread = |room: &Room| {
            let is_unread = |(event, text): &(ChatEvent, Option<usize>)| {
                text.is_some() && event.sequence > room.known
            };
            room.unread.iter().any(is_unread)
        };
        self.rooms.borrow().iter().any(unread)
    }

    fn told(
        &self,
        room: usize,
        process: &Process,
        answer_lost: bool,
    ) -> (Vec<ChatEvent>, Vec<i64>) {
        let mut rooms = self.rooms.borrow_mut();
        let unread = rooms.get_mut(room).map(|room| std::mem::take(&mut room.unread));
        let echoes = rooms.get_mut(room).map(|room| std::mem::take(&mut room.echoes));
        let mut written = self.written.borrow_mut();
        let told = unread.unwrap_or_default().into_iter().map(|(event, text)| {
            if let Some(text) = text.and_then(|text| written.get_mut(text)) {
                text.reader = Some(process.clone());
                text.answer_lost = answer_lost;
                text.read_at = Some(Instant::now());
            }
            event
        });
        let told: Vec<ChatEvent> = told.collect();
        let mut numbers = echoes.unwrap_or_default();
        numbers.extend(told.iter().map(|event| event.sequence));
        (told, numbers)
    }

    fn answer(&self, chat: &Chat, (events, numbers): (Vec<ChatEvent>, Vec<i64>)) -> Told {
        Told { chat: chat.clone(), events, numbers, poll_after: self.poll_after.get() }
    }

    /// One call of that process, and what may happen to it.
    async fn call<T>(
        &self,
        process: &Process,
        name: &'static str,
        work: impl FnOnce(bool) -> Result<T, ChatError>,
    ) -> Result<T, ChatError> {
        process.pass(name, When::Before).await;
        if self.away.takes_a_call() {
            return Err(ChatError::Failed { failure: Away("cic_away").into(), sent: Sent::No });
        }
        if process.faults().happens("refused by CIC", |rates| rates.cic_refusals) {
            let failure = Failure::new(Verdict::RETRY, "cic_busy", "refused on purpose");
            return Err(ChatError::Failed { failure, sent: Sent::No });
        }
        let showing = matches!(name, "cic.open" | "cic.say");
        if showing && process.faults().happens("rejected by CIC", |rates| rates.cic_rejections) {
            let failure = Failure::new(Verdict::Reject, "cic_refused", "rejected on purpose");
            return Err(ChatError::Failed { failure, sent: Sent::No });
        }
        let lost = process.faults().happens("answer of CIC lost", |rates| rates.cic_lost_answers);
        let done = work(lost);
        process.pass(name, When::After).await;
        if lost {
            let failure = Failure::new(Verdict::RETRY, "cic_unavailable", "answer lost on purpose");
            return Err(ChatError::Failed { failure, sent: Sent::Perhaps });
        }
        done
    }

    /// Opens a chat; tells which.
    pub async fn open(
        self: &Rc<Self>,
        process: &Process,
        opening: &Opening,
    ) -> Result<Told, ChatError> {
        self.call(process, "cic.open", |_| {
            let mut rooms = self.rooms.borrow_mut();
            let id = rooms.len();
            let conversation = opening.attributes.get("SocialConversation").cloned();
            let conversation = conversation.unwrap_or_default();
            rooms.push(Room { conversation, ..Room::default() });
            let chat = Chat {
                interface: Interface::WebChat,
                server: 0,
                chat_id: id.to_string(),
                participant_id: "visitor".to_owned(),
            };
            Ok(self.answer(&chat, (Vec::new(), Vec::new())))
        })
        .await
    }

    /// Says a line in a chat.
    pub async fn say(&self, process: &Process, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        self.call(process, "cic.say", |lost| {
            let index = index(chat);
            {
                let mut rooms = self.rooms.borrow_mut();
                let room = rooms.get_mut(index).filter(|room| !room.over);
                let room = room.ok_or(ChatError::Gone)?;
                room.sequence += 1;
                room.lines.push(Line { text: text.to_owned(), at: Instant::now() });
                room.echoes.push(room.sequence);
                room.log.push(ChatEvent {
                    sequence: room.sequence,
                    participant_id: chat.participant_id.clone(),
                    party: Party::Visitor,
                    name: String::new(),
                    at: self.time(),
                    what: Happening::Text(text.to_owned()),
                });
            }
            Ok(self.answer(chat, self.told(index, process, lost)))
        })
        .await
    }

    /// Reads what is new in a chat.
    pub async fn poll(&self, process: &Process, chat: &Chat) -> Result<Told, ChatError> {
        self.call(process, "cic.poll", |lost| {
            let index = index(chat);
            let gone = self
                .rooms
                .borrow()
                .get(index)
                .is_none_or(|room| room.over && room.unread.is_empty());
            if gone {
                return Err(ChatError::Gone);
            }
            Ok(self.answer(chat, self.told(index, process, lost)))
        })
        .await
    }

    /// What was ever said in a chat, as long as it lives and for a while after.
    pub async fn history(
        &self,
        process: &Process,
        chat: &Chat,
    ) -> Result<Option<Vec<ChatEvent>>, ChatError> {
        self.call(process, "cic.history", |_| {
            let mut rooms = self.rooms.borrow_mut();
            let linger = self.history_linger.get();
            let is_there =
                |over_at: Option<Instant>| over_at.is_none_or(|at| at.elapsed() < linger);
            let room = rooms.get_mut(index(chat)).filter(|room| is_there(room.over_at));
            let room = room.ok_or(ChatError::Gone)?;
            if room.over && self.keeps_history.get() {
                room.known = room.sequence;
            }
            Ok(self.keeps_history.get().then(|| room.log.clone()))
        })
        .await
    }

    /// Ends a chat from the visitor's side.
    pub async fn exit(&self, process: &Process, chat: &Chat) -> Result<(), ChatError> {
        self.call(process, "cic.exit", |_| {
            if let Some(room) = self.rooms.borrow_mut().get_mut(index(chat)) {
                room.end();
            }
            Ok(())
        })
        .await
    }
}

fn index(chat: &Chat) -> usize {
    chat.chat_id.parse().unwrap_or(usize::MAX)
}

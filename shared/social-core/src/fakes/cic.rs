//! CIC, in memory: chats with transcripts, and faults in the order a test gives them.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use jiff::Timestamp;

use super::{Away, Broken};
use crate::{
    chat::{
        Chat, ChatError, ChatEvent, ContactCenter, Happening, Interface, Opening, ParticipantState,
        Party, Sent, Told,
    },
    verdict::Verdict,
};

/// What happens to the next line that is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// It never arrives.
    Lost,
    /// It arrives, and its answer does not.
    AnswerLost,
    /// CIC will never take it.
    Refused,
}

#[derive(Debug, Default)]
pub(crate) struct FakeChat {
    pub(crate) opening: Option<Opening>,
    pub(crate) said: Vec<String>,
    unread: Vec<ChatEvent>,
    /// Numbers of echoes that were not told yet.
    echoes: Vec<i64>,
    events: Vec<ChatEvent>,
    sequence: i64,
    pub(crate) gone: bool,
}

#[derive(Debug, Default)]
struct Inner {
    chats: Vec<FakeChat>,
    faults: VecDeque<Fault>,
    keeps_history: bool,
    throttled: bool,
    down: bool,
    calls: u32,
    histories: u32,
    history_at: Option<Timestamp>,
    polls_that_fail: u32,
    agents_available: Option<u32>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct FakeCic(Rc<RefCell<Inner>>);

impl FakeCic {
    pub(crate) fn keep_history(&self) {
        self.0.borrow_mut().keeps_history = true;
    }

    /// As many agents are available as CIC tells; `None`: it does not tell.
    pub(crate) fn agents(&self, available: Option<u32>) {
        self.0.borrow_mut().agents_available = available;
    }

    /// When everything happened, as the history says.
    pub(crate) fn history_tells(&self, at: Timestamp) {
        self.0.borrow_mut().history_at = Some(at);
    }

    pub(crate) fn throttle(&self, on: bool) {
        self.0.borrow_mut().throttled = on;
    }

    /// Neither server takes calls.
    pub(crate) fn go_down(&self, down: bool) {
        self.0.borrow_mut().down = down;
    }

    /// So many polls find nobody who answers.
    pub(crate) fn fail_polls(&self, times: u32) {
        self.0.borrow_mut().polls_that_fail = times;
    }

    /// Calls so far, in vain or not.
    pub(crate) fn calls(&self) -> u32 {
        self.0.borrow().calls
    }

    /// Histories that were read so far.
    pub(crate) fn histories(&self) -> u32 {
        self.0.borrow().histories
    }

    async fn call(&self) -> Result<(), ChatError> {
        tokio::task::yield_now().await;
        self.0.borrow_mut().calls += 1;
        if self.0.borrow().down {
            return Err(ChatError::Failed { failure: Away.into(), sent: Sent::No });
        }
        Ok(())
    }

    pub(crate) fn next_say(&self, fault: Fault) {
        self.0.borrow_mut().faults.push_back(fault);
    }

    /// What was said in each chat, oldest chat first.
    pub(crate) fn said(&self) -> Vec<Vec<String>> {
        self.0.borrow().chats.iter().map(|chat| chat.said.clone()).collect()
    }

    pub(crate) fn is_over(&self, chat: usize) -> bool {
        self.0.borrow().chats[chat].gone
    }

    pub(crate) fn openings(&self) -> Vec<Opening> {
        self.0.borrow().chats.iter().filter_map(|chat| chat.opening.clone()).collect()
    }

    /// An agent picks the chat up.
    pub(crate) fn pick_up(&self, chat: usize, agent: &str) {
        let active = Happening::State(ParticipantState::Active);
        self.happens(chat, Party::Agent, agent, active);
    }

    pub(crate) fn agent_writes(&self, chat: usize, agent: &str, text: &str) {
        self.happens(chat, Party::Agent, agent, Happening::Text(text.to_owned()));
    }

    pub(crate) fn agent_pushes(&self, chat: usize, agent: &str, url: &str) {
        self.happens(chat, Party::Agent, agent, Happening::Url(url.to_owned()));
    }

    pub(crate) fn agent_sends_file(&self, chat: usize, agent: &str, name: &str) {
        self.happens(chat, Party::Agent, agent, Happening::File(name.to_owned()));
    }

    pub(crate) fn system_writes(&self, chat: usize, text: &str) {
        self.happens(chat, Party::System, "IC", Happening::Text(text.to_owned()));
    }

    /// The interaction is over; what was written before can still be read once.
    pub(crate) fn disconnect(&self, chat: usize) {
        let over = Happening::State(ParticipantState::Disconnected);
        self.happens(chat, Party::Visitor, "", over);
        self.0.borrow_mut().chats[chat].gone = true;
    }

    /// The answer that told what is unread died with whoever got it.
    pub(crate) fn forget_unread(&self, chat: usize) {
        self.0.borrow_mut().chats[chat].unread.clear();
    }

    /// The chat is gone, and nobody is told.
    pub(crate) fn vanish(&self, chat: usize) {
        self.0.borrow_mut().chats[chat].gone = true;
    }

    fn happens(&self, chat: usize, party: Party, name: &str, what: Happening) {
        let chat = &mut self.0.borrow_mut().chats[chat];
        chat.sequence += 1;
        let event = ChatEvent {
            sequence: chat.sequence,
            participant_id: format!("p-{name}"),
            party,
            name: name.to_owned(),
            at: None,
            what,
        };
        chat.events.push(event.clone());
        chat.unread.push(event);
    }

    fn told(&self, chat: &Chat) -> Told {
        let index: usize = chat.chat_id.parse().unwrap();
        let chats = &mut self.0.borrow_mut().chats;
        let events = std::mem::take(&mut chats[index].unread);
        let mut numbers = std::mem::take(&mut chats[index].echoes);
        numbers.extend(events.iter().map(|event| event.sequence));
        Told { chat: chat.clone(), events, numbers, poll_after: Duration::from_secs(2) }
    }
}

impl ContactCenter for FakeCic {
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError> {
        self.call().await?;
        if opening.workgroup == "Nowhere" {
            return Err(ChatError::UnknownWorkgroup);
        }
        if self.0.borrow().throttled {
            return Err(ChatError::Throttled);
        }
        let mut inner = self.0.borrow_mut();
        let chat_id = inner.chats.len().to_string();
        inner.chats.push(FakeChat { opening: Some(opening.clone()), ..FakeChat::default() });
        drop(inner);
        let participant_id = format!("visitor-{chat_id}");
        Ok(self.told(&Chat { interface: Interface::WebChat, server: 0, chat_id, participant_id }))
    }

    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        self.call().await?;
        let index: usize = chat.chat_id.parse().unwrap();
        let fault = self.0.borrow_mut().faults.pop_front();
        let broken = |sent| Err(ChatError::Failed { failure: Broken(Verdict::RETRY).into(), sent });
        if fault == Some(Fault::Refused) {
            let failure = Broken(Verdict::Reject).into();
            return Err(ChatError::Failed { failure, sent: Sent::No });
        }
        if fault == Some(Fault::Lost) {
            return broken(Sent::No);
        }
        {
            let chat = &mut self.0.borrow_mut().chats[index];
            if chat.gone {
                return Err(ChatError::Gone);
            }
            chat.sequence += 1;
            chat.echoes.push(chat.sequence);
            chat.said.push(text.to_owned());
        }
        if fault == Some(Fault::AnswerLost) {
            return broken(Sent::Perhaps);
        }
        Ok(self.told(chat))
    }

    async fn poll(&self, chat: &Chat) -> Result<Told, ChatError> {
        self.call().await?;
        let index: usize = chat.chat_id.parse().unwrap();
        let left = self.0.borrow().polls_that_fail.checked_sub(1);
        if let Some(left) = left {
            self.fail_polls(left);
            let failure = Broken(Verdict::RETRY).into();
            return Err(ChatError::Failed { failure, sent: Sent::No });
        }
        let over = {
            let chat = &self.0.borrow().chats[index];
            chat.gone && chat.unread.is_empty()
        };
        if over { Err(ChatError::Gone) } else { Ok(self.told(chat)) }
    }

    async fn history(&self, chat: &Chat) -> Result<Option<Vec<ChatEvent>>, ChatError> {
        let index: usize = chat.chat_id.parse().unwrap();
        self.0.borrow_mut().histories += 1;
        let inner = self.0.borrow();
        let said = inner.chats[index].said.iter().map(|text| ChatEvent {
            sequence: 0,
            participant_id: chat.participant_id.clone(),
            party: Party::Visitor,
            name: String::new(),
            at: None,
            what: Happening::Text(text.clone()),
        });
        let at = inner.history_at;
        let events = inner.chats[index].events.iter().cloned();
        let all = said.chain(events.map(|event| ChatEvent { at, ..event }));
        Ok(inner.keeps_history.then(|| all.collect()))
    }

    async fn exit(&self, chat: &Chat) -> Result<(), ChatError> {
        let index: usize = chat.chat_id.parse().unwrap();
        self.0.borrow_mut().chats[index].gone = true;
        Ok(())
    }

    async fn agents_available(&self, _: &str) -> Result<Option<u32>, ChatError> {
        self.call().await?;
        Ok(self.0.borrow().agents_available)
    }
}

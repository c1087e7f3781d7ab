//! A chat as the bridge keeps it: polled until told, nothing said twice blindly.

use std::{cell::RefCell, collections::BTreeMap};

use social_cic::Cic;
use social_core::chat::{
    Chat, ChatError, ChatEvent, ContactCenter, Happening, Opening, ParticipantState, Party, Told,
};

use crate::town::patiently;

/// What is known of a chat, and what was said in it.
pub(crate) struct Bridge<'a> {
    cic: &'a Cic,
    chat: RefCell<Chat>,
    heard: RefCell<BTreeMap<i64, ChatEvent>>,
    /// Whether what was said last may be there or not: nothing tells without a history.
    pub(crate) unsure: bool,
}

impl<'a> Bridge<'a> {
    /// Opens a chat. A chat whose start was not answered stays behind, empty.
    pub(crate) async fn open(cic: &'a Cic) -> Self {
        let opening = Opening {
            workgroup: "Social Support".to_owned(),
            participant_name: "Zoë".to_owned(),
            language: None,
            attributes: BTreeMap::from([("Network".to_owned(), "twitter".to_owned())]),
            routing_contexts: Vec::new(),
        };
        let told = patiently("a chat opens", async || match cic.open(&opening).await {
            Ok(told) => Some(told),
            Err(ChatError::Failed { .. }) => None,
            Err(error) => panic!("{error}"),
        })
        .await;
        let chat = RefCell::new(told.chat.clone());
        let bridge = Self { cic, chat, heard: RefCell::default(), unsure: false };
        bridge.take(told);
        bridge
    }

    pub(crate) fn chat(&self) -> Chat {
        self.chat.borrow().clone()
    }

    fn take(&self, told: Told) {
        *self.chat.borrow_mut() = told.chat;
        for event in told.events {
            let before = self.heard.borrow_mut().insert(event.sequence, event.clone());
            assert_eq!(before, None, "an event was told twice: {event:?}");
        }
    }

    /// Looks once, as soon as CIC answers; whether the chat is still there.
    pub(crate) async fn poll(&self) -> bool {
        let chat = self.chat();
        patiently("a poll is answered", async || match self.cic.poll(&chat).await {
            Ok(told) => {
                self.take(told);
                Some(true)
            }
            Err(ChatError::Gone) => Some(false),
            Err(ChatError::Failed { .. }) => None,
            Err(error) => panic!("{error}"),
        })
        .await
    }

    /// Says a line. Where its answer is lost it is looked for; without a history nobody knows.
    pub(crate) async fn say(&mut self, text: &str) {
        let unsure =
            patiently("a line is said", async || match self.cic.say(&self.chat(), text).await {
                Ok(told) => {
                    self.take(told);
                    Some(false)
                }
                Err(error) if error.perhaps_sent() => match self.history().await {
                    None => Some(true),
                    Some(history) => history.iter().any(|it| is_text(it, text)).then_some(false),
                },
                Err(ChatError::Failed { .. }) => None,
                Err(error) => panic!("{error}"),
            })
            .await;
        self.unsure |= unsure;
    }

    /// Everything that was written, where that is kept.
    pub(crate) async fn history(&self) -> Option<Vec<ChatEvent>> {
        patiently("the history is told", async || match self.cic.history(&self.chat()).await {
            Ok(history) => Some(history),
            Err(ChatError::Failed { .. }) => None,
            Err(error) => panic!("{error}"),
        })
        .await
    }

    /// Leaves the chat; a chat that is gone was left.
    pub(crate) async fn exit(&self) {
        patiently("the chat is left", async || match self.cic.exit(&self.chat()).await {
            Ok(()) | Err(ChatError::Gone) => Some(()),
            Err(ChatError::Failed { .. }) => None,
            Err(error) => panic!("{error}"),
        })
        .await;
    }

    /// Fills gaps from the history, where one is kept; whether it is.
    pub(crate) async fn fill_gaps(&self) -> bool {
        let Some(history) = self.history().await else { return false };
        let mut heard = self.heard.borrow_mut();
        for event in history.into_iter().filter(|event| event.party != Party::Visitor) {
            heard.entry(event.sequence).or_insert(event);
        }
        true
    }

    /// How often an agent's text was heard.
    pub(crate) fn times_heard(&self, text: &str) -> usize {
        self.heard.borrow().values().filter(|event| is_text(event, text)).count()
    }

    /// Whether somebody was heard to stand so.
    pub(crate) fn heard_state(&self, state: ParticipantState, party: Party) -> bool {
        let what = Happening::State(state);
        self.heard.borrow().values().any(|event| event.what == what && event.party == party)
    }

    /// Sequence numbers that were not heard; one for each line of our own is no gap.
    pub(crate) fn holes(&self) -> usize {
        let heard = self.heard.borrow();
        let last = heard.keys().next_back().copied().unwrap_or(-1);
        usize::try_from(last + 1).unwrap() - heard.len()
    }
}

fn is_text(event: &ChatEvent, text: &str) -> bool {
    event.what == Happening::Text(text.to_owned())
}

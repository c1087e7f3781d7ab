//! Private messages between people and a page (contract A6).

use jiff::{SignedDuration, Timestamp};

use super::world::{Author, World};

/// How long after the person's last message anything may be answered.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// How long a human agent may answer, with the tag.
const AGENT_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One person's conversation with one page.
pub(super) struct Thread {
    pub(super) id: String,
    pub(super) page: String,
    pub(super) person: Author,
    /// Oldest first.
    pub(super) messages: Vec<Message>,
}

/// Who wrote a private message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sender {
    Person,
    /// The page, through the Graph API.
    App,
    /// The page, by hand in its inbox.
    Inbox,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) by: Sender,
    pub(super) text: String,
    pub(super) created: Timestamp,
}

impl Message {
    pub(super) fn by_page(&self) -> bool {
        self.by != Sender::Person
    }
}

impl Thread {
    /// When the person last wrote. What the page says opens no window.
    fn last_heard(&self) -> Option<Timestamp> {
        self.messages.iter().rev().find(|message| !message.by_page()).map(|message| message.created)
    }

    /// Whether the page may write now; `agent` with the `HUMAN_AGENT` tag.
    pub(super) fn is_open(&self, now: Timestamp, agent: bool) -> bool {
        let window = if agent { AGENT_WINDOW } else { WINDOW };
        self.last_heard().is_some_and(|heard| now.duration_since(heard) <= window)
    }

    pub(super) fn updated(&self) -> Timestamp {
        self.messages.last().map_or(Timestamp::UNIX_EPOCH, |message| message.created)
    }
}

impl World {
    /// The thread of a person with a page.
    pub(super) fn thread(&self, page: &str, person: &str) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.page == page && thread.person.id == person)
    }

    /// Adds a message to the person's thread, which begins with it if there is none.
    pub(super) fn add_message(
        &mut self,
        page: &str,
        person: &Author,
        (by, text): (Sender, &str),
        created: Timestamp,
    ) -> Message {
        let number = self.next_id();
        let message = Message { id: format!("m_{number:x}"), by, text: text.to_owned(), created };
        let known = |thread: &&mut Thread| thread.page == page && thread.person.id == person.id;
        if let Some(thread) = self.threads.iter_mut().find(known) {
            if !person.name.is_empty() {
                thread.person.name.clone_from(&person.name);
            }
            thread.messages.push(message.clone());
        } else {
            let (id, page) = (format!("t_{}", self.next_id()), page.to_owned());
            let messages = vec![message.clone()];
            self.threads.push(Thread { id, page, person: person.clone(), messages });
        }
        message
    }
}

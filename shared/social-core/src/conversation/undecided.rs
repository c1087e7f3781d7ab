//! Undecided: replies that wait for a person, who reads of them in the chat.

use serde::{Deserialize, Serialize};

use super::Conversation;
use crate::reply::Reply;

/// Replies that came back and can still be sent again.
const RETURNED: usize = 3;
/// Replies that may wait for approval at once.
const AWAITING: usize = 5;

/// A reply that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    pub reply: Reply,
    pub needs: Needs,
}

/// What it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// It came back: `/retry` or `/discard`.
    Retry,
    /// A second person's `/approve`, or `/discard`.
    Approval,
}

impl Undecided {
    /// Id of the author whose message it answers.
    pub(super) fn answers(&self) -> Option<&str> {
        self.reply.target.as_ref().ok()?.author_id.as_deref()
    }
}

impl Conversation {
    /// Keeps a reply that came back; the oldest of too many is forgotten.
    pub fn keep_returned(&mut self, reply: &Reply) {
        self.keep(reply, Needs::Retry);
        let returned = self.undecided.iter().filter(|kept| kept.needs == Needs::Retry).count();
        if returned > RETURNED
            && let Some(oldest) = self.undecided.iter().position(|kept| kept.needs == Needs::Retry)
        {
            self.undecided.remove(oldest);
        }
    }

    /// Keeps a reply until a second person approves it; `Err` is how many wait already.
    pub fn await_approval(&mut self, reply: &Reply) -> Result<(), usize> {
        let waiting = self.awaiting_approval().filter(|waiting| waiting.id != reply.id).count();
        if waiting >= AWAITING {
            return Err(waiting);
        }
        self.keep(reply, Needs::Approval);
        Ok(())
    }

    /// Replies that wait for a second person, oldest first.
    pub fn awaiting_approval(&self) -> impl Iterator<Item = &Reply> {
        self.undecided.iter().filter(|kept| kept.needs == Needs::Approval).map(|kept| &kept.reply)
    }

    /// The reply is decided.
    pub fn decide(&mut self, reply_id: &str) {
        self.undecided.retain(|kept| kept.reply.id != reply_id);
    }

    fn keep(&mut self, reply: &Reply, needs: Needs) {
        self.decide(&reply.id);
        self.undecided.push(Undecided { reply: reply.clone(), needs });
    }
}

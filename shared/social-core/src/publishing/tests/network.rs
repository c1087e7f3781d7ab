//! A network, in memory, and its faults in the order a test gives them.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    channel::Channel,
    command::Command,
    fakes::{Away, Broken},
    message::{Kind, MessageId},
    reply::{Fingerprint, OwnMessage, PublishError, Publisher, Refusal, Target},
    verdict::{Failure, Verdict},
};

/// A network: what it holds, and what happens to the next posts.
#[derive(Debug, Clone, Default)]
pub(super) struct FakeNetwork {
    pub(super) published: Rc<RefCell<Vec<(String, String)>>>,
    pub(super) private: Rc<RefCell<Vec<(String, String)>>>,
    /// What was hidden, shown, liked and deleted, in order.
    pub(super) moderated: Rc<RefCell<Vec<String>>>,
    pub(super) faults: Rc<RefCell<VecDeque<Fault>>>,
    /// The page's token: no call is answered.
    pub(super) token_is_dead: Rc<Cell<bool>>,
    pub(super) calls_in_vain: Rc<Cell<u32>>,
}

impl FakeNetwork {
    fn refuse_a_dead_token(&self) -> Result<(), Failure> {
        if !self.token_is_dead.get() {
            return Ok(());
        }
        self.calls_in_vain.set(self.calls_in_vain.get() + 1);
        Err(Away.into())
    }

    /// `Err`: the call ends so before anything is done; `Ok(true)`: it is done, and its answer lost.
    fn next_fault(&self) -> Result<bool, PublishError> {
        self.refuse_a_dead_token().map_err(PublishError::NotPublished)?;
        let broken = || Failure::from(Broken(Verdict::RETRY));
        match self.faults.borrow_mut().pop_front() {
            Some(Fault::NeverArrived) => Err(PublishError::NotPublished(broken())),
            Some(Fault::Busy) => {
                Err(PublishError::NotPublished(Failure::from(Broken(Verdict::WAIT))))
            }
            Some(Fault::Duplicate) => Err(PublishError::Unknown(broken())),
            Some(Fault::Refused) => {
                let reason = "the comment was deleted".to_owned();
                Err(PublishError::Refused(Refusal::Network { reason }))
            }
            Some(Fault::AnswerLost) => Ok(true),
            None => Ok(false),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    AnswerLost,
    NeverArrived,
    Refused,
    Duplicate,
    /// The network takes nothing for a while.
    Busy,
}

impl Publisher for FakeNetwork {
    async fn publish(
        &self,
        _: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let lost = self.next_fault()?;
        let mut published = self.published.borrow_mut();
        published.push((target.reply_under.to_string(), text.to_owned()));
        if lost {
            return Err(PublishError::Unknown(Broken(Verdict::RETRY).into()));
        }
        Ok(format!("r{}", published.len()).into())
    }

    async fn own_messages(
        &self,
        _: &Channel,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure> {
        self.refuse_a_dead_token()?;
        let (own, prefix) = match target.kind {
            Kind::PrivateMessage => (self.private.borrow(), "m"),
            _ => (self.published.borrow(), "r"),
        };
        let there = own
            .iter()
            .enumerate()
            .filter(|(_, (under, _))| *under == target.reply_under.to_string());
        Ok(there
            .map(|(n, (_, text))| OwnMessage {
                id: format!("{prefix}{}", n + 1).into(),
                fingerprint: Fingerprint::of(text),
                at: since,
            })
            .collect())
    }

    fn parts(&self, _: &Channel, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn settle_time(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn private_reply(
        &self,
        _: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let lost = self.next_fault()?;
        let mut private = self.private.borrow_mut();
        private.push((target.reply_under.to_string(), text.to_owned()));
        if lost {
            return Err(PublishError::Unknown(Broken(Verdict::RETRY).into()));
        }
        Ok(format!("m{}", private.len()).into())
    }

    async fn publish_image(
        &self,
        channel: &Channel,
        target: &Target,
        image: &str,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        self.publish(channel, target, &format!("[{image}] {text}")).await
    }

    async fn moderate(
        &self,
        _: &Channel,
        message_id: &MessageId,
        command: Command,
    ) -> Result<(), PublishError> {
        let lost = self.next_fault()?;
        self.moderated.borrow_mut().push(format!("{} {message_id}", command.name()));
        if lost {
            return Err(PublishError::Unknown(Broken(Verdict::RETRY).into()));
        }
        Ok(())
    }
}

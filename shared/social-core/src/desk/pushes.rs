//! Pushes: an agent's text that a handler of CIC sent, on the road that every other text takes.

use std::time::Duration;

use super::{Desk, DeskError};
use crate::{
    chat::ContactCenter,
    clock::Clock,
    conversation::{Conversation, Heard, PushHeard},
    inbound::{InboundQueue, OutboundQueue, Pushed},
    store::Conversations,
};

/// A push may be here before anybody was told that its agent is active; so long it is kept.
const KEPT: Duration = Duration::from_mins(1);

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushTaken {
    Done,
    /// Its agent is not known to be active yet.
    NotYet,
}

impl<S, C, I, O, K> Desk<S, C, I, O, K>
where
    S: Conversations,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Takes in what a handler pushed. The reply is in the queue before the conversation says so.
    pub async fn take_in_pushed(
        &self,
        conversation: &mut Conversation,
        pushed: &Pushed,
    ) -> Result<PushTaken, DeskError> {
        let now = self.clock.now();
        let heard = conversation.clone().hear_pushed(pushed, &self.automatic, now);
        match heard {
            PushHeard::Reply(reply) => {
                self.pass_on(conversation, &[Heard::Reply(reply)]).await?;
            }
            PushHeard::Known => {}
            PushHeard::NobodyActive if now < pushed.at + KEPT => return Ok(PushTaken::NotYet),
            PushHeard::NobodyActive => {
                tracing::warn!(
                    metric = "PushIgnored", channel_id = %conversation.channel_id,
                    "a pushed text is not that of the active agent of an open chat"
                );
                return Ok(PushTaken::Done);
            }
        }
        self.amend(conversation, |conversation| {
            conversation.hear_pushed(pushed, &self.automatic, now);
        })
        .await?;
        Ok(PushTaken::Done)
    }
}

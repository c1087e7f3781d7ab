//! Placing: what an agent answered before anybody had recorded that it was shown.

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;

use super::{Ports, Publishing, PublishingError, not_yet};
use crate::{
    reply::{Refusal, Reply, targeting},
    store::Replies,
};

/// A router that died after it showed a line is followed by another, which finds the line in the chat and
/// records it, when the queue hands the message out again.
const RECORDED_WITHIN: Duration = Duration::from_secs(4 * 60);
/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

impl<P: Ports> Publishing<P> {
    /// The reply with what it answers, once that is recorded.
    pub(super) async fn placed<'r>(
        &self,
        reply: &'r Reply,
        now: Timestamp,
    ) -> Result<Cow<'r, Reply>, PublishingError> {
        if reply.target != Err(Refusal::NothingToAnswer) {
            return Ok(Cow::Borrowed(reply));
        }
        let conversation = self.load(reply).await?;
        let (target, text) = targeting::read_again(&conversation, reply.command, &reply.text, None);
        if target == Err(Refusal::NothingToAnswer) && now < reply.written_at + RECORDED_WITHIN {
            return Err(not_yet(now + LOOK_AGAIN, now));
        }
        // Once begun it stays with what it was begun for: another line may be the newest by now.
        let replies = self.desk.store.of(&reply.channel_id, &reply.conversation).await;
        let replies = replies.map_err(PublishingError::Store)?;
        let begun = replies.into_iter().find(|record| record.id == reply.id);
        let begun = begun.and_then(|record| record.answers);
        let begun = begun.and_then(|message_id| targeting::answering(&conversation, &message_id));
        let target = begun.map_or(target, Ok);
        Ok(Cow::Owned(Reply { text, target, ..reply.clone() }))
    }
}

//! Folding: reposts, and by setting what floods an interaction, are counted and told in one line.

use std::time::Duration;

use jiff::Timestamp;

use super::{Ports, RouteError, Routed, Router};
use crate::{
    channel::Channel,
    clock::Clock,
    conversation::{Conversation, FOLDING_WINDOW},
    inbound::{DueFolded, InboundQueue},
    message::{Kind, Message},
    store::Conversations,
    text,
};

impl<P: Ports> Router<P> {
    /// Counts a message; `false` where it is to be shown.
    ///
    /// That it is to be told is queued before it is counted: a crash in between tells nothing.
    pub(super) async fn fold(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
    ) -> Result<bool, RouteError> {
        let now = self.desk.clock.now();
        let repeated =
            message.kind == Kind::Repost && conversation.line_reposted(message).is_some();
        let flooded =
            channel.fold_above_per_minute.is_some_and(|limit| conversation.is_flooded(limit, now));
        if !repeated && !flooded {
            return Ok(false);
        }
        let due = now + FOLDING_WINDOW;
        // Long overdue: nobody was queued to tell it, or who was is gone.
        let waiting = conversation.folded.due;
        let tells = waiting.is_some_and(|due| now < due + FOLDING_WINDOW);
        if !tells {
            self.queue_folded(channel, conversation, due).await?;
        }
        let count = |conversation: &mut Conversation| conversation.fold(message, due);
        self.desk.amend(conversation, count).await.map_err(RouteError::Desk)?;
        if tells && conversation.folded.due != waiting {
            // What was to be told when we looked has been told meanwhile.
            self.queue_folded(channel, conversation, due).await?;
        }
        Ok(true)
    }

    async fn queue_folded(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        due: Timestamp,
    ) -> Result<(), RouteError> {
        let folded = DueFolded { conversation: conversation.key.clone(), due };
        let id = format!("{}#{}", channel.id, folded.id());
        let (group, batch) = folded.into_batch(&channel.id);
        self.desk.inbound.send(&group, &id, &batch).await.map_err(RouteError::Queue)
    }

    /// Tells the agent what was counted. Messages are worth a new interaction, reposts are not.
    pub(super) async fn route_folded(
        &self,
        channel: &Channel,
        folded: &DueFolded,
    ) -> Result<Routed, RouteError> {
        let wait = folded.due.duration_since(self.desk.clock.now());
        if let Ok(after) = Duration::try_from(wait)
            && !after.is_zero()
        {
            return Err(RouteError::NotYet { after });
        }
        let loaded = self.desk.store.load(&channel.id, &folded.conversation).await;
        let mut conversation = loaded.map_err(RouteError::Store)?;
        let told = conversation.folded.clone();
        let forget = |conversation: &mut Conversation| {
            conversation.folded = std::mem::take(&mut conversation.folded).without(&told);
        };
        let worth_it = conversation.interaction().is_some() || conversation.folded.has_messages();
        match conversation.told_of_folded().filter(|_| worth_it) {
            Some(notice) => {
                let line = text::notice(&notice);
                self.say_in_an_open_chat(channel, &mut conversation, None, &line, forget).await?;
            }
            None => self.desk.amend(&mut conversation, forget).await.map_err(RouteError::Desk)?,
        }
        if conversation.folded.is_empty() {
            Ok(Routed::Done { anew: true })
        } else {
            Err(RouteError::NotYet { after: FOLDING_WINDOW })
        }
    }
}

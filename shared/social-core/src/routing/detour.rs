//! Detours: a conversation that has to wait leaves the group that it shares, and everyone else goes on.

use super::{Course, Ports, RouteError, Router};
use crate::{
    channel::Channel,
    conversation::ConversationKey,
    inbound::{Change, DeadLetters, InboundBatch, InboundQueue, conversation_group},
    intake,
    message::InLedger,
    store::{Conversations, Ledger},
    verdict::{Classify, Verdict},
};

impl Course {
    /// Whether waiting here would keep other conversations waiting too.
    pub(super) fn holds_others_back(&self, key: &ConversationKey, error: &RouteError) -> bool {
        let waits = matches!(error.verdict(), Verdict::Wait { .. });
        waits && !self.own_group && key.shares_its_group()
    }
}

impl<P: Ports> Router<P> {
    /// Sends changes into their conversation's own group, behind those that wait there.
    ///
    /// Counted before it is sent: counted once too often the conversation keeps to its own group,
    /// once too seldom its messages could overtake each other.
    pub(super) async fn send_aside(
        &self,
        channel: &Channel,
        key: &ConversationKey,
        changes: Vec<Change>,
        course: Course,
    ) -> Result<(), RouteError> {
        self.count_detours(channel, key, |detoured| detoured + 1).await?;
        let group = conversation_group(&channel.id, key);
        let redriven = course.redriven;
        let batch =
            InboundBatch { channel_id: channel.id.clone(), changes, detour: true, redriven };
        let deduplication = format!("aside#{redriven}#{}", intake::deduplication(&batch));
        let sent = self.desk.inbound.send(&group, &deduplication, &batch).await;
        sent.map_err(RouteError::Queue)
    }

    /// A batch that waited was shown: one less is on its way.
    pub(super) async fn came_back(
        &self,
        channel: &Channel,
        key: &ConversationKey,
    ) -> Result<(), RouteError> {
        self.count_detours(channel, key, |detoured| detoured.saturating_sub(1)).await
    }

    async fn count_detours(
        &self,
        channel: &Channel,
        key: &ConversationKey,
        count: impl Fn(u32) -> u32,
    ) -> Result<(), RouteError> {
        let loaded = self.desk.store.load(&channel.id, key).await;
        let mut conversation = loaded.map_err(RouteError::Store)?;
        self.desk
            .amend(&mut conversation, |conversation| {
                conversation.detoured = count(conversation.detoured);
            })
            .await
            .map_err(RouteError::Desk)
    }

    /// One change that can never be shown is kept with its reason; its neighbours go on.
    ///
    /// It knows how often it was put back, so that SQS never takes it for what it parked before.
    pub(super) async fn park(
        &self,
        channel: &Channel,
        key: Option<&ConversationKey>,
        change: Change,
        course: Course,
        error: &RouteError,
    ) -> Result<(), RouteError> {
        let redriven = course.redriven;
        let batch = InboundBatch {
            redriven,
            ..InboundBatch::new(channel.id.clone(), vec![change.clone()])
        };
        let group = match key {
            Some(key) => conversation_group(&channel.id, key),
            None => channel.id.to_string(),
        };
        // Plain data: serialising it cannot fail.
        let body = serde_json::to_string(&batch).unwrap_or_default();
        tracing::error!(
            channel_id = %channel.id, error_type = error.error_type(), error = %error,
            metric = "Parked", "a change is parked"
        );
        let parked = self.dead_letters.park(&body, error.error_type(), &group).await;
        parked.map_err(RouteError::Queue)?;
        let store = &self.desk.store;
        match change {
            Change::Message(message) => store.park(&channel.id, &*message, key).await,
            Change::Tell(tell) => store.park(&channel.id, &tell, key).await,
            Change::Pushed(_) | Change::Folded(_) => Ok(()),
        }
        .map_err(RouteError::Store)
    }

    /// What was put back is no longer parked.
    pub(super) async fn unpark(
        &self,
        channel: &Channel,
        change: &impl InLedger,
        course: Course,
    ) -> Result<(), RouteError> {
        if course.redriven == 0 {
            return Ok(());
        }
        self.desk.store.unpark(&channel.id, change).await.map_err(RouteError::Store)
    }
}

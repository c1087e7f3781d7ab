//! Closing: an interaction in which an agent had the last word, and then nobody another one for hours.

use std::{collections::BTreeMap, time::Duration};

use super::{Collector, LookError, NudgeQueue};
use crate::{
    channel::{ChannelId, ChannelSet, Channels},
    chat::ContactCenter,
    clock::Clock,
    inbound::{InboundQueue, OutboundQueue},
    store::{Conversations, Leases, OpenChat},
    text,
};

/// After how long without a word the interactions of a channel are closed, by channel.
#[derive(Debug, Clone, Default)]
pub struct IdleRules(BTreeMap<ChannelId, Duration>);

impl IdleRules {
    /// As the entries stand when a run begins. A run that cannot read them closes nothing.
    pub async fn read(channels: &impl Channels) -> Self {
        match channels.all().await {
            Ok(channels) => Self::of(&channels),
            Err(failure) => {
                tracing::warn!(
                    error_type = failure.error_type(), error = %failure,
                    "cannot read the channels; this run closes no idle interaction"
                );
                Self::default()
            }
        }
    }

    /// As the channels' entries say.
    pub fn of(channels: &ChannelSet) -> Self {
        let channels = channels.channels.iter();
        Self(
            channels
                .filter_map(|channel| {
                    Some((channel.id.clone(), channel.desk_rules.idle_close_after?))
                })
                .collect(),
        )
    }
}

impl<L, N, S, C, I, O, K> Collector<L, N, S, C, I, O, K>
where
    L: Leases,
    N: NudgeQueue,
    S: Conversations,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Closes the interaction if it is idle; `true` if it is over now. What the list of open chats
    /// says is enough to know that most are not.
    pub(super) async fn close_if_idle(&self, open: &OpenChat) -> Result<bool, LookError> {
        let (Some(after), Some(last_word)) = (self.idle.0.get(&open.channel_id), open.last_word_at)
        else {
            return Ok(false);
        };
        let since = self.desk.clock.now() - *after;
        if last_word > since {
            return Ok(false);
        }
        let loaded = self.desk.store.load(&open.channel_id, &open.conversation).await;
        let mut conversation = loaded.map_err(LookError::Store)?;
        if !conversation.is_idle_in(&open.chat, since) {
            return Ok(false);
        }
        if conversation.interaction().is_some_and(|interaction| !interaction.closing) {
            let notice = text::notice(
                "closed: nobody has written for a while. If the visitor writes again, a new interaction opens",
            );
            let said = self.desk.say(&mut conversation, &notice, |conversation| {
                if let Some(interaction) = conversation.interaction_mut() {
                    interaction.closing = true;
                }
            });
            said.await.map_err(LookError::Desk)?;
        }
        // The answer may have told of a last-minute word, and another worker of a visitor's message.
        if !conversation.is_idle_in(&open.chat, since) {
            return Ok(false);
        }
        self.desk.contact_center.exit(&open.chat).await.map_err(LookError::Chat)?;
        self.desk.hear_out(&mut conversation, &open.chat).await.map_err(LookError::Desk)?;
        tracing::info!(
            metric = "IdleClosed", channel_id = %open.channel_id, "an idle interaction is closed"
        );
        Ok(true)
    }
}

//! What keeps a channel from being read, told once by name, and taken back once it is over.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use social_core::{Channel, Classify};

use crate::graph::GraphError;

/// What administrators have been told by this process. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Troubles(Arc<Mutex<HashSet<Trouble>>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Trouble {
    channel_id: String,
    /// `None` for what is the whole channel's.
    source: Option<String>,
    field: &'static str,
}

/// What of a channel an error is about: the field to mend, and whether it is the whole channel's.
fn blamed(error: &GraphError) -> Option<(&'static str, bool)> {
    match error {
        GraphError::Token(_) => Some(("page_token", true)),
        GraphError::Proof(_) => Some(("app_secret", true)),
        GraphError::Permission(_) => Some(("permissions", false)),
        GraphError::Blocked(_) => Some(("page_id", false)),
        _ => None,
    }
}

impl Troubles {
    /// Tells of an error that only an administrator can mend.
    pub(super) fn tell_of(&self, channel: &Channel, source: &str, error: &GraphError) {
        if let Some((field, whole)) = blamed(error) {
            let source = (!whole).then(|| source.to_owned());
            self.tell(channel, (source, field), error.error_type(), error);
        }
    }

    /// Tells that callbacks do not come although they should.
    pub(super) fn tell_unsubscribed(&self, channel: &Channel, missing: &str) {
        let trouble = (None, SUBSCRIPTION);
        let problem = format!("the page's app is not subscribed to {missing}");
        self.tell(channel, trouble, "subscription_missing", &problem);
    }

    /// Tells that a source's checkpoint is none of ours, as after a restore of another version's table.
    pub(super) fn tell_unreadable(&self, channel: &Channel, source: &str) {
        let trouble = (Some(source.to_owned()), CHECKPOINT);
        let problem = format!(
            "the item lease#{source} of the state table cannot be read; delete it to start from now"
        );
        self.tell(channel, trouble, "checkpoint_unreadable", &problem);
    }

    fn tell(
        &self,
        channel: &Channel,
        (source, field): (Option<String>, &'static str),
        error_type: &'static str,
        problem: &dyn fmt::Display,
    ) {
        let channel_id = channel.id.to_string();
        if !self.known().insert(Trouble { channel_id, source, field }) {
            return;
        }
        let of_credential = matches!(field, "page_token" | "app_secret");
        let metric = if of_credential { "CredentialFailed" } else { "ChannelTrouble" };
        tracing::warn!(
            metric, channel_id = %channel.id, credential = channel.credential, field, error_type,
            %problem, "a channel cannot be read as it should; what callbacks bring goes on"
        );
    }

    /// The source was read: its troubles and the channel's are over.
    pub(super) fn over(&self, channel: &Channel, source: &str) {
        self.end(|trouble| {
            trouble.channel_id == channel.id.as_str()
                && trouble.field != SUBSCRIPTION
                && trouble.source.as_deref().is_none_or(|of| of == source)
        });
    }

    /// The page's app is subscribed to all that it should be.
    pub(super) fn subscribed(&self, channel: &Channel) {
        self.end(|trouble| {
            trouble.channel_id == channel.id.as_str() && trouble.field == SUBSCRIPTION
        });
    }

    fn end(&self, is_over: impl Fn(&Trouble) -> bool) {
        self.known().retain(|trouble| {
            let over = is_over(trouble);
            if over {
                tracing::info!(channel_id = trouble.channel_id, field = trouble.field, "mended");
            }
            !over
        });
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<Trouble>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is told and not over, for tests.
    #[cfg(test)]
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let mut fields: Vec<_> = self.known().iter().map(|trouble| trouble.field).collect();
        fields.sort_unstable();
        fields
    }
}

const SUBSCRIPTION: &str = "subscribed_apps";
const CHECKPOINT: &str = "checkpoint";

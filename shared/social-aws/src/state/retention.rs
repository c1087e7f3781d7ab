use std::time::Duration;

/// For how many days items are kept since they were written last. Leases stay for good; what else
/// ages has its own time beside its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The ledger. Longer than any network, queue or dead-letter queue may bring a change again.
    pub messages: u32,
    /// Conversations, and whose threads they are in.
    pub conversations: u32,
    /// Records of replies. Longer than a queue or dead-letter queue may bring a reply again.
    pub replies: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { messages: 30, conversations: 90, replies: 30 }
    }
}

pub(super) fn days(days: u32) -> Duration {
    Duration::from_hours(u64::from(days) * 24)
}

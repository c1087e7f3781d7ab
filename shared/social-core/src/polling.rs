//! Polling: gather a whole pass, queue it oldest first, and only then move the checkpoint.

use crate::{inbound::Incoming, verdict::Failure};

/// One pass over a source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pass {
    /// Everything that is new, in any order.
    pub messages: Vec<Incoming>,
    /// Where the next pass goes on, opaque to all but the source; as before where nothing moved.
    pub checkpoint: String,
}

/// Something that a poll reads: a page, or the packed searches of a credential.
pub trait Source {
    /// Names the source for its lease and in logs; the same in every run.
    fn name(&self) -> &str;

    /// Reads all that came since the checkpoint; `None` is the very first pass, which imports no history.
    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure>;
}

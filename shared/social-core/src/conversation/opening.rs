//! Who may open the conversation's next chat, as pure functions of where it stands.

use std::time::Duration;

use jiff::Timestamp;

use super::State;

/// Longer than the function may run: nobody is opening any more when it is over.
const OPENING_LEASE: Duration = Duration::from_secs(35);

/// What who needs a chat finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// There is one.
    IsOpen,
    /// Somebody else is opening one, until then at the latest.
    Busy { until: Timestamp },
    /// It is to be opened now, once this is written in place of what was read.
    Ours(State),
}

impl State {
    /// Who needs a chat now.
    pub fn begin_opening(&self, now: Timestamp) -> Begin {
        match self {
            Self::Open(_) => Begin::IsOpen,
            Self::Opening { lease_until } if now < *lease_until => {
                Begin::Busy { until: *lease_until }
            }
            Self::Opening { .. } | Self::Closed => {
                Begin::Ours(Self::Opening { lease_until: now + OPENING_LEASE })
            }
        }
    }

    /// Whether the opening that was begun until then still stands: nobody has taken it over.
    pub fn is_opening_until(&self, lease_until: Timestamp) -> bool {
        *self == Self::Opening { lease_until }
    }
}

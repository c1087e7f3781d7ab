//! Whether callbacks bring what the poll finds, and how much haste the poll has for that (contract A10, A11).

use futures::future::join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use social_core::{ChannelId, Message, store::Seen};

use super::{PollSettings, seconds};

/// Passes that found what callbacks had brought, and nothing else, before the poll slows down.
const PROOFS: u8 = 3;
/// New messages of one pass that are asked for.
const ASKED: usize = 20;

/// What one pass found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Messages that a callback had brought before the poll found them.
    pub(super) brought: usize,
    /// Messages that no callback brought, although it had the time.
    pub(super) missed: usize,
}

/// What passes found out so far. A page is in haste until callbacks have proven themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Health {
    #[serde(default)]
    proofs: u8,
    /// The last pass without haste.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_at: Option<i64>,
}

impl Health {
    pub(super) fn is_unproven(&self) -> bool {
        *self == Self::default()
    }

    /// When the page is to be read next; `None` is as soon as the run's pace allows.
    pub(super) fn due(&self, settings: &PollSettings) -> Option<Timestamp> {
        let due = self.read_at?.checked_add(seconds(settings.slow?))?;
        Timestamp::from_second(due).ok()
    }

    /// The health after a pass. `hasty`: there is more to take at once.
    pub(super) fn after(self, evidence: Evidence, hasty: bool, now: i64) -> Self {
        let proofs = match evidence {
            Evidence { missed: 1.., .. } => 0,
            Evidence { brought: 1.., .. } => PROOFS.min(self.proofs + 1),
            Evidence { .. } => self.proofs,
        };
        let slow = proofs == PROOFS && !hasty;
        Self { proofs, read_at: slow.then_some(now) }
    }
}

/// Asks the ledger for new messages. One younger than `late` proves nothing by its absence.
pub(super) async fn judge<'m>(
    seen: &impl Seen,
    channel: &ChannelId,
    messages: impl Iterator<Item = &'m Message>,
    late: Timestamp,
) -> Evidence {
    let asked = messages.take(ASKED).map(async |message| {
        let known = seen.is_known(channel, message).await;
        // A ledger that does not answer proves nothing.
        known.ok().map(|known| (known, message.at < late))
    });
    let answers = join_all(asked).await;
    let count = |answer| answers.iter().filter(|given| **given == Some(answer)).count();
    Evidence { brought: count((true, true)) + count((true, false)), missed: count((false, true)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BROUGHT: Evidence = Evidence { brought: 2, missed: 0 };
    const MISSED: Evidence = Evidence { brought: 2, missed: 1 };

    #[test]
    fn a_page_slows_down_after_three_proofs_and_hurries_after_one_miss() {
        let settings =
            PollSettings { slow: Some(Duration::from_mins(5)), ..PollSettings::default() };
        let due = |health: Health| health.due(&settings).map(Timestamp::as_second);
        let mut health = Health::default();
        for _ in 0..2 {
            health = health.after(BROUGHT, false, 1_000).after(Evidence::default(), false, 1_000);
            assert_eq!(due(health), None);
        }
        health = health.after(BROUGHT, false, 1_000);
        assert_eq!(due(health), Some(1_300));
        assert_eq!(health.due(&PollSettings::default()), None);
        health = health.after(Evidence::default(), false, 2_000);
        assert_eq!(due(health), Some(2_300), "silence proves nothing");
        assert_eq!(due(health.after(BROUGHT, true, 3_000)), None, "there is more to take");
        health = health.after(MISSED, false, 3_000);
        assert!(health.is_unproven());
    }
}

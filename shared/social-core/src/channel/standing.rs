//! Since when each channel is switched on: one that is switched on again begins anew, and imports nothing
//! of what came while it was off.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ChannelId, ChannelSet};
use crate::{message::Network, verdict::Failure};

/// A channel that is off for less than this was never off: pollers learn of a change at different times.
const FLICKER: Duration = Duration::from_mins(2);
/// A channel that is off for longer than this is forgotten.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// How the channels of a network stand, as their pollers saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Counts writes; 0 was never written.
    pub version: u64,
    channels: BTreeMap<ChannelId, Switched>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Switched {
    on: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    off: Option<Timestamp>,
}

/// Where [`Standing`] is kept.
pub trait Standings {
    /// How the channels of a network stand; nothing was ever written of a new deployment.
    async fn standing(&self, network: Network) -> Result<Standing, Failure>;

    /// Writes if nobody else did since `standing.version`; `false` if somebody did.
    async fn save_standing(&self, network: Network, standing: &Standing) -> Result<bool, Failure>;
}

impl<S: Standings> Standings for &S {
    async fn standing(&self, network: Network) -> Result<Standing, Failure> {
        S::standing(self, network).await
    }

    async fn save_standing(&self, network: Network, standing: &Standing) -> Result<bool, Failure> {
        S::save_standing(self, network, standing).await
    }
}

impl Standing {
    /// Since when the channel is on; `None` where no poller has seen it yet.
    pub fn since(&self, channel: &ChannelId) -> Option<Timestamp> {
        self.channels.get(channel).map(|switched| switched.on)
    }

    /// The same as the next version.
    #[must_use]
    pub fn as_written(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// Takes in what the channels' entries say now. An invalid entry says nothing: whoever mends it
    /// loses nothing.
    #[must_use]
    fn with(&self, set: &ChannelSet, network: Network, now: Timestamp) -> Self {
        let mut after = self.clone();
        for channel in set.of(network) {
            let switched = after.channels.entry(channel.id.clone());
            let switched = switched.or_insert(Switched { on: now, off: None });
            if switched.off.take().is_some_and(|off| off + FLICKER <= now) {
                switched.on = now;
            }
        }
        let is_on = |id: &ChannelId| set.find(id).is_some_and(|it| it.network() == network);
        let is_invalid = |id: &ChannelId| set.invalid.iter().any(|it| it.channel_id == id.as_str());
        after.channels.retain(|id, switched| {
            if !is_on(id) && !is_invalid(id) {
                switched.off.get_or_insert(now);
            }
            switched.off.is_none_or(|off| now < off + KEPT)
        });
        after
    }
}

/// How the channels stand now, written down for the next poller where it changed.
pub async fn standing(
    standings: &impl Standings,
    set: &ChannelSet,
    network: Network,
    now: Timestamp,
) -> Result<Standing, Failure> {
    loop {
        let before = standings.standing(network).await?;
        let after = before.with(set, network, now);
        if after == before || standings.save_standing(network, &after).await? {
            return Ok(after);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(enabled: bool, workgroup: &str) -> ChannelSet {
        ChannelSet::from_entries([json!({
            "channel_id": "acme-page", "network": "facebook", "workgroup": workgroup,
            "page_id": "1029384756", "credential": "/acme", "enabled": enabled,
        })])
    }

    /// What a poller of that minute saw.
    fn saw(standing: &Standing, set: &ChannelSet, minute: i64) -> Standing {
        standing.with(set, Network::Facebook, minutes(minute))
    }

    fn minutes(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    fn since(standing: &Standing) -> Option<Timestamp> {
        standing.since(&ChannelId("acme-page".to_owned()))
    }

    #[test]
    fn a_channel_that_is_switched_on_again_begins_anew() {
        let (on, off) = (set(true, "Social"), set(false, "Social"));
        let standing = saw(&saw(&Standing::default(), &on, 0), &on, 5);
        assert_eq!(since(&standing), Some(minutes(0)));
        let standing = saw(&saw(&standing, &off, 10), &off, 11);
        assert_eq!(since(&saw(&standing, &on, 60)), Some(minutes(60)));
        let removed = saw(&standing, &ChannelSet::default(), 12);
        assert_eq!(since(&saw(&removed, &on, 60)), Some(minutes(60)));
    }

    #[test]
    fn who_learns_of_it_late_does_not_make_a_channel_begin_anew() {
        let (on, off) = (set(true, "Social"), set(false, "Social"));
        let standing = saw(&saw(&Standing::default(), &on, 0), &off, 10);
        assert_eq!(since(&saw(&standing, &on, 11)), Some(minutes(0)));
        let once_more = saw(&saw(&saw(&standing, &on, 11), &off, 20), &on, 30);
        assert_eq!(since(&once_more), Some(minutes(30)));
    }

    #[test]
    fn a_broken_entry_does_not_make_its_channel_begin_anew() {
        let (on, broken) = (set(true, "Social"), set(true, ""));
        assert_eq!(broken.invalid.len(), 1);
        let standing = saw(&saw(&Standing::default(), &on, 0), &broken, 10);
        assert_eq!(since(&saw(&standing, &on, 500)), Some(minutes(0)));
    }

    #[test]
    fn nothing_is_written_where_nothing_changed_and_the_forgotten_go() {
        let on = set(true, "Social");
        let standing = saw(&Standing::default(), &on, 0);
        assert_eq!(saw(&standing, &on, 1), standing);
        let off = saw(&standing, &set(false, "Social"), 2);
        assert_eq!(saw(&off, &set(false, "Social"), 2 + 91 * 24 * 60), Standing::default());
    }
}

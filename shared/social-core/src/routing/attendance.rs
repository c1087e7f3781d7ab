//! Attendance: whether anybody is there to take a new interaction, by the channel's opening hours and
//! by what CIC tells of the workgroup's agents.

use std::time::Duration;

use jiff::Timestamp;

use super::{Ports, RouteError, Router};
use crate::{
    channel::{Channel, WhenClosed, WhenNobodyAvailable},
    chat::ContactCenter,
    clock::Clock,
    desk::DeskError,
};

/// Pause until CIC is asked again whether an agent is available.
const ASKED_AGAIN: Duration = Duration::from_secs(30);

/// Why an interaction that is opened all the same may wait for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unattended {
    OutsideHours,
    NobodyAvailable,
}

impl Unattended {
    /// As its agent reads it.
    pub(super) const fn notice(self) -> &'static str {
        match self {
            Self::OutsideHours => "this comes outside the channel's opening hours",
            Self::NobodyAvailable => "this came while no agent of the workgroup was available",
        }
    }

    /// As handlers find it.
    pub(super) const fn attribute(self) -> (&'static str, &'static str) {
        let value = match self {
            Self::OutsideHours => "outside hours",
            Self::NobodyAvailable => "nobody available",
        };
        ("SocialUnattended", value)
    }
}

impl<P: Ports> Router<P> {
    /// Whether an interaction opens with a mark; `Err` where it is to wait.
    pub(super) async fn attendance(
        &self,
        channel: &Channel,
        workgroup: &str,
    ) -> Result<Option<Unattended>, RouteError> {
        if is_closed(channel, self.desk.clock.now())? {
            return Ok(Some(Unattended::OutsideHours));
        }
        let rule = channel.desk_rules.when_nobody_available;
        if rule == WhenNobodyAvailable::Open {
            return Ok(None);
        }
        let asked = self.desk.contact_center.agents_available(workgroup).await;
        match asked.map_err(|error| RouteError::Desk(DeskError::Chat(error)))? {
            Some(0) if rule == WhenNobodyAvailable::Hold => {
                Err(RouteError::NobodyAvailable { after: ASKED_AGAIN })
            }
            Some(0) => Ok(Some(Unattended::NobodyAvailable)),
            // A server that does not tell is no reason to keep a visitor waiting.
            Some(_) | None => Ok(None),
        }
    }
}

/// Whether the channel is closed and its interactions are opened all the same; `Err` where they wait.
fn is_closed(channel: &Channel, now: Timestamp) -> Result<bool, RouteError> {
    let hours = channel.desk_rules.opening_hours.as_ref().filter(|hours| !hours.is_open(now));
    let Some(hours) = hours else { return Ok(false) };
    if hours.when_closed == WhenClosed::Mark {
        return Ok(true);
    }
    // No opening within a year: every delivery looks anew, as seldom as a wait may be.
    let opens = hours.opens_after(now).unwrap_or(Timestamp::MAX);
    let after = Duration::try_from(opens.duration_since(now)).unwrap_or_default();
    Err(RouteError::OutsideHours { after })
}

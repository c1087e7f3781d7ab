//! The named points: every call that a process makes, before and after it.

use crate::faults::{Point, When};

/// Each function with the calls that it makes.
const CALLS: &[(&str, &[&str])] = &[
    ("webhook", &["send_inbound"]),
    (
        "poller",
        &["take", "outage", "network.read", "send_inbound", "save_checkpoint", "release_lease"],
    ),
    ("router", &[]),
    ("publisher", &[]),
    ("collector", &[]),
];

/// All points.
pub fn all() -> impl Iterator<Item = Point> {
    let calls =
        CALLS.iter().flat_map(|(function, calls)| calls.iter().map(|call| (*function, *call)));
    calls
        .flat_map(|(function, call)| [When::Before, When::After].map(|when| (function, call, when)))
}

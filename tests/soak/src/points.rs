//! The named points: every call that a process makes, before and after it.

use crate::faults::{Point, When};

/// Each function with the calls that it makes.
const CALLS: &[(&str, &[&str])] = &[
    ("webhook", &["send_inbound"]),
    (
        "poller",
        &[
            "take",
            "outage",
            "network.read",
            "note_down",
            "take_probe",
            "note_up",
            "send_inbound",
            "save_checkpoint",
            "release_lease",
        ],
    ),
    (
        "router",
        &[
            "claim",
            "load",
            "conversation_of",
            "owner",
            "remember",
            "take_slot",
            "free_slot",
            "outage",
            "note_down",
            "take_probe",
            "note_up",
            "cic.open",
            "cic.say",
            "cic.poll",
            "cic.history",
            "save",
            "send_inbound",
            "send_outbound",
            "replies_of",
            "advance",
            "complete",
            "release",
            "forgotten_at",
            "delay",
            "park",
            "park_change",
            "unpark",
        ],
    ),
    (
        "publisher",
        &[
            "begin",
            "outage",
            "note_down",
            "take_probe",
            "note_up",
            "network.publish",
            "network.look",
            "replies_of",
            "advance",
            "load",
            "cic.say",
            "cic.poll",
            "cic.history",
            "save",
            "send_inbound",
            "send_outbound",
            "free_slot",
            "delay",
            "park",
        ],
    ),
    (
        "collector",
        &[
            "take_over",
            "holds",
            "open_chats",
            "tidy_slots",
            "outage",
            "note_down",
            "take_probe",
            "note_up",
            "cic.poll",
            "cic.history",
            "cic.say",
            "cic.exit",
            "load",
            "save",
            "save_checkpoint",
            "send_inbound",
            "send_outbound",
            "free_slot",
        ],
    ),
];

/// All points.
pub fn all() -> impl Iterator<Item = Point> {
    let calls =
        CALLS.iter().flat_map(|(function, calls)| calls.iter().map(|call| (*function, *call)));
    calls
        .flat_map(|(function, call)| [When::Before, When::After].map(|when| (function, call, when)))
}

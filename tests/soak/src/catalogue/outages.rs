//! Others that are away, for minutes or a day.

use std::time::Duration;

use super::{Check, HOUR, Size};
use crate::scenario::{
    Agents, CIC_IN_A_STORM, CIC_IN_VAIN, CIC_KNOWN_AWAY, GIVEN_BACK, NETWORK_IN_A_STORM,
    NETWORK_IN_VAIN, Outage, PARKED, SLOWEST_REPLY, Scenario, Trouble,
};

const CIC_PROBES: Duration = Duration::from_secs(10);
/// In twenty seconds, when the first two are over: each pause is as long as all before it.
const FIRST_PROBES: u32 = 4;
const CREDENTIAL_PROBES: Duration = Duration::from_mins(1);
/// Calls that were under way, or about to be made, when the other side went away.
const FIND_OUT: u32 = 100;
/// A reply is too old then, and whoever was about to look at it has looked.
const REPLIES_KEPT: u32 = 3_600 + 15 * 60;
const AT_ONCE: usize = 300;

fn outage(name: &'static str, trouble: Trouble, lasts: Duration, messages: usize) -> Scenario {
    let (from, until) = (HOUR / 2, HOUR / 2 + lasts);
    Scenario {
        messages,
        conversations: (messages / 10).clamp(20, AT_ONCE),
        span: lasts + HOUR,
        outages: vec![Outage { trouble, from, until }],
        agents: Agents { equal: 10, end: 60, ignore: 0 },
        patience: lasts * 2 + HOUR * 24,
        ..Scenario::fair(name, 50)
    }
}

/// One call in each probe's interval, and those who find it out.
fn probes(lasts: Duration, every: Duration) -> u32 {
    u32::try_from(lasts.as_secs() / every.as_secs()).unwrap_or(u32::MAX) + FIND_OUT
}

/// Their checks.
pub fn checks(size: Size) -> Vec<Check> {
    let day = size.of(HOUR * 2, HOUR * 24);
    let hours = size.of(HOUR * 2, HOUR * 4);
    let messages = size.of(300, 3_000);
    vec![
        Check::new(
            "CIC away for a day; in the short run, two hours",
            outage("CIC away", Trouble::Cic, day, size.of(300, 50_000)),
        )
        .at_least([(CIC_IN_VAIN, size.of(100, 1_000))])
        .at_most([
            (CIC_IN_A_STORM, 1),
            (CIC_IN_VAIN, probes(day, CIC_PROBES)),
            (PARKED, 0),
        ]),
        flapping(size),
        Check::new(
            "a network away for hours",
            outage("network away", Trouble::Network, hours, messages),
        )
        .at_least([(NETWORK_IN_VAIN, 60)])
        .at_most(of_network(hours)),
        Check::new(
            "a credential dead for hours, and then replaced",
            outage("credential dead", Trouble::Credential, hours, messages),
        )
        .at_least([(NETWORK_IN_VAIN, 60), (GIVEN_BACK, size.of(20, 500))])
        .at_most(of_network(hours)),
        Check::new(
            "AWS throttles three calls of ten for ten minutes",
            outage("throttled", Trouble::Aws(3_000), HOUR / 6, size.of(400, 3_000)),
        )
        .at_least([("throttled by AWS", size.of(500, 3_000))])
        .at_most([(PARKED, 0)]),
        Check::new(
            "AWS takes no call at all for two minutes",
            outage("AWS away", Trouble::Aws(10_000), HOUR / 30, messages),
        )
        .at_least([("throttled by AWS", 100)])
        .at_most([(PARKED, 0)]),
    ]
}

fn of_network(lasts: Duration) -> [(&'static str, u32); 4] {
    let probes = probes(lasts, CREDENTIAL_PROBES);
    [(NETWORK_IN_A_STORM, 1), (NETWORK_IN_VAIN, probes), (SLOWEST_REPLY, REPLIES_KEPT), (PARKED, 0)]
}

/// Ten seconds there, twenty away.
fn flapping(size: Size) -> Check {
    let (there, away) = (Duration::from_secs(10), Duration::from_secs(20));
    let times = size.of(20, 240);
    let outages = (0..times).map(|time| {
        let from = Duration::from_mins(5) + (there + away) * time;
        Outage { trouble: Trouble::Cic, from, until: from + away }
    });
    let scenario = Scenario {
        messages: size.of(100, 1_000),
        conversations: size.of(20, 100),
        span: (there + away) * times,
        outages: outages.collect(),
        ..Scenario::fair("CIC flapping", 51)
    };
    Check::new("CIC that comes and goes for hours is not stormed", scenario)
        .at_least([(CIC_IN_VAIN, times)])
        .at_most([(CIC_KNOWN_AWAY, FIRST_PROBES * times), (PARKED, 0)])
}

//! Numbers: CIC counts a chat's events. A number that nobody was told is an event that was lost.
//!
//! Several workers are told, seconds apart: a number counts as missing when it stays so.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What another worker was told is written down by then.
const SETTLED_AFTER: Duration = Duration::from_secs(20);
/// Numbers missed at once that are looked for one by one; what is older is given up.
const MISSED_AT_MOST: usize = 50;

/// The numbers of a chat's events, as far as they were told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Numbers {
    /// The greatest number told; `None` before the first.
    last: Option<i64>,
    /// Numbers below it that nobody was told.
    missed: BTreeSet<i64>,
    /// Since when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// The agent was asked once to repeat what is lost for good.
    asked: bool,
}

impl Numbers {
    /// Notes the numbers of an answer. On a new leg CIC may go on counting, or begin anew.
    pub(super) fn hear(&mut self, told: &[i64], new_leg: bool, now: Timestamp) {
        let (Some(first), Some(greatest)) = (told.iter().min(), told.iter().max()) else { return };
        if new_leg && self.last.is_some_and(|last| *first <= last) {
            (self.last, self.missed) = (None, BTreeSet::new());
        }
        if let Some(last) = self.last {
            self.missed.extend((last + 1..*greatest).rev().take(MISSED_AT_MOST));
        } else {
            self.missed.extend((*first..*greatest).rev().take(MISSED_AT_MOST));
        }
        for number in told {
            self.missed.remove(number);
        }
        self.last = self.last.max(Some(*greatest));
        self.since = if self.missed.is_empty() { None } else { self.since.or(Some(now)) };
    }

    /// Numbers that are missing for good, unless a history holds them.
    pub fn lost(&self, now: Timestamp) -> Option<&BTreeSet<i64>> {
        self.lost_at().filter(|lost_at| *lost_at <= now).map(|_| &self.missed)
    }

    /// When those that are missing now count as lost.
    pub fn lost_at(&self) -> Option<Timestamp> {
        self.since.map(|since| since + SETTLED_AFTER)
    }

    /// Whether nobody was told this number.
    pub fn is_unheard(&self, number: i64) -> bool {
        self.missed.contains(&number) || self.last.is_none_or(|last| number > last)
    }

    /// Nobody looks for them any more. `true`: the agent is to be asked for what is lost.
    pub(crate) fn give_up(&mut self, ask: bool) -> bool {
        self.missed.clear();
        self.since = None;
        ask && !std::mem::replace(&mut self.asked, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn lost(numbers: &Numbers) -> Vec<i64> {
        numbers.lost(noon() + SETTLED_AFTER).into_iter().flatten().copied().collect()
    }

    #[test]
    fn what_comes_late_is_not_missing_and_what_never_comes_is() {
        let mut numbers = Numbers::default();
        numbers.hear(&[0, 1], true, noon());
        numbers.hear(&[5], false, noon());
        assert_eq!(numbers.lost(noon()), None, "another worker may have them in hand");
        numbers.hear(&[2, 4], false, noon());
        assert_eq!(lost(&numbers), [3]);
        numbers.hear(&[3], false, noon());
        assert!(lost(&numbers).is_empty());
    }

    #[test]
    fn a_new_leg_that_counts_anew_misses_nothing_and_one_that_goes_on_may() {
        let mut numbers = Numbers::default();
        numbers.hear(&[0, 1, 2], true, noon());
        numbers.hear(&[5], true, noon());
        assert_eq!(lost(&numbers), [3, 4]);
        let mut anew = Numbers::default();
        anew.hear(&[0, 1, 2], true, noon());
        anew.hear(&[0, 1], true, noon());
        assert!(lost(&anew).is_empty());
    }

    #[test]
    fn the_agent_is_asked_once() {
        let mut numbers = Numbers::default();
        for (number, asked) in [(2, true), (5, false)] {
            numbers.hear(&[number - 2, number], false, noon());
            assert_eq!(lost(&numbers).len(), 1);
            assert_eq!(numbers.give_up(true), asked);
            assert!(lost(&numbers).is_empty());
        }
    }
}

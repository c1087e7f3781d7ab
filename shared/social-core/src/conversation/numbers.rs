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

/// CIC counts from 0 or 1: where the first number told is greater, something may have come before.
const BEGINS_AT: i64 = 1;

/// The numbers of a chat's events, as far as they were told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Numbers {
    /// The least number told; `None` before the first.
    first: Option<i64>,
    /// The greatest.
    last: Option<i64>,
    /// Numbers between them that nobody was told.
    missed: BTreeSet<i64>,
    /// Since when there are any, or something may have come before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// The least number that was given up: what came after it may have lost its context.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_from: Option<i64>,
    /// The agent was asked once to repeat what is lost for good.
    asked: bool,
}

/// What is known of everything that was told before an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// All of it was heard.
    Complete,
    /// Something is missing, and may still be found.
    Missing,
    /// Something was lost for good.
    Lost,
}

impl Numbers {
    /// Notes the numbers of an answer. On a new leg CIC may go on counting, or begin anew.
    pub(super) fn hear(&mut self, told: &[i64], new_leg: bool, now: Timestamp) {
        let (Some(lowest), Some(highest)) = (told.iter().min(), told.iter().max()) else { return };
        if new_leg && self.last.is_some_and(|last| *lowest <= last) {
            // Nobody knows what the server that is away had to tell.
            let lost_from = Some(i64::MIN);
            *self = Self { lost_from, asked: self.asked, ..Self::default() };
        }
        let first = self.first.unwrap_or(*lowest);
        let last = self.last.unwrap_or(first - 1);
        let skipped = (*lowest + 1..first).chain(last + 1..*highest);
        let surplus = skipped.clone().count().saturating_sub(MISSED_AT_MOST);
        if surplus > 0 {
            self.lose(last);
        }
        self.missed.extend(skipped.skip(surplus));
        for number in told {
            self.missed.remove(number);
        }
        self.first = Some(first.min(*lowest));
        self.last = Some(last.max(*highest));
        self.since = if self.is_complete() { None } else { self.since.or(Some(now)) };
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
        self.missed.contains(&number)
            || self.first.is_none_or(|first| number < first)
            || self.last.is_none_or(|last| number > last)
    }

    /// Whether nothing would be missing if these were heard too.
    pub(crate) fn are_complete_with(&self, told: &[i64]) -> bool {
        let mut numbers = self.clone();
        numbers.hear(told, false, Timestamp::UNIX_EPOCH);
        numbers.is_complete()
    }

    /// Whether nothing is missing, as far as numbers tell.
    pub(crate) fn is_complete(&self) -> bool {
        self.missed.is_empty() && !self.begins_late()
    }

    /// What would be missing if these were heard too.
    pub(crate) fn missing_with(&self, told: &[i64]) -> Vec<i64> {
        let mut numbers = self.clone();
        numbers.hear(told, false, Timestamp::UNIX_EPOCH);
        numbers.missed.into_iter().collect()
    }

    fn begins_late(&self) -> bool {
        self.lost_from.is_none() && self.first.is_some_and(|first| first > BEGINS_AT)
    }

    pub(super) fn before(&self, number: i64) -> Before {
        if self.missed.range(..number).next().is_some() || self.begins_late() {
            Before::Missing
        } else if self.lost_from.is_some_and(|from| from < number) {
            Before::Lost
        } else {
            Before::Complete
        }
    }

    fn lose(&mut self, from: i64) {
        self.lost_from = Some(self.lost_from.map_or(from, |known| known.min(from)));
    }

    /// Nobody looks for these any more. `found`: a history told everything that mattered of them.
    pub(super) fn settle(&mut self, looked_for: &BTreeSet<i64>, found: bool, now: Timestamp) {
        if found {
            self.first = self.first.map(|first| first.min(BEGINS_AT));
        } else if self.begins_late() {
            self.lose(i64::MIN);
        } else if let Some(least) = looked_for.intersection(&self.missed).next() {
            self.lose(*least);
        }
        self.missed.retain(|number| !looked_for.contains(number));
        // What another worker missed meanwhile has its own time.
        self.since = if self.is_complete() { None } else { Some(now) };
    }

    /// Whether the agent is to be asked to repeat what is lost: once.
    pub(super) fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.asked, true)
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
    fn of_two_workers_the_later_one_may_be_written_down_first() {
        let mut numbers = Numbers::default();
        numbers.hear(&[4], true, noon());
        assert_eq!(numbers.before(4), Before::Missing, "another worker may have them in hand");
        numbers.hear(&[1, 2], false, noon());
        assert_eq!(lost(&numbers), [3]);
        numbers.hear(&[3], false, noon());
        assert_eq!(numbers.before(4), Before::Complete);
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
        assert_eq!(anew.before(1), Before::Lost, "and nobody knows what the old leg had to tell");
    }

    #[test]
    fn what_is_given_up_is_lost_for_all_that_follows_unless_a_history_told_it() {
        for found in [true, false] {
            let mut numbers = Numbers::default();
            numbers.hear(&[0, 2], true, noon());
            let looked_for = lost(&numbers).into_iter().collect();
            numbers.hear(&[4], false, noon());
            numbers.settle(&looked_for, found, noon());
            assert_eq!(lost(&numbers), [3], "that came later, and was not looked for");
            let before = if found { Before::Complete } else { Before::Lost };
            assert_eq!((numbers.before(1), numbers.before(2)), (Before::Complete, before));
        }
    }

    #[test]
    fn the_agent_is_asked_once() {
        let mut numbers = Numbers::default();
        assert!(numbers.ask());
        assert!(!numbers.ask());
    }
}

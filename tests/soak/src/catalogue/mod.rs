//! The runs that hold the promises: what each promises, what goes wrong in it, and when it fails.

pub mod kills;
pub mod messages;
pub mod outages;
pub mod replies;

use std::time::Duration;

pub use kills::everything;

use crate::scenario::{Outcome, Scenario};

/// How much of it: enough for every change, or the numbers that are promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Short,
    Full,
}

impl Size {
    fn of<T>(self, short: T, full: T) -> T {
        if self == Self::Short { short } else { full }
    }
}

/// A promise, and the run that holds it.
#[derive(Debug)]
pub struct Check {
    pub promise: &'static str,
    pub scenario: Scenario,
    /// In turn with the first, where seldom places are passed.
    pub others: Vec<Scenario>,
    /// Runs with seeds one after the other until each named point has so many kills.
    pub kills_at_each_point: u32,
    /// What must have happened at least so often, or the run showed nothing.
    pub at_least: Vec<(&'static str, u32)>,
    /// What must not have happened more often.
    pub at_most: Vec<(&'static str, u32)>,
    /// The run has to fail: it shows that the check bites.
    pub must_fail: bool,
}

impl Check {
    /// One run that has to hold.
    pub fn new(promise: &'static str, scenario: Scenario) -> Self {
        Self {
            promise,
            scenario,
            others: Vec::new(),
            kills_at_each_point: 0,
            at_least: Vec::new(),
            at_most: Vec::new(),
            must_fail: false,
        }
    }

    /// With what it must have shown.
    #[must_use]
    fn at_least(self, times: impl IntoIterator<Item = (&'static str, u32)>) -> Self {
        Self { at_least: times.into_iter().collect(), ..self }
    }

    /// With what must not go beyond bounds.
    #[must_use]
    fn at_most(self, times: impl IntoIterator<Item = (&'static str, u32)>) -> Self {
        Self { at_most: times.into_iter().collect(), ..self }
    }

    /// As a run that must fail.
    #[must_use]
    fn fails(self) -> Self {
        Self { must_fail: true, ..self }
    }

    /// What is run with that seed.
    pub fn turn(&self, seed: u64) -> &Scenario {
        let turns = 1 + self.others.len() as u64;
        let turn = (seed - self.scenario.seed) % turns;
        let turn = usize::try_from(turn).unwrap_or_default();
        turn.checked_sub(1).and_then(|other| self.others.get(other)).unwrap_or(&self.scenario)
    }

    /// What a run must have shown beyond its verdict.
    pub fn is_shown_by(&self, outcome: &Outcome) -> bool {
        self.at_least.iter().all(|(name, times)| outcome.happened(name) >= *times)
            && self.at_most.iter().all(|(name, times)| outcome.happened(name) <= *times)
    }
}

const HOUR: Duration = Duration::from_hours(1);

/// All checks.
pub fn checks(size: Size) -> Vec<Check> {
    let kinds = [outages::checks, kills::checks, replies::checks, messages::checks];
    kinds.into_iter().flat_map(|checks| checks(size)).collect()
}

//! Running the checks, and the table that tells what came of them.

mod tables;

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use crate::{
    catalogue::Check,
    faults::{Count, Kills, Point},
    judge::Verdict,
    points,
    scenario::{Outcome, Scenario},
};
pub use tables::{kills, left_out, promises};

/// Runs of one check at the most.
const RUNS: u64 = 300;

/// Runs in which a mistake that needs a coincidence has to show.
const CHANCES: u64 = 4;

/// A check that was run.
#[derive(Debug)]
pub struct Row {
    pub promise: String,
    pub name: &'static str,
    pub seeds: (u64, u64),
    pub verdict: Verdict,
    /// All runs held, and showed what they have to show.
    pub held: bool,
    pub must_fail: bool,
    pub points: BTreeMap<Point, Count>,
    pub events: BTreeMap<&'static str, u32>,
    /// What happened at least or at most so often, in words.
    pub shown: Vec<String>,
    /// Seeds whose runs did not hold, and why.
    pub failures: Vec<String>,
    pub took: Duration,
}

impl Row {
    /// Nothing was run yet.
    pub fn new(check: &Check) -> Self {
        let seed = check.scenario.seed;
        Self {
            promise: check.promise.to_owned(),
            name: check.scenario.name,
            seeds: (seed, seed),
            verdict: Verdict::default(),
            held: true,
            must_fail: check.must_fail,
            points: BTreeMap::new(),
            events: BTreeMap::new(),
            shown: Vec::new(),
            failures: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// Whether it came out as it should.
    pub fn is_as_promised(&self) -> bool {
        self.held != self.must_fail
    }

    /// Kills at all points.
    pub fn kills(&self) -> u32 {
        self.points.values().map(|count| count.kills).sum()
    }

    /// Takes in one more run.
    pub fn add(&mut self, seed: u64, outcome: &Outcome, is_shown: bool) {
        self.seeds.1 = seed;
        self.verdict.add(&outcome.verdict);
        for (point, count) in &outcome.points {
            let sum = self.points.entry(*point).or_default();
            sum.passed += count.passed;
            sum.kills += count.kills;
        }
        for (name, times) in &outcome.events {
            *self.events.entry(name).or_default() += times;
        }
        if !(outcome.holds() && is_shown) {
            self.held = false;
            let dead: Vec<&str> = outcome.dead.iter().map(|dead| dead.reason.as_str()).collect();
            self.failures.push(format!(
                "seed {seed}: at rest {}, shown {is_shown}, parked {dead:?}, {:?}, {:?}",
                outcome.quiet, outcome.verdict, outcome.events
            ));
        }
    }

    /// Named points with fewer kills than that.
    pub fn points_below(&self, kills: u32) -> Vec<Point> {
        let below = points::all()
            .filter(|point| self.points.get(point).map_or(0, |count| count.kills) < kills);
        below.collect()
    }

    fn tell_what_was_shown(&mut self, check: &Check) {
        let told = |(name, bound): &(&str, u32), word: &str| {
            let times = self.events.get(name).copied().unwrap_or_default();
            format!("{name} {times} ({word} {bound})")
        };
        let least = check.at_least.iter().map(|it| told(it, "≥"));
        self.shown.extend(least.chain(check.at_most.iter().map(|it| told(it, "≤"))));
    }
}

/// Points are named as soon as there are no more than that.
const NAMED_FROM: usize = 12;

fn progress(row: &Row, seed: u64, below: &[Point]) -> String {
    let told = format!("{}: seed {seed}, {} points to go", row.name, below.len());
    if below.len() > NAMED_FROM { told } else { format!("{told}: {below:?}") }
}

/// Runs a check: once, until a mistake shows, or until each named point has its kills. Long work says how
/// far it is, and is told whether to go on.
pub fn run(check: &Check, goes_on: impl Fn(&str) -> bool) -> io::Result<Row> {
    let begun = Instant::now();
    let mut row = Row::new(check);
    for seed in check.scenario.seed..check.scenario.seed + RUNS {
        let mut scenario = Scenario { seed, ..check.turn(seed).clone() };
        if check.kills_at_each_point > 0 {
            scenario.kills = Kills {
                each: check.kills_at_each_point,
                before: row.points.iter().map(|(point, count)| (*point, count.kills)).collect(),
                eagerness: u32::try_from(seed - check.scenario.seed).unwrap_or_default(),
            };
        }
        let outcome = scenario.run()?;
        row.add(seed, &outcome, check.is_shown_by(&outcome));
        let below = row.points_below(check.kills_at_each_point);
        let unseen = check.must_fail && row.held && seed + 1 < check.scenario.seed + CHANCES;
        if !unseen && below.is_empty() {
            break;
        }
        if !goes_on(&progress(&row, seed, &below)) {
            break;
        }
    }
    let below = row.points_below(check.kills_at_each_point);
    if !below.is_empty() {
        row.held = false;
        row.failures.push(format!("points with too few kills: {below:?}"));
        row.shown.push(format!(
            "named points with fewer than {} kills: {}",
            check.kills_at_each_point,
            below.len()
        ));
    }
    row.tell_what_was_shown(check);
    row.took = begun.elapsed();
    Ok(row)
}

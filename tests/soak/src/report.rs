//! Running the checks, and the table that tells what came of them.

use std::{
    collections::BTreeMap,
    fmt::Write,
    io,
    time::{Duration, Instant},
};

use crate::{
    catalogue::Check,
    faults::{Count, Kills, Point},
    judge::Verdict,
    scenario::Outcome,
};

/// Runs of one check at the most: then the places that are hardly ever passed have what they have.
const RUNS: u64 = 24;

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
    pub cic_calls: u64,
    pub calls_while_away: u64,
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
            cic_calls: 0,
            calls_while_away: 0,
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
        self.cic_calls += outcome.cic_calls;
        self.calls_while_away += outcome.cic_calls_while_away + outcome.network_calls_while_away;
        if !(outcome.holds() && is_shown) {
            self.held = false;
            let dead: Vec<&str> = outcome.dead.iter().map(|(reason, _)| reason.as_str()).collect();
            self.failures.push(format!(
                "seed {seed}: at rest {}, shown {is_shown}, parked {dead:?}, {:?}",
                outcome.quiet, outcome.verdict
            ));
        }
    }

    /// The point with the fewest kills, of those where a process can die.
    pub fn fewest_kills(&self) -> u32 {
        self.points.values().map(|count| count.kills).min().unwrap_or_default()
    }
}

/// Runs a check: once, until a mistake shows, or until each named point has its kills.
pub fn run(check: &Check) -> io::Result<Row> {
    let begun = Instant::now();
    let mut row = Row::new(check);
    for seed in check.scenario.seed..check.scenario.seed + RUNS {
        let mut scenario = check.scenario.clone();
        scenario.seed = seed;
        if check.kills_at_each_point > 0 {
            scenario.kills = Kills {
                each: check.kills_at_each_point,
                before: row.points.iter().map(|(point, count)| (*point, count.kills)).collect(),
                eagerness: u32::try_from(seed - check.scenario.seed).unwrap_or_default(),
            };
        }
        let outcome = scenario.run()?;
        row.add(seed, &outcome, check.is_shown_by(&outcome));
        let unseen = check.must_fail && row.held && seed + 1 < check.scenario.seed + CHANCES;
        if !unseen && row.fewest_kills() >= check.kills_at_each_point {
            break;
        }
    }
    row.took = begun.elapsed();
    Ok(row)
}

/// The table, as it stands in `docs/reliability.md`.
pub fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| promise | seeds | events in | interactions | replies published | given back | kills | lost | doubled | out of order | at the limit | worst delay in, out | |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let verdict = &row.verdict;
        let seeds = match row.seeds {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}–{last}"),
        };
        let held = match (row.is_as_promised(), row.must_fail) {
            (true, false) => "held",
            (true, true) => "fails, as it must",
            (false, false) => "**broken**",
            (false, true) => "**does not fail**",
        };
        let written = writeln!(
            table,
            "| {} | {seeds} | {} | {} | {} | {} | {} | {} + {} | {} + {} | {} + {} | {} + {} | {} s, {} s | {held} |",
            row.promise,
            verdict.events,
            verdict.interactions,
            verdict.published,
            verdict.returned,
            row.kills(),
            verdict.messages_lost,
            verdict.replies_lost,
            verdict.messages_doubled + verdict.open_twice,
            verdict.replies_doubled,
            verdict.messages_out_of_order,
            verdict.replies_out_of_order,
            verdict.messages_marked,
            verdict.replies_at_the_limit,
            verdict.worst_message.as_secs(),
            verdict.worst_reply.as_secs(),
        );
        // Writing into a string does not fail.
        debug_assert!(written.is_ok());
    }
    table
}

/// Kills at each named point.
pub fn points(rows: &[Row]) -> String {
    let mut sums: BTreeMap<Point, Count> = BTreeMap::new();
    for row in rows {
        for (point, count) in &row.points {
            let sum = sums.entry(*point).or_default();
            sum.passed += count.passed;
            sum.kills += count.kills;
        }
    }
    let mut table =
        String::from("| function | call | killed before it | after it |\n|---|---|---|---|\n");
    let mut calls: BTreeMap<(&str, &str), [u32; 2]> = BTreeMap::new();
    for ((function, call, when), count) in sums {
        let kills = calls.entry((function, call)).or_default();
        match when {
            crate::faults::When::Before => kills[0] += count.kills,
            crate::faults::When::After => kills[1] += count.kills,
        }
    }
    for ((function, call), [before, after]) in calls {
        let written = writeln!(table, "| {function} | {call} | {before} | {after} |");
        debug_assert!(written.is_ok());
    }
    table
}

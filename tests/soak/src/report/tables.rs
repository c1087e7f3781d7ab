//! The tables of `docs/reliability.md`.

use std::collections::BTreeMap;

use super::Row;
use crate::{
    catalogue::{Size, checks},
    faults::When,
};

const HEAD: &str = "\
| promise | check | seeds | what was shown | events in | interactions | replies published | given back | kills | lost | doubled | out of order | at the limit | worst delay in, out | |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// The promises and what held them.
pub fn promises<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    rows.into_iter().fold(HEAD.to_owned(), |table, row| table + &line(row))
}

fn line(row: &Row) -> String {
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
    format!(
        "| {} | {} | {seeds} | {} | {} | {} | {} | {} | {} | {} + {} | {} + {} | {} + {} | {} + {} | {} s, {} s | {held} |\n",
        row.promise,
        row.name,
        row.shown.join("; "),
        verdict.events,
        verdict.interactions,
        verdict.published,
        verdict.returned,
        row.kills(),
        verdict.messages_lost,
        verdict.replies_lost,
        verdict.messages_doubled + verdict.open_twice + verdict.strangers,
        verdict.replies_doubled,
        verdict.messages_out_of_order,
        verdict.replies_out_of_order,
        verdict.messages_marked,
        verdict.replies_at_the_limit,
        verdict.worst_message.as_secs(),
        verdict.worst_reply.as_secs(),
    )
}

/// Checks that are promised, and that were not run.
pub fn left_out(rows: &[Row]) -> String {
    let is_left_out = |name: &&str| rows.iter().all(|row| row.name != *name);
    let checks = checks(Size::Full);
    let names = checks.iter().map(|check| check.scenario.name).filter(is_left_out);
    let names: Vec<&str> = names.collect();
    if names.is_empty() { String::new() } else { format!("Not run: {}.\n\n", names.join(", ")) }
}

/// Kills at each named point.
pub fn kills<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let mut calls: BTreeMap<(&str, &str), [u32; 2]> = BTreeMap::new();
    for ((function, call, when), count) in rows.into_iter().flat_map(|row| &row.points) {
        let [before, after] = calls.entry((function, call)).or_default();
        match when {
            When::Before => *before += count.kills,
            When::After => *after += count.kills,
        }
    }
    if calls.values().flatten().all(|kills| *kills == 0) {
        return String::new();
    }
    let head = "| function | call | killed before it | after it |\n|---|---|---|---|\n".to_owned();
    calls.into_iter().fold(head, |table, ((function, call), [before, after])| {
        table + &format!("| {function} | {call} | {before} | {after} |\n")
    })
}

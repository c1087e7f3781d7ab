use rstest::rstest;
use serde_json::json;

use super::*;
use crate::{fixture::channel, packing};

const LAG: Duration = Duration::from_mins(3);

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn mark(since: u64, seen: &[u64]) -> Mark {
    Mark { since, seen: seen.iter().copied().collect() }
}

#[rstest]
#[case::nothing(&[], 0, 500, mark(100, &[]))]
#[case::settled(&[200, 150], 200, 500, mark(200, &[]))]
#[case::within_the_lag(&[200, 150], 200, 160, mark(160, &[200]))]
#[case::lag_before_since(&[200, 150], 200, 90, mark(100, &[150, 200]))]
#[case::digit_lengths(&[999, 1_000], 1_000, 5_000, mark(1_000, &[]))]
#[case::older_by_time_search(&[50], 50, 500, mark(100, &[]))]
fn a_mark_moves_behind_what_can_still_appear(
    #[case] ids: &[u64],
    #[case] high: u64,
    #[case] indexed: u64,
    #[case] expected: Mark,
) {
    let mut moved = mark(100, &[]);
    moved.advance(ids.iter().copied().collect(), high, indexed);
    assert_eq!(moved, expected);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut moved = mark(0, &[]);
    moved.advance((1..=2_000).collect(), 2_000, 0);
    assert_eq!(moved.seen.len(), REMEMBERED);
    assert_eq!(moved.seen.first(), Some(&1_501));
}

#[test]
fn a_quiet_query_keeps_a_day_at_the_most() {
    let keywords: Vec<String> = (0..8).map(|n| format!("word{n}")).collect();
    let brand = channel(json!({"keywords": keywords, "start": "2026-11-18T12:00:00Z"}));
    let queries = packing::pack([&*brand], 60);
    assert_eq!(queries.len(), 2);
    let now = time("2026-11-22T12:00:00Z");
    let mut checkpoint = Checkpoint::begin(None, queries.iter(), [&*brand].into_iter(), now, LAG);
    let start = checkpoint.clone();
    let indexed = snowflake::at(snowflake::before(now, LAG));
    for query in &queries {
        assert!(!checkpoint.advance(query, BTreeSet::new(), 0, indexed));
    }
    assert_eq!(checkpoint, start);
    let id = snowflake::at(time("2026-11-22T11:00:00Z"));
    assert!(checkpoint.advance(&queries[0], [id].into(), id, indexed));
    checkpoint.finish(queries.iter(), now);
    assert_eq!(checkpoint.since(&queries[0]), id);
    assert_eq!(checkpoint.since(&queries[1]), snowflake::at(time("2026-11-21T12:00:00Z")));
}

#[test]
fn a_checkpoint_survives_being_stored() {
    let queries = packing::pack([&*channel(json!({}))], 512);
    let now = time("2026-11-22T12:00:00Z");
    let brand = channel(json!({}));
    let begun = Checkpoint::begin(None, queries.iter(), [&*brand].into_iter(), now, LAG);
    let text = begun.write().unwrap();
    let read = Checkpoint::read(&text).unwrap();
    let later = time("2026-11-22T13:00:00Z");
    let again = Checkpoint::begin(Some(read), queries.iter(), [&*brand].into_iter(), later, LAG);
    assert_eq!(again, begun);
}

use proptest::{
    collection::{btree_map, btree_set, vec},
    option,
    prelude::*,
    test_runner::RngSeed,
};
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

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn any_mark() -> impl Strategy<Value = Mark> {
    let all = (any::<u64>(), btree_set(any::<u64>(), 0..5));
    all.prop_map(|(since, seen)| Mark { since, seen })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_checkpoint_survives_being_stored(
        queries in btree_map("[a-zA-Z0-9_-]{0,12}", any_mark(), 0..5),
        channels in btree_map(".{0,6}".prop_map(ChannelId), moment(), 0..4),
        (read, paused) in (option::of(moment()), option::of(moment())),
        causes in vec(vec(".{0,6}", 0..3), 0..3),
    ) {
        let mut noise = Noise::default();
        for causes in causes {
            noise.count(causes);
        }
        let checkpoint = Checkpoint { queries, channels, read, paused, noise };
        let stored = checkpoint.write().unwrap();
        prop_assert_eq!(Checkpoint::read(&stored).unwrap(), checkpoint);
    }
}

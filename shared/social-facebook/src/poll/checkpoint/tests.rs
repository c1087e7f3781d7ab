use proptest::{collection::btree_map, option, prelude::*, sample::select, test_runner::RngSeed};

use super::*;
use crate::poll::health::Evidence;

fn mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        any::<i64>().prop_map(Mark::Time),
        (any::<i64>(), ".{0,6}").prop_map(|(at, text)| Mark::Text(at, text)),
    ]
}

fn post() -> impl Strategy<Value = PostState> {
    let owner = select(vec![None, Some(Owner::Company), Some(Owner::Visitor)]);
    let seen = btree_map("[0-9_]{0,6}", mark(), 0..4);
    (any::<i64>(), owner, any::<Option<i64>>(), option::of(".{0,6}"), seen)
        .prop_map(|(at, owner, checked, text, seen)| PostState { at, owner, checked, text, seen })
}

/// What passes made of the health of a page.
fn health() -> impl Strategy<Value = Health> {
    let evidence = (0..2_usize, 0..2_usize);
    let evidence = evidence.prop_map(|(brought, missed)| Evidence { brought, missed });
    proptest::collection::vec((evidence, any::<bool>(), 0..9_i64), 0..6).prop_map(|passes| {
        let health = Health::default();
        passes.into_iter().fold(health, |health, (seen, hasty, now)| health.after(seen, hasty, now))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_checkpoint_survives_being_stored(
        (floor, watermark, night) in (any::<i64>(), any::<i64>(), any::<Option<i64>>()),
        posts in btree_map("[0-9_]{0,9}", post(), 0..4),
        health in health(),
    ) {
        let checkpoint = Checkpoint { floor, watermark, posts, night, health };
        let stored = checkpoint.write().unwrap();
        prop_assert_eq!(Checkpoint::read(&stored).unwrap(), checkpoint);
    }
}

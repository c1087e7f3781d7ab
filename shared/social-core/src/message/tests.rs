use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

/// Short ones, so that equal ids and equal beginnings are met.
fn id() -> impl Strategy<Value = MessageId> {
    "[0-2_aö]{0,4}|[0-9]{1,20}_[0-9]{1,20}".prop_map(MessageId)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn ids_stand_in_one_order(a in id(), b in id(), c in id()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        let mut sorted = [&a, &b, &c];
        sorted.sort();
        prop_assert!(sorted[0] <= sorted[1] && sorted[1] <= sorted[2] && sorted[0] <= sorted[2]);
    }

    #[test]
    fn ids_that_are_numbers_stand_in_the_order_of_numbers(a in 0..=u64::MAX, b in 0..100_000_u64, page in 1..u32::MAX) {
        for (a, b) in [(a, b), (a, a.wrapping_add(b)), (a, a.wrapping_mul(10))] {
            let ids = [a, b].map(|number| MessageId(number.to_string()));
            prop_assert_eq!(ids[0].cmp(&ids[1]), a.cmp(&b));
            let of_a_page = [a, b].map(|number| MessageId(format!("{page}_{number}")));
            prop_assert_eq!(of_a_page[0].cmp(&of_a_page[1]), a.cmp(&b));
        }
    }
}

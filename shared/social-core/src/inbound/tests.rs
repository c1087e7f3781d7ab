use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

use super::*;
use crate::fakes::any;

/// Whatever stands in a queue is read as it was written, by way of its text.
fn survives<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug,
{
    let body = serde_json::to_string(value).unwrap();
    let read: T =
        serde_json::from_str(&body).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(read == *value, "{}", body);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_batch_comes_out_of_the_queue_as_it_went_in(
        channel_id in any::channel_id(),
        changes in vec(any::change(), 0..4),
        detour in any::<bool>(),
        redriven in 0..3_u32,
    ) {
        survives(&InboundBatch { channel_id, changes, detour, redriven })?;
    }

    #[test]
    fn a_reply_comes_out_of_the_queue_as_it_went_in(reply in any::reply()) {
        survives(&reply)?;
    }
}

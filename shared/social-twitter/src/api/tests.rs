use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

use crate::fixture::api;

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Ids come from others: with an address in place of one, X is called all the same.
    #[test]
    fn no_id_leads_to_another_host(
        path in vec("(http:)?[/\\\\]{0,2}([a-z]{1,3}@)?(127\\.0\\.0\\.1|evil\\.example)?(:[0-9]{1,5})?[/.?#%\\\\]{0,3}|.{0,6}", 0..4),
    ) {
        let api = api("https://api.x.com");
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let url = api.url(&path);
        prop_assert!(url.as_str().starts_with("https://api.x.com/"), "{}", url);
        prop_assert!(url.path_segments().is_some_and(|segments| segments.count() <= path.len().max(1)));
        prop_assert_eq!((url.query(), url.fragment()), (None, None));
    }
}

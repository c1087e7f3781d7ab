use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

use crate::graph::*;

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Ids come from others: with an address in place of one, Facebook is called all the same.
    #[test]
    fn no_id_leads_to_another_host(
        path in vec("(http:)?[/\\\\]{0,2}([a-z]{1,3}@)?(127\\.0\\.0\\.1|evil\\.example)?(:[0-9]{1,5})?[/.?#%\\\\]{0,3}|.{0,6}", 0..4),
    ) {
        let base = "https://graph.facebook.com/";
        let settings = GraphSettings::new(base.parse().unwrap());
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Ok(address) = settings.address(&path) {
            prop_assert!(address.as_str().starts_with(&format!("{base}{VERSION}/")), "{}", address);
            prop_assert_eq!(address.path_segments().map(Iterator::count), Some(1 + path.len().max(1)));
            prop_assert_eq!((address.query(), address.fragment()), (None, None));
        }
    }
}

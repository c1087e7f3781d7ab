use rstest::rstest;
use serde_json::json;

use super::*;
use crate::fixture::{channel, watch};

#[rstest]
#[case::word("acme", "acme")]
#[case::accented("café", "café")]
#[case::digits("RivalPhone9", "RivalPhone9")]
#[case::phrase("acme router", "\"acme router\"")]
#[case::hyphen("coca-cola", "\"coca-cola\"")]
#[case::or("or", "\"or\"")]
#[case::and("AND", "\"AND\"")]
#[case::not("Not", "\"Not\"")]
#[case::operator("from:rival", "\"from:rival\"")]
#[case::negation("-acme", "\"-acme\"")]
#[case::parentheses("acme) OR (b", "\"acme) OR (b\"")]
#[case::quotation("a \"b\" c", "\"a b c\"")]
#[case::escape("a\\", "\"a\"")]
#[case::control("a\nb\u{7}c", "\"a b c\"")]
#[case::emoji("I ❤️ acme", "\"I ❤️ acme\"")]
#[case::handle("@acme", "@acme")]
#[case::no_handle("@acme-inc", "\"@acme-inc\"")]
#[case::hashtag("#acmehelp", "#acmehelp")]
#[case::no_hashtag("#1", "\"#1\"")]
#[case::cashtag("$ACME", "\"$ACME\"")]
fn terms_are_quoted(#[case] term: &str, #[case] expected: &str) {
    assert_eq!(written(term), expected);
}

#[test]
fn all_channels_share_one_query() {
    let brand = channel(json!({"keywords": ["acme router", "#acmehelp", "or"]}));
    let rival = watch(json!({"keywords": ["RivalPhone 9", "Acmé Router"]}));
    let queries = pack([&*brand, &*rival], DEFAULT_QUERY_LENGTH);
    assert_eq!(queries.len(), 1);
    insta::assert_snapshot!(queries[0].text, @r#"("RivalPhone 9" OR "acme router" OR "or" OR #acmehelp OR @acme OR @rival) -is:retweet"#);
    let other_order = pack([&*rival, &*brand], DEFAULT_QUERY_LENGTH);
    assert_eq!(other_order.len(), 1);
}

#[test]
fn reposts_are_searched_only_where_some_channel_takes_them() {
    let brand = channel(json!({"include_reposts": true}));
    assert_eq!(pack([&*brand], DEFAULT_QUERY_LENGTH)[0].text, "(@acme)");
}

#[test]
fn queries_are_full_and_none_is_too_long() {
    let keywords: Vec<String> = (0..200).map(|n| format!("müller größe {n:03}")).collect();
    let brand = channel(json!({ "keywords": keywords }));
    let queries = pack([&*brand], 512);
    for query in &queries {
        assert!(query.text.chars().count() <= 512, "{}", query.text.chars().count());
    }
    // 16 characters, with quotes and OR 22; 502 hold 22 of them.
    assert_eq!(queries.len(), 201_usize.div_ceil(22));
    let held: usize = queries.iter().map(|query| query.text.matches(OR).count() + 1).sum();
    assert_eq!(held, 201);
}

#[test]
fn length_counts_characters_and_not_bytes() {
    // 30 terms of 12 characters: 30 * 12 + 29 * 4 + 14 = 490.
    let keywords: Vec<String> = (0..30).map(|n| format!("ありがとうございます{n:02}")).collect();
    let brand = watch(json!({ "handles": [], "keywords": keywords }));
    assert_eq!(pack([&*brand], 490).len(), 1);
    assert_eq!(pack([&*brand], 489).len(), 2);
}

#[test]
fn a_better_fill_than_first_fit_is_found() {
    // Costs 6, 5, 4, 3, 3, 3 into 12: first fit needs three.
    let sizes = [6_usize, 5, 4, 3, 3, 3];
    let terms: Vec<String> =
        sizes.iter().enumerate().map(|(n, size)| n.to_string().repeat(*size)).collect();
    let capacity = 12 + 2 * OR.len() + OR.len();
    let bins = packed(terms, capacity);
    assert_eq!(bins.len(), 2, "{bins:?}");
}

#[test]
fn another_text_has_another_key() {
    let one = pack([&*channel(json!({}))], DEFAULT_QUERY_LENGTH);
    let same =
        pack([&*channel(json!({"keywords": ["ACME"], "handles": []}))], DEFAULT_QUERY_LENGTH);
    assert_ne!(one[0].key, same[0].key);
    assert_eq!(one[0], pack([&*channel(json!({"name": "other"}))], DEFAULT_QUERY_LENGTH)[0]);
}

#[test]
fn a_term_that_fits_nowhere_stops_no_other() {
    let brand = channel(json!({"keywords": ["a".repeat(100)]}));
    assert_eq!(pack([&*brand], 50)[0].text, "(@acme) -is:retweet");
    assert_eq!(pack(std::iter::empty::<&Channel>(), 512), []);
}

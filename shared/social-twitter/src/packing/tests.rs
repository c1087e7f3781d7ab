mod properties;

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
#[case::cashtag("$ACME", "$ACME")]
#[case::no_cashtag("$9", "\"$9\"")]
fn e9_terms_are_quoted(#[case] term: &str, #[case] expected: &str) {
    assert_eq!(terms::written(term), expected);
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

/// Contract E9: 512 characters a query.
#[test]
fn e9_queries_are_full_and_none_is_too_long() {
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

/// Contract E9: the length of what is not ASCII.
#[test]
fn e9_length_counts_characters_and_not_bytes() {
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
    let terms: Vec<_> = terms.into_iter().map(|term| (Term::Hashtag(term.clone()), term)).collect();
    let bins = filling::fewest(&terms, capacity);
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

/// What a shorter term finds is not asked for a second time.
#[test]
fn a_phrase_that_holds_another_term_is_left_out() {
    let keywords =
        ["acme", "acme router", "My Acme!", "acmes", "#acme", "$ACME", "東京", "東京タワー"];
    let brand = channel(json!({ "keywords": keywords }));
    let queries = pack([&*brand], 512);
    insta::assert_snapshot!(queries[0].text, @"(#acme OR $ACME OR @acme OR acme OR acmes OR 東京 OR 東京タワー) -is:retweet");
}

#[test]
fn terms_that_share_a_word_share_a_query() {
    let brands: Vec<String> = (0..40).map(|n| format!("brand{n:02}")).collect();
    let keywords: Vec<String> = brands
        .iter()
        .flat_map(|brand| [brand.clone(), format!("#{brand}"), format!("@{brand}")])
        .collect();
    let watch = watch(json!({ "handles": [], "keywords": keywords }));
    let queries = pack([&*watch], 300);
    let homes = brands.iter().filter(|brand| {
        let holds =
            |query: &&Query| query.terms.iter().any(|(term, _)| term.words().contains(brand));
        queries.iter().filter(holds).count() == 1
    });
    // No query can end between two brands each time; all but those at its ends stay together.
    assert!(homes.count() >= brands.len() - queries.len(), "{queries:#?}");
}

/// Contract E9: every odd term is one term of the query, whatever it looks like.
#[rstest]
#[case::or("or")]
#[case::quotation("say \"hi\"")]
#[case::operator("from:rival")]
#[case::negation("-acme")]
#[case::emoji_variant("I ❤️ acme")]
#[case::hyphen("coca-cola")]
#[case::accented("Größe")]
fn contract_e9_an_odd_term_stays_one_term(#[case] term: &str) {
    let written = terms::written(term);
    let inside = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    assert!(inside.is_none_or(|inside| !inside.contains(['"', '\\'])), "{written}");
    assert!(inside.is_some() || written.chars().all(char::is_alphanumeric), "{written}");
}

use proptest::{collection::vec, prelude::*, sample::select, test_runner::RngSeed};
use rstest::rstest;

use super::*;

#[test]
fn a_text_that_fits_is_no_thread() {
    assert_eq!(parts(&"x".repeat(280), 280), Vec::<String>::new());
}

#[test]
fn words_stay_whole_and_every_part_has_its_number() {
    let parts = parts("one two three four five six", 15);
    assert_eq!(parts, ["one two 1/3", "three four 2/3", "five six 3/3"]);
}

#[rstest]
#[case::latin(&"Please hold the reset button. ".repeat(40))]
#[case::wide(&"汉字 ".repeat(300))]
#[case::no_spaces(&"汉".repeat(900))]
#[case::emoji(&"👨‍👩‍👧 ".repeat(400))]
#[case::links(&"see https://acme.example/a/very/long/path/that/x/shortens ".repeat(30))]
#[case::ten_and_more(&"word ".repeat(600))]
fn no_part_is_too_long_and_none_is_lost(#[case] text: &str) {
    let parts = parts(text, 280);
    assert!(parts.len() > 1);
    let mut whole = String::new();
    for (index, part) in parts.iter().enumerate() {
        assert!(weighted_length(part) <= 280, "{part}");
        let (piece, which, count) = numbered(part).unwrap();
        assert_eq!((which, count), (index + 1, parts.len()));
        whole.push_str(piece);
    }
    let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(without_spaces(&whole), without_spaces(text));
}

#[test]
fn what_would_be_a_book_is_no_thread() {
    assert_eq!(parts(&"word ".repeat(2_000), 280), Vec::<String>::new());
}

#[rstest]
#[case("thank you 1/2", Some(("thank you", 1, 2)))]
#[case("thank you 3/2", None)]
#[case("at half past 1/1", None)]
#[case("thank you", None)]
fn a_part_is_known_by_its_number(
    #[case] text: &str,
    #[case] expected: Option<(&str, usize, usize)>,
) {
    assert_eq!(numbered(text), expected);
}

/// What agents write, and what they never would: words, links, letters of several characters, words that
/// fit into no tweet, a letter that fits into none, and every kind of space between them, or none.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "[a-zA-Z0-9,.@#/-]{1,14}",
        2 => "https?://acme\\.example(/[a-z0-9_.(]{0,90})?",
        1 => "acme\\.(com|de/[a-z]{0,60})",
        2 => "[汉字東京無料]{1,60}",
        2 => vec(select(&["👨‍👩‍👧", "🇩🇪", "🙋🏽", "1⃣", "e\u{301}", "©️", "ক্ষি", "ö"][..]), 1..40)
            .prop_map(|all| all.concat()),
        1 => "[a-z汉]{150,500}",
        1 => (1..400_usize).prop_map(|marks| format!("z{}", "\u{316}".repeat(marks))),
        1 => vec(any::<char>(), 0..8).prop_map(String::from_iter),
    ];
    let space = select(&[" ", " ", " ", " ", "", "\n", "  ", "\u{a0}", "\u{2003}", "\t\r\n"][..]);
    vec((word, space), 0..40).prop_map(|all| {
        all.into_iter().flat_map(|(word, space)| [word, space.to_owned()]).collect()
    })
}

/// What the pieces make of the words of a text: each with what became of it.
fn fates(text: &str, pieces: &[String]) -> Option<Vec<(String, Vec<String>)>> {
    let mut fragments = pieces.iter().flat_map(|piece| piece.split_whitespace());
    let mut fates = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        let mut fate = Vec::new();
        while !rest.is_empty() {
            let fragment = fragments.next()?;
            rest = rest.strip_prefix(fragment)?;
            fate.push(fragment.to_owned());
        }
        fates.push((word.to_owned(), fate));
    }
    fragments.next().is_none().then_some(fates)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_thread_holds_every_word_in_order_and_no_tweet_is_too_long(text in text(), limit in 30..=280_usize) {
        let parts = parts(&text, limit);
        if weighted_length(text.trim()) <= limit {
            prop_assert!(parts.is_empty());
        }
        // Empty too where it would be a book, or has a letter that fits into no tweet.
        prop_assert!(parts.is_empty() || (2..=MOST).contains(&parts.len()));
        let mut pieces = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            prop_assert!(weighted_length(part) <= limit, "{} of {}", weighted_length(part), limit);
            let (piece, which, count) = numbered(part).unwrap();
            prop_assert_eq!((which, count), (index + 1, parts.len()));
            pieces.push(piece.to_owned());
        }
        if parts.is_empty() {
            return Ok(());
        }
        let fates = fates(&text, &pieces);
        prop_assert!(fates.is_some(), "lost, doubled or out of order: {:?}", pieces);
        let number = if parts.len() > 9 { " 10/25" } else { " 1/9" };
        for (word, fate) in fates.unwrap_or_default().into_iter().filter(|(_, fate)| fate.len() > 1) {
            prop_assert!(weighted_length(&word) > limit - number.len(), "{} was broken up", word);
            let whole: Vec<&str> = word.graphemes(true).collect();
            let broken: Vec<&str> = fate.iter().flat_map(|fragment| fragment.graphemes(true)).collect();
            prop_assert_eq!(whole, broken);
        }
    }
}

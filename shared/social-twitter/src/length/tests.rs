use std::path::PathBuf;

use rstest::rstest;

use super::*;

/// Contract E11: ellipsis, links without a scheme, decomposed letters.
#[rstest]
#[case::latin("Thank you", 9)]
#[case::ellipsis("…", 2)]
#[case::quotes("“so” – it’s", 11)]
#[case::link("see https://example.com/a/long/path now", 31)]
#[case::schemeless("see example.com now", 31)]
#[case::decomposed("Cafe\u{301}", 4)]
#[case::cjk("東京", 4)]
#[case::family("👨‍👩‍👧‍👦", 2)]
#[case::toned("🙋🏽", 2)]
#[case::flag("🇩🇪", 2)]
#[case::keycap("1⃣", 2)]
#[case::zero_width("a\u{200b}b", 3)]
#[case::empty("", 0)]
fn e11_lengths_are_weighted(#[case] text: &str, #[case] expected: usize) {
    assert_eq!(weighted_length(text), expected);
}

/// One case of the conformance suite.
struct Case {
    description: String,
    text: String,
    length: usize,
    valid: bool,
}

/// Contract E11: the whole suites.
/// twitter-text's own suites, where they are at hand.
#[test]
fn e11_the_conformance_suites_agree() {
    #[expect(clippy::disallowed_methods, reason = "only a test looks for the folder")]
    let folder = std::env::var("SOCIAL_FIXTURES").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let file = folder.join("twitter-text/validate.yml");
    let Ok(suite) = std::fs::read_to_string(&file) else {
        skipped(
            "twitter-text's conformance suite is not at hand; set SOCIAL_FIXTURES to hold against it",
        );
        return;
    };
    let mut cases = Vec::new();
    for name in
        ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
    {
        let of_suite = read(&suite, name);
        assert!(!of_suite.is_empty(), "{name} is missing");
        cases.extend(of_suite);
    }
    for Case { description, text, length, valid } in cases {
        assert_eq!(weighted_length(&text), length, "{description}");
        let is_valid = length <= DEFAULT_MAX_LENGTH && !has_invalid_characters(&text);
        assert_eq!(is_valid, valid, "{description}");
    }
}

#[expect(clippy::print_stderr, reason = "a test that did not look must say so")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// As much YAML as the suite is written in.
fn read(suite: &str, name: &str) -> Vec<Case> {
    let header = format!("  {name}:");
    let lines = suite.lines().skip_while(|line| *line != header).skip(1);
    let mut cases = Vec::new();
    let (mut description, mut text, mut length) = (String::new(), String::new(), 0);
    for line in lines.take_while(|line| line.trim().is_empty() || line.starts_with("    ")) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("- description: ") {
            description = unquoted(rest);
        } else if let Some(rest) = line.strip_prefix("text: ") {
            text = unquoted(rest);
        } else if let Some(rest) = line.strip_prefix("weightedLength: ") {
            length = rest.parse().unwrap();
        } else if let Some(rest) = line.strip_prefix("valid: ") {
            let (description, text) = (description.clone(), text.clone());
            cases.push(Case { description, text, length, valid: rest == "true" });
        }
    }
    cases
}

/// A double-quoted scalar.
fn unquoted(scalar: &str) -> String {
    let mut chars = scalar.trim().trim_matches('"').chars();
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let digits = match chars.next() {
            Some('u') => 4,
            Some('U') => 8,
            Some('n') => {
                text.push('\n');
                continue;
            }
            other => {
                text.extend(other);
                continue;
            }
        };
        let code: String = chars.by_ref().take(digits).collect();
        text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    text
}

//! Weighted lengths: examples of our own, and twitter-text's conformance suite where it is at hand.

use std::{fs, path::PathBuf};

use rstest::rstest;

use crate::twitter::text::weigh::weigh;

#[rstest]
#[case("hello", 5)]
#[case("…", 2)]
#[case("“quoted” – and — dashed", 23)]
#[case("👨‍👩‍👧‍👦", 2)]
#[case("1⃣ 🇩🇪 🙋🏽", 8)]
#[case("see example.com now", 31)]
#[case("see https://example.com/a/very/long/path?with=query#and now", 31)]
#[case("mail me@example.com", 19)]
#[case("version 1.2.3 of file.rs2", 25)]
#[case("end of sentence.Next one", 24)]
#[case("(see acme.de/help).", 30)]
#[case("e\u{301}", 1)]
#[case("故人西辞", 8)]
#[case("a\u{200b}b", 3)]
#[case("© ®", 3)]
fn texts_weigh_what_x_says(#[case] text: &str, #[case] length: usize) {
    assert_eq!(weigh(text).length, length, "{text}");
}

#[rstest]
#[case("", false)]
#[case("  ", false)]
#[case("a\u{feff}", false)]
#[case("fine", true)]
fn some_texts_are_not_taken(#[case] text: &str, #[case] valid: bool) {
    assert_eq!(weigh(text).valid, valid);
}

/// The suites that the configuration of version 3 is held to.
const SUITES: [&str; 2] =
    ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"];

#[test]
#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn the_conformance_suite_holds() {
    let Some(file) = conformance_file() else {
        eprintln!("skipped: twitter-text's conformance suite is not here; set SOCIAL_FIXTURES");
        return;
    };
    let mut cases = 0;
    for suite in SUITES {
        for case in cases_of(&file, suite) {
            cases += 1;
            let weight = weigh(&case.text);
            assert_eq!((weight.length, weight.valid), (case.length, case.valid), "{}", case.text);
        }
    }
    assert_eq!(cases, 24);
}

#[expect(clippy::disallowed_methods, reason = "says where the fixtures are, nothing else")]
fn conformance_file() -> Option<String> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let given = std::env::var("SOCIAL_FIXTURES").ok().map(PathBuf::from);
    let places = given.into_iter().chain(
        ["../shared/fixtures", "../../shared/fixtures"].map(|relative| workspace.join(relative)),
    );
    let mut files = places.map(|place| place.join("twitter-text/validate.yml"));
    files.find_map(|file| fs::read_to_string(file).ok())
}

struct Case {
    text: String,
    length: usize,
    valid: bool,
}

/// Reads the suite's own small dialect: one quoted text, then what is expected of it.
fn cases_of(file: &str, suite: &str) -> Vec<Case> {
    let header = format!("  {suite}:");
    let lines = file.lines().skip_while(|line| line.trim_end() != header).skip(1);
    let mut cases = Vec::new();
    let mut text = None;
    let mut length = 0;
    for line in lines.take_while(|line| line.is_empty() || line.starts_with("   ")) {
        let Some((key, value)) = line.trim().split_once(": ") else { continue };
        match key {
            "text" => text = Some(unquoted(value)),
            "weightedLength" => length = value.parse().unwrap(),
            "valid" => {
                let text = text.take().expect("a text comes first");
                cases.push(Case { text, length, valid: value == "true" });
            }
            _ => {}
        }
    }
    cases
}

fn unquoted(value: &str) -> String {
    let inner = value.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let digits = match (c, c == '\\') {
            (_, false) => {
                out.push(c);
                continue;
            }
            _ => match chars.next() {
                Some('u') => 4,
                Some('U') => 8,
                Some('x') => 2,
                Some('n') => {
                    out.push('\n');
                    continue;
                }
                other => {
                    out.extend(other);
                    continue;
                }
            },
        };
        let code: String = chars.by_ref().take(digits).collect();
        out.extend(char::from_u32(u32::from_str_radix(&code, 16).unwrap()));
    }
    out
}

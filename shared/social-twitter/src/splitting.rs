//! Splits a text that is too long for one tweet into a thread: `1/2`, `2/2`, at the ends of words.

use unicode_segmentation::UnicodeSegmentation;

use crate::length::weighted_length;

/// Most tweets that one reply becomes.
const MOST: usize = 25;

/// The tweets of a thread, each with its number and of at most `limit`; empty where the text fits into
/// one, or into none that may be.
pub(crate) fn parts(text: &str, limit: usize) -> Vec<String> {
    let text = text.trim();
    if weighted_length(text) <= limit {
        return Vec::new();
    }
    // A thread of ten and more has longer numbers.
    let mut pieces = pieces_of(text, limit.saturating_sub(" 1/9".len()));
    if pieces.len() > 9 {
        pieces = pieces_of(text, limit.saturating_sub(" 10/25".len()));
    }
    if pieces.len() > MOST {
        return Vec::new();
    }
    let count = pieces.len();
    let numbered = pieces.iter().enumerate();
    numbered.map(|(index, piece)| format!("{piece} {}/{count}", index + 1)).collect()
}

/// A part without its number, and the number: which of how many.
pub(crate) fn numbered(text: &str) -> Option<(&str, usize, usize)> {
    let (piece, number) = text.trim_end().rsplit_once(char::is_whitespace)?;
    let (which, count) = number.split_once('/')?;
    let (which, count) = (which.parse().ok()?, count.parse().ok()?);
    ((1..=count).contains(&which) && (2..=MOST).contains(&count)).then_some((piece, which, count))
}

fn pieces_of(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let longer = format!("{piece}{word}");
        if weighted_length(longer.trim()) <= limit {
            piece = longer;
            continue;
        }
        finish(&mut piece, &mut pieces);
        if weighted_length(word.trim()) <= limit {
            word.clone_into(&mut piece);
        } else {
            break_up(word, limit, &mut piece, &mut pieces);
        }
    }
    finish(&mut piece, &mut pieces);
    pieces
}

/// A word that fits into no tweet.
fn break_up(word: &str, limit: usize, piece: &mut String, pieces: &mut Vec<String>) {
    for cluster in word.graphemes(true) {
        if weighted_length(&format!("{piece}{cluster}")) > limit {
            finish(piece, pieces);
        }
        piece.push_str(cluster);
    }
}

fn finish(piece: &mut String, pieces: &mut Vec<String>) {
    if !piece.trim().is_empty() {
        pieces.push(piece.trim().to_owned());
    }
    piece.clear();
}

#[cfg(test)]
mod tests {
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
}

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
    let count = pieces.len();
    let numbered = pieces.iter().enumerate();
    let parts: Vec<String> =
        numbered.map(|(index, piece)| format!("{piece} {}/{count}", index + 1)).collect();
    // One letter with hundreds of marks fits into no tweet.
    let fits = |part: &String| weighted_length(part) <= limit;
    if count <= MOST && parts.iter().all(fits) { parts } else { Vec::new() }
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
mod tests;

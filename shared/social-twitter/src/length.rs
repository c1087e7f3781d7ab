//! The weighted length of a tweet: twitter-text's configuration of version 3 (contract B6).
//! <https://docs.x.com/fundamentals/counting-characters>

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::{links, tokens};

/// Most that a tweet may weigh, but for paying accounts.
pub const DEFAULT_MAX_LENGTH: usize = 280;
/// Most characters of a private message, as far as is known.
pub const DEFAULT_PRIVATE_LENGTH: usize = 10_000;
const LINK: usize = 23;
const EMOJI: usize = 2;

/// How much a text counts: most Latin letters one, most others two, an emoji two, a link 23.
pub fn weighted_length(text: &str) -> usize {
    let text: Vec<char> = text.nfc().collect();
    let mut length = 0;
    let mut from = 0;
    for link in links::find(&text) {
        length += plain(text.get(from..link.start).unwrap_or_default()) + LINK;
        from = link.end;
    }
    length + plain(text.get(from..).unwrap_or_default())
}

/// Whether X takes no tweet with one of the text's characters.
pub fn has_invalid_characters(text: &str) -> bool {
    text.contains(['\u{fffe}', '\u{feff}', '\u{ffff}'])
}

fn plain(text: &[char]) -> usize {
    let text: String = text.iter().collect();
    text.graphemes(true).map(weight).sum()
}

fn weight(cluster: &str) -> usize {
    if is_emoji_sequence(cluster) { EMOJI } else { cluster.chars().map(single).sum() }
}

/// The ranges of the configuration weigh one, everything else two.
fn single(c: char) -> usize {
    match u32::from(c) {
        0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037 => 1,
        _ => 2,
    }
}

/// Whether several characters make one emoji: joined, toned, a flag, a keycap.
fn is_emoji_sequence(cluster: &str) -> bool {
    let mut chars = cluster.chars();
    let Some(first) = chars.next() else { return false };
    match first {
        '0'..='9' | '#' | '*' => cluster.ends_with('\u{20e3}'),
        '©' | '®' => chars.next() == Some('\u{fe0f}'),
        _ => tokens::is_pictograph(first),
    }
}

#[cfg(test)]
mod tests;

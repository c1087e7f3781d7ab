//! Weighted length after twitter-text's configuration of version 3 (contract B6).

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::links;

/// The most that a tweet may weigh.
pub(crate) const LIMIT: usize = 280;
/// What a link weighs, however long it is.
const LINK: usize = 23;
/// What an emoji weighs, however many characters it is made of.
const EMOJI: usize = 2;

/// How much a text counts, and whether X takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weight {
    pub(crate) length: usize,
    pub(crate) valid: bool,
}

/// Weighs a text.
pub(crate) fn weigh(text: &str) -> Weight {
    let chars: Vec<char> = text.nfc().collect();
    let mut length = 0;
    let mut from = 0;
    for link in links::find(&chars) {
        length += plain(chars.get(from..link.start).unwrap_or_default()) + LINK;
        from = link.end;
    }
    length += plain(chars.get(from..).unwrap_or_default());
    let readable = !chars.iter().any(|c| matches!(c, '\u{fffe}' | '\u{feff}' | '\u{ffff}'));
    let blank = chars.iter().all(|c| c.is_whitespace());
    Weight { length, valid: readable && !blank && length <= LIMIT }
}

fn plain(chars: &[char]) -> usize {
    let text: String = chars.iter().collect();
    text.graphemes(true).map(grapheme).sum()
}

fn grapheme(cluster: &str) -> usize {
    if is_emoji(cluster) { EMOJI } else { cluster.chars().map(single).sum() }
}

/// The ranges of `v3.json`: these weigh one, everything else two.
fn single(c: char) -> usize {
    match u32::from(c) {
        0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037 => 1,
        _ => 2,
    }
}

/// Whether a cluster is one emoji that is written with several characters.
pub(crate) fn is_emoji(cluster: &str) -> bool {
    let mut chars = cluster.chars();
    let Some(first) = chars.next() else { return false };
    let rest: Vec<char> = chars.collect();
    if matches!(first, '0'..='9' | '#' | '*') {
        return rest.last() == Some(&'\u{20e3}');
    }
    let marked = |c: &char| {
        pictograph(*c)
            || matches!(c, '\u{fe0f}' | '\u{200d}' | '\u{20e3}' | '\u{e0020}'..='\u{e007f}')
    };
    let starts = pictograph(first) || (matches!(first, '\u{a9}' | '\u{ae}') && !rest.is_empty());
    starts && rest.iter().all(marked) && rest.last() != Some(&'\u{200d}')
}

fn pictograph(c: char) -> bool {
    matches!(u32::from(c),
        0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x21AA | 0x231A..=0x23FF | 0x24C2
        | 0x25AA..=0x27BF | 0x2934..=0x2935 | 0x2B05..=0x2B55 | 0x3030 | 0x303D | 0x3297 | 0x3299
        | 0x1F000..=0x1FAFF)
}

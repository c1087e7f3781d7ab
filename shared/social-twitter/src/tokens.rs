//! Cuts texts into the words that X's search compares (contract B2): between punctuation and
//! symbols, without case and without diacritics.

use unicode_normalization::UnicodeNormalization;

/// A text or a term as its words. A script without spaces gives a word per character, so that a
/// term of several is found wherever its characters stand side by side.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.nfc() {
        if is_joiner(c) {
            continue;
        }
        if is_mark(c) || (c.is_alphanumeric() && !stands_alone(c)) {
            word.push(c);
            continue;
        }
        finish(&mut word, &mut words);
        if stands_alone(c) {
            words.push(fold(c.encode_utf8(&mut [0; 4])));
        }
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    let folded = fold(word);
    if !folded.is_empty() {
        words.push(folded);
    }
    word.clear();
}

/// Whether the text is, at least in part, in a script without spaces.
pub(crate) fn is_unspaced(text: &str) -> bool {
    text.nfc().any(stands_alone)
}

/// Lower case, compatibility forms and diacritics taken away.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_diacritic(*c)).flat_map(char::to_lowercase) {
        match plain(c) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(c),
        }
    }
    // Lower case may bring a diacritic of its own: `İ`.
    folded.nfc().filter(|c| !is_diacritic(*c)).collect()
}

/// Letters that hold their diacritic in one piece, and ligatures.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Marks that searches ignore: those of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels.
/// Vowel signs of Indic scripts and the marks of kana make another word, and stay.
fn is_diacritic(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0xFE20..=0xFE2F
        | 0x591..=0x5C7 | 0x64B..=0x652)
}

/// Any mark that belongs to the letter before it.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) && !is_joiner(c) && c != '\u{20e3}'
}

/// Characters that are seen by nobody: soft hyphen, joiners, variation selectors.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}')
}

/// Scripts without spaces, and emoji: each character is a word.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        // Thai and Lao, kana, ideographs, Hangul
        0xE00..=0xEFF | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x9FFF
        | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x2_0000..=0x3_FFFF)
        || is_pictograph(c)
}

/// Characters that are emoji, or begin one.
pub(crate) fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c),
        0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x21AA | 0x231A..=0x23FF | 0x24C2
        | 0x25AA..=0x25FE | 0x2600..=0x27BF | 0x2934..=0x2935 | 0x2B05..=0x2B55 | 0x3030 | 0x303D
        | 0x3297 | 0x3299 | 0x1_F000..=0x1_FAFF)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::punctuation("I like coca-cola!", &["i", "like", "coca", "cola"])]
    #[case::underscore("acme_router", &["acme", "router"])]
    #[case::apostrophe("don’t", &["don", "t"])]
    #[case::diacritics("Café ÅNGSTRÖM straße", &["cafe", "angstrom", "strasse"])]
    #[case::decomposed("Cafe\u{301}", &["cafe"])]
    #[case::turkish("İstanbul", &["istanbul"])]
    #[case::soft_hyphen("ac\u{ad}me", &["acme"])]
    #[case::trademark("Acme™ router", &["acme", "tm", "router"])]
    #[case::kanji("東京タワー", &["東", "京", "タ", "ワ", "ー"])]
    #[case::mixed("Acmeの製品", &["acme", "の", "製", "品"])]
    #[case::emoji("I ❤️ Acme", &["i", "❤", "acme"])]
    #[case::indic("काम कम", &["काम", "कम"])]
    fn words_are_cut(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(words(text), expected);
    }
}

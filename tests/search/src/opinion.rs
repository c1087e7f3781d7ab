//! A second opinion on what matches what: plain, and of nobody's making but this file's.
//! Good for the texts that [`crate::town`] writes: Latin letters, a few of them with accents.

use std::collections::{BTreeSet, HashMap};

/// Most words of a term.
const LONGEST: usize = 4;

/// Who asked for what: channels, by their number, under each term as it is looked up in a text.
pub struct Opinion(HashMap<String, BTreeSet<usize>>);

impl Opinion {
    /// Notes the terms of each channel.
    pub fn new(channels: &[Vec<String>]) -> Self {
        let mut asked: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (number, terms) in channels.iter().enumerate() {
            for term in terms {
                asked.entry(noted(term)).or_default().insert(number);
            }
        }
        Self(asked)
    }

    /// The channels that a tweet of this text belongs to, by the words of X's documentation: every
    /// row of words in it, and everything with a sign, is looked up.
    pub fn takers(&self, text: &str) -> BTreeSet<usize> {
        let words = cut(text);
        let rows = (1..=LONGEST).flat_map(|length| words.windows(length).map(|row| row.join(" ")));
        let all = rows.chain(['@', '#', '$'].into_iter().flat_map(|sign| signed(text, sign)));
        all.filter_map(|found| self.0.get(&found)).flatten().copied().collect()
    }
}

/// A term as [`Opinion::takers`] looks for it.
fn noted(term: &str) -> String {
    if term.starts_with(['@', '#', '$']) { plain(term) } else { cut(term).join(" ") }
}

/// Each sign at the beginning of a word, with what stands behind it.
fn signed(text: &str, sign: char) -> impl Iterator<Item = String> {
    let words = text.split([' ', '(', ')', '"', ',', '.', '!', '?']);
    let names = words.filter_map(move |word| word.strip_prefix(sign));
    names.map(move |rest| {
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        format!("{sign}{}", plain(&name))
    })
}

fn cut(text: &str) -> Vec<String> {
    let text = plain(text);
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Lower case, without the accents that the town knows.
fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        'á' | 'à' | 'ä' | 'â' => 'a',
        'é' | 'è' | 'ê' => 'e',
        'ö' | 'ó' => 'o',
        'ü' | 'ú' => 'u',
        'ñ' => 'n',
        other => other,
    };
    text.to_lowercase().chars().map(letter).collect()
}

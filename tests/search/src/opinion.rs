//! A second opinion on what matches what: slow, plain, and of nobody's making but this file's.
//! Good for the texts that [`crate::town`] writes: Latin letters, a few of them with accents.

/// Whether a tweet of this text belongs to a term, by the words of X's documentation.
pub fn matches(term: &str, text: &str) -> bool {
    match term.chars().next() {
        Some('@') => signed(text, '@').any(|name| same(&name, tail(term))),
        Some('#') => signed(text, '#').any(|tag| same(&tag, tail(term))),
        Some('$') => signed(text, '$').any(|tag| same(&tag, tail(term))),
        _ => {
            let (text, term) = (cut(text), cut(term));
            (0..text.len()).any(|from| text.iter().skip(from).take(term.len()).eq(&term))
        }
    }
}

fn tail(term: &str) -> &str {
    let mut chars = term.chars();
    chars.next();
    chars.as_str()
}

fn same(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

/// What stands behind each sign at the beginning of a word.
fn signed(text: &str, sign: char) -> impl Iterator<Item = String> {
    let words = text.split([' ', '(', ')', '"', ',', '.', '!', '?']);
    words
        .filter_map(move |word| word.strip_prefix(sign))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
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

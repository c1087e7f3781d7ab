//! Mentions, hashtags, cashtags and links of a text, and the text as X delivers it (contract B2).

use sha1::{Digest, Sha1};

use super::links;

/// Something found in a text, from `start` up to `end` in characters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Without `@`, `#` or `$`; a link's as it was written.
    pub(crate) value: String,
}

/// Everything that X recognises in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entities {
    pub(crate) mentions: Vec<Found>,
    pub(crate) hashtags: Vec<Found>,
    pub(crate) cashtags: Vec<Found>,
    pub(crate) urls: Vec<Found>,
}

impl Entities {
    /// Whether `username` is mentioned.
    pub(crate) fn mentions(&self, username: &str) -> bool {
        self.mentions.iter().any(|mention| mention.value.eq_ignore_ascii_case(username))
    }
}

/// Reads a text.
pub(crate) fn find(text: &str) -> Entities {
    let chars: Vec<char> = text.chars().collect();
    let links = links::find(&chars);
    let mut entities = Entities::default();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if let Some(link) = links.iter().find(|link| link.start == at) {
            entities.urls.push(found(&chars, at, at, link.end));
            at = link.end;
            continue;
        }
        let before = at.checked_sub(1).and_then(|index| chars.get(index)).copied();
        let (list, end) = match c {
            '@' | '＠' => (&mut entities.mentions, mention_end(&chars, at, before)),
            '#' | '＃' => (&mut entities.hashtags, hashtag_end(&chars, at, before)),
            '$' => (&mut entities.cashtags, cashtag_end(&chars, at, before)),
            _ => (&mut entities.mentions, None),
        };
        if let Some(end) = end {
            list.push(found(&chars, at, at + 1, end));
        }
        at = end.unwrap_or(at + 1);
    }
    entities
}

fn found(chars: &[char], start: usize, from: usize, end: usize) -> Found {
    Found { start, end, value: chars.get(from..end).unwrap_or_default().iter().collect() }
}

fn run(chars: &[char], from: usize, part: impl Fn(char) -> bool) -> usize {
    from + chars.iter().skip(from).take_while(|c| part(**c)).count()
}

fn mention_end(chars: &[char], at: usize, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| c.is_alphanumeric() || "_!#$%&*@＠".contains(c)) {
        return None;
    }
    let end = run(chars, at + 1, |c| c.is_ascii_alphanumeric() || c == '_');
    let next = chars.get(end).copied();
    let cut_off = next.is_some_and(|c| c == '@' || c.is_alphanumeric());
    (end > at + 1 && end - at <= 16 && !cut_off).then_some(end)
}

fn hashtag_end(chars: &[char], at: usize, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == '&' || c == '_') {
        return None;
    }
    let mark = unicode_normalization::char::is_combining_mark;
    let end = run(chars, at + 1, |c| c.is_alphanumeric() || c == '_' || mark(c));
    let lettered = chars.get(at + 1..end)?.iter().any(|c| c.is_alphabetic());
    lettered.then_some(end)
}

fn cashtag_end(chars: &[char], at: usize, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| !c.is_whitespace()) {
        return None;
    }
    let end = run(chars, at + 1, |c| c.is_ascii_alphabetic());
    let next = chars.get(end).copied();
    let cut_off = next.is_some_and(|c| c.is_alphanumeric() || c == '_');
    (end > at + 1 && end - at <= 7 && !cut_off).then_some(end)
}

/// A text as X delivers it: links shortened, `&`, `<` and `>` escaped, cut where it is too long.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) text: String,
    /// Where everything stands in `text`. A link's `value` is as it was written.
    pub(crate) entities: Entities,
}

/// Puts a text into its delivered form; `limit` cuts it after so many characters.
pub(crate) fn deliver(text: &str, limit: Option<usize>) -> Delivered {
    let chars: Vec<char> = text.chars().collect();
    let read = find(text);
    let mut out = Vec::new();
    // For each character of the text, and its end, where it begins in the delivered form.
    let mut places = Vec::with_capacity(chars.len() + 1);
    let mut kept = 0;
    for (at, c) in chars.iter().enumerate() {
        if limit.is_some_and(|limit| kept >= limit) {
            break;
        }
        places.push(out.len());
        match read.urls.iter().find(|url| url.start <= at && at < url.end) {
            Some(url) if url.start == at => {
                out.extend(short_link(&url.value).chars());
                kept += 23;
            }
            Some(_) => {}
            None => {
                match c {
                    '&' => out.extend("&amp;".chars()),
                    '<' => out.extend("&lt;".chars()),
                    '>' => out.extend("&gt;".chars()),
                    plain => out.push(*plain),
                }
                kept += 1;
            }
        }
    }
    places.push(out.len());
    let moved = |list: Vec<Found>| {
        let place = |found: Found| {
            let (start, end) = (*places.get(found.start)?, *places.get(found.end)?);
            Some(Found { start, end, value: found.value })
        };
        list.into_iter().filter_map(place).collect()
    };
    let entities = Entities {
        mentions: moved(read.mentions),
        hashtags: moved(read.hashtags),
        cashtags: moved(read.cashtags),
        urls: moved(read.urls),
    };
    Delivered { text: out.into_iter().collect(), entities }
}

/// The `t.co` link that stands for a link.
pub(crate) fn short_link(link: &str) -> String {
    let digest = hex::encode(Sha1::digest(link.as_bytes()));
    let code: String = digest.chars().take(10).collect();
    format!("https://t.co/{code}")
}

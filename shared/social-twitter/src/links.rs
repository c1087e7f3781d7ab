//! Finds the links of a text as twitter-text does, those without a scheme included (contract B6):
//! each counts 23, however long it is.

use std::ops::Range;

use url::Host;

use crate::tlds;

/// The longest link that still is one.
const LONGEST: usize = 4096;

/// Every link of a text, in order, in characters.
pub(crate) fn find(text: &[char]) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match link_at(text, at) {
            Some(end) => {
                links.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    links
}

/// The end of the link that begins at `start`.
fn link_at(text: &[char], start: usize) -> Option<usize> {
    let before = start.checked_sub(1).and_then(|index| text.get(index)).copied();
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || "@＠$#＃".contains(c)) {
        return None;
    }
    let scheme = scheme(text.get(start..)?);
    if scheme == 0 && before.is_some_and(|c| "-_./".contains(c)) {
        return None;
    }
    let host = host(text.get(start + scheme..)?, scheme > 0)?;
    let end = start + scheme + host;
    let end = end + tail(text.get(end..)?);
    (end - start <= LONGEST).then_some(end)
}

/// Length of the scheme, if any.
fn scheme(text: &[char]) -> usize {
    let begins = |scheme: &&str| {
        let mut here = text.iter();
        scheme.chars().all(|c| here.next().is_some_and(|h| h.eq_ignore_ascii_case(&c)))
    };
    ["https://", "http://"].iter().find(|scheme| begins(scheme)).map_or(0, |scheme| scheme.len())
}

/// Length of the longest host at the beginning of `text`. Without a scheme it is of Latin letters.
fn host(text: &[char], any_script: bool) -> Option<usize> {
    let run = text.iter().take_while(|c| in_host(**c, any_script)).count();
    let dots = (1..run).rev().filter(|at| text.get(*at) == Some(&'.'));
    for dot in dots {
        let longest = run.min(dot + 1 + tlds::LONGEST);
        let ends = (dot + 2..=longest).rev().filter(|end| !glued(text.get(*end)));
        for end in ends {
            let top: String = text.get(dot + 1..end)?.iter().collect();
            if (tlds::is_known(&top) || is_punycode(&top)) && is_name(text.get(..dot)?, &top) {
                return Some(end);
            }
        }
    }
    None
}

fn in_host(c: char, any_script: bool) -> bool {
    let letter = c.is_ascii_alphanumeric() || is_latin(c);
    letter || "-.".contains(c) || (any_script && (c == '_' || !separates(c)))
}

/// Letters with accents of Latin.
fn is_latin(c: char) -> bool {
    matches!(u32::from(c), 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x24F | 0x1E00..=0x1EFF)
}

fn separates(c: char) -> bool {
    c.is_ascii_punctuation()
        || c.is_whitespace()
        || c.is_control()
        || matches!(u32::from(c), 0x2000..=0x206F | 0x3000..=0x303F | 0xFF00..=0xFF0F | 0xFF1A..=0xFF20
            | 0xFEFF | 0xFFFE | 0xFFFF)
}

/// What may not follow a top-level domain: it would go on.
fn glued(next: Option<&char>) -> bool {
    next.is_some_and(|c| c.is_ascii_alphanumeric() || "@+-".contains(*c))
}

fn is_punycode(label: &str) -> bool {
    label.len() > 4 && label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
}

/// Whether what stands before the top-level domain is a domain, with or without subdomains, and
/// the whole fits into the DNS.
fn is_name(name: &[char], top: &str) -> bool {
    let name: String = name.iter().collect();
    let bounded = |label: &str| {
        !label.is_empty() && !label.starts_with(['-', '_']) && !label.ends_with(['-', '_'])
    };
    let domain = name.rsplit('.').next().unwrap_or_default();
    name.split('.').all(bounded)
        && !domain.contains('_')
        && Host::parse(&format!("{name}.{top}")).is_ok_and(|host| fits_dns(&host.to_string()))
}

fn fits_dns(host: &str) -> bool {
    host.len() <= 253 && host.split('.').all(|label| label.len() <= 63)
}

/// Length of port, path and query behind a host.
fn tail(text: &[char]) -> usize {
    let mut end = 0;
    if text.first() == Some(&':') {
        let digits = text.iter().skip(1).take_while(|c| c.is_ascii_digit()).count();
        end = if digits > 0 { digits + 1 } else { 0 };
    }
    if text.get(end) == Some(&'/') {
        end += trimmed(text.get(end..).unwrap_or_default(), in_path, |c| {
            c.is_ascii_alphanumeric() || is_latin(c) || is_cyrillic(c) || "=_#/+-".contains(c)
        });
    }
    if text.get(end) == Some(&'?') {
        let query = trimmed(text.get(end..).unwrap_or_default(), in_query, |c| {
            c.is_ascii_alphanumeric() || "-_&=#/".contains(c)
        });
        end += query;
    }
    end
}

/// Length of the run of `part`, after what cannot be a link's last is given back to the text.
fn trimmed(text: &[char], part: fn(char) -> bool, last: fn(char) -> bool) -> usize {
    let run = text.iter().take_while(|c| part(**c)).count();
    let fits = |length: &usize| {
        let here = text.get(..*length).unwrap_or_default();
        let count = |wanted| here.iter().filter(|c| **c == wanted).count();
        let balanced = count('(') == count(')');
        balanced && here.last().is_some_and(|c| last(*c) || *c == ')')
    };
    (1..=run).rev().find(fits).unwrap_or_default()
}

fn in_path(c: char) -> bool {
    let letter = c.is_ascii_alphanumeric() || is_latin(c) || is_cyrillic(c);
    letter || "!*'();:=+,.$/%#[]-–_~@|&".contains(c)
}

fn in_query(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
}

fn is_cyrillic(c: char) -> bool {
    matches!(u32::from(c), 0x400..=0x52F)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::scheme("see https://example.com/a?b=c now", &["https://example.com/a?b=c"])]
    #[case::schemeless("see example.com now", &["example.com"])]
    #[case::full_stop("it is example.com.", &["example.com"])]
    #[case::path_end("at example.com/help, soon", &["example.com/help"])]
    #[case::parentheses("(example.com/a_(b))", &["example.com/a_(b)"])]
    #[case::mail("write to me@example.com", &[])]
    #[case::unknown_top("version 1.2 of file.rs2", &[])]
    #[case::sentence("One.Two", &[])]
    #[case::cjk("見てexample.comです", &["example.com"])]
    #[case::idn("http://例え.みんな/", &["http://例え.みんな/"])]
    #[case::port("http://example.com:8080/x", &["http://example.com:8080/x"])]
    #[case::underscore("http://a_b.example.com", &["http://a_b.example.com"])]
    #[case::two("a.com b.org", &["a.com", "b.org"])]
    fn links_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        let chars: Vec<char> = text.chars().collect();
        let found: Vec<String> =
            find(&chars).into_iter().map(|link| chars[link].iter().collect()).collect();
        assert_eq!(found, expected);
    }
}

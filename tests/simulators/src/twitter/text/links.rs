//! Finds the links in a text as twitter-text does, those without a scheme included (contract B6).

use url::Host;

use super::tlds;

/// The longest link that still is one.
const LONGEST: usize = 4096;

/// Where a link stands, in characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Link {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) has_scheme: bool,
}

/// Every link of a text, in order.
pub(crate) fn find(chars: &[char]) -> Vec<Link> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match link_at(chars, at) {
            Some(link) => {
                at = link.end;
                found.push(link);
            }
            None => at += 1,
        }
    }
    found
}

fn link_at(chars: &[char], start: usize) -> Option<Link> {
    let before = start.checked_sub(1).and_then(|index| chars.get(index)).copied();
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃')) {
        return None;
    }
    let scheme = scheme_length(chars, start);
    if scheme == 0 && before.is_some_and(|c| matches!(c, '-' | '_' | '.' | '/')) {
        return None;
    }
    let host_end = host_end(chars, start + scheme, scheme > 0)?;
    let end = tail_end(chars, host_end);
    (end - start <= LONGEST).then_some(Link { start, end, has_scheme: scheme > 0 })
}

fn scheme_length(chars: &[char], start: usize) -> usize {
    ["https://", "http://"]
        .iter()
        .find(|scheme| starts_with(chars, start, scheme))
        .map_or(0, |scheme| scheme.len())
}

fn starts_with(chars: &[char], start: usize, prefix: &str) -> bool {
    let mut here = chars.iter().skip(start);
    prefix.chars().all(|wanted| here.next().is_some_and(|c| c.eq_ignore_ascii_case(&wanted)))
}

/// Where the longest host that begins at `start` and ends in a known top-level domain ends.
fn host_end(chars: &[char], start: usize, any_script: bool) -> Option<usize> {
    let part_of_host = |c: &char| {
        let letter =
            if any_script { !separates(*c) } else { c.is_ascii_alphanumeric() || latin(*c) };
        letter || matches!(c, '-' | '.') || (any_script && *c == '_')
    };
    let run: Vec<char> =
        chars.iter().skip(start).take_while(|c| part_of_host(c)).copied().collect();
    let ends = (1..=run.len()).rev().filter(|end| {
        let next = chars.get(start + end);
        next.is_none_or(|c| !c.is_ascii_alphanumeric() && *c != '@')
            && run.get(end - 1).is_some_and(|c| *c != '.' && *c != '-')
    });
    for end in ends {
        let host: String = run.get(..end)?.iter().collect();
        if is_host(&host) {
            return Some(start + end);
        }
    }
    None
}

/// Letters with accents of Latin, which a link without a scheme may hold.
fn latin(c: char) -> bool {
    matches!(u32::from(c), 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x24F)
}

fn separates(c: char) -> bool {
    let marker = matches!(u32::from(c), 0x200B..=0x200F | 0x202A..=0x202E | 0x2066..=0x2069 | 0xFEFF | 0xFFFE | 0xFFFF);
    c.is_ascii_punctuation()
        || c.is_whitespace()
        || c.is_control()
        || marker
        || general_punctuation(c)
}

fn general_punctuation(c: char) -> bool {
    matches!(u32::from(c), 0x2010..=0x205E | 0x3000..=0x303F | 0xFF00..=0xFF0F | 0xFF1A..=0xFF20)
}

fn is_host(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let [subdomains @ .., domain, top] = labels.as_slice() else { return false };
    let bounded = |label: &&str| {
        !label.is_empty() && !label.starts_with(['-', '_']) && !label.ends_with(['-', '_'])
    };
    let known = tlds::is_known(top) || top.starts_with("xn--");
    known
        && bounded(domain)
        && !domain.contains('_')
        && subdomains.iter().all(bounded)
        && Host::parse(host).is_ok_and(|ascii| fits_dns(&ascii.to_string()))
}

fn fits_dns(ascii: &str) -> bool {
    ascii.len() <= 253 && ascii.split('.').all(|label| label.len() <= 63)
}

/// Port, path and query behind a host.
fn tail_end(chars: &[char], host_end: usize) -> usize {
    let mut end = host_end;
    if chars.get(end) == Some(&':') {
        let digits = chars.iter().skip(end + 1).take_while(|c| c.is_ascii_digit()).count();
        if digits > 0 {
            end += 1 + digits;
        }
    }
    if chars.get(end) == Some(&'/') {
        let run = chars.iter().skip(end).take_while(|c| in_path(**c)).count();
        end = trimmed(chars, end, run, |c| c.is_alphanumeric() || "=_#/+-".contains(c));
    }
    if chars.get(end) == Some(&'?') {
        let run = chars.iter().skip(end).take_while(|c| in_query(**c)).count();
        let trimmed =
            trimmed(chars, end, run, |c| c.is_ascii_alphanumeric() || "-_&=#/".contains(c));
        if trimmed > end + 1 {
            end = trimmed;
        }
    }
    end
}

/// The end of a run after characters that cannot be a link's last are given back to the text.
fn trimmed(chars: &[char], start: usize, run: usize, may_end: impl Fn(char) -> bool) -> usize {
    let run = chars.get(start..start + run).unwrap_or_default();
    let balanced = |upto: usize| {
        let part = run.get(..upto).unwrap_or_default();
        let count = |wanted| part.iter().filter(|c| **c == wanted).count();
        count('(') == count(')')
    };
    let fits = |length: &usize| {
        run.get(length - 1).is_some_and(|c| (may_end(*c) || *c == ')') && balanced(*length))
    };
    start + (1..=run.len()).rev().find(fits).unwrap_or_default()
}

fn in_path(c: char) -> bool {
    let letter = c.is_ascii_alphanumeric() || latin(c) || matches!(u32::from(c), 0x400..=0x4FF);
    letter || "!*'();:=+,.$/%#[]-–_~@|&".contains(c)
}

fn in_query(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
}

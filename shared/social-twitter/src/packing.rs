//! Packs the terms of all channels of a credential into as few search queries as hold them
//! (contract B2). <https://docs.x.com/x-api/posts/search/integrate/build-a-query>

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use social_core::{
    Channel,
    channel::{Handle, TwitterSource},
};

use crate::tokens;

/// Longest query of recent search on self-serve tiers, in characters.
pub const DEFAULT_QUERY_LENGTH: usize = 512;

const NO_REPOSTS: &str = " -is:retweet";
const OR: &str = " OR ";
/// Bytes of the hash that a key keeps.
const KEY_BYTES: usize = 9;

/// A search query, and the name its checkpoint is kept under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    /// A hash of the text: another text is another query.
    pub key: String,
}

impl Query {
    fn new(text: String) -> Self {
        let hash = Sha256::digest(text.as_bytes());
        let key = URL_SAFE_NO_PAD.encode(hash.get(..KEY_BYTES).unwrap_or_default());
        Self { text, key }
    }
}

/// Packs the terms of `channels` into queries of at most `limit` characters, always the same way.
///
/// Reposts are left out unless some channel takes them. A term that fits into no query is left out
/// and counted in the log.
pub fn pack<'a>(channels: impl IntoIterator<Item = &'a Channel>, limit: usize) -> Vec<Query> {
    let mut terms = BTreeMap::new();
    let mut reposts = false;
    for source in channels.into_iter().filter_map(Channel::twitter) {
        reposts |= source.include_reposts;
        for term in terms_of(source) {
            // The search ignores case and diacritics: one spelling is enough.
            terms.entry(tokens::fold(&term)).or_insert(term);
        }
    }
    let suffix = if reposts { "" } else { NO_REPOSTS };
    // One OR fewer than terms.
    let capacity = (limit + OR.len()).saturating_sub("()".len() + suffix.len());
    let (fitting, too_long): (Vec<String>, Vec<String>) =
        terms.into_values().partition(|term| cost(term) <= capacity);
    if !too_long.is_empty() {
        tracing::error!(terms = too_long.len(), limit, "terms fit into no search query");
    }
    let mut texts: Vec<String> =
        packed(fitting, capacity).into_iter().map(|bin| joined(bin, suffix)).collect();
    texts.sort();
    texts.into_iter().map(Query::new).collect()
}

fn joined(mut bin: Vec<String>, suffix: &str) -> String {
    bin.sort();
    format!("({}){suffix}", bin.join(OR))
}

fn terms_of(source: &TwitterSource) -> impl Iterator<Item = String> {
    let handles = source.handles.iter().map(|handle| format!("@{}", handle.as_str()));
    handles.chain(source.keywords.iter().map(|keyword| written(keyword.as_str())))
}

/// A term as a query holds it: quoted unless it is a handle, a hashtag or a plain word.
/// Unquoted, `:` would make an operator of it, `-` would negate it, and `or` is refused.
pub(crate) fn written(term: &str) -> String {
    let plain = match term.chars().next() {
        Some('@') => Handle::parse(term).is_ok() && !term.starts_with("@@"),
        Some('#') => is_hashtag(term.trim_start_matches('#')) && !term.starts_with("##"),
        _ => {
            let operator = ["and", "or", "not"].iter().any(|word| word.eq_ignore_ascii_case(term));
            !term.is_empty() && term.chars().all(char::is_alphanumeric) && !operator
        }
    };
    if plain { term.to_owned() } else { format!("\"{}\"", quotable(term)) }
}

/// What would end the quotation goes; white space collapses.
fn quotable(term: &str) -> String {
    let kept: String = term
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '"' | '\\'))
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters, digits and underscores, at least one of them a letter.
pub(crate) fn is_hashtag(tag: &str) -> bool {
    tag.chars().all(|c| c.is_alphanumeric() || c == '_') && tag.chars().any(char::is_alphabetic)
}

/// Room that a term takes, its OR included. X counts characters.
fn cost(term: &str) -> usize {
    term.chars().count() + OR.len()
}

/// The better of two ways; the slower one only where the first is not known to be the best.
fn packed(terms: Vec<String>, capacity: usize) -> Vec<Vec<String>> {
    let least = terms.iter().map(|term| cost(term)).sum::<usize>().div_ceil(capacity.max(1));
    let bins = first_fit(terms.clone(), capacity);
    if bins.len() <= least {
        return bins;
    }
    let fuller = fullest(terms, capacity);
    if fuller.len() < bins.len() { fuller } else { bins }
}

/// Longest first, each into the first query with room.
fn first_fit(mut terms: Vec<String>, capacity: usize) -> Vec<Vec<String>> {
    terms.sort_by(|a, b| cost(b).cmp(&cost(a)).then_with(|| a.cmp(b)));
    let mut bins: Vec<(usize, Vec<String>)> = Vec::new();
    for term in terms {
        let cost = cost(&term);
        if let Some((used, bin)) = bins.iter_mut().find(|(used, _)| used + cost <= capacity) {
            *used += cost;
            bin.push(term);
        } else {
            bins.push((cost, vec![term]));
        }
    }
    bins.into_iter().map(|(_, bin)| bin).collect()
}

/// One query after the other: the longest term left, and those that fill it best.
fn fullest(mut terms: Vec<String>, capacity: usize) -> Vec<Vec<String>> {
    terms.sort_by(|a, b| cost(a).cmp(&cost(b)).then_with(|| b.cmp(a)));
    let mut bins = Vec::new();
    while let Some(longest) = terms.pop() {
        let chosen = best_fill(&terms, capacity.saturating_sub(cost(&longest)));
        let mut bin = vec![longest];
        let mut rest = Vec::new();
        for (index, term) in terms.into_iter().enumerate() {
            if chosen.contains(&index) { bin.push(term) } else { rest.push(term) }
        }
        terms = rest;
        bins.push(bin);
    }
    bins
}

/// Which terms fill `room` best: the subset whose costs add up to the most.
fn best_fill(terms: &[String], room: usize) -> Vec<usize> {
    // For each reachable sum, the subset that reaches it.
    let mut reached: BTreeMap<usize, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
    for (index, term) in terms.iter().enumerate().rev() {
        let cost = cost(term);
        let sums: Vec<(usize, Vec<usize>)> =
            reached.iter().map(|(sum, subset)| (sum + cost, subset.clone())).collect();
        for (sum, mut subset) in sums.into_iter().filter(|(sum, _)| *sum <= room) {
            subset.push(index);
            reached.entry(sum).or_insert(subset);
        }
    }
    reached.pop_last().map(|(_, subset)| subset).unwrap_or_default()
}

#[cfg(test)]
mod tests;

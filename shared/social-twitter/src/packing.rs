//! Packs the terms of all channels of a credential into as few search queries as hold them
//! (contract B2). <https://docs.x.com/x-api/posts/search/integrate/build-a-query>
//!
//! Terms that the same tweet is likely to hold are put into the same query, because a tweet is
//! delivered once for each query that it answers.

mod filling;

use std::collections::{BTreeMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use social_core::{Channel, channel::Handle};

use crate::{
    terms::{self, Term},
    tokens,
};

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
    /// What it asks for, and how it writes it.
    pub(crate) terms: Vec<(Term, String)>,
}

impl Query {
    fn new(mut bin: Vec<(Term, String)>, suffix: &str) -> Self {
        bin.sort_by(|(_, a), (_, b)| a.cmp(b));
        let written: Vec<&str> = bin.iter().map(|(_, written)| written.as_str()).collect();
        let text = format!("({}){suffix}", written.join(OR));
        let hash = Sha256::digest(text.as_bytes());
        let key = URL_SAFE_NO_PAD.encode(hash.get(..KEY_BYTES).unwrap_or_default());
        Self { text, key, terms: bin }
    }
}

/// Packs the terms of `channels` into queries of at most `limit` characters, always the same way.
///
/// Reposts are left out unless some channel takes them. A phrase that holds another term of the
/// credential is not asked for: that term finds it. A term that fits into no query is left out and
/// counted in the log.
pub fn pack<'a>(channels: impl IntoIterator<Item = &'a Channel>, limit: usize) -> Vec<Query> {
    pack_without(channels, None, limit)
}

/// The same without the mentions of a handle that are read in another way.
pub(crate) fn pack_without<'a>(
    channels: impl IntoIterator<Item = &'a Channel>,
    without: Option<&Handle>,
    limit: usize,
) -> Vec<Query> {
    let without = without.map(Term::handle);
    let mut wanted: BTreeMap<Term, String> = BTreeMap::new();
    let mut reposts = false;
    for source in channels.into_iter().filter_map(Channel::twitter) {
        reposts |= source.include_reposts;
        let terms = terms::of_source(source);
        for (term, written) in terms.filter(|(term, _)| Some(term) != without.as_ref()) {
            // Of several spellings the shortest, so that the order of channels does not matter.
            let kept = wanted.entry(term).or_insert_with(|| written.clone());
            if (written.len(), &written) < (kept.len(), kept) {
                *kept = written;
            }
        }
    }
    leave_out_found_by_others(&mut wanted);
    let suffix = if reposts { "" } else { NO_REPOSTS };
    // One OR fewer than terms.
    let capacity = (limit + OR.len()).saturating_sub("()".len() + suffix.len());
    let (fitting, too_long): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|(_, written)| cost(written) <= capacity);
    if !too_long.is_empty() {
        tracing::error!(terms = too_long.len(), limit, "terms fit into no search query");
    }
    let bins = filling::fewest(&fitting, capacity);
    let mut queries: Vec<Query> = bins.into_iter().map(|bin| Query::new(bin, suffix)).collect();
    queries.sort_by(|a, b| a.text.cmp(&b.text));
    queries
}

/// Packs mentions of these handles alone.
pub(crate) fn pack_mentions<'a>(
    handles: impl IntoIterator<Item = &'a Handle>,
    limit: usize,
) -> Vec<Query> {
    let written = |handle: &Handle| (Term::handle(handle), format!("@{}", handle.as_str()));
    let terms: BTreeMap<Term, String> = handles.into_iter().map(written).collect();
    let capacity = (limit + OR.len()).saturating_sub("()".len() + NO_REPOSTS.len());
    let bins = filling::fewest(&terms.into_iter().collect(), capacity);
    bins.into_iter().map(|bin| Query::new(bin, NO_REPOSTS)).collect()
}

/// A tweet with “acme router” in it has “acme” in it. Only for scripts with spaces: how X cuts the
/// others is not known well enough to rely on.
fn leave_out_found_by_others(wanted: &mut BTreeMap<Term, String>) {
    let phrases: HashSet<Vec<String>> = wanted
        .iter()
        .filter(|(_, written)| !tokens::is_unspaced(written))
        .filter_map(|(term, _)| match term {
            Term::Phrase(words) if !words.is_empty() => Some(words.clone()),
            _ => None,
        })
        .collect();
    wanted.retain(|term, written| match term {
        Term::Phrase(words) if !tokens::is_unspaced(written) => {
            let shorter = 1..words.len();
            !shorter.flat_map(|length| words.windows(length)).any(|part| phrases.contains(part))
        }
        _ => true,
    });
}

/// Room that a term takes, its OR included. X counts characters.
fn cost(written: &str) -> usize {
    written.chars().count() + OR.len()
}

#[cfg(test)]
mod tests;

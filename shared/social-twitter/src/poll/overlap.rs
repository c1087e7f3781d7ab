//! Keeps a tweet that answers several queries from being delivered, and paid for, by each of them.
//! How, and what is guaranteed, stands in `docs/adr/0017-packed-search.md`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::matching::TermId;

/// Tweets that are remembered, newest first to stay.
const REMEMBERED: usize = 20_000;

/// Tweets that were delivered lately, with the terms that were found in them.
#[derive(Debug, Default)]
pub(super) struct Delivered(BTreeMap<u64, BTreeSet<TermId>>);

/// How a search leaves out what is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Omission {
    /// Goes behind the query's text: negated terms of queries that were read before it.
    pub(super) negations: String,
    /// Ids at which the search is cut, newest first.
    pub(super) cuts: Vec<u64>,
}

impl Delivered {
    /// Remembers a tweet.
    pub(super) fn insert(&mut self, id: u64, found: BTreeSet<TermId>) {
        self.0.insert(id, found);
        while self.0.len() > REMEMBERED {
            self.0.pop_first();
        }
    }

    /// Whether the tweet is known.
    pub(super) fn contains(&self, id: u64) -> bool {
        self.0.contains_key(&id)
    }

    /// Whether anything above this id is known.
    pub(super) fn reaches(&self, since: u64) -> bool {
        self.0.last_key_value().is_some_and(|(id, _)| *id > since)
    }

    /// The tweets above `since` with one of these terms.
    pub(super) fn with(&self, terms: &HashMap<TermId, String>, since: u64) -> BTreeSet<u64> {
        let above = self.0.range(since.saturating_add(1)..);
        let holds = |found: &BTreeSet<TermId>| found.iter().any(|term| terms.contains_key(term));
        above.filter(|(_, found)| holds(found)).map(|(id, _)| *id).collect()
    }

    /// Takes over what another one remembers.
    pub(super) fn append(&mut self, other: Self) {
        other.0.into_iter().for_each(|(id, found)| self.insert(id, found));
    }

    /// How a query leaves out the tweets above `since` that it would find again: by negating terms
    /// that have been searched for over at least the same time, as far as there is `room`, and by
    /// cutting the search in two at each of those that remain, as far as there are `cuts`.
    pub(super) fn omission(
        &self,
        own: &HashMap<TermId, String>,
        negatable: &HashMap<TermId, String>,
        since: u64,
        mut room: usize,
        cuts: usize,
    ) -> Omission {
        let above = self.0.range(since.saturating_add(1)..);
        let mut known: Vec<(u64, &BTreeSet<TermId>)> = above
            .filter(|(_, found)| found.iter().any(|term| own.contains_key(term)))
            .map(|(id, found)| (*id, found))
            .collect();
        let mut negations = String::new();
        while let Some((term, written)) = most_frequent(&known, own, negatable, room) {
            let negation = format!(" -{written}");
            room -= negation.chars().count();
            negations.push_str(&negation);
            known.retain(|(_, found)| !found.contains(&term));
        }
        let cuts = known.iter().rev().map(|(id, _)| *id).take(cuts).collect();
        Omission { negations, cuts }
    }
}

/// The term whose negation leaves out the most tweets and still has room.
fn most_frequent<'a>(
    known: &[(u64, &BTreeSet<TermId>)],
    own: &HashMap<TermId, String>,
    negatable: &'a HashMap<TermId, String>,
    room: usize,
) -> Option<(TermId, &'a str)> {
    let mut counts: BTreeMap<TermId, usize> = BTreeMap::new();
    let terms = known.iter().flat_map(|(_, found)| found.iter());
    for term in terms.filter(|term| !own.contains_key(term)) {
        *counts.entry(*term).or_default() += 1;
    }
    let fitting = counts.into_iter().filter_map(|(term, count)| {
        let written = negatable.get(&term)?;
        (written.chars().count() + 2 <= room).then_some((count, term, written))
    });
    let best = fitting.max_by_key(|(count, term, _)| (*count, *term));
    best.map(|(_, term, written)| (term, written.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered() -> Delivered {
        let mut delivered = Delivered::default();
        for (id, terms) in
            [(10, vec![1]), (20, vec![1, 5]), (30, vec![1, 5]), (40, vec![2, 6]), (50, vec![3])]
        {
            delivered.insert(id, terms.into_iter().collect());
        }
        delivered
    }

    fn written(terms: &[TermId]) -> HashMap<TermId, String> {
        terms.iter().map(|term| (*term, format!("term{term}"))).collect()
    }

    #[test]
    fn the_most_frequent_term_is_negated_and_the_rest_is_cut_out() {
        let omission = delivered().omission(&written(&[5, 6]), &written(&[1, 2, 3]), 0, 8, 9);
        assert_eq!(omission, Omission { negations: " -term1".to_owned(), cuts: vec![40] });
    }

    #[test]
    fn without_room_every_known_tweet_is_a_cut_and_only_so_many() {
        let omission = delivered().omission(&written(&[5, 6]), &written(&[1, 2]), 0, 6, 2);
        assert_eq!(omission, Omission { negations: String::new(), cuts: vec![40, 30] });
    }

    #[test]
    fn what_lies_below_since_or_belongs_to_others_is_no_matter() {
        assert_eq!(
            delivered().omission(&written(&[5]), &written(&[1]), 30, 9, 9),
            Omission::default()
        );
        assert_eq!(
            delivered().omission(&written(&[7]), &written(&[1]), 0, 9, 9),
            Omission::default()
        );
    }

    #[test]
    fn a_term_that_was_not_searched_as_far_back_is_not_negated() {
        let omission = delivered().omission(&written(&[6]), &written(&[]), 0, 99, 9);
        assert_eq!(omission, Omission { negations: String::new(), cuts: vec![40] });
    }
}

//! Which terms share a query: the fewest queries first, then those together that belong together.

use std::collections::{BTreeMap, HashMap};

use super::cost;
use crate::terms::Term;

type Bin = Vec<(Term, String)>;
type Way = fn(Bin, usize) -> Vec<Bin>;

/// More terms than this are packed by the two fast ways only.
const FEW: usize = 300;

/// The ways of packing, in order of liking; a later one only where it needs fewer queries.
pub(super) fn fewest(terms: &Bin, capacity: usize) -> Vec<Bin> {
    let room: usize = terms.iter().map(|(_, written)| cost(written)).sum();
    let least = room.div_ceil(capacity.max(1));
    let few = terms.len() <= FEW;
    let ways: [Option<Way>; 3] = [Some(together), Some(first_fit), few.then_some(fullest)];
    let mut best = whole_groups(terms.clone(), capacity);
    for way in ways.into_iter().flatten() {
        if best.len() <= least {
            break;
        }
        let bins = way(terms.clone(), capacity);
        if bins.len() < best.len() {
            best = bins;
        }
    }
    best
}

/// Terms that share a word are never parted, the largest groups first, each into the first query
/// with room.
fn whole_groups(terms: Bin, capacity: usize) -> Vec<Bin> {
    let sum = |group: &Bin| group.iter().map(|(_, written)| cost(written)).sum::<usize>();
    let mut groups: Vec<Bin> = Vec::new();
    let mut last = None;
    for (home, term) in by_shared_word(terms) {
        match groups.last_mut() {
            Some(group)
                if last.as_ref() == Some(&home) && sum(group) + cost(&term.1) <= capacity =>
            {
                group.push(term);
            }
            _ => groups.push(vec![term]),
        }
        last = Some(home);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(sum(group)));
    let mut bins: Vec<(usize, Bin)> = Vec::new();
    for mut group in groups {
        let cost = sum(&group);
        if let Some((used, bin)) = bins.iter_mut().find(|(used, _)| used + cost <= capacity) {
            *used += cost;
            bin.append(&mut group);
        } else {
            bins.push((cost, group));
        }
    }
    bins.into_iter().map(|(_, bin)| bin).collect()
}

/// Terms that share a word stand side by side, and so in the same query; what room is left at its
/// end is filled with the longest terms that fit.
fn together(terms: Bin, capacity: usize) -> Vec<Bin> {
    let mut rest: Bin = by_shared_word(terms).into_iter().map(|(_, term)| term).collect();
    let mut bins = Vec::new();
    while !rest.is_empty() {
        let mut room = capacity;
        let mut bin = Vec::new();
        while let Some((_, written)) = rest.first()
            && cost(written) <= room
        {
            room -= cost(written);
            bin.push(rest.remove(0));
        }
        while let Some(index) = longest_within(&rest, room) {
            let term = rest.remove(index);
            room -= cost(&term.1);
            bin.push(term);
        }
        bins.push(bin);
    }
    bins
}

/// Terms in the order of the word that most others have in common with them.
fn by_shared_word(terms: Bin) -> Vec<(String, (Term, String))> {
    let words: Vec<Vec<String>> = terms.iter().map(|(term, _)| term.words()).collect();
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for word in words.iter().flatten() {
        *uses.entry(word).or_default() += 1;
    }
    let home = |words: &Vec<String>| {
        let most = words.iter().max_by_key(|word| (uses.get(word.as_str()), *word));
        most.cloned().unwrap_or_default()
    };
    let mut sorted: Vec<(String, (Term, String))> = words.iter().map(home).zip(terms).collect();
    sorted.sort_by(|(a, (_, x)), (b, (_, y))| a.cmp(b).then(cost(y).cmp(&cost(x))).then(x.cmp(y)));
    sorted
}

fn longest_within(terms: &Bin, room: usize) -> Option<usize> {
    let fitting = terms.iter().enumerate().filter(|(_, (_, written))| cost(written) <= room);
    fitting.rev().max_by_key(|(_, (_, written))| cost(written)).map(|(index, _)| index)
}

/// Longest first, each into the first query with room.
fn first_fit(mut terms: Bin, capacity: usize) -> Vec<Bin> {
    terms.sort_by(|(_, a), (_, b)| cost(b).cmp(&cost(a)).then_with(|| a.cmp(b)));
    let mut bins: Vec<(usize, Bin)> = Vec::new();
    for term in terms {
        let cost = cost(&term.1);
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
fn fullest(mut terms: Bin, capacity: usize) -> Vec<Bin> {
    terms.sort_by(|(_, a), (_, b)| cost(a).cmp(&cost(b)).then_with(|| b.cmp(a)));
    let mut bins = Vec::new();
    while let Some(longest) = terms.pop() {
        let chosen = best_fill(&terms, capacity.saturating_sub(cost(&longest.1)));
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
fn best_fill(terms: &Bin, room: usize) -> Vec<usize> {
    // For each reachable sum, the subset that reaches it.
    let mut reached: BTreeMap<usize, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
    for (index, (_, written)) in terms.iter().enumerate().rev() {
        let cost = cost(written);
        let sums: Vec<(usize, Vec<usize>)> =
            reached.iter().map(|(sum, subset)| (sum + cost, subset.clone())).collect();
        for (sum, mut subset) in sums.into_iter().filter(|(sum, _)| *sum <= room) {
            subset.push(index);
            reached.entry(sum).or_insert(subset);
        }
    }
    reached.pop_last().map(|(_, subset)| subset).unwrap_or_default()
}

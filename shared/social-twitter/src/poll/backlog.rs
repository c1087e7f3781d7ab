//! What was read of a query and is not delivered yet.
//!
//! X's search begins with the newest tweet; messages are delivered from the oldest on. What is read
//! before everything older is, because a limit or a failure came between, waits here, so that
//! nothing is read and paid for twice.

use std::time::Duration;

use crate::{snowflake, wire::Tweet};

/// Part of a window that is filled, so that a guess that is a little off still holds.
const CAUTION: f64 = 0.8;

/// A stretch of a query that was read whole: everything above `low`, up to `high`.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) low: u64,
    pub(super) high: u64,
    /// Up to where X had indexed everything when it was read.
    pub(super) indexed: u64,
    pub(super) tweets: Vec<Tweet>,
    /// What other searches delivered and this one left out: it counts as found.
    pub(super) known: Vec<u64>,
    given: bool,
}

impl Piece {
    /// Nothing is read yet.
    pub(super) fn new(low: u64, high: u64, indexed: u64) -> Self {
        Self { low, high, indexed, tweets: Vec::new(), known: Vec::new(), given: false }
    }
}

/// All pieces of a query, newest first, with or without a hole between them.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    pieces: Vec<Piece>,
    /// The last window held more than a pass takes: what is left is read in slices.
    is_large: bool,
    /// The last slice was nearly empty: what is left may be crowded at its end.
    is_sparse: bool,
}

/// What can be delivered now: nothing older is missing.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) tweets: Vec<Tweet>,
    pub(super) known: Vec<u64>,
    /// Where it ends, and up to where X had indexed everything when it was read.
    pub(super) high: u64,
    pub(super) indexed: u64,
}

impl Backlog {
    /// After a pass: what was given is dropped if it was queued, and taken back if not.
    pub(super) fn settle(&mut self, queued: bool) {
        if queued {
            self.pieces.retain(|piece| !piece.given);
            self.is_large &= !self.pieces.is_empty();
        }
        self.pieces.iter_mut().for_each(|piece| piece.given = false);
    }

    /// Adds what was read below everything else; `whole` where the window is read to its end.
    pub(super) fn push(&mut self, piece: Piece, whole: bool, limit: usize) {
        self.is_large |= !whole && piece.tweets.len() >= limit;
        self.is_sparse = whole && piece.tweets.len() < limit / 4;
        self.pieces.push(piece);
    }

    /// Below which id nothing is read, exclusive; `None` where nothing is read at all.
    pub(super) fn unread_below(&self) -> Option<u64> {
        self.lowest().map(|piece| piece.low + 1)
    }

    /// The lowest piece that still waits.
    fn lowest(&self) -> Option<&Piece> {
        self.pieces.iter().rev().find(|piece| !piece.given)
    }

    /// Whether something was read that older, unread tweets keep from being delivered.
    pub(super) fn is_waiting(&self) -> bool {
        self.pieces.iter().any(|piece| !piece.given)
    }

    /// The end, exclusive, of the oldest stretch that may hold `limit` tweets: as dense as those
    /// that were read last, or half of what is left where that was too cautious. `None` where all
    /// that is left should fit.
    pub(super) fn slice(&self, since: u64, limit: usize) -> Option<u64> {
        let piece = self.lowest().filter(|_| self.is_large)?;
        let seconds = |from: u64, to: u64| {
            let span = snowflake::time_of(to).duration_since(snowflake::time_of(from));
            Duration::try_from(span).unwrap_or_default().as_secs_f64()
        };
        let (read, left) = (seconds(piece.low, piece.high), seconds(since, piece.low));
        let count = f64::from(u32::try_from(piece.tweets.len()).unwrap_or(u32::MAX));
        let limit = f64::from(u32::try_from(limit).unwrap_or(u32::MAX));
        let half = if self.is_sparse { left / 2.0 } else { 0.0 };
        if count * left <= limit * read || left < 2.0 {
            return None;
        }
        let dense = limit * CAUTION * read / count.max(1.0);
        let span = Duration::from_secs_f64(dense.max(half).clamp(1.0, left));
        let end = snowflake::at(snowflake::time_of(since) + span);
        (end > since && end <= piece.low).then_some(end)
    }

    /// Hands out the oldest pieces that reach down to `since` without a hole: the first in any
    /// case, more while they stay within `limit`.
    pub(super) fn give(&mut self, since: u64, limit: usize) -> Option<Given> {
        let mut reached = since;
        let mut given: Option<Given> = None;
        for piece in self.pieces.iter_mut().rev().filter(|piece| !piece.given) {
            let so_far = given.as_ref().map_or(0, |given| given.tweets.len());
            if piece.low > reached || (so_far > 0 && so_far + piece.tweets.len() > limit) {
                break;
            }
            reached = reached.max(piece.high);
            piece.given = true;
            let given = given.get_or_insert_default();
            given.tweets.extend(piece.tweets.iter().cloned());
            given.known.extend(&piece.known);
            given.high = given.high.max(piece.high);
            // The first one read knows the least.
            given.indexed = match given.indexed {
                0 => piece.indexed,
                indexed => indexed.min(piece.indexed),
            };
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn piece(low: u64, high: u64, ids: &[u64]) -> Piece {
        let tweet = |id: &u64| serde_json::from_value(json!({"id": id.to_string()})).unwrap();
        let tweets = ids.iter().map(tweet).collect();
        Piece { tweets, ..Piece::new(low, high, 1_000) }
    }

    fn ids(given: Option<Given>) -> Vec<String> {
        given.map(|given| given.tweets.into_iter().map(|t| t.id).collect()).unwrap_or_default()
    }

    #[test]
    fn what_lies_above_a_hole_waits() {
        let mut backlog = Backlog::default();
        backlog.push(piece(50, 90, &[90, 60]), false, 2);
        backlog.push(piece(0, 20, &[20, 10]), true, 2);
        assert_eq!(backlog.unread_below(), Some(1));
        assert_eq!(ids(backlog.give(0, 100)), ["20", "10"]);
        assert!(backlog.is_waiting());
        backlog.settle(true);
        assert_eq!(backlog.unread_below(), Some(51));
        assert_eq!(ids(backlog.give(20, 100)), [""; 0]);
        backlog.push(piece(20, 50, &[30]), true, 2);
        assert_eq!(ids(backlog.give(20, 2)), ["30"]);
        backlog.settle(true);
        assert_eq!(ids(backlog.give(50, 1)), ["90", "60"]);
    }

    #[test]
    fn what_was_not_queued_is_given_again() {
        let mut backlog = Backlog::default();
        backlog.push(piece(0, 20, &[20]), true, 2);
        assert_eq!(ids(backlog.give(0, 1)), ["20"]);
        backlog.settle(false);
        assert_eq!(ids(backlog.give(0, 1)), ["20"]);
    }

    #[test]
    fn a_slice_is_as_long_as_the_density_allows() {
        let at = |second: u64| (second * 1_000) << 22;
        let mut backlog = Backlog::default();
        // 100 tweets in 10 seconds; 90 seconds are left.
        backlog.push(piece(at(90), at(100), &[7; 100]), false, 100);
        assert_eq!(backlog.slice(at(0), 100), Some(at(8)));
        assert_eq!(backlog.slice(at(0), 1_000), None);
        assert_eq!(backlog.slice(at(85), 100), None);
    }

    #[test]
    fn after_an_empty_slice_half_of_the_rest_is_tried() {
        let at = |second: u64| (second * 1_000) << 22;
        let mut backlog = Backlog::default();
        backlog.push(piece(at(90), at(100), &[7; 100]), false, 100);
        backlog.push(piece(at(0), at(8), &[]), true, 100);
        assert!(backlog.give(at(0), 100).is_some());
        assert_eq!(backlog.slice(at(8), 100), Some(at(49)));
    }

    #[test]
    fn what_a_failure_left_is_read_on_in_one_piece() {
        let mut backlog = Backlog::default();
        backlog.push(piece(90 << 22, 100 << 22, &[7; 50]), false, 100);
        assert_eq!(backlog.slice(0, 100), None);
    }
}

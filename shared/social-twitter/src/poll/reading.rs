//! Reads one query, page by page, newest first (contract B2).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use social_core::{Clock, credential::TwitterCredential};

use super::{PollSettings, backlog::Piece};
use crate::{
    api::{Api, Asked, Search, Since},
    error::TwitterError,
    snowflake,
    wire::Page,
};

/// How far back recent search goes, less a minute for clocks that differ.
pub(super) const REACH: Duration = Duration::from_mins(7 * 24 * 60 - 1);
/// A `since_id` that will soon be out of reach is not sent any more.
const SURE_REACH: Duration = Duration::from_mins(7 * 24 * 60 - 30);

/// What of a query is asked for.
#[derive(Debug)]
pub(super) struct Window {
    /// Exclusive.
    pub(super) since: u64,
    /// Exclusive; `None` reads up to the newest.
    pub(super) until: Option<u64>,
    /// Tweets that are known already, newest first: the search leaves them out.
    pub(super) known: Vec<u64>,
}

/// How much a pass may still read.
#[derive(Debug)]
pub(super) struct Allowance {
    pub(super) tweets: usize,
    pub(super) until: Timestamp,
}

/// Tweets that X delivered, and billed, since this was last asked: found by searches, and of the
/// account's own timeline.
#[derive(Debug, Default)]
pub(super) struct Billed {
    searched: AtomicU64,
    owned: AtomicU64,
}

impl Billed {
    /// How many of each, from now on counted anew.
    pub(super) fn take(&self) -> (u64, u64) {
        (self.searched.swap(0, Ordering::Relaxed), self.owned.swap(0, Ordering::Relaxed))
    }

    fn add(&self, asked: Asked<'_>, tweets: usize) {
        let counter = match asked {
            Asked::Search(_) => &self.searched,
            Asked::Mentions(_) => &self.owned,
        };
        counter.fetch_add(u64::try_from(tweets).unwrap_or_default(), Ordering::Relaxed);
    }
}

/// Why a read ended.
#[derive(Debug)]
pub(super) enum End {
    /// The window is read.
    Whole,
    /// The allowance is used up; the rest of the window is not read.
    Cut,
    Failed(TwitterError),
}

/// Reads for one credential.
#[derive(Debug)]
pub(super) struct Reading<'a, C> {
    pub(super) api: &'a Api,
    pub(super) credential: &'a TwitterCredential,
    pub(super) settings: &'a PollSettings,
    pub(super) clock: &'a C,
    pub(super) billed: &'a Billed,
}

impl<C: Clock> Reading<'_, C> {
    /// Reads a window as far as it can be read now. Whatever was read is in the piece.
    pub(super) async fn read(
        &self,
        asked: Asked<'_>,
        window: &Window,
        allowance: &mut Allowance,
    ) -> (Piece, End) {
        let now = self.clock.now();
        let indexed = snowflake::at(snowflake::before(now, self.settings.index_lag));
        let top = window.until.map(|until| until - 1);
        let top = top.or(window.known.first().copied()).unwrap_or(window.since);
        let mut piece =
            Piece::new(window.until.map_or(u64::MAX - 1, |until| until - 1), top, indexed);
        let mut until = window.until;
        let floors = window.known.iter().copied().chain([window.since]);
        for floor in floors {
            let stretch = Stretch { floor, until, is_last: floor == window.since };
            match self.stretch(asked, stretch, &mut piece, allowance).await {
                Ok(true) => {}
                Ok(false) => return (piece, End::Cut),
                Err(error) => return (piece, End::Failed(error)),
            }
            // The known tweet itself counts as read.
            if stretch.is_last {
                piece.low = floor;
            } else {
                piece.low = floor - 1;
                piece.known.push(floor);
            }
            until = Some(floor);
        }
        (piece, End::Whole)
    }

    /// Reads between two known tweets. `false`: the allowance was used up before the end.
    async fn stretch(
        &self,
        asked: Asked<'_>,
        stretch: Stretch,
        piece: &mut Piece,
        allowance: &mut Allowance,
    ) -> Result<bool, TwitterError> {
        let mut since = if stretch.is_last {
            reachable(stretch.floor, self.clock.now())
        } else {
            Since::Id(stretch.floor)
        };
        let mut next: Option<String> = None;
        loop {
            if allowance.tweets == 0 || self.clock.now() >= allowance.until {
                return Ok(false);
            }
            let search = Search {
                asked,
                since,
                until: stretch.until,
                next_token: next.as_deref(),
                vocabulary: self.settings.vocabulary,
            };
            let page = match self.api.search(self.credential, search).await {
                // X's clock and ours differ: begin where X says.
                Err(TwitterError::SinceTooOld { oldest: Some(oldest) })
                    if next.is_none() && since != Since::Id(oldest + 1) =>
                {
                    since = Since::Id(oldest + 1);
                    continue;
                }
                answer => answer?,
            };
            allowance.tweets = allowance.tweets.saturating_sub(page.data.len());
            self.billed.add(asked, page.data.len());
            next = take(page, piece);
            if next.is_none() {
                return Ok(true);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    floor: u64,
    until: Option<u64>,
    is_last: bool,
}

/// Adds a page to the piece; the token of the next one.
fn take(page: Page, piece: &mut Piece) -> Option<String> {
    let newest = page.meta.newest_id.as_deref().and_then(snowflake::parse);
    piece.high = piece.high.max(newest.unwrap_or_default());
    for tweet in page.data {
        if let Some(id) = snowflake::parse(&tweet.id) {
            piece.high = piece.high.max(id);
            piece.low = piece.low.min(id.saturating_sub(1));
        }
        piece.tweets.push(tweet);
    }
    page.meta.next_token
}

/// X refuses a `since_id` of more than seven days ago.
fn reachable(since: u64, now: Timestamp) -> Since {
    let oldest = snowflake::before(now, REACH);
    if snowflake::time_of(since) < snowflake::before(now, SURE_REACH) {
        Since::Time(oldest)
    } else {
        Since::Id(since)
    }
}

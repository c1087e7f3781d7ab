//! Times that no search has covered: while a budget lets keyword searches pause, or nothing ran. Recent
//! search fills what is younger than seven days; what is older is lost, and somebody must know.

use std::time::Duration;

use jiff::Timestamp;

use super::{checkpoint::Checkpoint, reading::REACH};
use crate::snowflake;

/// How exactly it is known when all searches were read last: an idle pass writes no more often.
const NOTED_EVERY: Duration = Duration::from_hours(1);

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// What a pass that read all searches to the newest tweet means for what was missed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Closed {
    /// Keyword searches had paused; what was written meanwhile is read now.
    pub(super) pause: Option<Span>,
    /// Out of recent search's reach for good.
    pub(super) lost: Option<Span>,
}

impl Checkpoint {
    /// Keyword searches pause from now on. `Some` is since when nothing is read, where that is new.
    pub(super) fn pause(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.paused.is_some() {
            return None;
        }
        self.paused = Some(now);
        Some(self.read.unwrap_or(now))
    }

    /// All searches were read to the newest tweet. `moved`: the checkpoint is written in any case.
    pub(super) fn close(&mut self, now: Timestamp, moved: bool) -> Closed {
        let before = self.read;
        let pause = self.paused.take().map(|from| Span { from, to: now });
        let oldest = snowflake::before(now, REACH);
        let lost = before.filter(|read| *read < oldest).map(|from| Span { from, to: oldest });
        let noted = before.is_some_and(|read| now < read + NOTED_EVERY);
        if moved || pause.is_some() || !noted {
            self.read = Some(now);
        }
        Closed { pause, lost }
    }
}

/// Tells the administrators that keyword searches pause.
pub(super) fn tell_pause(credential: &str, since: Timestamp) {
    tracing::error!(
        credential,
        %since,
        metric = "SearchesPaused",
        "the budget lets keyword searches pause; what is written from then on is read when they go on, \
         if that is within seven days"
    );
}

impl Closed {
    /// Tells the administrators, each of it once.
    pub(super) fn tell(&self, credential: &str) {
        if let Some(Span { from, to }) = self.pause {
            tracing::warn!(
                credential,
                %from,
                %to,
                metric = "SearchesResumed",
                "keyword searches go on, and the gap is filled as far as X reaches back"
            );
        }
        if let Some(Span { from, to }) = self.lost {
            tracing::error!(
                credential,
                %from,
                %to,
                metric = "GapLost",
                "nothing was read for more than seven days: what was written in this time never comes"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read_at(text: &str) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        checkpoint.close(time(text), true);
        checkpoint
    }

    #[test]
    fn an_idle_pass_is_noted_once_an_hour() {
        let mut checkpoint = read_at("2026-11-22T12:00:00Z");
        assert_eq!(checkpoint.close(time("2026-11-22T12:59:59Z"), false), Closed::default());
        assert_eq!(checkpoint, read_at("2026-11-22T12:00:00Z"));
        checkpoint.close(time("2026-11-22T13:00:00Z"), false);
        assert_eq!(checkpoint, read_at("2026-11-22T13:00:00Z"));
    }

    #[test]
    fn a_pause_is_told_once_and_so_is_its_end() {
        let mut checkpoint = read_at("2026-11-22T12:00:00Z");
        let (from, to) = (time("2026-11-22T12:10:00Z"), time("2026-11-24T00:00:00Z"));
        assert_eq!(checkpoint.pause(from), Some(time("2026-11-22T12:00:00Z")));
        assert_eq!(checkpoint.pause(time("2026-11-22T12:11:00Z")), None);
        assert_eq!(
            checkpoint.close(to, false),
            Closed { pause: Some(Span { from, to }), lost: None }
        );
        assert_eq!(checkpoint.close(to, false), Closed::default());
    }

    #[test]
    fn what_x_does_not_reach_any_more_is_lost_and_told_once() {
        let mut checkpoint = read_at("2026-11-10T12:00:00Z");
        let now = time("2026-11-22T12:00:00Z");
        let lost = Span { from: time("2026-11-10T12:00:00Z"), to: time("2026-11-15T12:01:00Z") };
        assert_eq!(checkpoint.close(now, false).lost, Some(lost));
        assert_eq!(checkpoint.close(now, false), Closed::default());
    }

    /// A search that finds nothing for weeks misses nothing.
    #[test]
    fn quiet_weeks_are_no_gap() {
        let mut checkpoint = read_at("2026-11-01T12:00:00Z");
        for day in 1..=21 {
            let now = time("2026-11-01T12:00:00Z") + Duration::from_hours(24 * day);
            assert_eq!(checkpoint.close(now, false), Closed::default());
        }
    }
}

//! Virtual time: tokio's paused clock, which jumps to the next timer when nobody has work.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use social_core::Clock;
use tokio::time::Instant;

/// The same clock for everyone in a run.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    begun: Instant,
    skew: SignedDuration,
}

impl VirtualClock {
    /// The clock of a process that goes wrong by so much.
    #[must_use]
    pub fn skewed(self, skew: SignedDuration) -> Self {
        Self { skew, ..self }
    }

    /// Begins now, on a runtime whose time is paused.
    pub fn begin() -> Self {
        Self { begun: Instant::now(), skew: SignedDuration::ZERO }
    }

    /// Since the run began.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Since the run began, at that moment.
    pub fn since_start(&self, at: Instant) -> Duration {
        at - self.begun
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        // 2026-11-22T12:00:00Z
        let start = Timestamp::UNIX_EPOCH + Duration::from_secs(1_795_348_800);
        start + self.elapsed() + self.skew
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

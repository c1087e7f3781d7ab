//! Time as a parameter, so that tests can hold it.

use std::time::Duration;

use jiff::Timestamp;

/// Tells the time, and lets it pass.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration);
}

impl<C: Clock> Clock for &C {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    async fn sleep(&self, duration: Duration) {
        (**self).sleep(duration).await;
    }
}

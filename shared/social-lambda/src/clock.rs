use std::time::Duration;

use jiff::Timestamp;
use social_core::Clock;

/// The machine's clock, set right by what AWS's answers tell ([ADR 31]).
///
/// [ADR 31]: ../../../docs/adr/0031-aws-tells-the-time.md
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The same moment of a time that the machine's own clock shows, in milliseconds since 1970, as
    /// Lambda's deadlines do. `None`: it is no time.
    pub(crate) fn of_machine(millis: u64) -> Option<Timestamp> {
        let at = Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()?;
        at.checked_add(social_aws::clock_correction()).ok()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody takes")]
    fn now(&self) -> Timestamp {
        Timestamp::now() + social_aws::clock_correction()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

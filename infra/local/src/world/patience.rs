//! Waiting for what a system does in its own time.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How often a condition is asked. The simulators are on this machine, so asking is cheap.
pub const PACE: Duration = Duration::from_millis(100);

/// Asks `condition` until it gives a value; `None` when `limit` passed first.
///
/// It is asked at once, and for the last time when the limit has passed. Its error ends the wait.
pub async fn eventually<T, E>(
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let deadline = Instant::now() + limit;
    loop {
        let last = Instant::now() >= deadline;
        let found = condition().await?;
        if found.is_some() || last {
            return Ok(found);
        }
        sleep_until(deadline.min(Instant::now() + PACE)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn what_holds_already_is_not_waited_for() {
        let start = Instant::now();
        let found = eventually(LIMIT, async || Ok::<_, Infallible>(Some(7))).await;
        assert_eq!(found, Ok(Some(7)));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_time_is_found_at_the_next_look() {
        let start = Instant::now();
        let found = eventually(LIMIT, async || {
            Ok::<_, Infallible>((start.elapsed() >= Duration::from_millis(250)).then_some("here"))
        })
        .await;
        assert_eq!(found, Ok(Some("here")));
        assert_eq!(start.elapsed(), Duration::from_millis(300));
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_ends_at_the_limit_after_a_last_look() {
        let (start, mut looks) = (Instant::now(), 0);
        let found = eventually(LIMIT, async || {
            looks += 1;
            Ok::<Option<()>, Infallible>(None)
        })
        .await;
        assert_eq!(found, Ok(None));
        assert_eq!(start.elapsed(), LIMIT);
        assert_eq!(looks, 21);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_ends_the_wait_at_once() {
        let start = Instant::now();
        let found = eventually(LIMIT, async || Err::<Option<()>, _>("gone")).await;
        assert_eq!(found, Err("gone"));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

//! Polling: gather a whole pass, queue it oldest first, and only then move the checkpoint.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    clock::Clock,
    inbound::{InboundQueue, Incoming},
    intake,
    store::{Lease, Leases},
    verdict::{Failure, Verdict},
};

/// One pass over a source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pass {
    /// Everything that is new, in any order.
    pub messages: Vec<Incoming>,
    /// Where the next pass goes on, opaque to all but the source; as before where nothing moved.
    pub checkpoint: String,
}

/// Something that a poll reads: a page, or the packed searches of a credential.
pub trait Source {
    /// Names the source for its lease and in logs; the same in every run.
    fn name(&self) -> &str;

    /// Reads all that came since the checkpoint; `None` is the very first pass, which imports no history.
    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure>;

    /// When a source without haste is to be read next, by its checkpoint; `None` goes by the run's pace.
    fn due(&self, _checkpoint: Option<&str>) -> Option<Timestamp> {
        None
    }
}

/// How a run goes about its sources.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Pause between two passes.
    pub pause: Duration,
    /// Pause after a pass that failed; doubles with each further one.
    pub pause_after_failure: Duration,
    /// When the run ends.
    pub until: Timestamp,
    /// What one pass may take at the most, beyond the end of the run.
    pub slack: Duration,
}

/// What a run did with a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    pub passes: u32,
    pub messages: usize,
    pub failures: u32,
}

/// Polls one source until the run's end, as the only one who does.
///
/// Waits for the lease: the run before ours still holds it for a moment.
pub async fn run(
    source: &impl Source,
    leases: &impl Leases,
    queue: &impl InboundQueue,
    clock: &impl Clock,
    pace: Pace,
) -> Result<Ran, Failure> {
    let mut ran = Ran::default();
    let Some(mut lease) = wait_for_lease(source.name(), leases, clock, pace).await? else {
        return Ok(ran);
    };
    let mut failing = 0;
    while clock.now() < pace.until {
        let wait = rest(source, &lease, clock);
        if wait >= until(pace.until, clock.now()) {
            // A later run reads it; nothing is gained by waiting here.
            break;
        }
        clock.sleep(wait).await;
        ran.passes += 1;
        let pause = match pass_once(source, leases, queue, &mut lease).await {
            Ok(None) => return Ok(ran),
            Ok(Some(count)) => {
                failing = 0;
                ran.messages += count;
                if rest(source, &lease, clock).is_zero() { pace.pause } else { Duration::ZERO }
            }
            Err(failure) => {
                failing += 1;
                ran.failures += 1;
                tracing::warn!(
                    source.name = source.name(), error_type = failure.error_type(),
                    verdict = ?failure.verdict(), error = %failure, metric = "PassFailed", "pass failed"
                );
                pause_after(&failure, failing, pace)
            }
        };
        clock.sleep(pause.min(until(pace.until, clock.now()))).await;
    }
    leases.release(&lease).await?;
    Ok(ran)
}

/// How long the source can wait, as it says itself.
fn rest(source: &impl Source, lease: &Lease, clock: &impl Clock) -> Duration {
    let due = source.due(lease.checkpoint.as_deref());
    due.map_or(Duration::ZERO, |due| until(due, clock.now()))
}

/// One pass: read, queue, and only then move the checkpoint. `None`: the lease is lost.
async fn pass_once(
    source: &impl Source,
    leases: &impl Leases,
    queue: &impl InboundQueue,
    lease: &mut Lease,
) -> Result<Option<usize>, Failure> {
    let Pass { mut messages, checkpoint } = source.pass(lease.checkpoint.as_deref()).await?;
    messages.sort_by(|a, b| {
        let (a, b) = (&a.message, &b.message);
        (a.at, &a.id).cmp(&(b.at, &b.id))
    });
    let count = intake::queue_all(queue, messages).await?;
    if lease.checkpoint.as_deref() != Some(checkpoint.as_str()) {
        if !leases.save_checkpoint(lease, &checkpoint).await? {
            return Ok(None);
        }
        lease.checkpoint = Some(checkpoint);
    }
    Ok(Some(count))
}

async fn wait_for_lease(
    name: &str,
    leases: &impl Leases,
    clock: &impl Clock,
    pace: Pace,
) -> Result<Option<Lease>, Failure> {
    while clock.now() < pace.until {
        let length = until(pace.until, clock.now()) + pace.slack;
        if let Some(lease) = leases.take(name, length).await? {
            return Ok(Some(lease));
        }
        clock.sleep(Duration::from_secs(2)).await;
    }
    Ok(None)
}

fn pause_after(failure: &Failure, failing: u32, pace: Pace) -> Duration {
    let doubled = pace.pause_after_failure.saturating_mul(2_u32.saturating_pow(failing - 1));
    let asked = match failure.verdict() {
        Verdict::Retry { after } | Verdict::Wait { after } => after,
        Verdict::Reject => None,
    };
    asked.unwrap_or(doubled).max(pace.pause)
}

fn until(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! Being away for a while, and who calls all the same.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Whether somebody is away, and the calls that came in vain.
#[derive(Debug, Default)]
pub struct Absence {
    since: Cell<Option<Instant>>,
    /// How long after it began, in each absence.
    calls: RefCell<Vec<Vec<Duration>>>,
}

impl Absence {
    /// Goes away, or comes back.
    pub fn set(&self, on: bool) {
        self.since.set(on.then(Instant::now));
        if on {
            self.calls.borrow_mut().push(Vec::new());
        }
    }

    /// Whether nobody is there.
    pub fn is_on(&self) -> bool {
        self.since.get().is_some()
    }

    /// A call comes: whether it is in vain.
    pub fn takes_a_call(&self) -> bool {
        let Some(since) = self.since.get() else { return false };
        if let Some(calls) = self.calls.borrow_mut().last_mut() {
            calls.push(since.elapsed());
        }
        true
    }

    /// Waits until somebody is there.
    pub async fn wait_for_its_end(&self) {
        while self.is_on() {
            sleep(LOOKS_AGAIN).await;
        }
    }

    /// Calls in vain.
    pub fn calls(&self) -> usize {
        self.calls.borrow().iter().map(Vec::len).sum()
    }

    /// Calls in vain later than that after each beginning.
    pub fn calls_after(&self, time: Duration) -> usize {
        self.calls.borrow().iter().flatten().filter(|at| **at >= time).count()
    }

    /// The most calls in vain within `interval`, once it is known that nobody is there.
    pub fn most_calls_within(&self, interval: Duration) -> usize {
        let absences = self.calls.borrow();
        let most = absences.iter().map(|calls| {
            let known = calls.iter().filter(|at| **at >= FINDS_OUT);
            let known: Vec<Duration> = known.copied().collect();
            let within = |from: Duration| {
                known.iter().filter(|at| **at >= from && **at < from + interval).count()
            };
            known.iter().map(|from| within(*from)).max().unwrap_or_default()
        });
        most.max().unwrap_or_default()
    }
}

const LOOKS_AGAIN: Duration = Duration::from_secs(10);
/// Until then those who were about to call find out by themselves, and tries are frequent: a moment's
/// absence is to cost no more than that.
const FINDS_OUT: Duration = Duration::from_mins(2);

//! Nothing that was started outlives a failure, or a test.

use std::{collections::BTreeMap, ops::Deref};

use super::{Stack, processes, processes::Started};

/// A stack that is taken down when this is dropped.
#[derive(Debug)]
pub struct Guard(Stack);

impl Guard {
    pub(super) fn new(stack: Stack) -> Self {
        Self(stack)
    }
}

impl Deref for Guard {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.0
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Nobody is left to tell; the next `up` in the directory finds what stayed.
        self.0.down().ok();
    }
}

/// What was started so far; ended when dropped, unless it is kept.
#[derive(Default)]
pub(super) struct Starting(Vec<Started>);

impl Starting {
    /// Adds a process, and hands it back.
    pub(super) fn add(&mut self, process: Started) -> Started {
        self.0.push(process.clone());
        process
    }

    /// All of them.
    pub(super) fn pids(&self) -> BTreeMap<String, u32> {
        self.0.iter().map(|process| (process.name.to_owned(), process.pid)).collect()
    }

    /// Lets them live.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        processes::end(&self.0.iter().map(|process| (process.name, process.pid))).ok();
    }
}

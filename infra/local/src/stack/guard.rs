//! Nothing that was started outlives a failure, or a test.

use std::{ops::Deref, path::PathBuf};

use super::{Pids, Stack, StackError, files, processes, processes::Started};

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
///
/// It is also written down, for a command that is killed before it has described the stack.
pub(super) struct Starting {
    processes: Vec<Started>,
    record: PathBuf,
}

impl Starting {
    /// Nothing yet; what comes is written down in `record`.
    pub(super) fn new(record: PathBuf) -> Self {
        Self { processes: Vec::new(), record }
    }

    /// Adds a process, and hands it back.
    pub(super) fn add(&mut self, process: Started) -> Result<Started, StackError> {
        self.processes.push(process.clone());
        files::write_json(&self.record, &self.pids())?;
        Ok(process)
    }

    /// All of them.
    pub(super) fn pids(&self) -> Pids {
        self.processes.iter().map(|process| (process.name.to_owned(), process.pid)).collect()
    }

    /// Lets them live.
    pub(super) fn keep(mut self) {
        self.processes.clear();
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        processes::end(&self.pids()).ok();
    }
}

//! What can go wrong with the local stack, said so that the reader knows what to do.

use std::{io, path::PathBuf};

/// Why the local stack could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Python is missing, too old, or cannot make virtual environments.
    #[error(
        "Python 3.10 or later with `venv` is needed; install it, on Debian with \
         `apt-get install python3 python3-venv`"
    )]
    NoPython,
    /// Only one stack at a time lives in a directory.
    #[error(
        "a stack is up already: {webhook_url}, described in {}; `cargo local down` stops it",
        description.display()
    )]
    AlreadyUp {
        /// Where the running stack takes callbacks.
        webhook_url: String,
        /// Its `stack.json`.
        description: PathBuf,
    },
    /// Another `up` or `deploy` is at work in the directory.
    #[error("another command is starting or changing the stack in {}; wait for it", .0.display())]
    Busy(PathBuf),
    /// There is no stack to work on.
    #[error("no stack is up; `cargo local up` starts one")]
    NotUp,
    /// The template has no such function.
    #[error("there is no function `{0}`; there are {known}", known = super::FUNCTIONS.join(", "))]
    NoSuchFunction(String),
    /// A file could not be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("cannot make sense of {}; `cargo local down` and `up` write it anew", path.display())]
    Malformed {
        /// Which one.
        path: PathBuf,
        /// Where it differs.
        source: serde_json::Error,
    },
    /// A program could not be started.
    #[error("cannot start {program}")]
    Start {
        /// Which one.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program ended with a failure.
    #[error("{program} failed{}", output_of(.output))]
    Failed {
        /// Which one.
        program: String,
        /// The end of what it said, if that was not shown already.
        output: String,
    },
    /// Something that was started did not become ready.
    #[error("{what} did not become ready{}", output_of(.output))]
    NotReady {
        /// What was waited for.
        what: String,
        /// The end of its log.
        output: String,
    },
    /// A background process outlived every attempt to end it.
    #[error("these processes could not be ended: {0:?}")]
    StillThere(Vec<u32>),
    /// A call over HTTP failed.
    #[error("cannot call {url}")]
    Http {
        /// The address.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
}

fn output_of(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!(":\n{output}") }
}

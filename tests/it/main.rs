//! The integration tests: stories on the local stack, and what must hold of template and workspace.
//!
//! A story asks the simulated networks and CIC what became of it, never the bridge's own tables.
//! Every story brings its own visitors and words, so that they share a stack and play side by side.

mod aws;
mod checks;
mod floor;
mod outside;
mod sample;
mod socialctl;
mod stories;
mod story;
mod webhook;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use tokio::signal::unix::{SignalKind, signal};

/// Stories mostly wait, so this many play at once on any machine; more would open more chats than
/// CIC lets one address have.
const SIDE_BY_SIDE: usize = 6;

fn main() -> ExitCode {
    take_down_when_told_to_end();
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(SIDE_BY_SIDE);
    let tests = stories::all().into_iter().chain(checks::all()).collect();
    let conclusion = libtest_mimic::run(&arguments, tests);
    match floor::take_down() {
        Ok(()) => conclusion.exit_code(),
        Err(left) => {
            story::tell(&format!("the stacks did not end well: {left}"));
            ExitCode::FAILURE
        }
    }
}

/// A run that is broken off leaves no process either.
fn take_down_when_told_to_end() {
    std::thread::spawn(|| {
        let told = async {
            let mut interrupted = signal(SignalKind::interrupt())?;
            let mut terminated = signal(SignalKind::terminate())?;
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            std::io::Result::Ok(())
        };
        let told = story::runtime().and_then(|runtime| runtime.block_on(told));
        if told.is_ok() {
            floor::take_down().ok();
            std::process::exit(130);
        }
    });
}

//! `cargo local` and `cargo demo`.

mod cli;
mod demo;

use std::{error::Error, io, io::Write, process::ExitCode};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let ended = tokio::select! {
        ended = cli::Cli::parse().run() => ended,
        // What was started so far ends with the work that is dropped here.
        signal = interrupted() => signal.map_err(Box::from),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; the exit code still tells.
            writeln!(io::stderr(), "error: {}", with_causes(error.as_ref())).ok();
            ExitCode::FAILURE
        }
    }
}

/// Waits for the signals that ask a program to end.
async fn interrupted() -> io::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.map(|()| ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

/// The error and everything that led to it, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

//! `cargo local` and `cargo demo`.

mod cli;
mod demo;

use std::{error::Error, io::Write, process::ExitCode};

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; the exit code still tells.
            writeln!(std::io::stderr(), "error: {}", with_causes(error.as_ref())).ok();
            ExitCode::FAILURE
        }
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

//! `socialctl`, the administrators' command line.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use socialctl::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run(&mut io::stdout()).await {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; the exit code still tells.
            writeln!(io::stderr(), "error: {}", with_causes(error.as_ref())).ok();
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

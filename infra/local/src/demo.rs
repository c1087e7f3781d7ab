//! `cargo demo`: the scripted conversations, on a stack that is started for them.

use std::{error::Error, io::Write, process::ExitCode};

use local::stack::{Guard, Options, Stack};

use crate::cli;

/// Plays every scene; fails when a step does not hold.
pub(crate) async fn run(json: bool, keep: bool) -> Result<ExitCode, Box<dyn Error>> {
    let stack = Stack::up(&Options::default(), &cli::progress()).await?;
    if keep {
        let held = play(&stack, json).await;
        let mut out = std::io::stderr();
        writeln!(
            out,
            "the stack stays up; {} says where everything is",
            stack.description().display()
        )?;
        writeln!(out, "`cargo local down` stops it")?;
        return held;
    }
    let stack: Guard = stack.guarded();
    let held = play(&stack, json).await?;
    stack.down()?;
    Ok(held)
}

/// Plays the scenes through `stack`, telling each step as it happens.
#[expect(clippy::unused_async, reason = "the scenes are played here once they are merged")]
async fn play(_stack: &Stack, _json: bool) -> Result<ExitCode, Box<dyn Error>> {
    Err("the scenes are not part of this build".into())
}

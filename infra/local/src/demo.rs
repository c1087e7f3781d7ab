//! `cargo demo`: the scripted conversations, on a stack that is started for them.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use local::{
    scenes::{self, JsonNarrator, Narrator, TextNarrator},
    stack::{Guard, Options, Stack},
    world::{Addresses, World},
};

use crate::cli;

/// Plays every scene; fails when a step does not hold.
pub(crate) async fn run(json: bool, keep: bool) -> Result<ExitCode, Box<dyn Error>> {
    let stack = Stack::up(&Options::default(), &cli::progress()).await?;
    if keep {
        let held = play(&stack, json).await;
        let mut out = io::stderr();
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
async fn play(stack: &Stack, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let world = World::new(&Addresses {
        facebook_url: stack.facebook_url.clone(),
        twitter_url: stack.twitter_url.clone(),
        cic_urls: stack.cic_urls.clone(),
    })?;
    let mut narrator: Box<dyn Narrator> = if json {
        Box::new(JsonNarrator::new(io::stdout()))
    } else {
        Box::new(TextNarrator::new(io::stdout()))
    };
    let summary = scenes::play(&world, narrator.as_mut(), scenes::SIDE_BY_SIDE).await?;
    Ok(if summary.ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

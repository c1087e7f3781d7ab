//! Programs that run in the foreground.

use std::process::Stdio;

use tokio::{io::AsyncWriteExt, process::Command};

use super::{StackError, files, processes};

/// Runs `command` to its end and returns what it printed. What it says on standard error is
/// shown at once by [`Stdio::inherit`], or told in the error when it fails.
pub(super) async fn output(mut command: Command) -> Result<String, StackError> {
    command.stdin(Stdio::null());
    answer(command, "").await
}

/// Runs `command` with `input` and returns what it printed.
pub(super) async fn answer(mut command: Command, input: &str) -> Result<String, StackError> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let started = |source| StackError::Start { program: program.clone(), source };
    command.stdout(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(started)?;
    let mut leash = Leash(child.id());
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends before it has read everything says why on standard error.
        stdin.write_all(input.as_bytes()).await.ok();
    }
    let output = child.wait_with_output().await.map_err(started)?;
    leash.0 = None;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(StackError::Failed { program, output: files::last_lines(&said) })
}

/// Ends a program that nobody waits for any more, and what it started: cargo its compilers.
struct Leash(Option<u32>);

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // Whoever stopped waiting is not told.
            processes::end_group(leader).ok();
        }
    }
}

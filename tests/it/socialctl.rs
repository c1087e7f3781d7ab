//! `socialctl`, as an administrator runs it.

use std::{
    env,
    ffi::OsString,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::{
    floor,
    story::{Outcome, Story},
};

/// The administrators' command line, on the story's stack.
pub(crate) struct Socialctl {
    program: PathBuf,
    endpoint: String,
}

impl Socialctl {
    /// `--examples` (there are none) chooses the dependencies' features as the tests do.
    pub(crate) fn built(story: &Story) -> Outcome<Self> {
        let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut cargo = Command::new(program);
        cargo.current_dir(floor::workspace()).stderr(Stdio::inherit());
        cargo.args(["build", "--locked", "--workspace", "--examples", "--bin", "socialctl"]);
        let built = cargo.args(["--message-format", "json-render-diagnostics"]).output()?;
        let messages = String::from_utf8(built.stdout)?;
        let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
        let mut programs = messages.filter_map(|message: Value| {
            message.get("executable").and_then(Value::as_str).map(PathBuf::from)
        });
        let program = programs.next_back().ok_or("cargo made no socialctl")?;
        Ok(Self { program, endpoint: story.stack.aws_endpoint_url.clone() })
    }

    /// What it prints; its failure is ours.
    pub(crate) fn says(&self, arguments: &[&str]) -> Outcome<String> {
        let mut run = Command::new(&self.program);
        run.args(arguments).env("AWS_ENDPOINT_URL", &self.endpoint);
        run.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        let Output { status, stdout, stderr } = run.env("AWS_REGION", "us-east-1").output()?;
        let (said, failed) = (String::from_utf8(stdout)?, String::from_utf8_lossy(&stderr));
        if status.success() { Ok(said) } else { Err(format!("{said}{failed}").into()) }
    }
}

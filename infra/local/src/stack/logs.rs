//! The functions' log lines.

use std::{convert::Infallible, os::unix::process::CommandExt, process::Command};

use super::{Stack, StackError, paths, python};

impl Stack {
    /// Becomes the program that prints the log lines of `function`, or of all, to standard output.
    pub async fn print_logs(
        &self,
        function: Option<&str>,
        shown: Shown,
    ) -> Result<Infallible, StackError> {
        let groups = match function {
            None => self.functions.iter().collect(),
            Some(name) => match self.functions.get_key_value(name) {
                Some(group) => vec![group],
                None => return Err(StackError::NoSuchFunction(name.to_owned())),
            },
        };
        let python = python::environment(&|_| ()).await?;
        let source = Command::new(python)
            .arg("-B")
            .arg(paths::helper("logs.py"))
            .args([&self.aws_endpoint_url, &self.region])
            .args(
                [("--follow", shown.follow), ("--all", shown.all)]
                    .iter()
                    .filter_map(|(flag, wanted)| wanted.then_some(flag)),
            )
            .args(groups.into_iter().map(|(name, group)| format!("{name}=/aws/lambda/{group}")))
            .exec();
        Err(StackError::Start { program: "logs.py".to_owned(), source })
    }
}

/// Which log lines are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// Those that come later, too.
    pub follow: bool,
    /// Everything, as it was written: metrics, and Lambda's own lines about each invocation.
    pub all: bool,
}

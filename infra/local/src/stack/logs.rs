//! The functions' log lines.

use std::process::Stdio;

use tokio::process::Command;

use super::{Stack, StackError, paths, python};

impl Stack {
    /// Prints the log lines of `function`, or of all, to standard output; with `follow`, goes on.
    pub async fn print_logs(&self, function: Option<&str>, follow: bool) -> Result<(), StackError> {
        let groups = match function {
            None => self.functions.values().collect(),
            Some(name) => match self.functions.get(name) {
                Some(group) => vec![group],
                None => return Err(StackError::NoSuchFunction(name.to_owned())),
            },
        };
        let mut logs = Command::new(python::environment(&|_| ()).await?);
        logs.arg("-B")
            .arg(paths::helper("logs.py"))
            .args([&self.aws_endpoint_url, &self.region])
            .arg(if follow { "follow" } else { "once" })
            .args(groups.into_iter().map(|name| format!("/aws/lambda/{name}")))
            .stdin(Stdio::null());
        let failed = |source| StackError::Start { program: "logs.py".to_owned(), source };
        logs.status().await.map(drop).map_err(failed)
    }
}

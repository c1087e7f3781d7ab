//! The administrators' command line: checks an installation before people rely on it.
//! Rules are `social-core`'s; what is here reads arguments and prints.

mod entries;
mod texts;

use std::{error::Error, io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// Checks Social Bridge for CIC.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Looks at one part of an installation, and changes nothing
    #[command(subcommand)]
    Check(Check),
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Channel entries: each error with its field. Ends with 1 if there is one
    Channels(Channels),
    /// What CIC says by itself in a chat that nobody answers, as the JSON list for `AutomaticTexts`
    Texts(Texts),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Channels {
    /// The stack's channels table (output `ChannelsTable`), read with your AWS credentials
    #[arg(long)]
    table: Option<String>,
    /// A file with one entry, or a JSON list of them, before they go into the table
    #[arg(long)]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Texts {
    /// The server's base URL, or both of a pair with a comma between, as in `CicUrls`
    #[arg(long)]
    cic: String,
    /// As in `CicInterface`
    #[arg(long, default_value = "auto")]
    interface: String,
    /// A workgroup of the bridge in which nobody is logged on now
    #[arg(long)]
    workgroup: String,
    /// How long to listen; longer than CIC waits before its last automatic text
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    listen: u64,
}

/// An error for people to read, with its causes.
type Failed = Box<dyn Error>;

impl Cli {
    /// Does what the arguments say, and prints what was found.
    pub async fn run(self, out: &mut impl Write) -> Result<ExitCode, Failed> {
        let Command::Check(check) = self.command;
        match check {
            Check::Channels(Channels { table, file }) => entries::check(table, file, out).await,
            Check::Texts(texts) => texts::check(&texts, out).await,
        }
    }
}

#[cfg(test)]
mod tests;

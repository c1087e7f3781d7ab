//! The administrators' command line: checks an installation, decides about replies that wait, puts
//! back what was parked, forgets people.
//! Rules are `social-core`'s; what is here reads arguments and prints.

mod approvals;
mod entries;
mod forgetting;
mod parked;
mod texts;

use std::{error::Error, io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use social_core::Network;

/// Checks Social Bridge for CIC, decides about replies that wait for a second person, puts back what
/// was parked, forgets people.
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
    /// Replies that wait for a second person, where a channel's entry says `"approval": true`
    #[command(subcommand)]
    Approvals(Approvals),
    /// What is in a dead-letter queue: why it is there, and the way back
    #[command(subcommand, name = "parked")]
    Parked(ParkedCommand),
    /// Erases what is stored of an author, and has what is still on its way left out
    Forget(Forget),
    /// Prints requests to delete that came by Facebook and that nobody has settled yet
    Deletions {
        /// The stack's state table (output `StateTable`), read with your AWS credentials
        #[arg(long)]
        state_table: String,
    },
}

#[derive(Debug, Args)]
struct Forget {
    /// `facebook` or `twitter`
    #[arg(value_parser = forgetting::network)]
    network: Network,
    /// The network's id of the author, as `/who` tells it in the chat
    author_id: String,
    /// The stack's state table (output `StateTable`)
    #[arg(long)]
    state_table: String,
    /// The stack's channels table (output `ChannelsTable`): it tells the network of each channel
    #[arg(long)]
    channels_table: String,
    /// The request that is settled by this, by its confirmation code
    #[arg(long, value_name = "CODE")]
    request: Option<String>,
    /// Only counts, and changes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum Approvals {
    /// Prints each with its id, its agent and its text
    List {
        /// The stack's state table (output `StateTable`), read with your AWS credentials
        #[arg(long)]
        state_table: String,
    },
    /// Has one published
    Approve(Decision),
    /// Takes one back
    Discard(Decision),
}

#[derive(Debug, Subcommand)]
enum ParkedCommand {
    /// Prints each with its id and its reason, without what people wrote
    List {
        /// The queue that it came from (output `InboundQueueUrl` or `OutboundQueueUrl`)
        #[arg(long)]
        queue: String,
        /// Only what was parked for this reason
        #[arg(long)]
        reason: Option<String>,
    },
    /// Prints one whole: people's words are in it
    Show {
        /// The queue that it came from
        #[arg(long)]
        queue: String,
        /// As `list` prints it
        #[arg(long)]
        id: String,
    },
    /// Puts messages back into their queue; nothing is shown or published twice
    Redrive(Redrive),
}

#[derive(Debug, Args)]
struct Redrive {
    /// The queue that they came from, and go back to
    #[arg(long)]
    queue: String,
    /// Only what was parked for this reason
    #[arg(long)]
    reason: Option<String>,
    /// Only this one
    #[arg(long)]
    id: Option<String>,
    /// Does it; without, only tells what would be done
    #[arg(long)]
    execute: bool,
    /// How many go back each second
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    per_second: u32,
}

#[derive(Debug, Args)]
struct Decision {
    /// The stack's state table (output `StateTable`)
    #[arg(long)]
    state_table: String,
    /// The stack's queue of replies (output `OutboundQueueUrl`)
    #[arg(long)]
    outbound_queue: String,
    /// The reply's id, as `list` prints it
    #[arg(long)]
    reply: String,
    /// Your name: it stands beside the reply, and must not be its agent's
    #[arg(long)]
    by: String,
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
        match self.command {
            Command::Check(Check::Channels(Channels { table, file })) => {
                entries::check(table, file, out).await
            }
            Command::Check(Check::Texts(texts)) => texts::check(&texts, out).await,
            Command::Approvals(approvals) => approvals::run(approvals, out).await,
            Command::Parked(command) => parked::run(command, out).await,
            Command::Forget(whom) => forgetting::forget(whom, out).await,
            Command::Deletions { state_table } => forgetting::list(state_table, out).await,
        }
    }
}

#[cfg(test)]
mod tests;

//! The command line.

use std::{
    error::Error,
    io::{self, Write},
    num::NonZeroU32,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use futures::future::try_join_all;
use local::kills::{self, Report};
use local::outages::{self, Outage};
use local::stack::{self, AwsMode, Build, Options, Shown, Stack};
use simulators::cic::{Age, UnknownAge};

use crate::demo;

/// Runs the bridge on this machine: the real template and functions, simulated networks and CIC.
#[derive(Parser)]
#[command(name = "local", bin_name = "cargo local")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds and starts the stack in the background; returns when the webhook answers
    Up(Up),
    /// Shows what runs
    Status,
    /// Shows the functions' log lines; an invocation's come when it has ended
    Logs {
        /// One of the six functions; all without it
        function: Option<String>,
        /// Goes on as lines come
        #[arg(short, long)]
        follow: bool,
        /// Shows every line as it was written, metrics and Lambda's START, END and REPORT included
        #[arg(long)]
        all: bool,
    },
    /// Builds the functions anew and deploys them into the running stack
    Deploy,
    /// Stops the stack and every process of it
    Down,
    /// Kills the functions' processes at each named point, on a stack of its own, while people talk,
    /// and prints what was lost, doubled or out of order
    Kills {
        /// How often at each point
        #[arg(long, default_value_t = 5)]
        each: u32,
        /// On so many stacks side by side, which share the kills: one has its processes start again, mostly
        #[arg(long, default_value_t = NonZeroU32::MIN)]
        stacks: NonZeroU32,
        /// Builds the functions optimised, as they are shipped
        #[arg(long)]
        release: bool,
    },
    /// Takes CIC away, on a stack of its own, while people write, gives it back, and prints what was
    /// lost, doubled or out of order
    Outage {
        /// How many messages come while it is away
        #[arg(long, default_value_t = 2_000)]
        messages: usize,
        /// For how many seconds it is away at least
        #[arg(long, default_value_t = 90)]
        seconds: u64,
    },
    /// Plays the scripted conversations through a stack of its own (`cargo demo`)
    Demo {
        /// One JSON object per step, and a summary last
        #[arg(long)]
        json: bool,
        /// Leaves the stack up
        #[arg(long)]
        keep: bool,
    },
}

#[derive(Args)]
struct Up {
    /// Leaves Facebook's callbacks off, so that polling is the only road
    #[arg(long)]
    no_callbacks: bool,
    /// Lets each function do only what its role allows
    #[arg(long)]
    enforce_roles: bool,
    /// `off` lifts CIC's throttles and the bridge's own caps
    #[arg(long, value_enum, default_value_t = Limits::On)]
    cic_limits: Limits,
    /// How old CIC is: 2020r1, 2018r4, 2016r3, 2016r1 or websvcs
    #[arg(long, value_parser = age)]
    cic_age: Option<String>,
    #[command(flatten)]
    functions: Functions,
    /// Prints stack.json on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Functions {
    /// Lets tests kill the functions' processes at named points, by orders in `failpoints/` beside
    /// `stack.json`
    #[arg(long)]
    failpoints: bool,
    /// Builds the functions optimised, as they are shipped; takes many minutes the first time
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Limits {
    On,
    Off,
}

/// The name of an age that the simulators know.
fn age(name: &str) -> Result<String, UnknownAge> {
    name.parse::<Age>().map(|age| age.to_string())
}

impl Up {
    fn options(&self) -> Options {
        Options {
            callbacks: !self.no_callbacks,
            aws: if self.enforce_roles { AwsMode::EnforcingRoles } else { AwsMode::Open },
            cic_limits: self.cic_limits == Limits::On,
            cic_age: self.cic_age.clone(),
            build: Build {
                failpoints: self.functions.failpoints,
                optimised: self.functions.release,
            },
            ..Options::default()
        }
    }
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let loaded = || Stack::load(&Options::default().directory);
        match self.command {
            Command::Up(up) => return start(&up).await,
            Command::Demo { json, keep } => return demo::run(json, keep).await,
            Command::Status => status(&loaded()?)?,
            Command::Logs { function, follow, all } => {
                match loaded()?.print_logs(function.as_deref(), Shown { follow, all }).await? {}
            }
            Command::Deploy => loaded()?.deploy(&progress()).await?,
            Command::Kills { each, stacks, release } => {
                return kill(each, stacks, release).await;
            }
            Command::Outage { messages, seconds } => return outage(messages, seconds).await,
            Command::Down => stack::down(&Options::default().directory)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells what is being done on standard error, with the seconds since the start.
pub(crate) fn progress() -> impl Fn(&str) + Sync {
    let start = Instant::now();
    move |doing| {
        let seconds = start.elapsed().as_secs_f32();
        // Nobody may be reading.
        writeln!(io::stderr(), "{seconds:6.1} s  {doing}").ok();
    }
}

async fn start(up: &Up) -> Result<ExitCode, Box<dyn Error>> {
    let progress = progress();
    let stack = Stack::up(&up.options(), &progress).await?;
    progress(&format!("ready; everything is described in {}", stack.description().display()));
    if up.json {
        serde_json::to_writer_pretty(io::stdout(), &stack)?;
        writeln!(io::stdout())?;
    } else {
        addresses(&stack)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn kill(each: u32, stacks: NonZeroU32, release: bool) -> Result<ExitCode, Box<dyn Error>> {
    let progress = progress();
    let build = Build { failpoints: true, optimised: release };
    let mut up = Vec::new();
    for number in 1..=stacks.get() {
        let directory = Options::default().directory.join(format!("kills-{number}"));
        let options = kills::options(Options { directory, build, ..Options::default() });
        up.push(Stack::up(&options, &progress).await?.guarded());
    }
    progress("killing");
    let runs = up.iter().map(|stack| kills::run(stack, each.div_ceil(stacks.get()), &progress));
    let report = try_join_all(runs).await?.into_iter().fold(Report::default(), Report::and);
    write!(io::stdout(), "{report}")?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn outage(messages: usize, seconds: u64) -> Result<ExitCode, Box<dyn Error>> {
    let progress = progress();
    let directory = Options::default().directory.join("outage");
    let options = outages::options(Options { directory, ..Options::default() });
    let stack = Stack::up(&options, &progress).await?.guarded();
    let outage = Outage { messages, away: Duration::from_secs(seconds) };
    let report = outages::run(&stack, outage, &progress).await?;
    write!(io::stdout(), "{report}")?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn status(stack: &Stack) -> io::Result<()> {
    addresses(stack)?;
    let processes = stack.processes();
    for name in stack.pids.keys() {
        let pids = processes.get(name).map(|pids| {
            let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
            format!("runs as process {}", pids.join(", "))
        });
        writeln!(io::stdout(), "{name:<12} {}", pids.as_deref().unwrap_or("has ended"))?;
    }
    Ok(())
}

/// Where a person would look.
pub(crate) fn addresses(stack: &Stack) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "webhook      {}", stack.webhook_url)?;
    writeln!(out, "AWS          {}", stack.aws_endpoint_url)?;
    writeln!(out, "Facebook     {}", stack.facebook_url)?;
    writeln!(out, "Twitter      {}", stack.twitter_url)?;
    writeln!(out, "CIC          {}", stack.cic_urls.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn flags_become_options() {
        let cli = Cli::parse_from(["local", "up", "--no-callbacks", "--cic-limits", "off"]);
        let Command::Up(up) = cli.command else { panic!("not `up`") };
        let options = up.options();
        assert!(!options.callbacks && !options.cic_limits && options.aws == AwsMode::Open);
    }

    #[test]
    fn an_unknown_age_is_refused_before_anything_is_built() {
        assert!(Cli::try_parse_from(["local", "up", "--cic-age", "websvcs"]).is_ok());
        assert!(Cli::try_parse_from(["local", "up", "--cic-age", "2015"]).is_err());
    }
}

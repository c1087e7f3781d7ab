//! The local stack: the real template and the real functions on this machine, with simulators in
//! the networks' and CIC's place.
//!
//! Several may run at once, each in a directory of its own. Everything binds to 127.0.0.1.

mod binaries;
mod command;
mod deployment;
mod error;
mod faults;
mod files;
mod guard;
mod http;
mod logs;
mod options;
mod paths;
mod processes;
mod python;
mod seed;
mod services;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use deployment::Order;

pub use error::StackError;
pub use faults::{AwsFault, AwsFaults};
pub use guard::Guard;
pub use logs::Shown;
pub use options::{AwsMode, Build, Options};
pub use seed::Secrets;

/// The functions of the template: folder, package, binary and function have one name.
pub const FUNCTIONS: [&str; 6] =
    ["poll-facebook", "poll-twitter", "webhook", "router", "collect-replies", "publisher"];

/// The region that the stack is in.
pub const REGION: &str = "us-east-1";

/// Told what is being done, a line at a time.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// The background processes by name; each leads a process group.
pub type Pids = BTreeMap<String, u32>;

/// A running stack, as `stack.json` describes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stack {
    /// Where AWS is.
    pub aws_endpoint_url: String,
    /// Where the functions find AWS instead, on a stack that can have it fail.
    #[serde(default)]
    pub aws_faults_url: Option<String>,
    /// [`REGION`].
    pub region: String,
    /// The HTTP API, without a slash at the end.
    pub webhook_url: String,
    /// The simulated Graph API.
    pub facebook_url: String,
    /// The simulated X API.
    pub twitter_url: String,
    /// The simulated switchover pair; the first is active at the start.
    pub cic_urls: [String; 2],
    /// Names of the tables.
    pub tables: Tables,
    /// URLs of the queues.
    pub queues: Queues,
    /// Names in AWS, by [`FUNCTIONS`].
    pub functions: BTreeMap<String, String>,
    /// Made up for the local stack.
    pub secrets: Secrets,
    /// What runs.
    pub pids: Pids,
    /// Where the stack's files are.
    #[serde(skip)]
    pub directory: PathBuf,
}

/// Names of the tables.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tables {
    /// The administrators' entries.
    pub channels: String,
    /// The bridge's own.
    pub state: String,
}

/// URLs of the queues.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Queues {
    /// Messages for agents.
    pub inbound: String,
    /// Those that could not be brought to an agent.
    pub inbound_dlq: String,
    /// Replies for the networks.
    pub outbound: String,
    /// Those that could not be published.
    pub outbound_dlq: String,
}

impl Stack {
    /// Builds, starts, deploys and seeds a stack, and returns when its webhook answers.
    ///
    /// It runs until [`Stack::down`], also when this process ends; see [`Stack::guarded`].
    pub async fn up(options: &Options, progress: Progress<'_>) -> Result<Self, StackError> {
        let directory = &options.directory;
        processes::adopt_orphans();
        files::create_directory(directory)?;
        let _busy = files::try_lock(&lock_file(directory))?;
        refuse_second(directory)?;
        let (python, binaries) = build(options.build, progress).await?;

        progress("starting the simulators and ministack");
        let http = http::client()?;
        let mut started = guard::Starting::new(record(directory));
        let simulators =
            started.add(services::start_simulators(&binaries.simulators, &python, options)?)?;
        let ministack = services::Ministack::place(options)?;
        let aws_faults_url = ministack.faults_url.clone();
        if let Some(url) = &aws_faults_url {
            let microburst = services::start_microburst(&python, url, &ministack.url, options)?;
            let microburst = started.add(microburst)?;
            http::ready(&http, &faults::health(url), &microburst).await?;
        }
        let process = started.add(ministack.start(&python, options)?)?;
        let simulated = services::ready(&http, &simulators, &ministack.url, &process).await?;
        if let Some(url) = &aws_faults_url {
            faults::warm_up(&http, url).await?;
        }

        progress("deploying infra/template.yaml");
        let parameters = deployment::parameters(&ministack.url, &simulated, options);
        files::write_json(&parameters_file(directory), &parameters)?;
        files::write_json(&build_file(directory), &options.build)?;
        let order = Order::first(&ministack.url, parameters, &binaries.functions);
        let outputs = order.deploy(&python).await?;
        let stack = Self {
            webhook_url: deployment::webhook_url(&ministack.url),
            aws_endpoint_url: ministack.url,
            aws_faults_url,
            region: REGION.to_owned(),
            facebook_url: simulated.facebook_url,
            twitter_url: simulated.twitter_url,
            cic_urls: simulated.cic_urls,
            tables: Tables {
                channels: outputs.get("ChannelsTable")?,
                state: outputs.get("StateTable")?,
            },
            queues: Queues {
                inbound: outputs.get("InboundQueueUrl")?,
                inbound_dlq: outputs.get("InboundDeadLetterQueueUrl")?,
                outbound: outputs.get("OutboundQueueUrl")?,
                outbound_dlq: outputs.get("OutboundDeadLetterQueueUrl")?,
            },
            functions: outputs.functions()?,
            secrets: seed::secrets(),
            pids: started.pids(),
            directory: directory.clone(),
        };

        progress("waiting for the webhook");
        http::webhook_answers(&http, &stack).await?;
        if options.callbacks {
            http::callbacks_on(&http, &stack).await?;
        }
        files::write_json(&description(directory), &stack)?;
        started.keep();
        Ok(stack)
    }

    /// The stack that runs in `directory`.
    pub fn load(directory: &Path) -> Result<Self, StackError> {
        let stack: Option<Self> = files::read_json(&description(directory))?;
        let stack = stack.map(|stack| Self { directory: directory.to_owned(), ..stack });
        stack.filter(|stack| !stack.processes().is_empty()).ok_or(StackError::NotUp)
    }

    /// Builds the functions anew and deploys them and the template into the running stack.
    pub async fn deploy(&self, progress: Progress<'_>) -> Result<(), StackError> {
        let _busy = files::try_lock(&lock_file(&self.directory))?;
        let how = files::read_json(&build_file(&self.directory))?.unwrap_or_default();
        let (python, binaries) = build(how, progress).await?;
        progress("deploying infra/template.yaml");
        let parameters = files::read_json(&parameters_file(&self.directory))?;
        let parameters = parameters.unwrap_or_default();
        let order = Order::again(&self.aws_endpoint_url, parameters, &binaries.functions);
        order.deploy(&python).await.map(drop)
    }

    /// Ends every process of the stack, and returns when none is left. Its logs stay.
    pub fn down(&self) -> Result<(), StackError> {
        down(&self.directory)
    }

    /// Takes the stack down when the guard is dropped.
    pub fn guarded(self) -> Guard {
        Guard::new(self)
    }

    /// What makes AWS fail; `None` on a stack that was not asked to.
    pub fn aws_faults(&self) -> Result<Option<AwsFaults>, StackError> {
        self.aws_faults_url.as_deref().map(AwsFaults::new).transpose()
    }

    /// How many messages a queue holds that nobody works on.
    pub async fn waiting_in(&self, queue: &str) -> Result<u64, StackError> {
        http::waiting_in(self, queue).await
    }

    /// Every process that runs, by the name of the one that started it.
    pub fn processes(&self) -> BTreeMap<String, Vec<u32>> {
        self.pids
            .iter()
            .map(|(name, leader)| (name.clone(), processes::members(name, *leader)))
            .filter(|(_, members)| !members.is_empty())
            .collect()
    }

    /// The file that describes the stack.
    pub fn description(&self) -> PathBuf {
        description(&self.directory)
    }
}

/// Python for the scripts, and everything that runs. Stacks share both, so one builds at a time.
async fn build(
    how: Build,
    progress: Progress<'_>,
) -> Result<(PathBuf, binaries::Binaries), StackError> {
    files::create_directory(&paths::local())?;
    let lock = paths::local().join("build.lock");
    let _building = files::lock(&lock).await?;
    progress("building the functions and the simulators");
    tokio::try_join!(python::environment(progress), binaries::build(how))
}

/// Ends whatever runs in `directory`, a stack or what a killed command left of one, and returns
/// when nothing is left. Logs stay.
pub fn down(directory: &Path) -> Result<(), StackError> {
    let started: Option<Pids> = files::read_json(&record(directory))?;
    if let Ok(stack) = Stack::load(directory)
        && !stack.pids.values().any(|pid| processes::is_own(*pid))
    {
        // The functions' parent is the only one that can take them out of the process table. One
        // that does not answer is ended all the same.
        services::reset_ministack(&stack.aws_endpoint_url).ok();
    }
    processes::end(&started.unwrap_or_default())?;
    files::remove(&description(directory))?;
    files::remove(&record(directory))?;
    files::remove(&directory.join("tmp"))
}

/// Makes sure that no stack runs in `directory`; of one that died, removes what it left.
fn refuse_second(directory: &Path) -> Result<(), StackError> {
    match Stack::load(directory) {
        Err(StackError::NotUp) => down(directory),
        Err(error) => Err(error),
        Ok(stack) => Err(StackError::AlreadyUp {
            webhook_url: stack.webhook_url,
            description: description(directory),
        }),
    }
}

fn description(directory: &Path) -> PathBuf {
    directory.join("stack.json")
}

/// What was started, from the first process on.
fn record(directory: &Path) -> PathBuf {
    directory.join("started.json")
}

/// The parameters of the last deployment, for the next one.
fn parameters_file(directory: &Path) -> PathBuf {
    directory.join("parameters.json")
}

/// How the functions were built, for the next deployment.
fn build_file(directory: &Path) -> PathBuf {
    directory.join("build.json")
}

fn lock_file(directory: &Path) -> PathBuf {
    directory.join("stack.lock")
}

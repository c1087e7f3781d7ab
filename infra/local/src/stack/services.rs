//! The background programs: the simulators, ministack in AWS's place, and microburst before it where
//! AWS is to fail.

use std::{
    fs,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use reqwest::Client;
use serde::Deserialize;
use social_failpoints::ORDERS;
use tokio::time::{Instant, sleep};

use super::{
    AwsMode, Options, REGION, StackError, files, http,
    processes::{Background, Started},
};

/// Seconds after which the simulated X finds a new tweet.
pub(super) const INDEX_LAG_SECONDS: u64 = 1;
/// How long the simulators may take to print where they listen.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long ministack may take to end its functions.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where the simulators listen, as they print it.
#[derive(Debug, Deserialize)]
pub(super) struct Simulated {
    pub(super) facebook_url: String,
    pub(super) twitter_url: String,
    pub(super) cic_urls: [String; 2],
}

/// Starts the simulators on free ports.
pub(super) fn start_simulators(
    program: &Path,
    python: &Path,
    options: &Options,
) -> Result<Started, StackError> {
    let ports = ["--facebook", "--twitter", "--cic", "--cic-backup"];
    let mut arguments: Vec<String> =
        ports.into_iter().flat_map(|port| [port.to_owned(), "0".to_owned()]).collect();
    arguments.extend(["--index-lag".to_owned(), INDEX_LAG_SECONDS.to_string()]);
    if !options.cic_limits {
        arguments.extend(["--cic-limits", "off"].map(str::to_owned));
    }
    if let Some(age) = &options.cic_age {
        arguments.extend(["--cic-age".to_owned(), age.clone()]);
    }
    let simulators = Background {
        name: "simulators",
        program,
        arguments,
        environment: Vec::new(),
        directory: &options.directory,
    };
    simulators.start(python)
}

/// Waits until simulators and ministack answer.
pub(super) async fn ready(
    http: &Client,
    simulators: &Started,
    ministack_url: &str,
    ministack: &Started,
) -> Result<Simulated, StackError> {
    let health = format!("{ministack_url}/_ministack/health");
    let ministack_ready = http::ready(http, &health, ministack);
    let (simulated, ()) = tokio::try_join!(simulators_ready(simulators), ministack_ready)?;
    Ok(simulated)
}

/// Waits until the simulators have printed where they listen.
async fn simulators_ready(simulators: &Started) -> Result<Simulated, StackError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let log = fs::read_to_string(&simulators.log).unwrap_or_default();
        if let Some(simulated) = log.lines().find_map(|line| serde_json::from_str(line).ok()) {
            return Ok(simulated);
        }
        if Instant::now() > deadline || !simulators.lives() {
            let what = simulators.name.to_owned();
            return Err(StackError::NotReady { what, output: files::tail(&simulators.log) });
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Where ministack will listen, and where the functions will find it.
pub(super) struct Ministack {
    port: String,
    pub(super) url: String,
    /// Of microburst, which stands between them where AWS is to fail.
    pub(super) faults_url: Option<String>,
}

impl Ministack {
    /// Free ports for it.
    pub(super) fn place(options: &Options) -> Result<Self, StackError> {
        let port = free_port("ministack")?.to_string();
        let fails = options.aws == AwsMode::Failing;
        let faults = fails.then(|| free_port("microburst")).transpose()?;
        let url = |port: &str| format!("http://127.0.0.1:{port}");
        let faults_url = faults.map(|port| url(&port.to_string()));
        Ok(Self { url: url(&port), port, faults_url })
    }

    /// Starts it. The functions inherit its environment.
    pub(super) fn start(&self, python: &Path, options: &Options) -> Result<Started, StackError> {
        let orders = options.orders();
        files::remove(&orders)?;
        files::create_directory(&orders)?;
        let orders = orders.to_string_lossy();
        let environment = [
            (ORDERS, orders.as_ref()),
            ("GATEWAY_PORT", self.port.as_str()),
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "127.0.0.1"),
            // Would listen on every address of the machine.
            ("IOT_MTLS_ENABLED", "0"),
            ("AUTH", if options.aws == AwsMode::EnforcingRoles { "true" } else { "false" }),
            ("AWS_ENDPOINT_URL", self.faults_url.as_ref().unwrap_or(&self.url)),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", REGION),
            // Lambda sets it where the template asks for JSON; ministack does not.
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ];
        let ministack = Background {
            name: "ministack",
            program: python,
            arguments: ["-m", "ministack"].map(str::to_owned).to_vec(),
            environment: environment.map(|(name, value)| (name, value.to_owned())).to_vec(),
            directory: &options.directory,
        };
        ministack.start(python)
    }
}

/// Starts microburst at `url`; it hands every call on to ministack, but for those that are to fail.
pub(super) fn start_microburst(
    python: &Path,
    url: &str,
    ministack: &str,
    options: &Options,
) -> Result<Started, StackError> {
    let port = url.rsplit(':').next().unwrap_or_default();
    let arguments = ["-m", "microburst", "--upstream", ministack, "--port", port];
    let microburst = Background {
        name: "microburst",
        program: python,
        arguments: arguments.map(str::to_owned).to_vec(),
        environment: Vec::new(),
        directory: &options.directory,
    };
    microburst.start(python)
}

/// Has the ministack of `url` forget everything. It ends its functions and asks how they ended, as
/// only their parent can.
pub(super) fn reset_ministack(url: &str) -> io::Result<()> {
    let address = url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(FAREWELL))?;
    write!(
        connection,
        "POST /_ministack/reset HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )?;
    // It answers when it is done.
    connection.read(&mut [0; 64]).map(drop)
}

/// A port that nobody listens on. Another program could take it before `program` does, which then
/// ends and says so.
fn free_port(program: &str) -> Result<u16, StackError> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    let failed = |source| StackError::Start { program: program.to_owned(), source };
    port.map(|address| address.port()).map_err(failed)
}

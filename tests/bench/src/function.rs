//! The real program `collect-replies`, with a Lambda of its own around it for one invocation.

use std::{
    env, fs,
    future::pending,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use social_core::Clock;
use social_lambda::SystemClock;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

use crate::{
    Failed,
    cloud::{CHANNELS, Cloud, REGION, TABLE},
};

/// The function's time-out, as the template has it.
const TIMEOUT: Duration = Duration::from_secs(180);
/// How the kernel counts processor time.
const TICKS_PER_SECOND: u32 = 100;

/// A running collector.
pub(crate) struct Function(Child);

/// What it took.
pub(crate) struct Usage {
    /// Greatest resident memory, in MB.
    pub(crate) peak_memory: u64,
    pub(crate) processor: Duration,
}

/// Builds the program in the way in which this one was built.
pub(crate) async fn build() -> Result<PathBuf, Failed> {
    let own = env::current_exe()?;
    let folder = own.parent().ok_or("this program is in no folder")?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // As `cargo test --workspace` does it, so that neither builds the dependencies anew after the other.
    cargo.args(["build", "--locked", "--workspace", "--examples", "--bin", "collect-replies"]);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    if !cargo.status().await?.success() {
        return Err("collect-replies cannot be built".into());
    }
    Ok(folder.join("collect-replies"))
}

impl Function {
    /// Starts it with an invocation of its own.
    pub(crate) async fn start(binary: &Path, cloud: &Cloud, cic: &str) -> Result<Self, Failed> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let runtime = "/2018-06-01/runtime";
        let taken = |path: &str| format!("{runtime}/invocation/{{id}}/{path}");
        let app = Router::new()
            .route(&format!("{runtime}/invocation/next"), get(next))
            .route(&taken("response"), post(async || StatusCode::ACCEPTED))
            .route(&taken("error"), post(async || StatusCode::ACCEPTED))
            .with_state(Arc::new(AtomicBool::new(false)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let variables = [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "collect-replies"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &cloud.dynamodb_url),
            ("AWS_ENDPOINT_URL_SQS", &cloud.sqs_url),
            ("CHANNELS_TABLE", CHANNELS),
            ("STATE_TABLE", TABLE),
            ("INBOUND_QUEUE_URL", &format!("{}/inbound.fifo", cloud.sqs_url)),
            ("OUTBOUND_QUEUE_URL", &format!("{}/outbound.fifo", cloud.sqs_url)),
            ("NUDGE_QUEUE_URL", &format!("{}/nudges", cloud.sqs_url)),
            ("CIC_URLS", cic),
            ("CIC_INTERFACE", "auto"),
            ("CIC_IDLE_SECONDS", "0"),
            ("COLLECT_SECONDS", "150"),
            ("CONVERSATION_DAYS", "90"),
        ];
        let mut program = Command::new(binary);
        program.env_clear().envs(variables).kill_on_drop(true).stdout(Stdio::null());
        Ok(Self(program.spawn()?))
    }

    /// What it took so far; it may have ended by now only if it failed.
    pub(crate) fn usage(&mut self) -> Result<Usage, Failed> {
        if let Some(status) = self.0.try_wait()? {
            return Err(format!("collect-replies ended by itself: {status}").into());
        }
        let id = self.0.id().ok_or("the function is gone")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.split_whitespace().next());
        let kilobytes: u64 = kilobytes.ok_or("the kernel does not tell its memory")?.parse()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
        let (_, numbers) = stat.rsplit_once(')').ok_or("the kernel does not tell its time")?;
        let ticks: u32 = numbers
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u32>().ok())
            .sum();
        let processor = Duration::from_secs(1) * ticks / TICKS_PER_SECOND;
        Ok(Usage { peak_memory: kilobytes / 1_024, processor })
    }
}

/// One invocation; the next one never comes.
async fn next(State(given): State<Arc<AtomicBool>>) -> Response {
    if given.swap(true, Ordering::SeqCst) {
        pending::<()>().await;
    }
    let deadline = (SystemClock.now() + TIMEOUT).as_millisecond().to_string();
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", "1"),
        ("Lambda-Runtime-Deadline-Ms", deadline.as_str()),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:1:function:collect"),
        ("Lambda-Runtime-Trace-Id", "Root=1"),
    ];
    (headers, "{}").into_response()
}

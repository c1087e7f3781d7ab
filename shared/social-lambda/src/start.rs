use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use serde::Deserialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{SettingsError, from_environment, metrics::Metrics};

/// Settings of the start itself; each has a default.
#[derive(Deserialize)]
struct StartSettings {
    #[serde(default = "info")]
    aws_lambda_log_level: String,
    #[serde(default = "unnamed")]
    aws_lambda_function_name: String,
    #[serde(default = "namespace")]
    metrics_namespace: String,
}

fn info() -> String {
    "info".to_owned()
}

fn unnamed() -> String {
    "unnamed".to_owned()
}

fn namespace() -> String {
    "SocialBridge".to_owned()
}

/// What every function does once per execution environment: logs, metrics, and the AWS SDK.
///
/// Libraries log warnings only: at lower levels some of them log bodies, and those hold people's words.
pub async fn start() -> Result<SdkConfig, SettingsError> {
    let settings: StartSettings = from_environment()?;
    let level: LevelFilter = settings.aws_lambda_log_level.parse().unwrap_or(LevelFilter::INFO);
    let log = fmt::layer().json().flatten_event(true).with_current_span(true);
    let log = log.with_filter(lines_up_to(level));
    tracing_subscriber::registry()
        .with(log)
        .with(Metrics::new(settings.metrics_namespace, settings.aws_lambda_function_name))
        .init();
    quiet_panics();
    Ok(sdk_config().await)
}

/// Which lines are written at that level.
pub fn lines_up_to(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OUR_TARGETS.iter().map(|target| (*target, level)))
}

/// From now on a panic tells where it happened and not why: its message may quote what somebody wrote.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(error_type = "panic", place, "panicked");
    }));
}

/// Crates whose lines are written with care.
const OUR_TARGETS: [&str; 13] = [
    "social_core",
    "social_http",
    "social_facebook",
    "social_twitter",
    "social_cic",
    "social_aws",
    "social_lambda",
    "poll_facebook",
    "poll_twitter",
    "webhook",
    "router",
    "collect_replies",
    "publisher",
];

/// The AWS SDK from the environment. Few tries and short waits: what is left is the queue's to try again.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(10))
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts)
        .load()
        .await
}

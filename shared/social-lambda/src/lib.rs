//! The Lambda edge, written once: start-up, settings, queue batches, schedules, logs and metrics.
//! No rule of the bridge lives here, and no network's JSON.

mod automatic;
mod batch;
mod clock;
mod http;
mod metrics;
mod schedule;
mod settings;
mod start;

pub use automatic::automatic_texts;
pub use batch::{FifoQueue, Limits, SqsQueue, process_batch, run_queue};
pub use clock::SystemClock;
pub use http::http_client;
pub use lambda_runtime::Error;
pub use schedule::run_schedule;
pub use settings::{SettingsError, from_environment};
pub use start::{lines_up_to, quiet_panics, sdk_config, start};

//! Scheduled functions: one run per invocation, until shortly before Lambda would end it.

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use social_core::Failure;

/// Runs a scheduled function. `run` gets the time at which Lambda would end it.
pub async fn run_schedule(
    run: impl AsyncFn(Timestamp) -> Result<(), Failure>,
) -> Result<(), lambda_runtime::Error> {
    let run = &run;
    let handler = async move |event: LambdaEvent<Value>| {
        let deadline = event.context.deadline;
        let deadline =
            i64::try_from(deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let outcome = run(deadline.unwrap_or(Timestamp::MAX)).await;
        if let Err(failure) = &outcome {
            tracing::error!(
                error_type = failure.error_type(), verdict = ?failure.verdict(), error = %failure,
                metric = "RunFailed", "run failed"
            );
        }
        outcome.map_err(lambda_runtime::Error::from)
    };
    lambda_runtime::run(service_fn(handler)).await
}

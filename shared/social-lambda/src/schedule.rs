//! Scheduled functions: one run per invocation, until shortly before Lambda would end it.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use social_core::{Failure, Verdict};

use crate::SystemClock;

/// Runs a scheduled function. `run` gets the time at which Lambda would end it.
pub async fn run_schedule(
    run: impl AsyncFn(Timestamp) -> Result<(), Failure>,
) -> Result<(), lambda_runtime::Error> {
    let run = &run;
    let handler = async move |event: LambdaEvent<Value>| {
        let deadline = SystemClock::of_machine(event.context.deadline);
        // Lambda would show the panic's message, which may quote what somebody wrote.
        let run = AssertUnwindSafe(run(deadline.unwrap_or(Timestamp::MAX))).catch_unwind();
        let panicked = |_| Err(Failure::new(Verdict::RETRY, "panic", "the run panicked"));
        let outcome = run.await.unwrap_or_else(panicked);
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

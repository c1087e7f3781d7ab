//! What AWS answered, as a verdict. No values, items or parameters are kept: they hold people's texts.

use std::fmt;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use social_core::{Classify, Verdict};

/// Why AWS did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// A call failed, after the SDK's own retries.
    #[error("{operation} failed")]
    Call {
        operation: &'static str,
        problem: Problem,
        #[source]
        cause: Box<Cause>,
    },
    /// Something is not in the shape in which this version of the bridge stores it.
    #[error("a {what} cannot be stored or read")]
    Malformed { what: &'static str },
}

/// Kinds of failed calls, by what can be done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    Throttled,
    /// No answer in time; a write may have been done all the same.
    TimedOut,
    /// Not reached, or an error of the service's own.
    Unavailable,
    /// Permissions, keys or credentials.
    Denied,
    /// No such table, queue or parameter.
    NotFound,
    /// The request itself is wrong.
    Invalid,
    /// Refused for a reason that is not known here.
    Unexpected,
}

/// What the SDK said, in its own words where those can hold no values.
#[derive(Debug)]
pub struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl AwsError {
    /// Turns the SDK's error of an operation into ours.
    pub(crate) fn of<E: ProvideErrorMetadata>(
        operation: &'static str,
    ) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self {
        move |error| {
            let problem = problem(&error);
            Self::Call { operation, problem, cause: Box::new(Cause(describe(&error, problem))) }
        }
    }

    /// A request that cannot be built from what was given.
    pub(crate) fn unbuildable(operation: &'static str) -> Self {
        let cause = Box::new(Cause("the request cannot be built".to_owned()));
        Self::Call { operation, problem: Problem::Invalid, cause }
    }

    /// The kind of a failed call.
    pub fn problem(&self) -> Option<Problem> {
        match self {
            Self::Call { problem, .. } => Some(*problem),
            Self::Malformed { .. } => None,
        }
    }
}

impl Classify for AwsError {
    fn verdict(&self) -> Verdict {
        match self.problem() {
            Some(Problem::Throttled | Problem::TimedOut | Problem::Unavailable) => Verdict::RETRY,
            Some(Problem::Invalid) => Verdict::Reject,
            // What is stored is sound for another version of the bridge: nothing may be parked for it.
            Some(Problem::Denied | Problem::NotFound | Problem::Unexpected) | None => Verdict::WAIT,
        }
    }

    fn error_type(&self) -> &'static str {
        match self.problem() {
            Some(Problem::Throttled) => "aws_throttled",
            Some(Problem::TimedOut) => "aws_timed_out",
            Some(Problem::Unavailable) => "aws_unavailable",
            Some(Problem::Denied) => "aws_denied",
            Some(Problem::NotFound) => "aws_not_found",
            Some(Problem::Invalid) => "aws_invalid",
            Some(Problem::Unexpected) => "aws_unexpected",
            None => "state_malformed",
        }
    }
}

fn problem<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Problem {
    match error {
        SdkError::TimeoutError(_) => Problem::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Problem::TimedOut,
        SdkError::ConstructionFailure(_) => Problem::Invalid,
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            answered(answer.err().code().unwrap_or_default(), status)
        }
        _ => Problem::Unavailable,
    }
}

/// By code first: the JSON protocols answer nearly everything with 400.
fn answered(code: &str, status: u16) -> Problem {
    const KINDS: [(Problem, &[&str]); 5] = [
        (
            Problem::Throttled,
            &[
                "Throttl",
                "ThroughputExceeded",
                "LimitExceeded",
                "OverLimit",
                "TooManyRequests",
                "SlowDown",
            ],
        ),
        (
            Problem::Denied,
            &[
                "AccessDenied",
                "NotAuthorized",
                "UnrecognizedClient",
                "ExpiredToken",
                "InvalidClientTokenId",
                "Signature",
                "Kms",
                "KMS",
            ],
        ),
        (
            Problem::NotFound,
            &[
                "ResourceNotFound",
                "QueueDoesNotExist",
                "NonExistentQueue",
                "ParameterNotFound",
                "VersionNotFound",
            ],
        ),
        (Problem::Unavailable, &["Conflict", "Internal", "Unavailable", "Timeout"]),
        (
            Problem::Invalid,
            &[
                "Validation",
                "InvalidParameter",
                "InvalidMessageContents",
                "InvalidAttribute",
                "MissingParameter",
                "Serialization",
                "RequestTooLong",
                "SizeLimit",
            ],
        ),
    ];
    let named = KINDS.iter().find(|(_, names)| names.iter().any(|name| code.contains(name)));
    match (named, status) {
        (Some((problem, _)), _) => *problem,
        (None, 429) => Problem::Throttled,
        (None, 500..) => Problem::Unavailable,
        (None, 401 | 403) => Problem::Denied,
        (None, _) => Problem::Unexpected,
    }
}

/// The service's own message is told only where it speaks of names of ours: who may not do what.
fn describe<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
    problem: Problem,
) -> String {
    match error {
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(cause) => chain(cause),
            None => "not reached".to_owned(),
        },
        SdkError::ConstructionFailure(_) => "the request cannot be built".to_owned(),
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or("no code");
            match answer.err().message() {
                Some(message) if matches!(problem, Problem::Denied | Problem::NotFound) => {
                    format!("{code}: {message}")
                }
                _ => format!("{code}, status {}", answer.raw().status().as_u16()),
            }
        }
        _ => "the answer cannot be read".to_owned(),
    }
}

/// Of an error below HTTP, which has seen no values.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests;

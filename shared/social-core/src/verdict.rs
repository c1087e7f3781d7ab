//! What to do about a failure: decided where it is understood, carried to where it is handled.

use std::{error::Error, fmt, time::Duration};

/// What the caller must do with a unit of work that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Transient: try again soon, or after the time the other side asked for.
    Retry { after: Option<Duration> },
    /// The outside has to change first: an outage, a dead token, an unknown workgroup.
    /// The work stays in its queue, in order, however long that takes.
    Wait { after: Option<Duration> },
    /// Trying again cannot help: park it in the dead-letter queue now, with the reason.
    Reject,
}

impl Verdict {
    /// Try again soon.
    pub const RETRY: Self = Self::Retry { after: None };
    /// Wait for the outside to change.
    pub const WAIT: Self = Self::Wait { after: None };
}

/// Implemented by every error that can leave an adapter or a use case.
pub trait Classify: Error {
    /// What to do about it.
    fn verdict(&self) -> Verdict;

    /// Low-cardinality label: the `error_type` log field and metric dimension.
    fn error_type(&self) -> &'static str;

    /// Whether the other side is down as a whole, or our credential there dead: then nothing else can
    /// be done there either.
    fn is_outage(&self) -> bool {
        false
    }
}

/// An adapter's error as the ports pass it on: verdict and label kept, the cause behind it.
///
/// Its text and its causes' hold no names, texts or tokens of people.
#[derive(Debug)]
pub struct Failure {
    verdict: Verdict,
    error_type: &'static str,
    outage: bool,
    cause: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// Wraps `cause` with a verdict of its own.
    pub fn new(
        verdict: Verdict,
        error_type: &'static str,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { verdict, error_type, outage: false, cause: cause.into() }
    }

    /// What to do about it.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Low-cardinality label.
    pub fn error_type(&self) -> &'static str {
        self.error_type
    }

    /// Whether the other side is down as a whole.
    pub fn is_outage(&self) -> bool {
        self.outage
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        let mut cause = self.cause.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Its text already tells the whole chain of causes.
impl Error for Failure {}

impl<E: Classify + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            verdict: error.verdict(),
            error_type: error.error_type(),
            outage: error.is_outage(),
            cause: Box::new(error),
        }
    }
}

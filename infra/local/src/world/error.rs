//! What can go wrong between a scene and the simulated world.

use std::time::Duration;

use reqwest::StatusCode;

/// A call to the control interface failed, or what was awaited did not come.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The HTTP client could not be made.
    #[error("cannot make the HTTP client")]
    Client(#[source] reqwest::Error),
    /// A simulator is not there, or its answer broke off.
    #[error("no answer to {call}")]
    NoAnswer {
        /// Method and address.
        call: String,
        /// What the connection said.
        #[source]
        source: reqwest::Error,
    },
    /// A simulator does not do what was asked.
    #[error("{call} was refused with {status}: {body}")]
    Refused {
        /// Method and address.
        call: String,
        /// Its status.
        status: StatusCode,
        /// Its words.
        body: String,
    },
    /// A simulator's answer is not what the contract says.
    #[error("the answer to {call} is not of the contract")]
    Unreadable {
        /// Method and address.
        call: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The condition did not hold in time.
    #[error("waited {} s for {awaited}; the world held:\n{held}", limit.as_secs_f32())]
    TooLate {
        /// What was awaited.
        awaited: String,
        /// For how long.
        limit: Duration,
        /// What there was instead.
        held: String,
    },
}

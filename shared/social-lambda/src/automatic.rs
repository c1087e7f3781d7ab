use social_aws::ParameterStore;
use social_core::{Failure, reply::Fingerprint};

use crate::SystemClock;

/// What CIC is configured to send by itself, also in an agent's name: greetings, delay messages.
///
/// `parameter` names a parameter with a JSON list of those texts; without one nothing is suppressed
/// beyond what comes from the system.
pub async fn automatic_texts(
    parameters: &ParameterStore<SystemClock>,
    parameter: Option<String>,
) -> Result<Vec<Fingerprint>, Failure> {
    let texts: Vec<String> = match parameter {
        Some(name) => parameters.document(&name).await?,
        None => Vec::new(),
    };
    Ok(texts.iter().map(|text| Fingerprint::of(text)).collect())
}

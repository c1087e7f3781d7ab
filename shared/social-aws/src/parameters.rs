//! Credentials and other secret documents in Parameter Store. A name under
//! `/aws/reference/secretsmanager/` reads the secret of Secrets Manager instead.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_ssm::Client;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use social_core::{
    Classify, Clock, Failure, Verdict,
    credential::{Credentials, FacebookCredential, TwitterCredential},
};
use tokio::sync::Mutex;

use crate::{AwsError, Problem};

/// A changed credential takes effect within this time.
const REFRESH: SignedDuration = SignedDuration::from_secs(30);
/// How long the last good reading serves while Parameter Store does not answer.
const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// Why a parameter is of no use. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    #[error("there is no parameter {name}")]
    Missing { name: String },
    #[error("parameter {name}: {field} {problem}")]
    Malformed { name: String, field: String, problem: String },
    #[error("parameter {name} cannot be read")]
    Unread {
        name: String,
        #[source]
        cause: AwsError,
    },
}

impl Classify for ParameterError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Missing { .. } | Self::Malformed { .. } => Verdict::WAIT,
            Self::Unread { cause, .. } => cause.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "credential_missing",
            Self::Malformed { .. } => "credential_malformed",
            Self::Unread { cause, .. } => cause.error_type(),
        }
    }
}

/// Parameter Store. Readings are at most half a minute old; clones share them.
#[derive(Debug, Clone)]
pub struct ParameterStore<C> {
    client: Client,
    clock: C,
    slots: Arc<Mutex<HashMap<String, Arc<Mutex<Slot>>>>>,
}

/// What is known of one parameter.
#[derive(Debug, Default)]
struct Slot {
    reading: Option<Reading>,
    /// What was last told to the administrators, so that it is told once.
    told: Option<String>,
}

#[derive(Debug)]
struct Reading {
    /// `None`: there is no such parameter.
    value: Option<SecretString>,
    read_at: Timestamp,
    tried_at: Timestamp,
}

impl<C: Clock> ParameterStore<C> {
    /// The parameters that the client may read.
    pub fn new(client: &Client, clock: C) -> Self {
        Self { client: client.clone(), clock, slots: Arc::default() }
    }

    /// The parameter's text, such as a key in PEM.
    pub async fn text(&self, name: &str) -> Result<SecretString, Failure> {
        self.parsed(name, |text| Ok(text.clone())).await
    }

    /// The parameter as a JSON document. Fields of type [`SecretString`] stay secret.
    pub async fn document<T: DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        self.parsed(name, |text| parse(text.expose_secret())).await
    }

    async fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&SecretString) -> Result<T, (String, String)>,
    ) -> Result<T, Failure> {
        let slot = self.slots.lock().await.entry(name.to_owned()).or_default().clone();
        let mut slot = slot.lock().await;
        let outcome = match self.current(name, &mut slot).await {
            Ok(text) => parse(text).map_err(|(field, problem)| ParameterError::Malformed {
                name: name.to_owned(),
                field,
                problem,
            }),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(value) => {
                slot.told = None;
                Ok(value)
            }
            Err(error) => {
                // What only has to be tried again is no administrator's business.
                let theirs = error.verdict() == Verdict::WAIT;
                let failure = Failure::from(error);
                if theirs {
                    slot.tell(name, failure.to_string());
                }
                Err(failure)
            }
        }
    }

    /// The text as it stands, read again when it is too old.
    async fn current<'a>(
        &self,
        name: &str,
        slot: &'a mut Slot,
    ) -> Result<&'a SecretString, ParameterError> {
        let now = self.clock.now();
        let fresh = |reading: &Reading| now.duration_since(reading.tried_at) < REFRESH;
        if !slot.reading.as_ref().is_some_and(fresh) {
            match self.read(name).await {
                Ok(value) => {
                    slot.reading = Some(Reading { value, read_at: now, tried_at: now });
                }
                Err(cause) => match slot.reading.as_mut() {
                    Some(old) if old.serves(now, &cause) => old.tried_at = now,
                    _ => return Err(ParameterError::Unread { name: name.to_owned(), cause }),
                },
            }
        }
        let value = slot.reading.as_ref().and_then(|reading| reading.value.as_ref());
        value.ok_or_else(|| ParameterError::Missing { name: name.to_owned() })
    }

    async fn read(&self, name: &str) -> Result<Option<SecretString>, AwsError> {
        let get = self.client.get_parameter().name(name).with_decryption(true);
        let answer = get.send().await.map_err(AwsError::of("SSM GetParameter"));
        match answer {
            Ok(answer) => Ok(answer.parameter.and_then(|found| found.value).map(Into::into)),
            // No parameter can have a name that Parameter Store refuses.
            Err(error) if matches!(error.problem(), Some(Problem::NotFound | Problem::Invalid)) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Reading {
    /// Whether it may still be used although reading it again failed.
    fn serves(&self, now: Timestamp, cause: &AwsError) -> bool {
        cause.verdict() == Verdict::RETRY && now.duration_since(self.read_at) < GRACE
    }
}

impl Slot {
    fn tell(&mut self, name: &str, problem: String) {
        if self.told.as_ref() != Some(&problem) {
            tracing::warn!(
                metric = "CredentialFailed",
                credential = name,
                %problem,
                "a credential is of no use; its channels stand still"
            );
            self.told = Some(problem);
        }
    }
}

impl<C: Clock> Credentials for ParameterStore<C> {
    async fn facebook(&self, name: &str) -> Result<Arc<FacebookCredential>, Failure> {
        self.document(name).await.map(Arc::new)
    }

    async fn twitter(&self, name: &str) -> Result<Arc<TwitterCredential>, Failure> {
        self.document(name).await.map(Arc::new)
    }
}

/// The field that is to blame, and a problem that quotes nothing of the document.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, (String, String)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        let missing =
            message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        match (missing, error.inner().classify()) {
            (Some(field), _) if path == "." => (field.to_owned(), "is missing".to_owned()),
            (Some(field), _) => (format!("{path}.{field}"), "is missing".to_owned()),
            (None, serde_json::error::Category::Data) => {
                (path, "is not what it must be".to_owned())
            }
            (None, _) => no_json(error.inner()),
        }
    })?;
    deserializer.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

fn no_json(error: &serde_json::Error) -> (String, String) {
    ("the document".to_owned(), format!("is no JSON at line {}", error.line()))
}

#[cfg(test)]
mod tests;

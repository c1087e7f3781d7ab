use config::{Config, ConfigError, Environment};
use serde::de::DeserializeOwned;

/// A setting is missing or wrong. Names the environment variable, never its value.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the environment variable {0} is not set")]
    Missing(String),
    #[error("the environment variable {variable} is not {expected}")]
    Wrong { variable: String, expected: String },
    #[error("the environment cannot be read: {0}")]
    Unreadable(String),
}

/// Reads a function's settings from its environment variables, once, at the start.
///
/// A field `state_table` is the variable `STATE_TABLE`. An empty variable counts as not set.
pub fn from_environment<T: DeserializeOwned>() -> Result<T, SettingsError> {
    from_source(Environment::default().ignore_empty(true))
}

fn from_source<T: DeserializeOwned>(environment: Environment) -> Result<T, SettingsError> {
    let built = Config::builder().add_source(environment).build();
    built.and_then(Config::try_deserialize).map_err(SettingsError::from)
}

impl From<ConfigError> for SettingsError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::NotFound(key) => Self::Missing(key.to_uppercase()),
            ConfigError::Type { key: Some(key), expected, .. } => {
                Self::Wrong { variable: key.to_uppercase(), expected: expected.to_owned() }
            }
            ConfigError::At { key: Some(key), error, .. } => Self::Wrong {
                variable: key.to_uppercase(),
                expected: format!("of the right kind ({})", without_values(&error)),
            },
            ConfigError::Message(message) => Self::Unreadable(message),
            _ => Self::Unreadable("malformed".to_owned()),
        }
    }
}

/// A custom type's message says what is wrong in its own words; a type mismatch would show the value.
fn without_values(error: &ConfigError) -> String {
    match error {
        ConfigError::Message(message) => message.clone(),
        ConfigError::Type { expected, .. } => format!("expected {expected}"),
        _ => "malformed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Settings {
        state_table: String,
        pass_seconds: u64,
        page: Option<String>,
    }

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        from_source(Environment::default().ignore_empty(true).source(Some(variables)))
    }

    #[test]
    fn settings_are_the_variables_in_lower_case() {
        let settings =
            read(&[("STATE_TABLE", "1e5"), ("PASS_SECONDS", "3"), ("PAGE", "")]).unwrap();
        assert_eq!((settings.state_table.as_str(), settings.pass_seconds), ("1e5", 3));
        assert_eq!(settings.page, None);
    }

    #[test]
    fn a_missing_or_wrong_variable_is_named_without_its_value() {
        let missing = read(&[("PASS_SECONDS", "3")]).unwrap_err();
        assert_eq!(missing.to_string(), "the environment variable STATE_TABLE is not set");
        let wrong = read(&[("STATE_TABLE", "t"), ("PASS_SECONDS", "secret")]).unwrap_err();
        assert!(wrong.to_string().contains("PASS_SECONDS"), "{wrong}");
        assert!(!wrong.to_string().contains("secret"), "{wrong}");
    }
}

//! What a local stack can be told to be.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

/// How a stack is started. The default is that of `cargo local up`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Options {
    /// Holds the stack's description, logs and temporary files. Stacks in different directories
    /// run side by side.
    pub directory: PathBuf,
    /// Whether Facebook's callbacks are switched on.
    pub callbacks: bool,
    /// Whether AWS calls need a signature of a role that may make them.
    pub enforce_roles: bool,
    /// Whether CIC throttles, and the bridge keeps under it.
    pub cic_limits: bool,
    /// How old CIC is, in the simulators' words; `None` is their default.
    pub cic_age: Option<String>,
    /// Template parameters that differ from the local stack's own.
    pub parameters: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            directory: super::paths::local(),
            callbacks: true,
            enforce_roles: false,
            cic_limits: true,
            cic_age: None,
            parameters: BTreeMap::new(),
        }
    }
}

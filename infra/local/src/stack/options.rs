//! What a local stack can be told to be.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

/// How the functions are built. The default is quick to build, and cannot be told to die.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Build {
    /// Whether tests may kill the functions' processes at named points.
    pub failpoints: bool,
    /// Whether they are optimised, as those that are shipped are.
    pub optimised: bool,
}

/// How AWS is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum AwsMode {
    /// Takes every call.
    #[default]
    Open,
    /// Calls need a signature of a role that may make them.
    EnforcingRoles,
    /// Tests can have it fail: the functions' calls go through [`Stack::aws_faults`]. Roles cannot be
    /// enforced there, as a call that goes another way than it was signed for would be refused.
    ///
    /// [`Stack::aws_faults`]: super::Stack::aws_faults
    Failing,
}

/// How a stack is started. The default is that of `cargo local up`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Options {
    /// Holds the stack's description, logs and temporary files. Stacks in different directories
    /// run side by side.
    pub directory: PathBuf,
    /// Whether Facebook's callbacks are switched on.
    pub callbacks: bool,
    /// How AWS is.
    pub aws: AwsMode,
    /// Whether CIC throttles, and the bridge keeps under it.
    pub cic_limits: bool,
    /// How old CIC is, in the simulators' words; `None` is their default.
    pub cic_age: Option<String>,
    /// How the functions are built.
    pub build: Build,
    /// Template parameters that differ from the local stack's own.
    pub parameters: BTreeMap<String, String>,
}

impl Options {
    /// Where tests order processes to die, where they may.
    pub fn orders(&self) -> PathBuf {
        self.directory.join("failpoints")
    }
}

impl Build {
    /// The folder of what is built so: one of each kind, so that none is built anew after another.
    pub fn folder(self) -> &'static str {
        match (self.failpoints, self.optimised) {
            (false, false) => "dist",
            (false, true) => "dist-optimised",
            (true, false) => "dist-failpoints",
            (true, true) => "dist-failpoints-optimised",
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            directory: super::paths::local(),
            callbacks: true,
            aws: AwsMode::Open,
            cic_limits: true,
            cic_age: None,
            build: Build::default(),
            parameters: BTreeMap::new(),
        }
    }
}

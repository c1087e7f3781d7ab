//! Builds what the stack runs: the functions and the simulators.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use tokio::process::Command;

use super::{Build, FUNCTIONS, StackError, command, files, paths};

/// The simulators' package and binary.
const SIMULATORS: &str = "simulators";

/// What was built, by function, and the simulators.
pub(super) struct Binaries {
    /// Stripped, as they are deployed.
    pub(super) functions: BTreeMap<String, PathBuf>,
    pub(super) simulators: PathBuf,
}

/// Builds and strips. Cargo tells what it does on standard error.
pub(super) async fn build(how: Build) -> Result<Binaries, StackError> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(paths::root()).stderr(Stdio::inherit()).args(arguments(how));
    let mut built = executables(&command::output(cargo).await?);
    let missing = |name: &str| StackError::Failed {
        program: "cargo build".to_owned(),
        output: format!("it made no binary `{name}`"),
    };
    let simulators = built.remove(SIMULATORS).ok_or_else(|| missing(SIMULATORS))?;
    let mut functions = BTreeMap::new();
    for name in FUNCTIONS {
        let binary = built.remove(name).ok_or_else(|| missing(name))?;
        functions.insert(name.to_owned(), stripped(name, &binary, how).await?);
    }
    Ok(Binaries { functions, simulators })
}

/// `--workspace` and `--examples` (there are none) make cargo choose the dependencies' features as
/// `cargo test --workspace` does, so that neither command builds them anew after the other.
fn arguments(how: Build) -> Vec<&'static str> {
    let mut arguments = vec!["build", "--locked", "--workspace", "--examples", "--message-format"];
    arguments.push("json-render-diagnostics");
    for binary in FUNCTIONS.into_iter().chain([SIMULATORS]) {
        arguments.extend(["--bin", binary]);
    }
    if how.failpoints {
        arguments.extend(["--features", "social-failpoints/failpoints"]);
    }
    if how.optimised {
        arguments.push("--release");
    }
    arguments
}

#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The executables that cargo's messages name.
fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect()
}

/// The function as it is deployed: without debug information, which is most of its size.
async fn stripped(name: &str, binary: &Path, how: Build) -> Result<PathBuf, StackError> {
    let directory = paths::local().join(how.folder()).join(name);
    files::create_directory(&directory)?;
    let bootstrap = directory.join("bootstrap");
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let failed = |source| StackError::File { path: bootstrap.clone(), source };
    // Equal, not newer: cargo may put an older build of other features back in its place.
    let built = modified(binary).map_err(failed)?;
    if modified(&bootstrap).is_ok_and(|packed| packed == built) {
        return Ok(bootstrap);
    }
    let part = directory.join("part");
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&part).arg(binary).stderr(Stdio::piped());
    if command::output(strip).await.is_err() {
        // A toolchain without `strip`: larger, and as good.
        fs::copy(binary, &part).map_err(failed)?;
    }
    fs::File::open(&part).and_then(|file| file.set_modified(built)).map_err(failed)?;
    fs::rename(&part, &bootstrap).map_err(failed)?;
    Ok(bootstrap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_told_from_libraries_and_other_lines() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"router"},"executable":"/t/router"}
            {"reason":"build-finished","success":true}
            not JSON"#;
        let built = executables(messages);
        assert_eq!(built, BTreeMap::from([("router".to_owned(), PathBuf::from("/t/router"))]));
    }
}

//! Dependencies point one way: functions, adapters, `social-core`. The build enforces it, here.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fs,
    process::Command,
};

use libtest_mimic::Trial;
use serde_json::Value;

use crate::{floor, story::Outcome};

/// Which crates of the workspace each shared crate may use.
const SHARED: [(&str, &[&str]); 8] = [
    ("social-core", &[]),
    ("social-failpoints", &[]),
    ("social-http", &["social-core"]),
    ("social-aws", &["social-core", "social-failpoints"]),
    ("social-facebook", &["social-core", "social-failpoints", "social-http"]),
    ("social-twitter", &["social-core", "social-failpoints", "social-http"]),
    ("social-cic", &["social-core", "social-failpoints", "social-http"]),
    ("social-lambda", &["social-aws", "social-core", "social-http"]),
];

/// Which product crates may use a crate from outside, by the beginning of its name. A function is
/// named by its folder, `functions`.
const OUTSIDE: [(&str, &[&str]); 5] = [
    ("aws-sdk-", &["social-aws"]),
    ("aws-", &["social-aws", "social-lambda"]),
    ("reqwest", &["social-http"]),
    ("lambda_", &["functions", "social-lambda"]),
    ("aws_lambda_events", &["functions", "social-lambda"]),
];

/// What does input or output, or brings what does.
const IO: [&str; 10] =
    ["aws-", "aws_", "axum", "hyper", "lambda_", "mio", "reqwest", "rustls", "socket2", "tokio"];

/// Longest `main.rs` of a function: it wires, and decides nothing.
const LONGEST_MAIN: usize = 30;

pub(super) fn all() -> Vec<Trial> {
    vec![
        Trial::test("dependencies::shared_crates_know_only_what_is_below_them", shared),
        Trial::test("dependencies::the_core_does_no_input_or_output", core),
        Trial::test("dependencies::each_outside_crate_has_its_place", outside),
        Trial::test("dependencies::the_product_does_not_know_its_tests", tests_stay_out),
        Trial::test("dependencies::simulators_do_not_know_the_product", simulators),
        Trial::test("dependencies::a_functions_main_only_wires", mains),
    ]
}

/// A crate of the workspace.
struct Package {
    name: String,
    /// `functions`, `shared`, `infra` or `tests`.
    folder: String,
    /// What it is built with, and what its tests are.
    normal: BTreeSet<String>,
    dev: BTreeSet<String>,
}

impl Package {
    fn is_product(&self) -> bool {
        matches!(self.folder.as_str(), "functions" | "shared")
    }

    /// Its name in [`OUTSIDE`].
    fn place(&self) -> &str {
        if self.folder == "functions" { "functions" } else { &self.name }
    }
}

/// What cargo tells of the workspace's own packages.
pub(super) fn metadata() -> Outcome<Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"])?;
    Ok(serde_json::from_str(&metadata)?)
}

fn workspace() -> Outcome<BTreeMap<String, Package>> {
    let metadata = metadata()?;
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(packages.iter().map(package).map(|package| (package.name.clone(), package)).collect())
}

fn package(package: &Value) -> Package {
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let dependencies = package.get("dependencies").and_then(Value::as_array);
    let (dev, normal): (Vec<_>, Vec<_>) =
        dependencies.into_iter().flatten().partition(|it| text(it, "kind") == "dev");
    let names = |all: Vec<&Value>| all.into_iter().map(|it| text(it, "name")).collect();
    let manifest = text(package, "manifest_path");
    Package {
        name: text(package, "name"),
        folder: manifest.rsplit('/').nth(2).unwrap_or_default().to_owned(),
        normal: names(normal),
        dev: names(dev),
    }
}

fn cargo(arguments: &[&str]) -> Outcome<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo).args(arguments).current_dir(floor::workspace()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

fn shared() -> Outcome {
    let workspace = workspace()?;
    let known: BTreeSet<&str> = SHARED.iter().map(|(name, _)| *name).collect();
    let there = workspace.values().filter(|package| package.folder == "shared");
    assert_eq!(there.map(|package| package.name.as_str()).collect::<BTreeSet<_>>(), known);
    for package in workspace.values().filter(|package| package.is_product()) {
        let allowed = match SHARED.iter().find(|(name, _)| *name == package.name) {
            Some((_, below)) => below.iter().copied().collect(),
            None => known.clone(),
        };
        let used = package.normal.iter().filter(|name| workspace.contains_key(*name));
        for used in used {
            assert!(allowed.contains(used.as_str()), "{} uses {used}", package.name);
        }
    }
    Ok(())
}

/// Whatever it brings with it included.
fn core() -> Outcome {
    let arguments =
        ["tree", "--package", "social-core", "--edges", "normal", "--prefix", "none", "--offline"];
    let tree = cargo(&arguments)?;
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("serde"), "{crates:?}");
    for name in crates {
        assert!(!IO.iter().any(|io| name.starts_with(io)), "social-core brings {name}");
    }
    Ok(())
}

fn outside() -> Outcome {
    for package in workspace()?.values().filter(|package| package.is_product()) {
        for used in &package.normal {
            for (crates, places) in OUTSIDE {
                let fits = !used.starts_with(crates) || places.contains(&package.place());
                assert!(fits, "{} uses {used}", package.name);
            }
        }
    }
    Ok(())
}

fn tests_stay_out() -> Outcome {
    let workspace = workspace()?;
    for package in workspace.values().filter(|package| package.is_product()) {
        for used in package.normal.iter().chain(&package.dev) {
            let product = workspace.get(used).is_none_or(|used| used.folder == "shared");
            assert!(product, "{} uses {used}", package.name);
        }
    }
    Ok(())
}

/// They speak the networks' contracts by their own reading, or both would be wrong together.
fn simulators() -> Outcome {
    let workspace = workspace()?;
    let simulators = workspace.get("simulators").ok_or("there is no crate simulators")?;
    for used in simulators.normal.iter().chain(&simulators.dev) {
        assert!(!workspace.contains_key(used), "simulators uses {used}");
    }
    Ok(())
}

fn mains() -> Outcome {
    let functions = workspace()?;
    let functions = functions.values().filter(|package| package.folder == "functions");
    for function in functions {
        let main = format!("functions/{}/src/main.rs", function.name);
        let lines = fs::read_to_string(floor::workspace().join(&main))?.lines().count();
        assert!(lines <= LONGEST_MAIN, "{main} has {lines} lines");
    }
    Ok(())
}

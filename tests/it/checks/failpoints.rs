//! What is shipped cannot be told to die.

use std::{fs, path::Path};

use libtest_mimic::Trial;
use local::stack::{Build, FUNCTIONS};
use serde_json::Value;
use social_failpoints::{ORDERS, POINTS};

use super::dependencies::metadata;
use crate::{
    floor::{self, CALLBACKS, KILLED},
    story::Outcome,
};

pub(super) fn all() -> Vec<Trial> {
    vec![
        Trial::test("failpoints::nothing_switches_them_on_by_itself", off),
        Trial::test("failpoints::no_function_has_them_unless_it_is_built_for_tests", absent),
    ]
}

/// Neither by default, nor through any crate of the workspace.
fn off() -> Outcome {
    let packages = metadata()?;
    let mut named = 0;
    for package in packages.get("packages").and_then(Value::as_array).into_iter().flatten() {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        if name == "social-failpoints" {
            let features =
                package.get("features").and_then(Value::as_object).ok_or("no features")?;
            assert_eq!(features.keys().collect::<Vec<_>>(), ["failpoints"], "{features:?}");
        }
        let features = package.get("features").unwrap_or(&Value::Null).to_string();
        assert!(!features.contains("social-failpoints/"), "{name} switches them on: {features}");
        let uses = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        for used in uses.filter(|used| used.get("name").is_some_and(|it| it == "social-failpoints"))
        {
            named += 1;
            let features = used.get("features").and_then(Value::as_array).ok_or("no features")?;
            assert!(features.is_empty(), "{name} switches them on");
        }
    }
    assert!(named > 0);
    Ok(())
}

/// The name that the orders are found by is in each binary that looks for them.
fn absent() -> Outcome {
    CALLBACKS.stack()?;
    KILLED.stack()?;
    let usual = Build::default();
    let killable = Build { failpoints: true, ..usual };
    for function in FUNCTIONS {
        assert!(!looks_for_orders(usual, function)?, "{function} can be told to die");
        if POINTS.iter().any(|point| point.function == function) {
            assert!(looks_for_orders(killable, function)?, "{function} cannot be killed by tests");
        }
    }
    Ok(())
}

fn looks_for_orders(how: Build, function: &str) -> Outcome<bool> {
    let binary = Path::new("target/local").join(how.folder()).join(function).join("bootstrap");
    let binary = fs::read(floor::workspace().join(binary))?;
    let name = ORDERS.as_bytes();
    Ok(binary.windows(name.len()).any(|window| window == name))
}

//! The template gives each function the environment variables that it needs, and no others.

use std::{
    collections::BTreeMap,
    process::{Command, Output},
};

use libtest_mimic::Trial;
use local::stack::FUNCTIONS;
use serde_json::Value;

use super::cloudformation::{Resource, Template};
use crate::{
    floor::{self, CALLBACKS},
    story::Outcome,
};

/// Stands for whatever is known only in AWS: a URL, which may be a name too.
const SOMETHING: &str = "http://127.0.0.1:9/something";

pub(super) fn all() -> Vec<Trial> {
    let trial = |name: &'static str| {
        let test = format!("settings::{}_needs_what_the_template_gives_it", name.replace('-', "_"));
        Trial::test(test, move || function(name))
    };
    FUNCTIONS.into_iter().map(trial).collect()
}

/// With all of them the function starts, as far as it can outside Lambda. Without any one of them
/// it does not, and its error names that one.
fn function(name: &str) -> Outcome {
    // The stack has built and packed the functions.
    CALLBACKS.stack()?;
    let template = Template::read()?;
    let resource = template.functions().find(|function| function.binary() == name);
    let variables = variables(&template, &resource.ok_or("the template has no such function")?);
    assert!(!variables.is_empty());

    let said = said(&start(name, &variables)?);
    // Outside Lambda the runtime panics, and a panic tells where and not why.
    assert!(said.contains("lambda_runtime"), "{name} does not reach the runtime: {said}");
    for missing in variables.keys() {
        let mut others = variables.clone();
        others.remove(missing);
        let output = start(name, &others)?;
        let said = self::said(&output);
        assert!(!output.status.success(), "{name} starts without {missing}");
        assert!(said.contains(&format!("\"{missing}\"")), "without {missing}, {name} says {said}");
    }
    Ok(())
}

/// The function's variables as they are by default; those that are optional are not there then.
fn variables(template: &Template, function: &Resource<'_>) -> BTreeMap<String, String> {
    let given = function.at("/Environment/Variables").as_object().into_iter().flatten();
    let given = given.filter(|(_, value)| value.get("Fn::If").is_none());
    given.map(|(name, value)| (name.clone(), text(template.default_of(value)))).collect()
}

fn text(default: &Value) -> String {
    match default {
        Value::Null => SOMETHING.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn start(name: &str, variables: &BTreeMap<String, String>) -> Outcome<Output> {
    let binary = floor::workspace().join("target/local/dist").join(name).join("bootstrap");
    let mut function = Command::new(binary);
    function.env_clear().envs(variables);
    // What Lambda always gives; without it the SDK would look for it on the network.
    function.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    Ok(function.output()?)
}

fn said(output: &Output) -> String {
    let all = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    String::from_utf8_lossy(&all).into_owned()
}

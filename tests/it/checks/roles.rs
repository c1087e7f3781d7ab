//! No role allows a call that its function has no code for, and each lets its function at the queues
//! and tables that it is told of.

use std::{collections::BTreeSet, fs, path::Path};

use libtest_mimic::Trial;
use local::stack::Build;
use serde_json::Value;

use super::cloudformation::{Resource, Template};
use crate::{
    floor::{self, CALLBACKS},
    story::Outcome,
};

/// What Lambda itself does with the role, for a function that is started by a queue.
const BY_LAMBDA: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// How the SDK names a service's calls, and so the binary that makes them.
const SDK: [(&str, &str); 3] = [("dynamodb:", "DynamoDB."), ("sqs:", "SQS."), ("ssm:", "SSM.")];

pub(super) fn all() -> Vec<Trial> {
    vec![
        Trial::test("roles::no_role_allows_what_its_function_cannot_call", tight),
        Trial::test(
            "roles::each_function_may_use_the_queues_and_tables_that_it_is_told_of",
            enough,
        ),
    ]
}

fn tight() -> Outcome {
    CALLBACKS.stack()?;
    let template = Template::read()?;
    for function in template.functions() {
        let binary = Path::new("target/local").join(Build::default().folder());
        let binary = binary.join(function.binary()).join("bootstrap");
        let binary = fs::read(floor::workspace().join(binary))?;
        let granted = granted(&template, &function)?;
        assert!(granted.contains("dynamodb:GetItem"), "{}: {granted:?}", function.name);
        let started_by_queue = !function.events("SQS").is_empty();
        let idle = granted.iter().filter(|action| {
            let by_lambda = started_by_queue && BY_LAMBDA.contains(&action.as_str());
            !by_lambda && !action.starts_with("logs:") && !has_code_for(&binary, action)
        });
        assert_eq!(idle.collect::<Vec<_>>(), Vec::<&String>::new(), "{}", function.name);
        // The check knows a call that the function has no code for.
        assert!(!has_code_for(&binary, "dynamodb:DeleteItem"), "{}", function.name);
    }
    Ok(())
}

/// A function sends to each queue that it is told of, unless it takes messages from it by itself.
fn enough() -> Outcome {
    let template = Template::read()?;
    let named = |kind| template.resources(kind).map(|it| it.name.to_owned()).collect();
    let queues: BTreeSet<String> = named("AWS::SQS::Queue");
    let tables: BTreeSet<String> = named("AWS::DynamoDB::Table");
    for function in template.functions() {
        let told = told_of(&function);
        let started_by = function.events("SQS");
        let started_by: BTreeSet<String> = started_by.iter().flat_map(|it| names_in(it)).collect();
        let of_role = |service: &str| -> Outcome<BTreeSet<String>> {
            let statements = statements(&template, &function)?.into_iter();
            let granted =
                statements.filter(|it| actions(it).iter().any(|it| it.starts_with(service)));
            Ok(granted.filter_map(|it| it.get("Resource")).flat_map(names_in).collect())
        };
        let sends = of_role("sqs:SendMessage")?;
        let takes = &of_role("sqs:ReceiveMessage")? - &started_by;
        assert_eq!(&sends | &takes, &told & &queues, "{}", function.name);
        assert_eq!(of_role("dynamodb:")?, &told & &tables, "{}", function.name);
    }
    Ok(())
}

/// The resources that a function's environment names.
fn told_of(function: &Resource<'_>) -> BTreeSet<String> {
    let variables = function.at("/Environment/Variables").as_object().into_iter().flatten();
    let references = variables.filter_map(|(_, value)| value.get("Ref").and_then(Value::as_str));
    references.map(str::to_owned).collect()
}

/// The resources whose names stand in `!GetAtt X.Arn` or `!Sub ${X.Arn}…`, at any depth.
fn names_in(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => {
            let name = text.split_once(".Arn").map(|(name, _)| name.trim_start_matches("${"));
            name.map(str::to_owned).into_iter().collect()
        }
        Value::Array(items) => items.iter().flat_map(names_in).collect(),
        Value::Object(fields) => fields.values().flat_map(names_in).collect(),
        _ => BTreeSet::new(),
    }
}

/// Every action that the function's own role allows.
fn granted(template: &Template, function: &Resource<'_>) -> Outcome<BTreeSet<String>> {
    Ok(statements(template, function)?.into_iter().flat_map(actions).collect())
}

/// What the function's own role says.
fn statements<'a>(template: &'a Template, function: &Resource<'_>) -> Outcome<Vec<&'a Value>> {
    let role = function.at("/Role/Fn::GetAtt").as_str().and_then(|it| it.strip_suffix(".Arn"));
    let role = role.ok_or("no role")?;
    let policies = template.at(&format!("/Resources/{role}/Properties/Policies"));
    let statements =
        policies.as_array().into_iter().flatten().filter_map(|policy| {
            policy.pointer("/PolicyDocument/Statement").and_then(Value::as_array)
        });
    Ok(statements.flatten().collect())
}

fn actions(statement: &Value) -> Vec<String> {
    match statement.get("Action") {
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        one => one.and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
    }
}

fn has_code_for(binary: &[u8], action: &str) -> bool {
    // What is granted for one message is granted for a batch too, whose call begins with the same name.
    let name = SDK.iter().find_map(|(service, sdk)| {
        action.strip_prefix(service).map(|operation| format!("{sdk}{operation}"))
    });
    name.is_some_and(|name| binary.windows(name.len()).any(|window| window == name.as_bytes()))
}

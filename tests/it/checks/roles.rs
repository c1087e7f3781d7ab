//! No role allows a call that its function has no code for. Where one is missing, the stories fail.

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
    vec![Trial::test("roles::no_role_allows_what_its_function_cannot_call", tight)]
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

/// Every action that the function's own role allows.
fn granted(template: &Template, function: &Resource<'_>) -> Outcome<BTreeSet<String>> {
    let role = function.at("/Role/Fn::GetAtt").as_str().and_then(|it| it.strip_suffix(".Arn"));
    let role = role.ok_or("no role")?;
    let policies = template.at(&format!("/Resources/{role}/Properties/Policies"));
    let statements =
        policies.as_array().into_iter().flatten().filter_map(|policy| {
            policy.pointer("/PolicyDocument/Statement").and_then(Value::as_array)
        });
    let actions = statements.flatten().filter_map(|statement| statement.get("Action"));
    let named = actions.flat_map(|actions| match actions {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    });
    Ok(named.collect())
}

fn has_code_for(binary: &[u8], action: &str) -> bool {
    // What is granted for one message is granted for a batch too, whose call begins with the same name.
    let name = SDK.iter().find_map(|(service, sdk)| {
        action.strip_prefix(service).map(|operation| format!("{sdk}{operation}"))
    });
    name.is_some_and(|name| binary.windows(name.len()).any(|window| window == name.as_bytes()))
}

//! The template says what no other test can notice: a flag that is missing there loses messages.

use std::{collections::BTreeSet, fs};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::cloudformation::Template;
use crate::{floor, story::Outcome};

pub(super) fn all() -> Vec<Trial> {
    vec![
        Trial::test("template::each_function_of_the_workspace_is_in_it", functions),
        check("queues_hand_back_single_messages", batch_failures),
        check("what_waits_outlasts_days", waiting),
        check("a_message_is_hidden_longer_than_its_function_runs", visibility),
        check("each_function_has_a_log_group_that_forgets", log_groups),
        check("functions_run_on_arm_and_al2023", platform),
        check("schedules_are_not_repeated", schedules),
        check("each_function_has_a_role_of_its_own", roles),
        check("no_role_touches_everything", resources),
        Trial::test("template::one_panicking_message_does_not_take_down_its_batch", unwinds),
    ]
}

fn check(name: &str, check: fn(&Template)) -> Trial {
    Trial::test(format!("template::{name}"), move || {
        check(&Template::read()?);
        Ok(())
    })
}

fn functions() -> Outcome {
    let template = Template::read()?;
    let folders = fs::read_dir(floor::workspace().join("functions"))?;
    let folders: Result<BTreeSet<_>, _> = folders
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect();
    let binaries = template.functions().map(|function| function.binary().to_owned());
    assert_eq!(binaries.collect::<BTreeSet<_>>(), folders?);
    Ok(())
}

/// Without it SQS deletes the messages that failed together with those that did not.
fn batch_failures(template: &Template) {
    let mappings = template.functions().map(|function| function.events("SQS").len()).sum::<usize>();
    assert_eq!(mappings, 2);
    for function in template.functions() {
        for mapping in function.events("SQS") {
            let wanted = json!(["ReportBatchItemFailures"]);
            assert_eq!(mapping.get("FunctionResponseTypes"), Some(&wanted), "{}", function.name);
        }
    }
}

/// A thousand receives and 14 days, and then a queue that takes what is left.
fn waiting(template: &Template) {
    for name in ["InboundQueue", "OutboundQueue"] {
        let queue = template.at(&format!("/Resources/{name}/Properties"));
        let redrive = queue.get("RedrivePolicy").cloned().unwrap_or_default();
        let parked_in = name.replace("Queue", "DeadLetterQueue");
        let target = json!({ "Fn::GetAtt": format!("{parked_in}.Arn") });
        assert_eq!(
            redrive,
            json!({ "deadLetterTargetArn": target, "maxReceiveCount": 1000 }),
            "{name}"
        );
        for name in [name, &parked_in] {
            let queue = template.at(&format!("/Resources/{name}/Properties"));
            assert_eq!(queue.get("FifoQueue"), Some(&json!(true)), "{name}");
            assert_eq!(queue.get("MessageRetentionPeriod"), Some(&json!(14 * 24 * 3600)), "{name}");
        }
    }
}

/// As AWS asks: six times, so that a batch is not delivered again while it is worked on.
fn visibility(template: &Template) {
    let hidden = |queue: &str| {
        let setting = template.at(&format!("/Resources/{queue}/Properties/VisibilityTimeout"));
        template.default_of(setting).as_u64().unwrap_or_default()
    };
    for function in template.functions().filter(|function| !function.events("SQS").is_empty()) {
        let runs = template.default_of(function.at("/Timeout")).as_u64().unwrap_or(u64::MAX);
        for mapping in function.events("SQS") {
            let queue = mapping.pointer("/Queue/Fn::GetAtt").and_then(Value::as_str);
            let queue = queue.and_then(|queue| queue.strip_suffix(".Arn")).unwrap_or_default();
            assert!(hidden(queue) >= runs.saturating_mul(6), "{queue} and {}", function.name);
        }
    }
}

fn log_groups(template: &Template) {
    let groups = template.functions().map(|function| {
        let group = function.at("/LoggingConfig/LogGroup/Ref").as_str().unwrap_or_default();
        let retention = format!("/Resources/{group}/Properties/RetentionInDays");
        let days = template.default_of(template.at(&retention)).as_u64();
        assert!(days.is_some_and(|days| days <= 90), "{} keeps {days:?} days", function.name);
        group.to_owned()
    });
    let groups: BTreeSet<_> = groups.collect();
    assert_eq!(groups.len(), template.functions().count(), "one each: {groups:?}");
}

fn platform(template: &Template) {
    let globals = template.at("/Globals/Function");
    assert_eq!(globals.get("Runtime"), Some(&json!("provided.al2023")));
    let architecture = globals.pointer("/Architectures/0").cloned().unwrap_or_default();
    assert_eq!(template.default_of(&architecture), "arm64");
    for function in template.functions() {
        for setting in ["/Runtime", "/Architectures"] {
            assert_eq!(function.at(setting), &Value::Null, "{} has {setting}", function.name);
        }
    }
}

/// The next minute's run is the retry: late ones would only pile up.
fn schedules(template: &Template) {
    let never = json!({ "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60 });
    let scheduled: Vec<_> =
        template.functions().filter(|function| !function.events("ScheduleV2").is_empty()).collect();
    assert_eq!(scheduled.len(), 3);
    for function in scheduled {
        assert_eq!(function.at("/EventInvokeConfig"), &never, "{}", function.name);
        for schedule in function.events("ScheduleV2") {
            assert_eq!(schedule.get("RetryPolicy"), Some(&never), "{}", function.name);
        }
    }
}

fn roles(template: &Template) {
    let written_out: BTreeSet<_> =
        template.resources("AWS::IAM::Role").map(|role| format!("{}.Arn", role.name)).collect();
    let of_functions: Vec<_> = template
        .functions()
        .map(|function| function.at("/Role/Fn::GetAtt").as_str().unwrap_or_default().to_owned())
        .collect();
    let distinct: BTreeSet<_> = of_functions.iter().cloned().collect();
    assert_eq!(distinct.len(), of_functions.len(), "shared: {of_functions:?}");
    assert_eq!(distinct, written_out);
}

/// But for the network interfaces, which Lambda wants for every resource.
fn resources(template: &Template) {
    let all = template.at("/Resources").as_object();
    for (name, resource) in all.into_iter().flatten().filter(|(name, _)| *name != "VpcPolicy") {
        assert!(!touches_everything(resource), "{name} has a statement with every resource");
    }
}

fn touches_everything(value: &Value) -> bool {
    let every = |resource: &Value| {
        let listed = resource.as_array().is_some_and(|all| all.iter().any(|one| one == "*"));
        resource == "*" || listed
    };
    match value {
        Value::Object(entries) => {
            entries.iter().any(|(name, value)| name == "Resource" && every(value))
                || entries.values().any(touches_everything)
        }
        Value::Array(items) => items.iter().any(touches_everything),
        _ => false,
    }
}

/// `cargo lambda build` adds `panic = "abort"` where the profile does not say otherwise.
fn unwinds() -> Outcome {
    let manifest = fs::read_to_string(floor::workspace().join("Cargo.toml"))?;
    let release = manifest.split("\n[").find(|section| section.starts_with("profile.release]"));
    let mut lines = release.unwrap_or_default().lines();
    assert!(lines.any(|line| line == "panic = \"unwind\""), "{release:?}");
    Ok(())
}

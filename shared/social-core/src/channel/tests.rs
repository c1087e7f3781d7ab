use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn page() -> Value {
    json!({ "channel_id": "acme-page", "network": "facebook", "workgroup": "Social Support",
            "page_id": "1029384756", "credential": "/social/facebook/acme" })
}

fn brand() -> Value {
    json!({ "channel_id": "acme-brand", "network": "twitter", "workgroup": "Social Support",
            "handles": ["@acme"], "keywords": ["acme  router", "#acmehelp"],
            "credential": "/social/twitter/acme", "reply_handle": "@acme" })
}

fn with(mut entry: Value, field: &str, value: Value) -> Value {
    entry[field] = value;
    entry
}

#[test]
fn a_page_needs_five_fields_only() {
    let channel = Channel::from_entry(page()).unwrap();
    assert_eq!(channel.network(), Network::Facebook);
    assert_eq!(channel.workgroup_for(Kind::PrivateMessage), "Social Support");
    assert!(channel.enabled && channel.publishing && !channel.is_read_only());
}

#[test]
fn private_messages_may_have_a_workgroup_of_their_own() {
    let entry = with(page(), "private_workgroup", json!("Social Private"));
    let channel = Channel::from_entry(entry).unwrap();
    assert_eq!(channel.workgroup_for(Kind::PrivateMessage), "Social Private");
    assert_eq!(channel.workgroup_for(Kind::Comment), "Social Support");
}

#[test]
fn a_channel_without_reply_handle_only_watches() {
    let mut entry = brand();
    entry.as_object_mut().unwrap().remove("reply_handle");
    assert!(Channel::from_entry(entry).unwrap().is_read_only());
    assert!(!Channel::from_entry(brand()).unwrap().is_read_only());
}

#[rstest]
#[case::missing(with(page(), "workgroup", json!(null)), "workgroup")]
#[case::empty(with(page(), "workgroup", json!(" ")), "workgroup")]
#[case::unknown(with(page(), "workgruop", json!("x")), "workgruop")]
#[case::type_(with(page(), "enabled", json!("true")), "enabled")]
#[case::foreign(with(page(), "handles", json!(["@acme"])), "handles")]
#[case::page(with(page(), "page_id", json!("acme")), "page_id")]
#[case::network(with(page(), "network", json!("myspace")), "network")]
#[case::start(with(page(), "start", json!("yesterday")), "start")]
#[case::handle(with(brand(), "handles", json!(["@much-too-odd"])), "handles")]
#[case::injection(with(brand(), "keywords", json!(["a\" OR from:rival"])), "keywords")]
#[case::nothing(with(brand(), "keywords", json!(["-"])), "keywords")]
#[case::credential(with(brand(), "credential", json!("acme")), "credential")]
#[case::command(with(page(), "commands", json!(["shrug"])), "commands")]
#[case::not_on_twitter(with(brand(), "commands", json!(["hide"])), "commands")]
#[case::nothing_to_approve(with(page(), "commands", json!(["approve"])), "commands")]
#[case::never_idle(with(page(), "idle_close_hours", json!(0)), "idle_close_hours")]
#[case::hours(with(page(), "opening_hours", json!({ "time_zone": "Berlin", "week": {} })), "opening_hours")]
#[case::attendance(with(page(), "when_nobody_available", json!("drop")), "when_nobody_available")]
#[case::hours_unknown(with(page(), "opening_hours", json!({ "zone": "UTC" })), "opening_hours.zone")]
fn a_bad_entry_names_its_field(#[case] entry: Value, #[case] field: &str) {
    let error = Channel::from_entry(entry).unwrap_err();
    assert_eq!(error.field, field, "{error}");
}

#[test]
fn a_bad_entry_never_stops_the_others() {
    let disabled = with(brand(), "enabled", json!(false));
    let bad = with(with(page(), "channel_id", json!("bad")), "page_id", json!(7));
    let set = ChannelSet::from_entries([bad, page(), disabled]);
    assert_eq!(set.channels.len(), 1);
    assert_eq!(set.invalid.len(), 1);
    assert_eq!(set.invalid[0].channel_id, "bad");
}

#[test]
fn terms_are_collapsed_and_handles_compare_without_case() {
    let channel = Channel::from_entry(brand()).unwrap();
    let twitter = channel.twitter().unwrap();
    assert_eq!(twitter.keywords[0].as_str(), "acme router");
    assert!(twitter.handles[0].is("ACME"));
}

#[rstest]
#[case::by_default(page(), &["who", "private", "retry", "discard", "help"])]
#[case::on_twitter(brand(), &["who", "private", "retry", "discard", "help"])]
#[case::exactly_these(with(page(), "commands", json!(["hide", "who"])), &["who", "help", "hide"])]
#[case::none(with(page(), "commands", json!([])), &["help"])]
#[case::with_approval(with(brand(), "approval", json!(true)), &["who", "private", "retry", "discard", "help", "approve"])]
#[case::on_x(with(brand(), "commands", json!(["delete"])), &["help", "delete"])]
fn a_channel_allows_the_commands_that_it_names(#[case] entry: Value, #[case] allowed: &[&str]) {
    let rules = Channel::from_entry(entry).unwrap().desk_rules;
    let names: Vec<&str> = rules.commands.iter().map(|command| command.name()).collect();
    assert_eq!(names, allowed);
}

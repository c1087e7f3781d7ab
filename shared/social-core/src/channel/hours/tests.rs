use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn hours(entry: Value) -> Result<OpeningHours, String> {
    serde_json::from_value::<Written>(entry).unwrap().parse()
}

fn berlin() -> OpeningHours {
    let week = json!({ "mon-fri": ["08:00-12:00", "13:00-18:00"], "sat": ["09:00-13:00"] });
    let holidays = json!(["12-25", "2026-11-24"]);
    hours(json!({ "time_zone": "Europe/Berlin", "week": week, "holidays": holidays })).unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

#[rstest]
#[case::monday_morning("2026-11-23T07:00:00Z", true)]
#[case::before("2026-11-23T06:59:59Z", false)]
#[case::lunch("2026-11-23T11:00:00Z", false)]
#[case::after_lunch("2026-11-23T12:00:00Z", true)]
#[case::evening("2026-11-23T17:00:00Z", false)]
#[case::in_summer("2026-07-20T06:00:00Z", true)]
#[case::saturday("2026-11-28T08:30:00Z", true)]
#[case::sunday("2026-11-22T10:00:00Z", false)]
#[case::holiday("2026-11-24T10:00:00Z", false)]
#[case::christmas("2028-12-25T10:00:00Z", false)]
fn a_channel_is_open_by_its_own_clock(#[case] time: &str, #[case] open: bool) {
    assert_eq!(berlin().is_open(at(time)), open);
}

#[rstest]
#[case::night("2026-11-23T03:00:00Z", "2026-11-23T07:00:00Z")]
#[case::lunch("2026-11-23T11:30:00Z", "2026-11-23T12:00:00Z")]
#[case::over_a_holiday("2026-11-23T17:30:00Z", "2026-11-25T07:00:00Z")]
#[case::over_sunday("2026-11-28T12:30:00Z", "2026-11-30T07:00:00Z")]
#[case::into_summer("2026-03-28T13:00:00Z", "2026-03-30T06:00:00Z")]
fn it_opens_next_when_its_own_clock_says_so(#[case] now: &str, #[case] opens: &str) {
    assert_eq!(berlin().opens_after(at(now)), Some(at(opens)));
}

#[test]
fn a_day_may_last_until_midnight() {
    let always = hours(json!({ "time_zone": "UTC", "week": { "mon-sun": ["00:00-24:00"] } }));
    assert!(always.unwrap().is_open(at("2026-11-23T23:59:59Z")));
}

#[rstest]
#[case::zone("Berlin", "mon", "08:00-18:00", "01-01", "time_zone")]
#[case::day("UTC", "monday", "08:00-18:00", "01-01", "week")]
#[case::backwards("UTC", "fri-mon", "08:00-18:00", "01-01", "week")]
#[case::over_midnight("UTC", "mon", "18:00-02:00", "01-01", "within one day")]
#[case::sloppy("UTC", "mon", "8-18", "01-01", "08:00-18:00")]
#[case::minutes("UTC", "mon", "08:00-17:60", "01-01", "08:00-18:00")]
#[case::holiday("UTC", "mon", "08:00-18:00", "02-30", "holidays")]
fn what_is_wrong_is_named(
    #[case] zone: &str,
    #[case] day: &str,
    #[case] range: &str,
    #[case] holiday: &str,
    #[case] named: &str,
) {
    let entry = json!({ "time_zone": zone, "week": { day: [range] }, "holidays": [holiday] });
    let problem = hours(entry).unwrap_err();
    assert!(problem.contains(named), "{problem}");
}

#[test]
fn a_week_without_hours_is_refused() {
    assert!(hours(json!({ "time_zone": "UTC", "week": { "mon": [] } })).is_err());
}

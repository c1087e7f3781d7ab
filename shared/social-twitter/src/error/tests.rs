use http::HeaderMap;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

const DATE: &str = "Sun, 22 Nov 2026 12:00:00 GMT";
/// 12:00:00 of that day.
const NOON: i64 = 1_795_348_800;

fn answer(status: u16, body: &Value, headers: &[(&'static str, String)]) -> Answer {
    let mut map = HeaderMap::new();
    map.insert("date", DATE.parse().unwrap());
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    let status = StatusCode::from_u16(status).unwrap();
    Answer { status, headers: map, body: body.to_string().into_bytes().into() }
}

fn blank(status: u16, detail: &str) -> Value {
    json!({"title": "Forbidden", "status": status, "detail": detail, "type": "about:blank"})
}

fn typed(kind: &str) -> Value {
    json!({"title": "T", "detail": "D", "type": kind})
}

fn coded(code: i64) -> Value {
    json!({"errors": [{"code": code, "message": "M"}]})
}

/// Contract B5: the table of errors, row by row.
#[rstest]
#[case::unauthorized(401, blank(401, "Unauthorized"), "twitter_unauthorized", Verdict::WAIT)]
#[case::old_style_token(403, json!({"errors": [{"code": 89, "message": "Invalid or expired token."}]}), "twitter_unauthorized", Verdict::WAIT)]
#[case::credits(
    402,
    typed("https://api.x.com/2/problems/credits"),
    "twitter_credits_depleted",
    Verdict::WAIT
)]
#[case::credits_depleted(
    402,
    typed("https://api.twitter.com/2/problems/credits-depleted"),
    "twitter_credits_depleted",
    Verdict::WAIT
)]
#[case::enrolled(
    403,
    typed("https://api.twitter.com/2/problems/client-forbidden"),
    "twitter_not_enrolled",
    Verdict::WAIT
)]
#[case::app_only(
    403,
    typed("https://api.x.com/2/problems/unsupported-authentication"),
    "twitter_not_enrolled",
    Verdict::WAIT
)]
#[case::read_only_app(
    403,
    typed("https://api.twitter.com/2/problems/oauth1-permissions"),
    "twitter_not_enrolled",
    Verdict::WAIT
)]
#[case::invalid(
    400,
    typed("https://api.twitter.com/2/problems/invalid-request"),
    "twitter_invalid",
    Verdict::Reject
)]
#[case::duplicate(
    403,
    blank(403, "You are not allowed to create a Tweet with duplicate content."),
    "twitter_duplicate",
    Verdict::RETRY
)]
#[case::not_mentioned(
    403,
    blank(
        403,
        "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
    ),
    "twitter_not_mentioned",
    Verdict::Reject
)]
#[case::closed(
    403,
    blank(403, "Reply to this conversation is not allowed."),
    "twitter_closed",
    Verdict::Reject
)]
#[case::deleted(
    403,
    blank(403, "You attempted to reply to a Tweet that is deleted or not visible to you."),
    "twitter_deleted",
    Verdict::Reject
)]
#[case::too_long(
    403,
    blank(403, "Your Tweet text is too long. For more information, see …"),
    "twitter_too_long",
    Verdict::Reject
)]
#[case::other_403(
    403,
    blank(403, "You are not permitted to perform this action."),
    "twitter_forbidden",
    Verdict::WAIT
)]
#[case::not_authorized(
    403,
    typed("https://api.twitter.com/2/problems/not-authorized-for-resource"),
    "twitter_forbidden",
    Verdict::WAIT
)]
#[case::not_found(
    404,
    typed("https://api.x.com/2/problems/resource-not-found"),
    "twitter_not_found",
    Verdict::WAIT
)]
#[case::unavailable_resource(
    403,
    typed("https://api.x.com/2/problems/resource-unavailable"),
    "twitter_forbidden",
    Verdict::WAIT
)]
#[case::disallowed_resource(
    403,
    typed("https://api.x.com/2/problems/disallowed-resource"),
    "twitter_forbidden",
    Verdict::WAIT
)]
#[case::not_enrolled_by_its_reason(
    403,
    json!({"title": "Client Forbidden", "type": "about:blank", "reason": "client-not-enrolled"}),
    "twitter_not_enrolled",
    Verdict::WAIT
)]
#[case::old_style_duplicate(403, coded(187), "twitter_duplicate", Verdict::RETRY)]
#[case::old_style_deleted(403, coded(385), "twitter_deleted", Verdict::Reject)]
#[case::old_style_closed(403, coded(433), "twitter_closed", Verdict::Reject)]
#[case::old_style_too_long(400, coded(186), "twitter_too_long", Verdict::Reject)]
#[case::too_long_as_400(
    400,
    blank(400, "Your Tweet text is too long. For more information, see …"),
    "twitter_too_long",
    Verdict::Reject
)]
#[case::unavailable(503, json!("Over capacity"), "twitter_unavailable", Verdict::RETRY)]
#[case::blank_500(500, blank(500, "Internal Server Error"), "twitter_unavailable", Verdict::RETRY)]
#[case::redirect(302, json!(null), "twitter_unexpected", Verdict::RETRY)]
fn b5_every_row_is_understood(
    #[case] status: u16,
    #[case] body: Value,
    #[case] error_type: &str,
    #[case] verdict: Verdict,
) {
    let error = TwitterError::of(&answer(status, &body, &[]));
    assert_eq!(error.error_type(), error_type);
    assert_eq!(error.verdict(), verdict);
}

#[test]
fn b5_a_body_that_is_no_json_is_understood_by_its_status() {
    let mut answer = answer(502, &json!(null), &[]);
    answer.body = "<html>Bad Gateway</html>".into();
    assert_eq!(TwitterError::of(&answer).error_type(), "twitter_unavailable");
}

fn window(prefix: &str, remaining: u64, reset: i64) -> [(&'static str, String); 2] {
    let names = match prefix {
        "x-rate-limit" => ["x-rate-limit-remaining", "x-rate-limit-reset"],
        _ => ["x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"],
    };
    [(names[0], remaining.to_string()), (names[1], reset.to_string())]
}

/// Contract E10: a 429 whose window has something left.
#[rstest]
#[case::quarter(vec![window("x-rate-limit", 0, NOON + 60)], Some(61))]
#[case::day(vec![window("x-rate-limit", 17, NOON + 60), window("day", 0, NOON + 3_600)], Some(3_601))]
#[case::usage_cap(vec![window("x-rate-limit", 17, NOON + 60)], None)]
#[case::past(vec![window("x-rate-limit", 0, NOON - 60)], Some(1))]
#[case::none(vec![], None)]
fn e10_a_limit_says_how_long_to_wait(
    #[case] windows: Vec<[(&'static str, String); 2]>,
    #[case] seconds: Option<u64>,
) {
    let headers: Vec<_> = windows.into_iter().flatten().collect();
    let bodies = [
        json!({"title": "Too Many Requests", "type": "about:blank", "status": 429}),
        json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
        typed("https://api.twitter.com/2/problems/usage-capped"),
        typed("https://api.x.com/2/problems/rate-limit-exceeded"),
    ];
    for body in bodies {
        let error = TwitterError::of(&answer(429, &body, &headers));
        assert_eq!(error.verdict(), Verdict::Wait { after: seconds.map(Duration::from_secs) });
    }
}

#[test]
fn e9_a_since_id_out_of_reach_names_the_oldest() {
    let message = "'since_id' must be a tweet id created after 2026-07-31T11:45Z. Please use a 'since_id' that is larger than 2083157183716917248";
    let body = json!({
        "errors": [{"parameters": {"since_id": ["1"]}, "message": message}],
        "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    });
    let error = TwitterError::of(&answer(400, &body, &[]));
    assert!(
        matches!(error, TwitterError::SinceTooOld { oldest: Some(2_083_157_183_716_917_248) }),
        "{error:?}"
    );
}

#[test]
fn no_wording_of_xs_gets_into_a_log() {
    let error = TwitterError::of(&answer(400, &blank(400, "private words"), &[]));
    assert!(!format!("{error} {error:?}").contains("private"));
    assert!(matches!(error, TwitterError::Invalid { detail } if detail.0 == "private words"));
}

//! Answers as Facebook sends them: escaped JSON, version, trace and usage headers (contract A1, A2, A9, A10).

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{
    call::{Call, Caller},
    errors::GraphError,
};

static TRACES: AtomicU64 = AtomicU64::new(1);

/// The answer to a call, or to a request that could not be read as one.
pub(super) fn respond(call: Option<&Call>, outcome: Result<Value, GraphError>) -> Response {
    let trace = format!("A{:022x}", TRACES.fetch_add(1, Ordering::Relaxed));
    let (status, body, challenge) = match outcome {
        Ok(body) => (StatusCode::OK, body, None),
        Err(error) => (error.status, error.body(&trace), Some(error.challenge())),
    };
    let mut response = Response::new(Body::from(escaped(&body.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE.as_str(), "application/json; charset=UTF-8");
    set("x-fb-trace-id", &trace);
    set("x-fb-request-id", &trace);
    set("x-fb-rev", "1029384756");
    if let Some(challenge) = challenge {
        set(header::WWW_AUTHENTICATE.as_str(), &challenge);
    }
    let Some(call) = call else { return response };
    set("facebook-api-version", call.version);
    set("x-app-usage", &json!({"call_count": 1, "total_cputime": 0, "total_time": 1}).to_string());
    if let Caller::Page(page) = &call.caller {
        set("x-business-use-case-usage", &business_usage(page, &call.edge));
    }
    response
}

fn business_usage(page: &str, edge: &str) -> String {
    let kind = if matches!(edge, "messages" | "conversations") { "messenger" } else { "pages" };
    let usage = json!({
        "type": kind, "call_count": 1, "total_cputime": 1, "total_time": 1,
        "estimated_time_to_regain_access": 0,
    });
    json!({ page: [usage] }).to_string()
}

/// JSON text with `/` as `\/` and everything beyond ASCII as `\uXXXX`, in lowercase.
pub(super) fn escaped(json: &str) -> String {
    escape(json, |_| None)
}

/// As [`escaped`], and `<`, `%` and `@` escaped too, as callbacks are (A11).
pub(super) fn escaped_for_callbacks(json: &str) -> String {
    escape(json, |letter| match letter {
        '<' => Some("\\u003C"),
        '%' => Some("\\u0025"),
        '@' => Some("\\u0040"),
        _ => None,
    })
}

/// Outside of strings JSON has none of the letters in question, so strings need not be told apart.
fn escape(json: &str, special: impl Fn(char) -> Option<&'static str>) -> String {
    let mut escaped = String::with_capacity(json.len() + 64);
    for letter in json.chars() {
        match special(letter) {
            Some(escape) => escaped.push_str(escape),
            None if letter == '/' => escaped.push_str("\\/"),
            None if letter.is_ascii() => escaped.push(letter),
            None => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    write!(escaped, "\\u{unit:04x}").ok();
                }
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_still_the_same_json() {
        let value = json!({"text": "äöå 😀 </b> 50% @you \"quoted\" \\ back"});
        for text in [escaped(&value.to_string()), escaped_for_callbacks(&value.to_string())] {
            assert!(
                text.is_ascii() && text.contains("\\u00e4\\u00f6\\u00e5 \\ud83d\\ude00"),
                "{text}"
            );
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
        assert!(escaped_for_callbacks("\"</b>\"").contains("\\u003C\\/b>"));
    }
}

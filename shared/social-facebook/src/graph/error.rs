//! What the Graph API refuses, by what the caller can do about it (contract A9; Meta: "Handling Errors").
//!
//! Classified by `code`, never by `type`: nearly every error is an `OAuthException`.

use std::{fmt, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use social_core::{Classify, Verdict};
use social_http::HttpError;

/// Permissions that reading and answering need (contract A7).
const PERMISSIONS: [&str; 6] = [
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "pages_messaging",
];
/// Longest trace id that is kept.
const LONGEST_TRACE: usize = 64;
/// Pause after a refusal for policy: asking again soon makes it last longer.
const AFTER_BLOCK: Duration = Duration::from_hours(1);

/// A call to the Graph API that failed. Holds no text of Facebook's: it may repeat people's words.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// No answer, or no connection.
    #[error("the Graph API cannot be reached")]
    Http(#[source] HttpError),
    /// Facebook fails for now (1, 2, `is_transient`, 5xx).
    #[error("the Graph API fails for now: {0}")]
    Transient(Detail),
    /// The call asks for too much at once (1); a smaller page may work.
    #[error("the Graph API wants to be asked for less: {0}")]
    TooMuch(Detail),
    /// A limit is reached, or nearly so: nothing more for this page until then.
    #[error("the Graph API's limit is reached: {detail}")]
    Throttled { detail: Detail, after: Option<Duration> },
    /// The page's token is dead, or not this page's (190, 102 …).
    #[error("the page's token is not accepted: {0}")]
    Token(Detail),
    /// The proof is missing or wrong: another app's secret, or a clock that is off.
    #[error("the app secret's proof is not accepted: {0}")]
    Proof(Detail),
    /// A permission is missing (3, 10, 200 to 299).
    #[error("a permission of the page is missing: {0}")]
    Permission(Detail),
    /// Blocked for policy (368).
    #[error("the page is blocked for policy: {0}")]
    Blocked(Detail),
    /// The same content is already there (506).
    #[error("the Graph API calls it a duplicate: {0}")]
    Duplicate(Detail),
    /// Deleted, hidden, or not for this token; Facebook does not say which (100/33, 33, 803, 1705).
    #[error("the object is gone: {0}")]
    Gone(Detail),
    /// The visitor wrote too long ago for a private message (10/2018278).
    #[error("the messaging window is over: {0}")]
    Window(Detail),
    /// The person cannot be written to (551, 10900, 10903, 100/2018001).
    #[error("the person cannot be reached: {0}")]
    Unreachable(Detail),
    /// A parameter is wrong (100 …).
    #[error("the Graph API does not take a parameter: {0}")]
    Parameter(Detail),
    /// A code that nobody described.
    #[error("the Graph API refused for a reason we do not know: {0}")]
    Unexpected(Detail),
    /// An answer that is not what was asked for. Names the place only, never the value.
    #[error("the Graph API's answer cannot be read at {path}")]
    Undecodable { path: String },
}

/// Numbers of an error, for logs and for Facebook's support.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// HTTP status; 0 where nothing was asked.
    pub status: u16,
    /// 0 where there was none.
    pub code: u64,
    pub subcode: Option<u64>,
    pub trace: Option<String>,
    /// The permission that is missing, where Facebook names it.
    pub permission: Option<&'static str>,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}, code {}", self.status, self.code)?;
        if let Some(subcode) = self.subcode {
            write!(f, ", subcode {subcode}")?;
        }
        if let Some(permission) = self.permission {
            write!(f, ", permission {permission}")?;
        }
        match &self.trace {
            Some(trace) => write!(f, ", trace {trace}"),
            None => Ok(()),
        }
    }
}

/// The `error` object. Every part may be missing or of another type.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    message: Value,
    code: Value,
    error_subcode: Value,
    error_data: Value,
    is_transient: Value,
    fbtrace_id: Value,
}

/// Names the error that a body tells of. `error` is the top-level member of that name.
pub(super) fn classify(status: u16, error: Value, after: Option<Duration>) -> GraphError {
    let body: Body = serde_json::from_value(error).unwrap_or_default();
    let message = body.message.as_str().unwrap_or_default();
    let detail = Detail {
        status,
        code: number(&body.code).unwrap_or_default(),
        subcode: number(&body.error_subcode).or_else(|| subcode_of(&body.error_data)),
        trace: body.fbtrace_id.as_str().map(harmless),
        permission: PERMISSIONS.into_iter().find(|permission| message.contains(permission)),
    };
    let transient = body.is_transient == Value::Bool(true);
    by_code(detail, message, transient, after)
}

/// Names the error of an answer that has no `error` object.
pub(super) fn without_body(status: u16, after: Option<Duration>) -> GraphError {
    by_code(Detail { status, ..Detail::default() }, "", false, after)
}

/// Table A9. Throttles come with HTTP 400 and `is_transient` too, so they are first.
fn by_code(detail: Detail, message: &str, transient: bool, after: Option<Duration>) -> GraphError {
    use GraphError as E;
    match (detail.code, detail.subcode.unwrap_or_default(), detail.status) {
        (4 | 17 | 32 | 341 | 613 | 80_000..=80_099, ..) | (_, _, 429) => {
            E::Throttled { detail, after }
        }
        (506, ..) => E::Duplicate(detail),
        (1, ..) if message.contains("reduce the amount of data") => E::TooMuch(detail),
        (10, 2_018_278 | 2_018_065, _) => E::Window(detail),
        (100, 33, _) | (33 | 803 | 1705, ..) => E::Gone(detail),
        (100, 2_018_001, _) | (551 | 10_900 | 10_903, ..) => E::Unreachable(detail),
        (368, ..) => E::Blocked(detail),
        (2500, ..) if message.starts_with("Syntax error") => E::Parameter(detail),
        (102 | 104 | 190 | 450 | 452 | 2500, ..) => E::Token(detail),
        (1 | 2 | 1_609_005, ..) => E::Transient(detail),
        _ if transient => E::Transient(detail),
        (3 | 10 | 200..=299, ..) => E::Permission(detail),
        (100, ..) => hundred(detail, message),
        (_, _, 500..) => E::Transient(detail),
        _ => E::Unexpected(detail),
    }
}

/// Code 100 is a bad parameter, a missing permission or a missing proof; only the words tell.
fn hundred(detail: Detail, message: &str) -> GraphError {
    if message.contains("appsecret_proof") {
        GraphError::Proof(detail)
    } else if message.contains("permission") {
        GraphError::Permission(detail)
    } else {
        GraphError::Parameter(detail)
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// `error_data` is an object, or JSON in a string.
fn subcode_of(data: &Value) -> Option<u64> {
    let parsed: Value;
    let data = match data {
        Value::String(text) => {
            parsed = serde_json::from_str(text).ok()?;
            &parsed
        }
        other => other,
    };
    number(data.get("error_subcode")?)
}

fn harmless(trace: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/');
    trace.chars().filter(allowed).take(LONGEST_TRACE).collect()
}

impl GraphError {
    /// Whether a change may have been made although the call failed.
    pub fn perhaps_done(&self) -> bool {
        match self {
            Self::Http(error) => error.perhaps_sent(),
            Self::Transient(_)
            | Self::TooMuch(_)
            | Self::Duplicate(_)
            | Self::Undecodable { .. } => true,
            Self::Throttled { .. } | Self::Token(_) | Self::Proof(_) => false,
            Self::Permission(detail)
            | Self::Blocked(detail)
            | Self::Gone(detail)
            | Self::Window(detail)
            | Self::Unreachable(detail)
            | Self::Parameter(detail)
            | Self::Unexpected(detail) => detail.status >= 500,
        }
    }
}

impl Classify for GraphError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Http(error) => error.verdict(),
            Self::Transient(_)
            | Self::TooMuch(_)
            | Self::Duplicate(_)
            | Self::Undecodable { .. }
            | Self::Unexpected(_) => Verdict::RETRY,
            Self::Throttled { after, .. } => Verdict::Wait { after: *after },
            Self::Token(_) | Self::Proof(_) | Self::Permission(_) => Verdict::WAIT,
            Self::Blocked(_) => Verdict::Wait { after: Some(AFTER_BLOCK) },
            Self::Gone(_) | Self::Window(_) | Self::Unreachable(_) | Self::Parameter(_) => {
                Verdict::Reject
            }
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Http(error) => error.error_type(),
            Self::Transient(_) => "graph_transient",
            Self::TooMuch(_) => "graph_too_much",
            Self::Throttled { .. } => "graph_throttled",
            Self::Token(_) => "graph_token",
            Self::Proof(_) => "graph_proof",
            Self::Permission(_) => "graph_permission",
            Self::Blocked(_) => "graph_blocked",
            Self::Duplicate(_) => "graph_duplicate",
            Self::Gone(_) => "graph_gone",
            Self::Window(_) => "graph_window",
            Self::Unreachable(_) => "graph_unreachable",
            Self::Parameter(_) => "graph_parameter",
            Self::Unexpected(_) => "graph_unexpected",
            Self::Undecodable { .. } => "graph_undecodable",
        }
    }

    fn is_outage(&self) -> bool {
        matches!(self, Self::Token(_) | Self::Proof(_) | Self::Http(HttpError::Connect(_)))
    }
}

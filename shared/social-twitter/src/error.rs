//! What X's errors mean (contract B5).
//!
//! X answers with RFC 7807 problems, with v1's `errors[].code`, with several hosts in `type`, and
//! sometimes with no JSON at all. Only the last path segment of `type`, the status, the codes and
//! the wording of `detail` are looked at. <https://docs.x.com/x-api/fundamentals/response-codes-and-errors>

use std::{fmt, time::Duration};

use http::StatusCode;
use serde_json::Value;
use social_core::{Classify, Verdict};
use social_http::{Answer, HttpError};

use crate::rate;

/// Why X did not do what was asked. Holds no token, name or text of anybody; the wording that X
/// gives for a refusal is kept for the agent, and is in no message of the error.
#[derive(Debug, thiserror::Error)]
pub enum TwitterError {
    #[error("the call to X failed")]
    Http(#[from] HttpError),
    /// 429: a window of fifteen minutes, a day's limit or a usage cap is used up.
    #[error("X's rate limit is reached")]
    RateLimited { after: Option<Duration> },
    /// 402: nothing works until somebody pays.
    #[error("the X account has no credits left")]
    CreditsDepleted,
    /// 401: the token is wrong, expired or revoked.
    #[error("X does not accept the token")]
    Unauthorized,
    /// 403 about the app or its key set, not about this call.
    #[error("the X app may not do this: {problem}")]
    NotEnrolled { problem: &'static str },
    /// The credential has no user token: it only reads.
    #[error("the credential has no access token to write with")]
    NoUserToken,
    /// The token endpoint takes the refresh token no more: spent elsewhere, revoked, or aged.
    #[error("X refuses the refresh token")]
    RefreshRefused,
    /// 403 since February 2026: the author neither mentioned nor quoted us (contract B1).
    #[error("the tweet does not mention the replying account")]
    NotMentioned,
    /// The same text again: most likely our own earlier attempt arrived.
    #[error("X has this very text already")]
    Duplicate,
    #[error("the tweet is deleted or not visible to us")]
    Deleted,
    /// The author lets only some people reply.
    #[error("the author takes no replies from us")]
    Closed,
    #[error("the text is too long for X")]
    TooLong,
    /// Any other 403.
    #[error("X refused the call")]
    Forbidden { detail: Wording },
    /// 400: a fault of ours.
    #[error("X calls the request invalid")]
    Invalid { detail: Wording },
    /// 400: `since_id` is out of recent search's seven days; `oldest` is the id that X names.
    #[error("since_id is too old for recent search")]
    SinceTooOld { oldest: Option<u64> },
    #[error("X does not have what was asked for")]
    NotFound,
    #[error("X is unavailable ({status})")]
    Unavailable { status: StatusCode },
    /// A status that says neither yes nor no, such as a redirect.
    #[error("X answered with {status}")]
    Unexpected { status: StatusCode },
    /// A success whose body cannot be read.
    #[error("X's answer cannot be read")]
    Unreadable,
}

/// X's own words, for the agent who wrote the reply. They may repeat what was sent, so no log
/// shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Wording(pub String);

impl fmt::Debug for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Classify for TwitterError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Http(error) => error.verdict(),
            Self::RateLimited { after } => Verdict::Wait { after: *after },
            Self::CreditsDepleted
            | Self::Unauthorized
            | Self::NotEnrolled { .. }
            | Self::NoUserToken
            | Self::RefreshRefused
            // Of a search or a lookup; a reply that is refused never gets here.
            | Self::Forbidden { .. }
            | Self::NotFound => Verdict::WAIT,
            Self::Unavailable { .. }
            | Self::Unexpected { .. }
            | Self::Unreadable
            | Self::SinceTooOld { .. }
            | Self::Duplicate => Verdict::RETRY,
            Self::NotMentioned
            | Self::Deleted
            | Self::Closed
            | Self::TooLong
            | Self::Invalid { .. } => Verdict::Reject,
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Http(error) => error.error_type(),
            Self::RateLimited { .. } => "twitter_rate_limited",
            Self::CreditsDepleted => "twitter_credits_depleted",
            Self::Unauthorized => "twitter_unauthorized",
            Self::NotEnrolled { .. } => "twitter_not_enrolled",
            Self::NoUserToken => "twitter_no_user_token",
            Self::RefreshRefused => "twitter_refresh_refused",
            Self::NotMentioned => "twitter_not_mentioned",
            Self::Duplicate => "twitter_duplicate",
            Self::Deleted => "twitter_deleted",
            Self::Closed => "twitter_closed",
            Self::TooLong => "twitter_too_long",
            Self::Forbidden { .. } => "twitter_forbidden",
            Self::Invalid { .. } => "twitter_invalid",
            Self::SinceTooOld { .. } => "twitter_since_too_old",
            Self::NotFound => "twitter_not_found",
            Self::Unavailable { .. } => "twitter_unavailable",
            Self::Unexpected { .. } => "twitter_unexpected",
            Self::Unreadable => "twitter_unreadable",
        }
    }

    fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized | Self::CreditsDepleted | Self::Http(HttpError::Connect(_))
        )
    }
}

impl TwitterError {
    /// Whether another token would have been taken.
    pub(crate) fn is_about_the_user(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized
                | Self::NoUserToken
                | Self::NotEnrolled { .. }
                | Self::Forbidden { .. }
        )
    }

    /// Reads an answer that is no success.
    pub(crate) fn of(answer: &Answer) -> Self {
        let problem = Problem::of(&answer.body);
        let status = answer.status;
        if status.is_server_error() {
            return Self::Unavailable { status };
        }
        match (status.as_u16(), problem.kind.as_str()) {
            (402, _) | (_, "credits" | "credits-depleted") => Self::CreditsDepleted,
            (429, _) | (_, "usage-capped" | "rate-limit-exceeded") => Self::limited(answer),
            _ if problem.has_code(88) => Self::limited(answer),
            (401, _) => Self::Unauthorized,
            _ if problem.has_code(32) || problem.has_code(89) => Self::Unauthorized,
            (400 | 403, _) => problem.refusal(status),
            (404, _) => Self::NotFound,
            _ => Self::Unexpected { status },
        }
    }

    fn limited(answer: &Answer) -> Self {
        Self::RateLimited { after: rate::wait(&answer.headers) }
    }
}

/// What can be read out of an error's body, however it is made.
struct Problem {
    /// Last path segment of `type`.
    kind: String,
    codes: Vec<i64>,
    /// `detail`, or the first message.
    detail: String,
    /// All that is said, in lower case.
    said: String,
}

impl Problem {
    fn of(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let issues: &[Value] =
            body.get("errors").and_then(Value::as_array).map_or(&[], Vec::as_slice);
        let mut sentences: Vec<String> = vec![text(&body, "detail")];
        for issue in issues {
            sentences.extend([text(issue, "message"), text(issue, "detail")]);
        }
        sentences.extend([text(&body, "title"), text(&body, "reason")]);
        let kind = text(&body, "type");
        Self {
            kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
            codes: issues.iter().filter_map(|issue| issue.get("code")?.as_i64()).collect(),
            said: sentences.join("\n").to_lowercase(),
            detail: sentences.into_iter().find(|sentence| !sentence.is_empty()).unwrap_or_default(),
        }
    }

    fn has_code(&self, code: i64) -> bool {
        self.codes.contains(&code)
    }

    fn says(&self, words: &str) -> bool {
        self.said.contains(words)
    }

    /// What a 400 or 403 means.
    fn refusal(self, status: StatusCode) -> TwitterError {
        if let Some(problem) = self.enrolment() {
            return TwitterError::NotEnrolled { problem };
        }
        if self.says("duplicate content") || self.has_code(187) {
            TwitterError::Duplicate
        } else if self.says("not been mentioned or otherwise engaged") {
            TwitterError::NotMentioned
        } else if self.says("deleted or not visible") || self.has_code(385) {
            TwitterError::Deleted
        } else if self.says("too long") || self.has_code(186) {
            TwitterError::TooLong
        } else if self.says("reply to this conversation") || self.has_code(433) {
            TwitterError::Closed
        } else if self.says("'since_id' must be a tweet id created after") {
            TwitterError::SinceTooOld { oldest: self.last_id() }
        } else if status == StatusCode::BAD_REQUEST {
            TwitterError::Invalid { detail: Wording(self.detail) }
        } else {
            TwitterError::Forbidden { detail: Wording(self.detail) }
        }
    }

    /// Problems of the app or of its key set.
    fn enrolment(&self) -> Option<&'static str> {
        let known = ["client-forbidden", "unsupported-authentication", "oauth1-permissions"];
        let kind = known.into_iter().find(|known| self.kind == *known);
        kind.or_else(|| self.says("client-not-enrolled").then_some("client-not-enrolled"))
    }

    /// The last number in what is said that can be an id.
    fn last_id(&self) -> Option<u64> {
        let numbers = self.said.split(|c: char| !c.is_ascii_digit());
        numbers
            .filter(|digits| digits.len() > 10)
            .filter_map(|digits| digits.parse().ok())
            .next_back()
    }
}

#[cfg(test)]
mod tests;

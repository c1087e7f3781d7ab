//! What is asked of a CIC server about a chat, before either interface words it.

use std::time::Duration;

use http::{Method, StatusCode, header};
use serde_json::Value;
use social_core::chat::{Chat, Interface, Opening};
use social_http::Answer;
use url::Url;

use crate::{
    error::{CicError, code},
    extras::Extra,
    web_chat, websvcs,
    wire::{Fields, Reply, json},
};

/// One call about a chat. `me` is the participant id of the visitor's leg.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    Start(Start<'a>),
    Reconnect(&'a Chat),
    Poll {
        me: &'a str,
    },
    Say {
        me: &'a str,
        text: &'a str,
    },
    /// The visitor does not type: activity that nobody sees.
    Still {
        me: &'a str,
    },
    History {
        me: &'a str,
    },
    Exit {
        me: &'a str,
    },
}

/// What a chat begins with.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    pub(crate) opening: &'a Opening,
    /// Version of the feature `web-chat`; of no meaning to `websvcs`.
    pub(crate) version: u32,
    /// Where events are pushed.
    pub(crate) webhook: Option<&'a Url>,
    /// What the server refused before.
    pub(crate) without: &'a [Extra],
}

/// A call, worded.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Segments behind the server's URL, not yet escaped.
    pub(crate) path: Vec<String>,
    pub(crate) body: Option<Value>,
    pub(crate) accept: &'static str,
}

impl Ask<'_> {
    /// The call as `interface` words it.
    pub(crate) fn request(&self, interface: Interface) -> Request {
        match interface {
            Interface::WebChat => web_chat::request(self),
            Interface::Websvcs => websvcs::request(self),
        }
    }

    /// What the answer tells, and whether it is a refusal: either may carry events.
    pub(crate) fn read(&self, interface: Interface, answer: &Answer) -> (Reply, Option<CicError>) {
        match interface {
            Interface::WebChat => web_chat::read(self, answer),
            Interface::Websvcs => websvcs::read(self, answer),
        }
    }

    /// Whether its answer holds nothing that must be read.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Say { .. } | Self::Still { .. } | Self::Exit { .. } | Self::Reconnect(_)
        )
    }

    /// How often it may be sent when CIC itself fails, as the vendor's client does where a second
    /// time is safe: a chat that was started twice is empty, and dropped when nobody polls it.
    pub(crate) fn tries(&self) -> usize {
        if matches!(self, Self::Start(_) | Self::Reconnect(_)) { 2 } else { 1 }
    }
}

/// The error in an HTTP answer that is no success (section 2.3 of the contract).
pub(crate) fn status_error(answer: &Answer) -> CicError {
    let body = json(answer).ok().flatten();
    let error_id = body.as_ref().and_then(Fields::of).and_then(|body| body.owned("errorId"));
    let error_id = error_id.map_or_else(|| "no error id".to_owned(), |id| code(&id));
    let after = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    CicError::Status { status: answer.status.as_u16(), error_id, after }
}

/// Whether the start of a chat was refused because its target is unknown, as ICWS words errors.
/// The documented way is an invalid or missing property (section 2.3); the rest is lenience.
pub(crate) fn names_target(answer: &Answer) -> bool {
    let Some(body) = json(answer).ok().flatten() else { return false };
    let Some(error) = Fields::of(&body) else { return false };
    let error_id = error.text("errorId").unwrap_or_default().to_ascii_lowercase();
    let named = match error.text("propertyName") {
        Some(name) => ["targetname", "target"].contains(&name.to_ascii_lowercase().as_str()),
        None => error
            .text("message")
            .is_some_and(|message| message.to_ascii_lowercase().contains("targetname")),
    };
    answer.status == StatusCode::BAD_REQUEST
        && (named
            || ["badtarget", "invalidtarget", "invalidqueue"]
                .iter()
                .any(|it| error_id.ends_with(it)))
}

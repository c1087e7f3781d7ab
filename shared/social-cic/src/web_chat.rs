//! ICWS `/icws/web-chat` (section 4.2 of the contract; "Web Chat" in the vendor's ICWS reference).
//!
//! The names of the containers for attributes and routing contexts were not seen in public. They
//! stand here, in [`ATTRIBUTES`], [`ROUTING_CONTEXTS`] and [`WEBHOOK`], and nowhere else.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use social_core::channel::RoutingContext;
use social_http::Answer;
use url::Url;

use crate::{
    ask::{Ask, Request, Start, names_target, status_error},
    error::CicError,
    extras::{self, Extra},
    wire::{self, Fields, Reply},
};

/// First version that starts chats.
pub(crate) const STARTS: u32 = 2;
/// First version that takes attributes, routing contexts and a webhook.
pub(crate) const TAKES_ATTRIBUTES: u32 = 5;
/// First version that keeps the message history.
pub(crate) const KEEPS_HISTORY: u32 = 6;

/// A map of texts.
pub(crate) const ATTRIBUTES: &str = "attributes";
/// A list of `{context, category}`.
pub(crate) const ROUTING_CONTEXTS: &str = "routingContexts";
/// A URL.
pub(crate) const WEBHOOK: &str = "webhook";

/// The type that ICWS answers with, and asks for.
pub(crate) const ICWS_JSON: &str = "application/vnd.inin.icws+JSON";

/// Words a call.
pub(crate) fn request(ask: &Ask<'_>) -> Request {
    let (method, call, me, body) = match *ask {
        Ask::Start(start) => (Method::POST, "start", None, Some(start_body(start))),
        Ask::Reconnect(chat) => {
            let body = json!({ "chatId": chat.chat_id, "participantId": chat.participant_id });
            (Method::POST, "reconnect", None, Some(body))
        }
        Ask::Poll { me } => (Method::GET, "messages", Some(me), None),
        Ask::Say { me, text } => {
            let body = json!({ "message": text, "contentType": "text/plain" });
            (Method::POST, "send-message", Some(me), Some(body))
        }
        Ask::Still { me } => {
            (Method::POST, "typing-state", Some(me), Some(json!({ "typingIndicator": false })))
        }
        Ask::History { me } => (Method::GET, "message-history", Some(me), None),
        Ask::Exit { me } => (Method::POST, "exit", Some(me), None),
    };
    let path = ["icws", "web-chat", call].into_iter().chain(me).map(str::to_owned).collect();
    Request { method, path, body, accept: ICWS_JSON }
}

fn start_body(start: Start<'_>) -> Value {
    let Start { opening, webhook, .. } = start;
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("participantName", opening.participant_name.as_str().into());
    put("targetName", opening.workgroup.as_str().into());
    put("targetType", "Workgroup".into());
    if let Some(language) = &opening.language {
        put("language", language.as_str().into());
    }
    for extra in extras_of(&start) {
        let value = match extra {
            Extra::Attributes => json!(opening.attributes),
            Extra::RoutingContexts => {
                opening.routing_contexts.iter().map(routing_context).collect()
            }
            Extra::Webhook => json!(webhook.map(Url::as_str)),
        };
        put(extra.name(), value);
    }
    Value::Object(body)
}

fn extras_of(start: &Start<'_>) -> Vec<Extra> {
    if start.version >= TAKES_ATTRIBUTES { extras::sent(start, true) } else { Vec::new() }
}

/// The category is documented as a number here and as a text for `websvcs`.
fn routing_context(RoutingContext { context, category }: &RoutingContext) -> Value {
    let category = category.parse::<i64>().map_or_else(|_| json!(category), |number| json!(number));
    json!({ "context": context, "category": category })
}

/// Reads an answer. Calls that only act are answered 204, or 200 with an empty body.
pub(crate) fn read(ask: &Ask<'_>, answer: &Answer) -> (Reply, Option<CicError>) {
    if !answer.status.is_success() {
        return (Reply::default(), Some(refusal(ask, answer)));
    }
    match wire::json(answer) {
        Ok(Some(Value::Object(fields))) => (Reply::of(Fields(&fields)), None),
        Ok(None) => (Reply::default(), None),
        // It was done, whatever the body says.
        _ if ask.is_plain() => (Reply::default(), None),
        _ => (Reply::default(), Some(CicError::Malformed)),
    }
}

fn refusal(ask: &Ask<'_>, answer: &Answer) -> CicError {
    let Ask::Start(start) = ask else {
        return if is_gone(answer) { CicError::Gone } else { status_error(answer) };
    };
    if names_target(answer) {
        return CicError::UnknownWorkgroup;
    }
    let refused = extras::refused(answer, &extras_of(start));
    if refused.is_empty() { status_error(answer) } else { CicError::Extras(refused) }
}

/// `error.request.webChat.invalidParticipantId`, `….invalidChatId`, or 410, which the general part
/// of the reference keeps for removed resources but the chat's pages list as well.
fn is_gone(answer: &Answer) -> bool {
    if answer.status == StatusCode::GONE {
        return true;
    }
    let body = wire::json(answer).ok().flatten();
    let Some(error) = body.as_ref().and_then(Fields::of) else { return false };
    let names_id = |name: &str| ["participantid", "chatid"].contains(&name);
    let lower = |field| error.text(field).map(str::to_ascii_lowercase);
    answer.status == StatusCode::BAD_REQUEST
        && (lower("errorId").is_some_and(|id| {
            id.rsplit('.')
                .next()
                .and_then(|last| last.strip_prefix("invalid"))
                .is_some_and(names_id)
        }) || lower("propertyName").is_some_and(|name| names_id(&name)))
}

//! The older `websvcs/chat` (section 4.1 of the contract; the vendor's Web Tools developer's guide).

use http::Method;
use serde_json::{Value, json};
use social_http::Answer;

use crate::{
    ask::{Ask, Request, Start, names_target, status_error},
    error::{CicError, code},
    extras::{self, Extra},
    wire::{self, Fields, Reply},
};

const JSON: &str = "application/json";

/// Words a call.
pub(crate) fn request(ask: &Ask<'_>) -> Request {
    let (method, call, me, body) = match *ask {
        Ask::Start(start) => (Method::POST, "start", None, Some(start_body(start))),
        Ask::Reconnect(chat) => {
            (Method::POST, "reconnect", None, Some(json!({ "chatID": chat.chat_id })))
        }
        // There is no history here; whoever asks for it all the same reads what is new.
        Ask::Poll { me } | Ask::History { me } => (Method::GET, "poll", Some(me), None),
        Ask::Say { me, text } => {
            let body = json!({ "message": text, "contentType": "text/plain" });
            (Method::POST, "sendMessage", Some(me), Some(body))
        }
        Ask::Still { me } => {
            (Method::POST, "setTypingState", Some(me), Some(json!({ "typingIndicator": false })))
        }
        Ask::Exit { me } => (Method::POST, "exit", Some(me), None),
    };
    let path = ["websvcs", "chat", call].into_iter().chain(me).map(str::to_owned).collect();
    Request { method, path, body, accept: JSON }
}

/// `GET serverConfiguration`, which the guide wants before the first chat.
pub(crate) fn configuration_request() -> Request {
    let path = ["websvcs", "serverConfiguration"].map(str::to_owned).to_vec();
    Request { method: Method::GET, path, body: None, accept: JSON }
}

/// `POST queue/query`: how a workgroup stands.
pub(crate) fn queue_request(workgroup: &str) -> Request {
    let path = ["websvcs", "queue", "query"].map(str::to_owned).to_vec();
    let body = json!({
        "queueName": workgroup,
        "queueType": "Workgroup",
        "participant": { "name": "", "credentials": "" },
    });
    Request { method: Method::POST, path, body: Some(body), accept: JSON }
}

/// How many agents could take a chat now; `None` where the answer does not tell.
pub(crate) fn agents_available(answer: &Answer) -> Option<u32> {
    let body = wire::json(answer).ok().flatten()?;
    let queue = Fields::of(&body)?.object("queue")?;
    u32::try_from(queue.number("agentsAvailable")?).ok()
}

fn start_body(start: Start<'_>) -> Value {
    let opening = start.opening;
    let mut body = json!({
        "supportedContentTypes": "text/plain",
        "participant": { "name": opening.participant_name, "credentials": "" },
        "transcriptRequired": false,
        "emailAddress": "",
        "target": opening.workgroup,
        "targetType": "Workgroup",
    });
    let Value::Object(fields) = &mut body else { return body };
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    if let Some(language) = &opening.language {
        put("language", language.as_str().into());
    }
    for extra in extras::sent(&start, false) {
        match extra {
            Extra::Attributes => put("attributes", json!(opening.attributes)),
            Extra::RoutingContexts => put("routingContexts", json!(opening.routing_contexts)),
            Extra::Webhook => None,
        };
    }
    body
}

/// Reads an answer: HTTP is 200 for failures too, and a failure may carry events.
pub(crate) fn read(ask: &Ask<'_>, answer: &Answer) -> (Reply, Option<CicError>) {
    let starts = matches!(ask, Ask::Start(_));
    if !answer.status.is_success() {
        let unknown = starts && names_target(answer);
        let error = if unknown { CicError::UnknownWorkgroup } else { status_error(answer) };
        return (Reply::default(), Some(error));
    }
    let Ok(Some(body)) = wire::json(answer) else {
        return (Reply::default(), Some(CicError::Malformed));
    };
    let Some(chat) = Fields::of(&body).and_then(|body| body.object("chat")) else {
        return (Reply::default(), Some(CicError::Malformed));
    };
    (Reply::of(chat), failure(chat, ask))
}

fn failure(chat: Fields<'_>, ask: &Ask<'_>) -> Option<CicError> {
    let starts = matches!(ask, Ask::Start(_));
    let Some(status) = chat.object("status") else { return Some(CicError::Malformed) };
    if status.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("success")) {
        return None;
    }
    let reason = code(status.text("reason").unwrap_or("no reason"));
    let lower = reason.to_ascii_lowercase();
    Some(match lower.strip_prefix("error.websvc.unknownentity.") {
        Some("session" | "participant") if !starts => CicError::Gone,
        Some("badtarget" | "invalidqueue") if starts => CicError::UnknownWorkgroup,
        _ => match ask {
            // Which part of the content is invalid is not told.
            Ask::Start(start)
                if lower.starts_with("error.websvc.content.invalid")
                    && !extras::sent(start, false).is_empty() =>
            {
                CicError::Extras(extras::sent(start, false))
            }
            _ => CicError::Refused { reason },
        },
    })
}

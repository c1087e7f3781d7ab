//! Private messages and private replies (contract A6).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Facebook,
    call::Call,
    edges::{list, nested_params},
    errors::GraphError,
    nodes::{View, Wanted, can_reply_privately, collect},
    paging::{self, Listed},
    threads::{Message, Sender, Thread},
    time::graph_time,
    world::{Author, World},
};

/// The longest private message, in characters.
const LONGEST_MESSAGE: usize = 2_000;

type Outcome = Result<Value, GraphError>;

impl Listed for &Thread {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.updated()
    }
}

impl Listed for &Message {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }
}

/// `POST /{page}/messages`: a message to a person, or the one private reply to a post or comment.
pub(super) fn send(facebook: &Facebook, call: &Call) -> Outcome {
    let mut world = facebook.world();
    let page = call.own_page(&world)?.id.clone();
    let recipient = json_param(call, "recipient")?;
    let text = text(call)?;
    let of = |name: &str| recipient.get(name).map(plain).filter(|id| !id.is_empty());
    let person = if let Some(id) = of("comment_id").or_else(|| of("post_id")) {
        answer_privately(&mut world, &page, &id, facebook.now())?
    } else if let Some(id) = of("id") {
        reachable(&world, call, (&page, &id), facebook.now())?
    } else {
        return Err(GraphError::parameter("The parameter recipient is required"));
    };
    let message = world.add_message(&page, &person, (Sender::App, &text), facebook.now());
    facebook.tell_message(&world, &page, &person, &message);
    Ok(json!({ "recipient_id": person.id, "message_id": message.id }))
}

/// Marks the object as answered; it may be answered once, within seven days, and not if a page wrote it.
fn answer_privately(
    world: &mut World,
    page: &str,
    id: &str,
    now: Timestamp,
) -> Result<Author, GraphError> {
    let gone = || GraphError::gone(&http::Method::POST, id);
    let object = world.objects.get(id).filter(|object| object.page == page).ok_or_else(gone)?;
    if object.answered_privately.is_some() {
        return Err(GraphError::already_replied());
    }
    if !can_reply_privately(world, object, now) {
        return Err(GraphError::cannot_reply_privately());
    }
    let object = world.objects.get_mut(id).ok_or_else(gone)?;
    object.answered_privately = Some(now);
    Ok(object.author.clone())
}

/// The person, if they wrote to the page, and not too long ago.
fn reachable(
    world: &World,
    call: &Call,
    (page, person): (&str, &str),
    now: Timestamp,
) -> Result<Author, GraphError> {
    let by_agent = match (call.param("messaging_type"), call.param("tag")) {
        (None | Some("RESPONSE" | "UPDATE"), _) => false,
        (Some("MESSAGE_TAG"), Some("HUMAN_AGENT")) => true,
        (Some("MESSAGE_TAG"), _) => return Err(GraphError::parameter("Invalid message tag")),
        (Some(_), _) => return Err(GraphError::parameter("Invalid messaging_type")),
    };
    let thread = world.thread(page, person).ok_or_else(GraphError::no_such_person)?;
    if thread.is_open(now, by_agent) {
        Ok(thread.person.clone())
    } else {
        Err(GraphError::outside_window())
    }
}

fn text(call: &Call) -> Result<String, GraphError> {
    let message = json_param(call, "message")?;
    let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(GraphError::parameter(
            "Message cannot be empty, must provide valid attachment or text",
        ));
    }
    if text.chars().count() > LONGEST_MESSAGE {
        return Err(GraphError::parameter(
            "Length of param message[text] must be less than or equal to 2000",
        ));
    }
    Ok(text.to_owned())
}

fn json_param(call: &Call, name: &str) -> Outcome {
    let required = || GraphError::parameter(&format!("The parameter {name} is required"));
    let value = serde_json::from_str(call.param(name).ok_or_else(required)?);
    value
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| GraphError::parameter(&format!("Param {name} must be a JSON object")))
}

/// Ids come as strings, and from old callers as numbers.
fn plain(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// `GET /{page}/conversations`: newest first.
pub(super) fn conversations(facebook: &Facebook, call: &Call) -> Outcome {
    let (world, fields) = (facebook.world(), call.fields()?);
    let page = call.own_page(&world)?;
    let mut threads: Vec<_> =
        world.threads.iter().filter(|thread| thread.page == page.id).collect();
    threads.retain(|thread| call.param("user_id").is_none_or(|person| thread.person.id == person));
    threads.sort_by_key(|thread| std::cmp::Reverse(thread.updated()));
    let view = facebook.view(&world, call);
    let limit = paging::limit(&call.params)?.min(100);
    let (threads, paging) =
        view.edge(&page.id, "conversations", &call.params, limit, "newest").by_cursor(threads)?;
    let data = threads
        .into_iter()
        .map(|thread| view.thread(thread, fields.as_deref()))
        .collect::<Result<_, _>>()?;
    Ok(list(data, paging, None))
}

/// `GET /{thread}/messages`: newest first.
pub(super) fn messages(facebook: &Facebook, call: &Call) -> Outcome {
    let (world, fields) = (facebook.world(), call.fields()?);
    let thread = world.threads.iter().find(|thread| thread.id == call.object);
    let thread = thread
        .filter(|thread| call.is_of(&thread.page))
        .ok_or_else(|| GraphError::gone(&call.method, &call.object))?;
    facebook.view(&world, call).messages(thread, &call.params, fields.as_deref())
}

impl View<'_> {
    /// A conversation, for the page's own token.
    pub(super) fn thread(&self, thread: &Thread, wanted: Wanted) -> Outcome {
        if !self.call.is_of(&thread.page) {
            return Err(GraphError::gone(&self.call.method, &thread.id));
        }
        collect(&thread.id, wanted, &["link", "updated_time", "id"], |field| {
            Ok(match field.name.as_str() {
                "id" => Some(thread.id.as_str().into()),
                "link" => Some(format!("/{}/inbox/{}/", thread.page, thread.id).into()),
                "updated_time" => Some(graph_time(thread.updated()).into()),
                "message_count" => Some(thread.messages.len().into()),
                "unread_count" => Some(0.into()),
                "can_reply" => Some(thread.is_open(self.now, false).into()),
                "snippet" => thread.messages.last().map(|message| message.text.as_str().into()),
                "participants" | "senders" => {
                    Some(json!({ "data": [person(&thread.person), self.page_as_person(thread)] }))
                }
                "messages" => {
                    let params = nested_params(field);
                    Some(self.messages(thread, &params, field.fields.as_deref())?)
                }
                "name" | "subject" | "folder" | "is_subscribed" | "scoped_thread_key" => None,
                name => return Err(GraphError::no_field(name, "UnifiedThread")),
            })
        })
    }

    fn messages(
        &self,
        thread: &Thread,
        params: &std::collections::BTreeMap<String, String>,
        wanted: Wanted,
    ) -> Outcome {
        let messages: Vec<_> = thread.messages.iter().rev().collect();
        let limit = paging::limit(params)?.min(100);
        let edge = self.edge(&thread.id, "messages", params, limit, "newest");
        let (messages, paging) = edge.by_cursor(messages)?;
        let data = messages
            .into_iter()
            .map(|message| self.message(thread, message, wanted))
            .collect::<Result<_, _>>()?;
        Ok(list(data, paging, None))
    }

    fn message(&self, thread: &Thread, message: &Message, wanted: Wanted) -> Outcome {
        let (visitor, page) = (person(&thread.person), self.page_as_person(thread));
        let (from, to) = if message.by_page() { (page, visitor) } else { (visitor, page) };
        collect(&message.id, wanted, &["created_time", "id"], |field| {
            Ok(match field.name.as_str() {
                "id" => Some(message.id.as_str().into()),
                "created_time" => Some(graph_time(message.created).into()),
                "message" => Some(message.text.as_str().into()),
                "from" => Some(from.clone()),
                "to" => Some(json!({ "data": [to] })),
                "attachments" | "shares" | "sticker" | "tags" | "reactions" => None,
                name => return Err(GraphError::no_field(name, "UnifiedMessage")),
            })
        })
    }

    fn page_as_person(&self, thread: &Thread) -> Value {
        self.world.page(&thread.page).map_or(Value::Null, |page| person(&page.author()))
    }
}

fn person(author: &Author) -> Value {
    json!({ "id": author.id, "name": author.name, "email": format!("{}@facebook.com", author.id) })
}

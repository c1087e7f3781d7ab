//! The control interface: what people do on Facebook, by hand.

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Facebook,
    changes::Verb,
    members::set,
    threads::Sender,
    time::{self, graph_time},
    world::{Author, Draft, Object, World},
};

/// What people write, change and see.
pub(super) fn routes() -> Router<Facebook> {
    Router::new()
        .route("/pages/{page}/posts", post(add_post))
        .route("/pages/{page}/messages", post(add_message).get(show_messages))
        .route("/pages/{page}/tree", get(tree))
        .route("/objects/{id}/comments", post(add_comment))
        .route("/objects/{id}", patch(change).delete(remove))
}

/// An answer, or why there is none.
pub(super) type Outcome = Result<Response, Refusal>;

/// Why something cannot be done here, in words for whoever writes the test.
pub(super) struct Refusal(StatusCode, String);

impl Refusal {
    pub(super) fn bad_request(why: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, why.into())
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("cannot read the body: {error}")))
}

fn no_page(id: &str) -> Refusal {
    Refusal::not_found(&format!("page {id}"))
}

fn no_object(id: &str) -> Refusal {
    Refusal::not_found(&format!("post or comment {id}"))
}

fn created(id: &str) -> Response {
    Json(json!({ "id": id })).into_response()
}

pub(super) fn done() -> Response {
    Json(json!({ "success": true })).into_response()
}

/// Ids as strings; numbers are taken too.
pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(id) if !id.is_empty() => Ok(id),
        Value::Number(id) => Ok(id.to_string()),
        _ => Err(serde::de::Error::custom("an id is a string of digits")),
    }
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = match Value::deserialize(from)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        other => other.to_string(),
    };
    let unreadable = || serde::de::Error::custom("created_time is no moment that can be read");
    time::parse(&text).map(Some).ok_or_else(unreadable)
}

#[derive(Deserialize)]
struct Writing {
    author: Author,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    photo_url: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    created_time: Option<Timestamp>,
}

impl Writing {
    fn draft(self, facebook: &Facebook, world: &World) -> Result<Draft, Refusal> {
        let message = self.message.unwrap_or_default();
        if message.is_empty() && self.photo_url.is_none() {
            return Err(Refusal::bad_request("message or photo_url is needed"));
        }
        let author = named(self.author, world);
        let created = self.created_time.unwrap_or_else(|| facebook.now());
        Ok(Draft { author, message, photo_url: self.photo_url, created, by_app: false })
    }
}

/// The author; a page has the name of the page.
fn named(author: Author, world: &World) -> Author {
    world.page(&author.id).map_or(author, super::world::Page::author)
}

async fn add_post(
    State(facebook): State<Facebook>,
    Path(page): Path<String>,
    body: Bytes,
) -> Outcome {
    let writing: Writing = read(&body)?;
    let mut world = facebook.world();
    world.page(&page).ok_or_else(|| no_page(&page))?;
    let draft = writing.draft(&facebook, &world)?;
    let post = world.add_post(&page, draft);
    facebook.tell_object(&world, &post, Verb::Add);
    Ok(created(&post.id))
}

async fn add_comment(
    State(facebook): State<Facebook>,
    Path(target): Path<String>,
    body: Bytes,
) -> Outcome {
    let writing: Writing = read(&body)?;
    let mut world = facebook.world();
    let draft = writing.draft(&facebook, &world)?;
    let comment = world.add_comment(&target, draft).ok_or_else(|| no_object(&target))?;
    facebook.tell_object(&world, &comment, Verb::Add);
    Ok(created(&comment.id))
}

#[derive(Deserialize)]
struct Edit {
    message: Option<String>,
    hidden: Option<bool>,
}

async fn change(State(facebook): State<Facebook>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let edit: Edit = read(&body)?;
    let mut world = facebook.world();
    world.objects.get(&id).ok_or_else(|| no_object(&id))?;
    if let Some(message) = edit.message {
        facebook.set_message(&mut world, &id, &message);
    }
    if let Some(hidden) = edit.hidden {
        facebook.set_hidden(&mut world, &id, hidden);
    }
    Ok(done())
}

async fn remove(State(facebook): State<Facebook>, Path(id): Path<String>) -> Outcome {
    let mut world = facebook.world();
    world.objects.get(&id).ok_or_else(|| no_object(&id))?;
    facebook.remove(&mut world, &id);
    Ok(done())
}

#[derive(Deserialize)]
struct Saying {
    author: Author,
    /// Whom the page writes to, when the author is the page.
    to: Option<Author>,
    text: String,
    #[serde(default, deserialize_with = "moment")]
    created_time: Option<Timestamp>,
}

async fn add_message(
    State(facebook): State<Facebook>,
    Path(page): Path<String>,
    body: Bytes,
) -> Outcome {
    let saying: Saying = read(&body)?;
    let mut world = facebook.world();
    world.page(&page).ok_or_else(|| no_page(&page))?;
    let created_at = saying.created_time.unwrap_or_else(|| facebook.now());
    let (person, by) = match saying.to {
        Some(to) if saying.author.id == page => (to, Sender::Inbox),
        None if saying.author.id != page => (saying.author, Sender::Person),
        _ => {
            return Err(Refusal::bad_request(
                "`to` goes with the page as the author, and only then",
            ));
        }
    };
    let message = world.add_message(&page, &person, (by, &saying.text), created_at);
    facebook.tell_message(&world, &page, &person, &message);
    Ok(created(&message.id))
}

async fn show_messages(State(facebook): State<Facebook>, Path(page): Path<String>) -> Outcome {
    let world = facebook.world();
    world.page(&page).ok_or_else(|| no_page(&page))?;
    let threads = world.threads.iter().filter(|thread| thread.page == page).map(|thread| {
        let messages: Vec<_> = thread
            .messages
            .iter()
            .map(|message| {
                let by = if message.by_page() { &page } else { &thread.person.id };
                json!({
                    "id": message.id, "from": by, "text": message.text,
                    "created_time": graph_time(message.created),
                })
            })
            .collect();
        json!({ "id": thread.id, "person": author(&thread.person), "messages": messages })
    });
    Ok(Json(Value::Array(threads.collect())).into_response())
}

async fn tree(State(facebook): State<Facebook>, Path(page): Path<String>) -> Outcome {
    let world = facebook.world();
    world.page(&page).ok_or_else(|| no_page(&page))?;
    let posts = world.posts(&page).into_iter().map(|post| branch(&world, post)).collect();
    Ok(Json(Value::Array(posts)).into_response())
}

fn branch(world: &World, object: &Object) -> Value {
    let below = if object.is_comment() {
        world.replies(object)
    } else {
        let mut comments = world.comments_of_post(&object.id);
        comments.retain(|comment| comment.parent.is_none());
        comments
    };
    let below: Vec<_> = below.into_iter().map(|comment| branch(world, comment)).collect();
    let mut branch = json!({
        "id": object.id, "author": author(&object.author), "message": object.message,
        "hidden": object.hidden, "created_time": graph_time(object.created), "comments": below,
    });
    if let Some(photo) = &object.photo_url {
        set(&mut branch, "photo_url", photo.as_str());
    }
    branch
}

fn author(author: &Author) -> Value {
    json!({ "id": author.id, "name": author.name })
}

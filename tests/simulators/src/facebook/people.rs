//! The control interface: what people do on Facebook, and how the simulated app is set up.

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{any, get, patch, post, put},
};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Facebook,
    callbacks::Registration,
    changes::Verb,
    paging::Style,
    time::{self, graph_time},
    world::{Author, Draft, Object, World},
};
use crate::{control::locked, seed::facebook as seed};

/// `/_sim`, beside what every simulator has there.
pub(super) fn routes() -> Router<Facebook> {
    Router::new()
        .route("/pages", put(put_pages).get(show_pages))
        .route("/pages/{page}/posts", post(add_post))
        .route("/pages/{page}/messages", post(add_message).get(show_messages))
        .route("/pages/{page}/tree", get(tree))
        .route("/objects/{id}/comments", post(add_comment))
        .route("/objects/{id}", patch(change).delete(remove))
        .route("/callbacks", put(set_callbacks).get(show_callbacks))
        .route("/paging", put(set_paging))
        .route("/settings", put(set_settings))
        .route("/{*rest}", any(async || refusal(StatusCode::NOT_FOUND, "no such control route")))
}

/// An answer, or why there is none.
type Outcome = Result<Response, Response>;

fn refusal(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

fn not_found(kind: &str, id: &str) -> Response {
    refusal(StatusCode::NOT_FOUND, &format!("there is no {kind} {id}"))
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| {
        refusal(StatusCode::BAD_REQUEST, &format!("cannot read the body: {error}"))
    })
}

fn created(id: &str) -> Response {
    Json(json!({ "id": id })).into_response()
}

fn done() -> Response {
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
    fn draft(self, facebook: &Facebook, world: &World) -> Result<Draft, Response> {
        let message = self.message.unwrap_or_default();
        if message.is_empty() && self.photo_url.is_none() {
            return Err(refusal(StatusCode::BAD_REQUEST, "message or photo_url is needed"));
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
    world.page(&page).ok_or_else(|| not_found("page", &page))?;
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
    let comment =
        world.add_comment(&target, draft).ok_or_else(|| not_found("post or comment", &target))?;
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
    world.objects.get(&id).ok_or_else(|| not_found("post or comment", &id))?;
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
    world.objects.get(&id).ok_or_else(|| not_found("post or comment", &id))?;
    facebook.remove(&mut world, &id);
    Ok(done())
}

#[derive(Deserialize)]
struct Saying {
    author: Author,
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
    world.page(&page).ok_or_else(|| not_found("page", &page))?;
    let created_at = saying.created_time.unwrap_or_else(|| facebook.now());
    let message = world.add_message(&page, &saying.author, (false, &saying.text), created_at);
    facebook.tell_message(&world, &page, &saying.author, &message);
    Ok(created(&message.id))
}

async fn show_messages(State(facebook): State<Facebook>, Path(page): Path<String>) -> Outcome {
    let world = facebook.world();
    world.page(&page).ok_or_else(|| not_found("page", &page))?;
    let threads = world.threads.iter().filter(|thread| thread.page == page).map(|thread| {
        let messages: Vec<_> = thread
            .messages
            .iter()
            .map(|message| {
                let by = if message.by_page { &page } else { &thread.person.id };
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
    world.page(&page).ok_or_else(|| not_found("page", &page))?;
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
        branch["photo_url"] = photo.as_str().into();
    }
    branch
}

fn author(author: &Author) -> Value {
    json!({ "id": author.id, "name": author.name })
}

#[derive(Deserialize)]
struct Pages {
    pages: Vec<PageEntry>,
}

#[derive(Deserialize)]
struct PageEntry {
    #[serde(deserialize_with = "id")]
    id: String,
    name: String,
    token: String,
}

/// Adds pages; a new token for one that is there kills the old one.
async fn put_pages(State(facebook): State<Facebook>, body: Bytes) -> Outcome {
    let Pages { pages } = read(&body)?;
    let mut world = facebook.world();
    for PageEntry { id, name, token } in pages {
        world.put_page(&id, &name, &token);
    }
    Ok(done())
}

async fn show_pages(State(facebook): State<Facebook>) -> Response {
    let world = facebook.world();
    let pages = world.pages.iter();
    let pages: Vec<_> = pages
        .map(|page| json!({ "id": page.id, "name": page.name, "token": page.token }))
        .collect();
    Json(json!({ "pages": pages })).into_response()
}

#[derive(Deserialize)]
struct CallbackSettings {
    url: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    app_secret: Option<String>,
    verify_token: Option<String>,
}

fn yes() -> bool {
    true
}

/// Switches callbacks on or off. With `verify_token` the address has to prove itself first.
async fn set_callbacks(State(facebook): State<Facebook>, body: Bytes) -> Outcome {
    let settings: CallbackSettings = read(&body)?;
    if !settings.enabled {
        facebook.callbacks().register(None);
        return Ok(done());
    }
    let url = settings.url.filter(|url| url::Url::parse(url).is_ok());
    let url =
        url.ok_or_else(|| refusal(StatusCode::BAD_REQUEST, "url must be an absolute address"))?;
    if let Some(token) = settings.verify_token {
        let proven = facebook.callbacks().verify(&url, &token).await;
        proven.map_err(|why| refusal(StatusCode::BAD_REQUEST, &why))?;
    }
    let secret = settings.app_secret.unwrap_or_else(|| seed::APP_SECRET.to_owned());
    facebook.callbacks().register(Some(Registration { url, secret }));
    Ok(done())
}

async fn show_callbacks(State(facebook): State<Facebook>) -> Response {
    let callbacks = facebook.callbacks();
    Json(json!({ "enabled": callbacks.is_on(), "waiting": callbacks.waiting() })).into_response()
}

#[derive(Deserialize)]
struct Paging {
    style: Style,
}

async fn set_paging(State(facebook): State<Facebook>, body: Bytes) -> Outcome {
    let Paging { style } = read(&body)?;
    locked(&facebook.0.settings).paging = style;
    Ok(done())
}

#[derive(Deserialize)]
struct Rules {
    require_proof: bool,
}

async fn set_settings(State(facebook): State<Facebook>, body: Bytes) -> Outcome {
    let Rules { require_proof } = read(&body)?;
    locked(&facebook.0.settings).require_proof = require_proof;
    Ok(done())
}

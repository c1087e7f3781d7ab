//! The control interface: how the simulated app and its pages are set up.

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{any, put},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{
    Facebook,
    callbacks::Registration,
    paging::Style,
    people::{Outcome, Refusal, done, id, read},
};
use crate::{control::locked, seed::facebook as seed};

/// Pages, callbacks and rules; and the word for whatever `/_sim` does not have.
pub(super) fn routes() -> Router<Facebook> {
    Router::new()
        .route("/pages", put(put_pages).get(show_pages))
        .route("/callbacks", put(set_callbacks).get(show_callbacks))
        .route("/paging", put(set_paging))
        .route("/settings", put(set_settings))
        .route("/{*rest}", any(async || Refusal::not_found("such control route")))
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
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// Switches callbacks on or off. With `verify_token` the address has to prove itself first; `times`
/// tells each change more than once, as it happens on the real network.
async fn set_callbacks(State(facebook): State<Facebook>, body: Bytes) -> Outcome {
    let settings: CallbackSettings = read(&body)?;
    if !settings.enabled {
        facebook.callbacks().register(None);
        return Ok(done());
    }
    let url = settings.url.filter(|url| url::Url::parse(url).is_ok());
    let url = url.ok_or_else(|| Refusal::bad_request("url must be an absolute address"))?;
    if let Some(token) = settings.verify_token {
        let proven = facebook.callbacks().verify(&url, &token).await;
        proven.map_err(Refusal::bad_request)?;
    }
    let secret = settings.app_secret.unwrap_or_else(|| seed::APP_SECRET.to_owned());
    facebook.callbacks().register(Some(Registration { url, secret, times: settings.times }));
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

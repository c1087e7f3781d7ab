//! `/facebook/data-deletion`: a person wants to be deleted, and asks later what became of it.
//!
//! Facebook names the person by an id that fits no author: what is here remembers the request, tells
//! the administrator, and says plainly what is done by hand.

use std::sync::Arc;

use axum::{
    Form, Json,
    extract::{DefaultBodyLimit, OriginalUri, Path, State},
    response::{Html, IntoResponse, Response},
};
use http::{
    HeaderMap, StatusCode, Uri,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST},
};
use serde::{Deserialize, Serialize};
use social_core::{
    Clock,
    forgetting::{Request, Requests},
};
use social_facebook::deletion;
use social_lambda::SystemClock;

use crate::{Refused, Webhook};

/// Many times what Facebook sends: it is taken apart before it is proven.
const LARGEST_BODY: usize = 16 * 1024;
const PAGE: &str = include_str!("deletion/page.html");
/// What the person can do, until it is settled and after.
const WAITING: &str = include_str!("deletion/waiting.html");
const SETTLED: &str = include_str!("deletion/settled.html");

/// The form that Facebook posts.
#[derive(Deserialize)]
pub(crate) struct Asked {
    signed_request: String,
}

/// What Facebook shows to the person.
#[derive(Serialize)]
pub(crate) struct Answer {
    url: String,
    confirmation_code: String,
}

/// Of the route that takes requests.
pub(crate) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST_BODY)
}

/// Remembers the request, once however often it comes, and says where its status stands.
pub(crate) async fn ask(
    State(webhook): State<Arc<Webhook>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Form(Asked { signed_request }): Form<Asked>,
) -> Result<Json<Answer>, Refused> {
    let secrets = webhook.secrets().await?;
    let asked = deletion::parse(&secrets.facebook.app_secrets, &signed_request);
    let asked = asked.map_err(|refused| match refused {
        deletion::Refused::Unproven(_) => Refused::Unproven,
        deletion::Refused::Malformed => Refused::Malformed,
    })?;
    let code = asked.code;
    let request = Request {
        code: code.clone(),
        user_id: Some(asked.user_id),
        asked_at: SystemClock.now(),
        settled: None,
    };
    if webhook.state.note(&request).await? {
        tracing::warn!(metric = "DeletionAsked", "a person wants to be deleted: by hand");
    }
    let base = base(&headers, &uri).ok_or(Refused::Malformed)?;
    Ok(Json(Answer { url: format!("{base}/{code}"), confirmation_code: code }))
}

/// Where this very path is from outside. Only who has proven to be Facebook gets to read it.
fn base(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let named = |name: &str| headers.get(name)?.to_str().ok();
    let scheme = named("x-forwarded-proto").filter(|scheme| *scheme == "http").unwrap_or("https");
    let host =
        named(HOST.as_str()).or_else(|| uri.authority().map(http::uri::Authority::as_str))?;
    Some(format!("{scheme}://{host}{}", uri.path()))
}

/// The page that a person reads.
pub(crate) async fn status(
    State(webhook): State<Arc<Webhook>>,
    Path(code): Path<String>,
) -> Result<Response, Refused> {
    let known = deletion::is_code(&code);
    let request = if known { webhook.state.request(&code).await? } else { None };
    let Some(request) = request else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let safe = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, "default-src 'none'")];
    Ok((safe, Html(page(&request))).into_response())
}

fn page(request: &Request) -> String {
    let day = |at: jiff::Timestamp| at.strftime("%-d %B %Y");
    let standing = match &request.settled {
        None => "It waits for a person to look for what you wrote.".to_owned(),
        Some(done) if done.conversations == 0 => {
            format!("Settled on {}: nothing that you wrote was found.", day(done.at))
        }
        Some(done) => format!(
            "Settled on {}: what you wrote was erased, in {} of your conversations with the company.",
            day(done.at),
            done.conversations
        ),
    };
    let help = if request.settled.is_none() { WAITING } else { SETTLED };
    PAGE.replace("{help}", help)
        .replace("{code}", &request.code)
        .replace("{asked}", &day(request.asked_at).to_string())
        .replace("{standing}", &standing)
}

//! The paths of the Graph API: each edge, with every version and without one (contract A1).

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use http::Method;
use serde_json::Value;

use super::{
    Facebook, answer,
    call::Call,
    errors::GraphError,
    messaging, publishing, reading,
    settings::{EXPIRED, VERSIONS},
};

/// Edges by name, so that requests are counted by what they ask for.
const EDGES: [&str; 11] = [
    "feed",
    "posts",
    "published_posts",
    "visitor_posts",
    "tagged",
    "comments",
    "likes",
    "reactions",
    "messages",
    "conversations",
    "subscribed_apps",
];

type Endpoint = fn(&Facebook, &Call) -> Result<Value, GraphError>;

/// The Graph API, without faults and counts.
pub(super) fn contract() -> Router<Facebook> {
    let mut router = Router::new();
    let versions = VERSIONS.into_iter().chain(EXPIRED).map(|version| format!("/{version}"));
    for prefix in versions.chain([String::new()]) {
        router = router
            .route(&format!("{prefix}/debug_token"), any(graph))
            .route(&format!("{prefix}/{{object}}"), any(graph))
            .route(&format!("{prefix}/{{object}}/"), any(graph))
            .route(&format!("{prefix}/{{object}}/{{edge}}"), any(graph));
        for edge in EDGES {
            router = router.route(&format!("{prefix}/{{object}}/{edge}"), any(graph));
        }
    }
    router.fallback(graph)
}

async fn graph(State(facebook): State<Facebook>, request: Request) -> Response {
    match Call::read(&facebook, request).await {
        Err(error) => answer::respond(None, Err(error)),
        Ok(mut call) => {
            let outcome = perform(&facebook, &mut call);
            answer::respond(Some(&call), outcome)
        }
    }
}

fn perform(facebook: &Facebook, call: &mut Call) -> Result<Value, GraphError> {
    if let Some(excess) = &call.excess {
        return Err(GraphError::syntax(format!("Unknown path components: /{excess}")));
    }
    call.prove(facebook)?;
    endpoint(call)(facebook, call)
}

/// Who answers. A like may also be taken back with `POST ?method=delete`, as everything may be.
fn endpoint(call: &mut Call) -> Endpoint {
    if let Some(method) = call.params.remove("method")
        && call.method == Method::POST
        && let Ok(method) = method.to_ascii_uppercase().parse()
    {
        call.method = method;
    }
    match (call.method.as_str(), call.object.as_str(), call.edge.as_str()) {
        ("GET", "debug_token", "") => reading::debug_token,
        ("GET", "", "") => reading::objects,
        ("GET", _, "") => reading::object,
        ("POST", _, "") => publishing::edit,
        ("DELETE", _, "") => publishing::delete,
        ("GET", _, "feed" | "posts" | "published_posts" | "visitor_posts" | "tagged") => {
            reading::feed
        }
        ("POST", _, "feed") => publishing::post,
        ("GET", _, "comments") => reading::comments,
        ("POST", _, "comments") => publishing::comment,
        ("GET", _, "likes" | "reactions") => reading::likes,
        ("POST" | "DELETE", _, "likes") => publishing::like,
        ("GET", _, "messages") => messaging::messages,
        ("POST", _, "messages") => messaging::send,
        ("GET", _, "conversations") => messaging::conversations,
        ("GET" | "POST" | "DELETE", _, "subscribed_apps") => publishing::subscribed_apps,
        ("GET", _, _) => reading::unknown_edge,
        _ => unsupported,
    }
}

fn unsupported(_: &Facebook, call: &Call) -> Result<Value, GraphError> {
    Err(GraphError::gone(&call.method, &call.object))
}

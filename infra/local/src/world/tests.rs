//! The client against a server that answers as the contract says, and a little more.

use std::time::Duration;

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

async fn world() -> World {
    let chat = json!([{
        "id": "100", "chat_id": "c-1", "workgroup": "Social Support", "state": "offering",
        "attributes": {"network": "facebook"}, "participant_name": "Zoë", "priority": 50,
        "transcript": [{"from": "Zoë", "type": "visitor", "text": "1 · Zoë · 12:04 · post\n  help (mark)",
                        "at": "2026-11-22T12:04:00Z"}]
    }]);
    let tree = json!([{
        "id": "7_1", "author": {"id": "5", "name": "Zoë"}, "message": "help (mark)", "hidden": false,
        "created_time": "2026-11-22T12:04:00+0000",
        "comments": [{"id": "1_2", "author": null, "message": "sure", "hidden": false, "comments": []}]
    }]);
    let app = Router::new()
        .route("/_sim/interactions", get(async || Json(chat)))
        .route("/_sim/interactions/100/pickup", post(async || StatusCode::NO_CONTENT))
        .route("/_sim/pages/7/tree", get(async || Json(tree)))
        .route("/_sim/pages/7/posts", post(async || Json(json!({"id": "7_1"}))))
        .route("/_sim/tweets", get(async || "not JSON"))
        .route("/_sim/requests", get(async || Json(json!({"routes": {"GET /a": 2}, "more": 1}))))
        .route("/_sim/status", get(async || Json(json!({"active": true}))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let cic_urls = [url.clone(), url.clone()];
    World::new(&Addresses { facebook_url: url.clone(), twitter_url: url, cic_urls }).unwrap()
}

#[tokio::test]
async fn answers_of_the_contract_are_read_and_more_is_tolerated() {
    let world = world().await;
    let chats = world.interactions().await.unwrap();
    assert!(chats[0].shows("help (mark)") && chats[0].is_open());
    world.agent("Jo").picks_up(&chats[0]).await.unwrap();
    assert_eq!(world.visitor("Zoë").posts_on("7", "help").await.unwrap(), "7_1");
    let tree = world.page_tree("7").await.unwrap();
    assert_eq!(tree[0].thread().len(), 2);
    assert_eq!(world.facebook.control().requests().await.unwrap()["GET /a"], 2);
    assert!(world.cic[1].status().await.unwrap().active);
}

#[tokio::test]
async fn a_failure_names_the_call() {
    let world = world().await;
    let refused = world.visitor("Zoë").posts_on("8", "help").await.unwrap_err();
    assert!(matches!(&refused, WorldError::Refused { call, status, .. }
        if call.contains("/_sim/pages/8/posts") && *status == StatusCode::NOT_FOUND));
    let unreadable = world.tweets().await.unwrap_err();
    assert!(matches!(unreadable, WorldError::Unreadable { .. }));
}

#[tokio::test]
async fn too_late_tells_what_was_awaited_and_what_there_was() {
    let world = world().await;
    world.page_tree("7").await.unwrap();
    let late = world.eventually("rain", Duration::ZERO, async || Ok(None::<()>)).await;
    let told = late.unwrap_err().to_string();
    assert!(told.starts_with("waited 0 s for rain; the world held:\n"), "{told}");
    assert!(told.contains("100 Offering in \"Social Support\", with Zoë"), "{told}");
    assert!(told.contains("Visitor: 1 · Zoë · 12:04 · post ⏎   help (mark)"), "{told}");
    assert!(told.contains("7_1 by Zoë: help (mark)\n    1_2 by somebody: sure"), "{told}");
    assert!(told.contains("tweets: the answer to GET http"), "{told}");

    let elsewhere = world.marked(&Mark::new()).picture().await;
    assert!(elsewhere.contains("no interactions\nno posts on 7\n"), "{elsewhere}");
}

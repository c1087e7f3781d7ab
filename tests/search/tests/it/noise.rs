//! Noise control by what X says of authors.

use std::sync::Arc;

use search::World;
use serde_json::json;
use simulators::twitter::Settings;
use social_core::{Channel, polling::Source};
use social_twitter::PollSettings;

/// The watcher of a competitor takes loud voices only.
#[tokio::test]
async fn authors_with_too_few_followers_are_left_out() {
    let world = World::new(Settings::default()).await;
    let mut ids = Vec::new();
    for (id, username, followers) in
        [("8001", "quiet", Some(11)), ("8002", "loud", Some(12)), ("8003", "plain", None)]
    {
        let author = json!({"id": id, "username": username, "followers": followers});
        let at = world.control.now();
        ids.push(world.write("RivalPhone!", at, json!({ "author": author })).await);
    }
    let entry = json!({
        "channel_id": "watch", "network": "twitter", "workgroup": "Market Watch",
        "credential": "/social/twitter/acme", "keywords": ["rivalphone"],
        "minimum_followers": 12, "start": "2020-01-01T00:00:00Z",
    });
    let watch = Arc::new(Channel::from_entry(entry).unwrap());
    let poll = world.poll(vec![watch], PollSettings::default());
    let pass = poll.pass(None).await.unwrap();
    let taken: Vec<_> = pass
        .messages
        .iter()
        .map(|incoming| &incoming.message)
        .map(|message| (message.id.as_str(), message.author.as_ref().and_then(|a| a.followers)))
        .collect();
    assert_eq!(taken, [(ids[1].as_str(), Some(12))]);
}

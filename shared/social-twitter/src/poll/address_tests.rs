//! Addresses that came in tweets are told to agents, and called by nobody.

use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use super::{
    tests::{SEARCH, World, page, tweet},
    *,
};
use crate::fixture::{answer, channel};

#[tokio::test]
async fn no_address_that_a_tweet_names_is_called() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let at = trap.local_addr().unwrap();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "x.com@127.0.0.1",
    ];
    let http = hosts.iter().map(|host| format!("http://{host}:{}/x", at.port()));
    let others = ["http://169.254.169.254/latest", "file:///etc/passwd", "gopher://127.0.0.1/"];
    for address in http.chain(others.map(str::to_owned)) {
        let world = World::new().await;
        let link = json!({ "url": "https://t.co/a", "expanded_url": address, "unwound_url": address,
            "display_url": address, "images": [{ "url": address }] });
        let mut entities = tweet(1, json!({}))["entities"].take();
        entities["urls"] = json!([link]);
        let more = json!({ "text": format!("@acme https://t.co/a {address}"), "entities": entities,
            "attachments": { "media_keys": [address, "3_1"] }, "conversation_id": address,
            "referenced_tweets": [{ "type": "quoted", "id": address }] });
        answer(&world.server, "GET", SEARCH, 200, page(&[tweet(1, more)], None), 0..).await;
        let author = json!({ "id": "7", "name": "Zoë", "username": "zoe", "profile_image_url": address, "url": address });
        answer(&world.server, "GET", "/2/users", 200, json!({ "data": [author] }), 0..).await;
        answer(&world.server, "GET", "/2/tweets", 200, json!({ "data": Value::Null }), 0..).await;
        let pass = world.poll(vec![channel(json!({}))]).pass(None).await.unwrap();
        assert_eq!(pass.messages.len(), 1, "{address}");
        assert!(trap.accept().is_err(), "{address} was called");
    }
    TcpStream::connect(at).unwrap();
    assert!(trap.accept().is_ok(), "the trap catches nobody");
}

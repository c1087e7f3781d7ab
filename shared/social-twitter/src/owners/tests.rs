use rstest::rstest;
use serde_json::{Value, json};
use social_core::message::{Answerable, Kind, Verb};
use wiremock::MockServer;

use super::*;
use crate::fixture::{Keys, answer, api, channel};

fn message(owner: Option<Owner>) -> Message {
    Message {
        id: "6".into(),
        kind: Kind::Tweet,
        verb: Verb::Add,
        author: None,
        own: false,
        text: String::new(),
        media: vec![],
        permalink: None,
        at: "2026-11-22T12:00:00Z".parse().unwrap(),
        thread: Thread::Tweets { conversation_id: "5".into(), in_reply_to: None, owner },
        answerable: Answerable::Yes,
        also_in: vec![],
    }
}

fn written_by(id: &str, username: &str) -> Value {
    json!({
        "data": [{"id": "5", "text": "t", "author_id": id}],
        "includes": {"users": [{"id": id, "name": "N", "username": username}]},
    })
}

#[rstest]
#[case::reply_handle(written_by("42", "Acme"), Some(Owner::Company))]
#[case::own_account(written_by("43", "acme_uk"), Some(Owner::Company))]
#[case::own_id(json!({"data": [{"id": "5", "author_id": "44"}], "errors": [{}]}), Some(Owner::Company))]
#[case::visitor(written_by("7", "zoe"), Some(Owner::Visitor))]
#[case::protected(json!({"data": [{"id": "5", "author_id": "7"}], "errors": [{}]}), None)]
#[case::deleted(json!({"errors": [{"title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}]}), None)]
#[tokio::test]
async fn the_first_tweets_author_owns_the_thread(
    #[case] body: Value,
    #[case] expected: Option<Owner>,
) {
    let server = MockServer::start().await;
    answer(&server, "GET", "/2/tweets", 200, body, 1).await;
    let owners = TwitterThreadOwners::new(api(&server.uri()), Keys::good());
    let channel = channel(json!({"own_accounts": ["acme_uk", "44"]}));
    assert_eq!(owners.look_up(&channel, &message(None)).await.unwrap(), expected);
}

#[tokio::test]
async fn what_the_message_tells_is_not_asked() {
    let owners = TwitterThreadOwners::new(api("http://192.0.2.1"), Keys(None));
    let known = message(Some(Owner::Visitor));
    let owner = owners.look_up(&channel(json!({})), &known).await.unwrap();
    assert_eq!(owner, Some(Owner::Visitor));
}

use rstest::rstest;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::{
    fixture::{LeaseTable, TestClock, answer, api, channel, credential, parameter, queries},
    rest::{Reading, let_rest},
};
use social_core::store::Leases;
use std::time::Duration;

const EVENTS: &str = "/2/dm_events";
const NOON: &str = "2026-11-22T12:00:00Z";

fn id(seconds: i64) -> String {
    let noon: Timestamp = NOON.parse().unwrap();
    snowflake::at(noon + jiff::SignedDuration::from_secs(seconds)).to_string()
}

/// What a visitor says to the brand, or the brand to the visitor, so many seconds after noon.
fn event(seconds: i64, sender: &str, text: &str) -> Value {
    json!({
        "id": id(seconds), "text": text, "event_type": "MessageCreate", "sender_id": sender,
        "dm_conversation_id": "7-42",
        "created_at": snowflake::time_of(id(seconds).parse().unwrap()).to_string(),
    })
}

struct World {
    server: MockServer,
    clock: TestClock,
}

impl World {
    async fn new() -> Self {
        Self { server: MockServer::start().await, clock: TestClock::at(NOON) }
    }

    async fn holds(&self, events: &[Value]) {
        self.server.reset().await;
        self.accounts().await;
        let page = json!({"data": events, "meta": {"result_count": events.len()}});
        answer(&self.server, "GET", EVENTS, 200, page, 0..).await;
    }

    async fn accounts(&self) {
        let me = json!({"data": {"id": "42", "name": "Acme", "username": "Acme"}});
        answer(&self.server, "GET", "/2/users/me", 200, me, 0..).await;
        let zoe = json!({"data": [{"id": "7", "name": "Zoë", "username": "zoe"}]});
        answer(&self.server, "GET", "/2/users", 200, zoe, 0..).await;
    }

    fn inbox(&self, fields: Value) -> Option<TwitterInbox<&TestClock>> {
        let api = api(&self.server.uri());
        let name = "/social/twitter/acme";
        TwitterInbox::new(api, name, credential(), &[channel(fields)], &self.clock, None)
    }

    fn open(&self) -> TwitterInbox<&TestClock> {
        self.inbox(json!({"private_messages": true})).unwrap()
    }
}

fn told(pass: &Pass) -> Vec<(String, bool)> {
    let message = |incoming: &Incoming| (incoming.message.text.clone(), incoming.message.own);
    pass.messages.iter().map(message).collect()
}

#[tokio::test]
async fn private_messages_begin_now_and_come_once() {
    let world = World::new().await;
    world
        .holds(&[event(2, "42", "we know"), event(1, "7", "a &lt; b"), event(-9, "7", "old")])
        .await;
    let inbox = world.open();
    assert_eq!(inbox.name(), "twitter-private#/social/twitter/acme");
    let first = inbox.pass(None).await.unwrap();
    assert_eq!(told(&first), [("we know".to_owned(), true), ("a < b".to_owned(), false)]);
    let message = &first.messages[1].message;
    assert_eq!(message.kind, Kind::PrivateMessage);
    assert_eq!(message.thread, Thread::Private { visitor_id: "7".to_owned() });
    assert_eq!(message.author.as_ref().unwrap().handle.as_deref(), Some("zoe"));
    assert_eq!(first.messages[0].message.thread, message.thread);
    let second = inbox.pass(Some(&first.checkpoint)).await.unwrap();
    assert_eq!(second, Pass { messages: vec![], checkpoint: first.checkpoint });
    let query = &queries(&world.server, EVENTS).await[0];
    assert_eq!(parameter(query, "since_id"), None);
}

#[tokio::test]
async fn private_messages_that_rested_begin_now() {
    let world = World::new().await;
    let leases = LeaseTable::default();
    let (credential, name) = ("/social/twitter/acme", "twitter-private#/social/twitter/acme");
    world.holds(&[event(1, "7", "one")]).await;
    let first = world.open().pass(None).await.unwrap();
    let lease = (&leases).take(name, Duration::from_secs(9)).await.unwrap().unwrap();
    (&leases).save_checkpoint(&lease, &first.checkpoint).await.unwrap();
    (&leases).release(&lease).await.unwrap();
    assert!(let_rest(&&leases, credential, Reading::PrivateMessages).await.unwrap());
    world.clock.set("2026-11-22T18:00:00Z");
    world.holds(&[event(21_601, "7", "three"), event(300, "7", "two")]).await;
    let again = world.open().pass(leases.stored(name).as_deref()).await.unwrap();
    assert_eq!(told(&again), [("three".to_owned(), false)]);
}

#[tokio::test]
async fn pages_are_read_until_something_is_known() {
    let world = World::new().await;
    world.holds(&[event(1, "7", "one")]).await;
    let inbox = world.open();
    let first = inbox.pass(None).await.unwrap();
    world.server.reset().await;
    world.accounts().await;
    let page = |events: &[Value], next: &str| json!({"data": events, "meta": {"next_token": next}});
    let second = page(&[event(2, "7", "two"), event(1, "7", "one")], "page3");
    Mock::given(matchers::query_param("pagination_token", "page2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(second))
        .with_priority(1)
        .expect(1)
        .mount(&world.server)
        .await;
    answer(&world.server, "GET", EVENTS, 200, page(&[event(3, "7", "three")], "page2"), 1).await;
    let pass = inbox.pass(Some(&first.checkpoint)).await.unwrap();
    assert_eq!(told(&pass), [("three".to_owned(), false), ("two".to_owned(), false)]);
}

#[tokio::test]
async fn a_page_that_fails_moves_nothing() {
    let world = World::new().await;
    world.accounts().await;
    answer(&world.server, "GET", EVENTS, 503, json!({}), 1).await;
    assert_eq!(world.open().pass(None).await.unwrap_err().verdict(), Verdict::RETRY);
}

#[rstest]
#[case::switched_off(json!({}))]
#[case::said_so(json!({"private_messages": false}))]
#[tokio::test]
async fn without_the_switch_nothing_is_asked(#[case] fields: Value) {
    assert!(World::new().await.inbox(fields).is_none());
}

/// The token is another brand's: its private messages are nobody's here.
#[tokio::test]
async fn another_accounts_messages_go_to_no_channel() {
    let world = World::new().await;
    world.holds(&[event(1, "7", "hello")]).await;
    let fields = json!({"private_messages": true, "reply_handle": "@acme_uk"});
    assert_eq!(world.inbox(fields).unwrap().pass(None).await.unwrap().messages, []);
}

#[rstest]
#[case::group(json!({"dm_conversation_id": "1585321444547837956"}))]
#[case::joined(json!({"event_type": "ParticipantsJoin"}))]
#[case::of_others(json!({"dm_conversation_id": "7-8"}))]
#[tokio::test]
async fn only_messages_between_two_are_taken(#[case] more: Value) {
    let world = World::new().await;
    let mut odd = event(1, "7", "hello");
    for (name, value) in more.as_object().unwrap() {
        odd[name] = value.clone();
    }
    world.holds(&[event(2, "7", "and this"), odd]).await;
    let pass = world.open().pass(None).await.unwrap();
    assert_eq!(told(&pass), [("and this".to_owned(), false)]);
}

#[tokio::test]
async fn a_blocked_visitor_and_a_picture() {
    let world = World::new().await;
    let mut picture = event(1, "7", "look");
    picture["attachments"] = json!({"media_keys": ["3_1"]});
    world.holds(&[picture]).await;
    let blocking = json!({"private_messages": true, "blocked_authors": ["@zoe"]});
    assert_eq!(world.inbox(blocking).unwrap().pass(None).await.unwrap().messages, []);
    let pass = world.open().pass(None).await.unwrap();
    assert_eq!(pass.messages[0].message.text, "look\n[1 attached; see the messages on X]");
}

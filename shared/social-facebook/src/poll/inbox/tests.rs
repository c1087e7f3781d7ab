use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param},
};

use super::*;
use crate::{
    callback,
    poll::Troubles,
    testing::{Hands, Ledger, OnePage, PAGE, at, channel, delivered, graph, graph_time},
};

/// A page's inbox and what its poll remembers.
struct World {
    server: MockServer,
    poll: FacebookInbox<Hands, OnePage, Ledger>,
    troubles: Troubles,
    checkpoint: Option<String>,
}

impl World {
    async fn started(further: Value) -> Self {
        let (server, hands) = (MockServer::start().await, Hands::noon());
        let (seen, troubles) = (Ledger::default(), Troubles::default());
        let graph = graph(&server, &hands);
        let ports = PollPorts { graph, credentials: OnePage, seen, troubles: troubles.clone() };
        let poll = FacebookInbox::new(ports, channel(further)).unwrap();
        let mut world = Self { server, poll, troubles, checkpoint: None };
        world.shows(json!([])).await;
        world.pass().await;
        world
    }

    /// From now on these are all conversations.
    async fn shows(&self, talks: Value) {
        self.server.reset().await;
        Mock::given(path(format!("/v26.0/{PAGE}/conversations")))
            .and(query_param("platform", "messenger"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": talks })))
            .mount(&self.server)
            .await;
    }

    async fn messages(&mut self) -> Vec<Message> {
        let pass = self.poll.pass(self.checkpoint.as_deref()).await.unwrap();
        self.checkpoint = Some(pass.checkpoint);
        pass.messages.into_iter().map(|incoming| incoming.message).collect()
    }

    async fn pass(&mut self) -> Vec<String> {
        self.messages().await.into_iter().map(|message| message.id.0).collect()
    }
}

fn said(id: &str, from: &str, time: &str) -> Value {
    let to = if from == PAGE { "42" } else { PAGE };
    json!({ "id": id, "from": { "id": from, "name": "Zoë", "email": "42@facebook.com" },
        "to": { "data": [{ "id": to, "name": "x" }] }, "message": "Hello",
        "created_time": graph_time(time) })
}

fn talk(id: &str, time: &str, messages: &[Value]) -> Value {
    json!({ "id": id, "updated_time": graph_time(time), "messages": { "data": messages } })
}

#[tokio::test]
async fn new_messages_are_taken_once_and_an_idle_pass_is_one_call() {
    let mut world = World::started(json!({})).await;
    let messages = [
        said("m_3", PAGE, "12:03:00"),
        said("m_2", "42", "12:02:00"),
        said("m_1", "42", "11:59:59"),
    ];
    world.shows(json!([talk("t_1", "12:03:00", &messages), talk("t_0", "09:00:00", &[])])).await;
    let taken = world.messages().await;
    let ids: Vec<(&str, bool)> =
        taken.iter().map(|message| (message.id.as_str(), message.own)).collect();
    assert_eq!(ids, [("m_2", false), ("m_3", true)]);
    let visitor = Thread::Private { visitor_id: "42".to_owned() };
    assert!(taken.iter().all(|message| message.thread == visitor));
    let moved = world.checkpoint.clone();
    assert!(world.pass().await.is_empty());
    assert_eq!(world.checkpoint, moved);
    assert_eq!(world.server.received_requests().await.unwrap().len(), 2);
    assert_eq!(world.poll.name(), "facebook#1029384756#acme-page#inbox");
}

#[tokio::test]
async fn a_long_conversation_is_read_to_its_first_old_message() {
    let mut world = World::started(json!({})).await;
    let mut long = talk("t_1", "12:09:00", &[said("m_9", "42", "12:09:00")]);
    let next = json!({ "cursors": { "after": "a1" }, "next": "https://graph.facebook.com/x" });
    long["messages"]["paging"] = next.clone();
    world.shows(json!([long])).await;
    let first = json!({ "data": [said("m_9", "42", "12:09:00")], "paging": next });
    let second = json!({ "paging": next,
        "data": [said("m_8", "42", "12:08:00"), said("m_1", "42", "11:00:00")] });
    Mock::given(path("/v26.0/t_1/messages"))
        .and(query_param("after", "a1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(second))
        .expect(1)
        .mount(&world.server)
        .await;
    Mock::given(path("/v26.0/t_1/messages"))
        .respond_with(ResponseTemplate::new(200).set_body_json(first))
        .with_priority(6)
        .mount(&world.server)
        .await;
    assert_eq!(world.pass().await, ["m_8", "m_9"]);
}

#[tokio::test]
async fn a_limit_takes_the_oldest_first_and_loses_none() {
    let mut world = World::started(json!({ "post_limit": 1 })).await;
    let talks = [
        talk("t_2", "12:02:00", &[said("m_2", "43", "12:02:00")]),
        talk("t_1", "12:01:00", &[said("m_1", "42", "12:01:00")]),
    ];
    world.shows(json!(talks)).await;
    assert_eq!(world.pass().await, ["m_1"]);
    assert_eq!(world.pass().await, ["m_2"]);
    assert!(world.pass().await.is_empty());
}

#[tokio::test]
async fn a_private_message_is_the_same_by_poll_and_by_callback() {
    let mut world = World::started(json!({})).await;
    let mut written = said("m_1", "42", "12:01:00");
    written["attachments"] = json!({ "data": [{ "id": "1", "mime_type": "image/jpeg", "image_data": { "url": "https://cdn.example/1.jpg" } }] });
    world.shows(json!([talk("t_1", "12:01:00", &[written])])).await;
    let polled = world.messages().await.remove(0);
    let event = json!({ "sender": { "id": "42" }, "recipient": { "id": PAGE },
        "timestamp": 1_795_348_860_000_i64, "message": { "mid": "m_1", "text": "Hello", "attachments": [
            { "type": "image", "payload": { "url": "https://cdn.example/1.jpg" } }] } });
    let entry = json!([{ "id": PAGE, "time": 1, "messaging": [event] }]);
    let body = json!({ "object": "page", "entry": entry }).to_string();
    let called = callback::for_channel(&delivered(&body).unwrap()[0], &channel(json!({}))).unwrap();
    let plain = |mut message: Message| {
        // Only the poll is told a name.
        message.author.as_mut().unwrap().name.clear();
        message
    };
    assert_eq!(plain(called), plain(polled));
}

#[tokio::test]
async fn without_the_permission_the_inbox_says_so_and_its_feed_does_not_care() {
    let mut world = World::started(json!({})).await;
    world.server.reset().await;
    let error =
        json!({ "error": { "code": 200, "message": "requires pages_messaging permission" } });
    Mock::given(path(format!("/v26.0/{PAGE}/conversations")))
        .respond_with(ResponseTemplate::new(403).set_body_json(error))
        .mount(&world.server)
        .await;
    let failure = world.poll.pass(world.checkpoint.as_deref()).await.unwrap_err();
    assert_eq!((failure.error_type(), failure.verdict()), ("graph_permission", Verdict::WAIT));
    assert_eq!(world.troubles.fields(), ["permissions"]);
    world.troubles.over(&channel(json!({})), "facebook#1029384756#acme-page");
    assert_eq!(world.troubles.fields(), ["permissions"], "the feed's health is another's");
    world.shows(json!([])).await;
    world.pass().await;
    assert!(world.troubles.fields().is_empty());
}

#[tokio::test]
async fn a_channel_without_private_messages_has_no_such_poll() {
    let (server, hands) = (MockServer::start().await, Hands::noon());
    let ports = || PollPorts {
        graph: graph(&server, &hands),
        credentials: OnePage,
        seen: Ledger::default(),
        troubles: Troubles::default(),
    };
    let feed_only = channel(json!({ "include": ["comments"] }));
    assert!(FacebookInbox::new(ports(), feed_only).is_none());
    let inbox_only = channel(json!({ "include": ["private_messages"] }));
    assert!(crate::FacebookPoll::new(ports(), inbox_only).is_none());
}

#[tokio::test]
async fn a_channel_that_is_switched_on_again_takes_nothing_from_before() {
    let mut world = World::started(json!({})).await;
    world.shows(json!([talk("t1", "12:01:00", &[said("m1", "42", "12:01:00")])])).await;
    assert_eq!(world.pass().await, ["m1"]);
    let mut world = World { poll: world.poll.since(Some(at("14:00:00"))), ..world };
    let said = [said("m3", "42", "14:00:01"), said("m2", "42", "13:00:00")];
    world.shows(json!([talk("t1", "14:00:01", &said)])).await;
    assert_eq!(world.pass().await, ["m3"]);
    assert!(world.pass().await.is_empty());
}

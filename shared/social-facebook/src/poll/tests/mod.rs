mod addresses;
mod again;
mod edits;
mod faults;
mod night;
mod old_posts;
mod pace;
mod trouble;

use serde_json::{Value, json};
use social_core::{
    Verdict,
    message::{Answerable, Kind, Owner, Thread},
    polling::{Pass, Source},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param, query_param_is_missing},
};

use super::*;
use crate::{
    callback, normalise,
    testing::{Hands, Ledger, OnePage, PAGE, at, channel, delivered, graph, graph_time},
};

fn ports(
    server: &MockServer,
    hands: &Hands,
    ledger: &Ledger,
    troubles: &Troubles,
) -> PollPorts<Hands, OnePage, Ledger> {
    let (seen, troubles) = (ledger.clone(), troubles.clone());
    PollPorts { graph: graph(server, hands), credentials: OnePage, seen, troubles }
}

/// A page, its poll and what the poll remembers.
struct World {
    server: MockServer,
    hands: Hands,
    ledger: Ledger,
    troubles: Troubles,
    poll: FacebookPoll<Hands, OnePage, Ledger>,
    checkpoint: Option<String>,
}

impl World {
    async fn new(further: Value) -> Self {
        let (server, hands) = (MockServer::start().await, Hands::noon());
        let (ledger, troubles) = (Ledger::default(), Troubles::default());
        let poll = FacebookPoll::new(ports(&server, &hands, &ledger, &troubles), channel(further));
        Self { server, hands, ledger, troubles, poll: poll.unwrap(), checkpoint: None }
    }

    /// A page whose first pass is over.
    async fn started(further: Value) -> Self {
        let mut world = Self::new(further).await;
        world.shows_feed(json!([])).await;
        world.pass().await;
        world
    }

    /// From now on the feed is this one page.
    async fn shows_feed(&self, posts: Value) {
        self.server.reset().await;
        self.answers("feed", None, json!({ "data": posts })).await;
    }

    /// What an edge of the page or of a post answers, at a place.
    async fn answers(&self, edge: &str, after: Option<&str>, body: Value) {
        let edge = if edge == "feed" { format!("{PAGE}/feed") } else { edge.to_owned() };
        let mock = Mock::given(path(format!("/v26.0/{edge}")));
        let mock = match after {
            Some(after) => mock.and(query_param("after", after)),
            None => mock.and(query_param_is_missing("after")),
        };
        let status = if body.get("error").is_some() { 400 } else { 200 };
        mock.respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&self.server)
            .await;
    }

    /// One pass; the messages' ids in the order in which they are sent.
    async fn pass(&mut self) -> Vec<String> {
        let Pass { mut messages, checkpoint } = self.try_pass().await.unwrap();
        self.checkpoint = Some(checkpoint);
        messages.sort_by_key(|incoming| incoming.message.at);
        messages.into_iter().map(|incoming| incoming.message.id.0).collect()
    }

    /// One pass; the keys of its changes, in the order in which they are sent.
    async fn changes(&mut self) -> Vec<String> {
        let Pass { mut messages, checkpoint } = self.try_pass().await.unwrap();
        self.checkpoint = Some(checkpoint);
        messages.sort_by_key(|incoming| incoming.message.at);
        messages.into_iter().map(|incoming| incoming.message.change_key()).collect()
    }

    /// Whatever else is asked has nothing in it.
    async fn all_else_is_empty(&self) {
        let empty = ResponseTemplate::new(200).set_body_json(json!({ "data": [] }));
        Mock::given(wiremock::matchers::any())
            .respond_with(empty)
            .with_priority(9)
            .mount(&self.server)
            .await;
    }

    /// The same page with other settings.
    fn with(self, settings: PollSettings) -> Self {
        Self { poll: self.poll.with_settings(settings), ..self }
    }

    async fn try_pass(&self) -> Result<Pass, Failure> {
        self.poll.pass(self.checkpoint.as_deref()).await
    }

    /// Paths that were asked since the last `shows_feed`.
    async fn asked(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(|request| request.url.path().replace("/v26.0/", "")).collect()
    }
}

fn post(id: &str, author: &str, time: &str, comments: &[Value]) -> Value {
    json!({
        "id": format!("{PAGE}_{id}"), "from": { "id": author, "name": "Zoë" }, "message": "Hi",
        "created_time": graph_time(time), "permalink_url": "https://www.facebook.com/1",
        "comments": { "data": comments },
    })
}

fn comment(id: &str, time: &str) -> Value {
    json!({ "id": id, "from": { "id": "42", "name": "Zoë" }, "message": "It broke",
            "created_time": graph_time(time), "can_comment": true })
}

fn more(after: &str) -> Value {
    json!({ "cursors": { "before": "b", "after": after }, "next": "https://graph.facebook.com/x" })
}

#[tokio::test]
async fn the_first_pass_imports_nothing_and_marks_where_it_stands() {
    let mut world = World::new(json!({})).await;
    let history = [comment("1_2", "12:00:00"), comment("1_1", "11:59:00")];
    world.shows_feed(json!([post("1", "42", "12:00:00", &history)])).await;
    assert!(world.pass().await.is_empty());
    assert!(world.pass().await.is_empty());
    assert_eq!(world.poll.name(), "facebook#1029384756#acme-page");
}

#[tokio::test]
async fn a_channel_with_a_start_takes_what_came_since() {
    let mut world = World::new(json!({ "start": "2026-11-22T11:00:00Z" })).await;
    let posts = [
        post("2", "42", "11:30:00", &[comment("2_1", "11:31:00")]),
        post("1", "42", "10:59:59", &[comment("1_2", "11:00:00"), comment("1_1", "10:59:59")]),
    ];
    world.shows_feed(json!(posts)).await;
    assert_eq!(world.pass().await, ["1_2", "1029384756_2", "2_1"]);
    assert!(world.pass().await.is_empty());
}

#[tokio::test]
async fn what_is_new_is_taken_once_and_an_idle_pass_is_one_call() {
    let mut world = World::started(json!({})).await;
    let before = world.checkpoint.clone();
    let posts = json!([post("1", "42", "12:01:00", &[comment("1_1", "12:02:00")])]);
    world.shows_feed(posts).await;
    assert_eq!(world.pass().await, ["1029384756_1", "1_1"]);
    assert_ne!(world.checkpoint, before);
    let moved = world.checkpoint.clone();
    world.hands.set("12:30:00");
    assert!(world.pass().await.is_empty());
    assert_eq!(world.checkpoint, moved);
    assert_eq!(world.asked().await, ["1029384756/feed", "1029384756/feed"]);
}

#[tokio::test]
async fn what_appears_late_is_taken_within_the_overlap_only() {
    let mut world = World::started(json!({})).await;
    world.shows_feed(json!([post("2", PAGE, "12:20:00", &[])])).await;
    assert_eq!(world.pass().await, ["1029384756_2"]);
    let late = [
        post("2", PAGE, "12:20:00", &[comment("2_1", "12:20:30")]),
        post("1", "42", "12:10:00", &[]),
        post("0", "42", "12:09:59", &[]),
    ];
    world.shows_feed(json!(late)).await;
    assert_eq!(world.pass().await, ["1029384756_1", "2_1"]);
    assert!(world.pass().await.is_empty());
}

#[tokio::test]
async fn a_page_that_is_all_new_is_followed_and_a_failing_one_fails_the_pass() {
    let mut world = World::started(json!({})).await;
    let first = json!({ "data": [post("3", "42", "12:03:00", &[])], "paging": more("a1") });
    let second = json!({ "data": [post("2", "42", "12:02:00", &[]), post("0", "42", "09:00:00", &[])],
        "paging": more("a2") });
    world.server.reset().await;
    world.answers("feed", None, first.clone()).await;
    world.answers("feed", Some("a1"), json!({ "error": { "code": 2 } })).await;
    let failure = world.try_pass().await.unwrap_err();
    assert_eq!((failure.error_type(), failure.verdict()), ("graph_transient", Verdict::RETRY));
    world.server.reset().await;
    world.answers("feed", None, first).await;
    world.answers("feed", Some("a1"), second).await;
    assert_eq!(world.pass().await, ["1029384756_2", "1029384756_3"]);
}

#[tokio::test]
async fn many_comments_on_an_old_post_are_all_read() {
    let mut world = World::started(json!({})).await;
    let newest: Vec<Value> = (0..10)
        .rev()
        .map(|n| comment(&format!("1_{}", n + 90), &format!("12:03:{n:02}")))
        .collect();
    let mut old = post("1", PAGE, "08:00:00", &newest);
    old["comments"]["paging"] = more("c1");
    world.shows_feed(json!([old])).await;
    let older: Vec<Value> =
        (0..50).rev().map(|n| comment(&format!("1_{n}"), &format!("12:02:{n:02}"))).collect();
    world
        .answers("1029384756_1/comments", None, json!({ "data": newest, "paging": more("c2") }))
        .await;
    world.answers("1029384756_1/comments", Some("c2"), json!({ "data": older })).await;
    assert_eq!(world.pass().await.len(), 60);
    assert!(world.pass().await.is_empty());
}

#[tokio::test]
async fn a_post_that_left_the_feed_is_looked_after_at_times() {
    let mut world = World::started(json!({})).await;
    world.shows_feed(json!([post("1", "42", "12:01:00", &[])])).await;
    world.pass().await;
    world.shows_feed(json!([])).await;
    let late = json!({ "data": [comment("1_1", "12:06:00")] });
    world.answers("1029384756_1/comments", None, late).await;
    world.hands.set("12:06:10");
    assert_eq!(world.pass().await, ["1_1"]);
    let moved = world.checkpoint.clone();
    world.hands.set("12:07:10");
    assert!(world.pass().await.is_empty());
    assert_eq!(world.checkpoint, moved);
    let asked = ["1029384756/feed", "1029384756_1/comments", "1029384756/feed"];
    assert_eq!(world.asked().await, asked);
    world.shows_feed(json!([])).await;
    world.hands.set("12:11:10");
    let gone = json!({ "error": { "code": 100, "error_subcode": 33 } });
    world.answers("1029384756_1/comments", None, gone).await;
    assert!(world.pass().await.is_empty());
    world.hands.set("12:30:00");
    assert!(world.pass().await.is_empty());
    let asked = ["1029384756/feed", "1029384756_1/comments", "1029384756/feed"];
    assert_eq!(world.asked().await, asked);
}

#[tokio::test]
async fn a_limit_takes_the_oldest_first_and_loses_none() {
    let mut world = World::started(json!({ "post_limit": 2 })).await;
    let posts = [
        post("2", "42", "12:03:00", &[comment("2_1", "12:04:00")]),
        post("1", "42", "12:01:00", &[comment("1_1", "12:02:00")]),
    ];
    world.shows_feed(json!(posts)).await;
    assert_eq!(world.pass().await, ["1029384756_1", "1_1"]);
    assert_eq!(world.pass().await, ["1029384756_2", "2_1"]);
    assert!(world.pass().await.is_empty());
}

/// Ids grow in length before they grow in value, and a second holds many.
#[tokio::test]
async fn of_one_second_a_limit_takes_the_smallest_ids_first() {
    let mut world = World::started(json!({ "post_limit": 2 })).await;
    let talk = [comment("1_10", "12:02:00"), comment("1_9", "12:02:00")];
    world.shows_feed(json!([post("1", "42", "12:01:00", &talk)])).await;
    assert_eq!(world.pass().await, ["1029384756_1", "1_9"]);
    assert_eq!(world.pass().await, ["1_10"]);
}

#[tokio::test]
async fn comments_know_their_thread_and_what_the_channel_leaves_out_is_left_out() {
    let world = World::started(json!({ "include": ["comments"], "blocked_authors": ["66"] })).await;
    let mut nested = comment("1_2", "12:03:00");
    nested["parent"] = json!({ "id": "1_1", "from": { "id": "43" } });
    nested["can_comment"] = json!(false);
    nested["attachment"] = json!({ "type": "photo", "url": "https://www.facebook.com/p",
        "media": { "image": { "src": "https://cdn.example/1.jpg" } } });
    let mut blocked = comment("1_3", "12:04:00");
    blocked["from"]["id"] = json!("66");
    world
        .shows_feed(json!([
            post("1", "777", "12:01:00", &[blocked, nested]),
            post("2", "42", "12:01:00", &[])
        ]))
        .await;
    let pass = world.try_pass().await.unwrap();
    let ids: Vec<&str> =
        pass.messages.iter().map(|incoming| incoming.message.id.as_str()).collect();
    assert_eq!(ids, ["1029384756_1", "1_2"]);
    assert!(pass.messages[0].message.own);
    let message = &pass.messages[1].message;
    assert_eq!((message.kind, message.answerable), (Kind::Comment, Answerable::Closed));
    assert_eq!(message.media, [normalise::media("photo", "https://cdn.example/1.jpg")]);
    let thread = Thread::Post {
        post_id: "1029384756_1".into(),
        top_level: Some("1_1".into()),
        top_level_author: Some("43".to_owned()),
        owner: Some(Owner::Company),
    };
    assert_eq!(message.thread, thread);
}

#[tokio::test]
async fn e4_what_the_page_wrote_is_marked_as_its_own() {
    let mut world = World::started(json!({})).await;
    let mut reply = comment("1_2", "12:03:00");
    reply["from"]["id"] = json!(PAGE);
    let talk = [reply, comment("1_1", "12:02:00")];
    world.shows_feed(json!([post("1", PAGE, "12:01:00", &talk)])).await;
    let pass = world.try_pass().await.unwrap();
    let own = pass.messages.iter().filter(|incoming| incoming.message.own);
    let ids: Vec<&str> = own.map(|incoming| incoming.message.id.as_str()).collect();
    assert_eq!(ids, ["1029384756_1", "1_2"]);
    assert_eq!(world.pass().await.len(), 3);
}

#[tokio::test]
async fn a_strange_checkpoint_is_an_error_and_never_a_new_start() {
    let mut world = World::new(json!({})).await;
    world.checkpoint = Some("{}".to_owned());
    assert_eq!(world.try_pass().await.unwrap_err().error_type(), "checkpoint_unreadable");
    assert_eq!(world.troubles.fields(), ["checkpoint"]);
}

#[tokio::test]
async fn a_comment_is_the_same_by_poll_and_by_callback() {
    let world = World::started(json!({})).await;
    let mut nested = comment("1_2", "12:03:00");
    nested["parent"] = json!({ "id": "1_1", "from": { "id": "43" } });
    let comments = [nested, comment("1_1", "12:02:00")];
    world.shows_feed(json!([post("1", "42", "12:01:00", &comments)])).await;
    let mut polled = world.try_pass().await.unwrap().messages;
    polled.sort_by_key(|incoming| incoming.message.at);
    let change = |item: &str, id: &str, parent: &str, seconds: i64| {
        let post_id = format!("{PAGE}_1");
        json!({ "field": "feed", "value": { "item": item, "verb": "add", "post_id": post_id,
            "comment_id": id, "parent_id": parent, "created_time": 1_795_348_800 + seconds,
            "from": { "id": "42", "name": "Zoë" }, "message": "It broke" } })
    };
    let changes = [
        change("status", "", "", 60),
        // An obsolete id (contract A3) is the same comment's.
        change("comment", &format!("{PAGE}_1_1"), &format!("{PAGE}_1"), 120),
        change("comment", "1_2", &format!("{PAGE}_1_1"), 180),
    ];
    let entry = json!([{ "id": PAGE, "time": 1_795_348_801, "changes": changes }]);
    let called = delivered(&json!({ "object": "page", "entry": entry }).to_string()).unwrap();
    for (polled, called) in polled.iter().zip(&called) {
        let polled = &polled.message;
        let called = callback::for_channel(called, &channel(json!({}))).unwrap();
        let place = |message: &Message| match &message.thread {
            Thread::Post { post_id, top_level, .. } => (post_id.clone(), top_level.clone()),
            other => panic!("{other:?}"),
        };
        assert_eq!(called.change_key(), polled.change_key());
        assert_eq!(place(&called), place(polled));
        assert_eq!((&called.author, called.at), (&polled.author, polled.at));
    }
    assert_eq!((polled.len(), called.len()), (3, 3));
}

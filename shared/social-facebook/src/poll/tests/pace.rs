//! Slow while callbacks bring everything, quick where the poll finds what none brought.

use social_core::message::Verb;

use super::*;

fn settings() -> PollSettings {
    PollSettings { slow: Some(Duration::from_mins(5)), ..PollSettings::default() }
}

impl World {
    /// One more post appears; callbacks bring it or do not. Says when the next pass is due.
    async fn sees(&mut self, id: &str, time: &str, brought: bool) -> Option<Timestamp> {
        self.sees_by("42", id, time, brought).await
    }

    async fn sees_by(
        &mut self,
        author: &str,
        id: &str,
        time: &str,
        brought: bool,
    ) -> Option<Timestamp> {
        self.shows_feed(json!([post(id, author, time, &[])])).await;
        self.all_else_is_empty().await;
        if brought {
            self.ledger.know(&format!("{PAGE}_{id}#add"));
        }
        self.pass().await;
        self.poll.due(self.checkpoint.as_deref())
    }

    /// Three posts that callbacks brought.
    async fn proven() -> Self {
        let mut world = Self::started(json!({})).await.with(settings());
        assert_eq!(world.sees("1", "12:01:00", true).await, None);
        assert_eq!(world.sees("2", "12:02:00", true).await, None);
        let due = world.hands.now() + Duration::from_mins(5);
        assert_eq!(world.sees("3", "12:03:00", true).await, Some(due));
        world
    }
}

#[tokio::test]
async fn a_page_that_never_had_callbacks_stays_quick() {
    let mut world = World::started(json!({})).await.with(settings());
    for n in 1..6 {
        world.hands.set(&format!("12:0{n}:02"));
        assert_eq!(world.sees(&n.to_string(), &format!("12:0{n}:00"), false).await, None);
    }
    assert!(world.sees("9", "12:09:00", true).await.is_none(), "once is no proof");
}

#[tokio::test]
async fn a_proven_page_is_slow_until_the_poll_finds_what_no_callback_brought() {
    let mut world = World::proven().await;
    world.hands.set("12:08:00");
    let due = world.hands.now() + Duration::from_mins(5);
    // Too young to be missed: its callback may be on its way.
    assert_eq!(world.sees("4", "12:07:30", false).await, Some(due));
    world.hands.set("12:13:00");
    assert_eq!(world.sees("5", "12:09:00", false).await, None);
}

#[tokio::test]
async fn what_the_page_wrote_or_a_channel_leaves_out_is_no_evidence() {
    let mut world = World::proven().await;
    world.hands.set("12:20:00");
    assert!(world.sees_by(PAGE, "4", "12:10:00", false).await.is_some());
    let mut world = World::started(json!({ "blocked_authors": ["66"] })).await.with(settings());
    for n in 1..5 {
        assert!(world.sees_by("66", &n.to_string(), "12:01:00", true).await.is_none());
    }
}

#[tokio::test]
async fn a_pass_that_left_something_is_followed_at_once() {
    let mut world = World::proven().await;
    world.poll = FacebookPoll::new(
        ports(&world.server, &world.hands, &world.ledger, &world.troubles),
        channel(json!({ "post_limit": 1 })),
    )
    .unwrap()
    .with_settings(settings());
    world.ledger.know("1029384756_4#add");
    let posts = json!([post("5", "42", "12:05:00", &[]), post("4", "42", "12:04:00", &[])]);
    world.shows_feed(posts).await;
    world.all_else_is_empty().await;
    assert_eq!(world.pass().await, ["1029384756_4"]);
    assert_eq!(world.poll.due(world.checkpoint.as_deref()), None);
    assert_eq!(world.pass().await, ["1029384756_5"]);
    assert!(world.poll.due(world.checkpoint.as_deref()).is_some());
}

#[tokio::test]
async fn without_a_slow_pace_the_ledger_is_not_asked() {
    struct Silent;
    impl Seen for Silent {
        async fn is_known(&self, _: &social_core::ChannelId, _: &Message) -> Result<bool, Failure> {
            unreachable!("nobody needs to know")
        }
    }
    let (server, hands) = (MockServer::start().await, Hands::noon());
    let body = json!({ "data": [post("1", "42", "12:01:00", &[])] });
    Mock::given(path(format!("/v26.0/{PAGE}/feed")))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let ports = PollPorts {
        graph: graph(&server, &hands),
        credentials: OnePage,
        seen: Silent,
        troubles: Troubles::default(),
    };
    let poll =
        FacebookPoll::new(ports, channel(json!({ "start": "2026-11-22T12:00:00Z" }))).unwrap();
    let pass = poll.pass(None).await.unwrap();
    assert_eq!(pass.messages[0].message.verb, Verb::Add);
    assert_eq!(poll.due(Some(&pass.checkpoint)), None);
}

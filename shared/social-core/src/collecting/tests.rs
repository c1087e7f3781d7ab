use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use crate::{
    conversation::State,
    fakes::{FakeCic, FakeClock, FakeQueues, FakeState, World, channel_id, post},
};

use super::*;

/// Nudges from a list; nothing more after that.
#[derive(Clone)]
pub(crate) struct FakeNudges {
    waiting: Rc<RefCell<Vec<String>>>,
    clock: FakeClock,
}

impl NudgeQueue for FakeNudges {
    async fn receive(&self, wait: Duration) -> Result<Vec<String>, Failure> {
        let nudges = std::mem::take(&mut *self.waiting.borrow_mut());
        if nudges.is_empty() {
            self.clock.sleep(wait.min(Duration::from_millis(100))).await;
        }
        Ok(nudges)
    }
}

pub(crate) type FakeCollector =
    Collector<FakeState, FakeNudges, FakeState, FakeCic, FakeQueues, FakeQueues, FakeClock>;

pub(crate) fn collector(world: &World, run: Duration) -> FakeCollector {
    Collector {
        leases: world.state.clone(),
        nudges: FakeNudges { waiting: Rc::default(), clock: world.clock.clone() },
        desk: world.desk(),
        idle: IdleRules::of(&world.channel_set()),
        pace: Pace {
            shard: 0,
            list_every: Duration::from_secs(2),
            active: Duration::from_secs(2),
            quiet: Duration::from_secs(15),
            until: world.clock.now() + run,
            keep_until: world.clock.now() + run + Duration::from_mins(10),
        },
    }
}

async fn with_an_interaction() -> World {
    let world = World::new();
    world.deliver("acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world
}

#[tokio::test]
async fn what_the_agent_writes_is_in_the_queue_and_the_disconnect_closes() {
    let world = with_an_interaction().await;
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "one");
    world.cic.agent_writes(0, "Jo", "two");
    world.cic.disconnect(0);
    collector(&world, Duration::from_secs(30)).run().await.unwrap();

    let texts: Vec<String> =
        world.queues.outbound.borrow().iter().map(|reply| reply.text.clone()).collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(world.state.conversations()[0].state, State::Closed);
}

#[tokio::test]
async fn what_was_told_is_kept_beyond_the_runs_end_until_the_state_is_back() {
    let world = with_an_interaction().await;
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "one");
    world.state.go_away_for(Duration::from_mins(5));
    collector(&world, Duration::from_secs(150)).run().await.unwrap();
    let outbound = world.queues.outbound.borrow();
    assert_eq!(outbound.iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(), ["one"]);
}

#[tokio::test]
async fn a_chat_that_ended_unanswered_is_offered_again() {
    let world = with_an_interaction().await;
    world.cic.disconnect(0);
    collector(&world, Duration::from_secs(30)).run().await.unwrap();
    let (_, batch) = world.queues.inbound.borrow()[0].clone();
    world.clock.advance(Duration::from_secs(60));
    world.router().route(batch, Timestamp::MAX).await.unwrap();
    let said = world.cic.said();
    assert!(said[1].iter().any(|line| line.contains("Help!")), "begins with the tail: {said:?}");
    assert!(said[1].last().unwrap().contains("offered again"), "{said:?}");
}

#[tokio::test]
async fn an_offer_is_made_although_who_heard_the_end_died_before_writing_it_down() {
    let world = with_an_interaction().await;
    world.cic.disconnect(0);
    let before = world.state.conversations()[0].clone();
    collector(&world, Duration::from_secs(30)).run().await.unwrap();
    let (_, batch) = world.queues.inbound.borrow()[0].clone();
    let mut after = world.state.conversations()[0].clone();
    let version = after.version;
    after = crate::conversation::Conversation { version, ..before };
    assert_eq!(world.state.save(&mut after).await.unwrap(), None);
    world.clock.advance(Duration::from_secs(60));
    world.router().route(batch, Timestamp::MAX).await.unwrap();
    let said = world.cic.said();
    assert!(said[1].last().unwrap().contains("offered again"), "{said:?}");
}

#[tokio::test]
async fn a_successor_ends_the_run_and_what_was_begun_is_ended() {
    let world = with_an_interaction().await;
    let first = collector(&world, Duration::from_secs(100_000));
    let ended = Cell::new(false);
    let run = async {
        first.run().await.unwrap();
        ended.set(true);
    };
    let successor = async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert!(!ended.get());
        world.state.take_over("collect-replies#0", Duration::from_secs(60)).await.unwrap();
    };
    futures::join!(run, successor);
    assert!(world.clock.now() < first.pace.until, "it did not wait for its end");
}

#[test]
fn quiet_chats_are_looked_at_seldom_and_active_or_nudged_ones_soon() {
    let world = World::new();
    let pace = collector(&world, Duration::from_secs(60)).pace;
    let now = world.clock.now();
    let chat = crate::chat::Chat {
        interface: crate::chat::Interface::WebChat,
        server: 0,
        chat_id: "chat".to_owned(),
        participant_id: "p".to_owned(),
    };
    let open = OpenChat {
        channel_id: channel_id("acme-page"),
        conversation: crate::conversation::ConversationKey("post:1".to_owned()),
        chat: chat.clone(),
        generation: 1,
        answered: true,
        last_word_at: None,
        lost_at: None,
        stirred_at: Some(now),
    };
    let mut watch = Watch::default();
    watch.update(vec![open.clone()], now);
    assert_eq!(watch.take_due(now, 10).len(), 1, "a new one is due at once");
    assert!(watch.take_due(now, 10).is_empty(), "and looked at once at a time");

    let nothing = Look {
        chat_id: "chat".to_owned(),
        chat: Some(chat),
        something_happened: false,
        poll_after: Duration::from_secs(1),
        behind: None,
    };
    let due_after = |watch: &mut Watch, at: Timestamp, seconds: u64| {
        watch.take_due(at + Duration::from_secs(seconds), 10).len()
    };
    watch.looked(&nothing, pace, now);
    assert_eq!((due_after(&mut watch, now, 1), due_after(&mut watch, now, 2)), (0, 1));

    let later = now + Duration::from_mins(10);
    watch.looked(&nothing, pace, later);
    assert_eq!((due_after(&mut watch, later, 14), due_after(&mut watch, later, 15)), (0, 1));

    watch.look_now("chat", later);
    watch.looked(&nothing, pace, later);
    assert_eq!(due_after(&mut watch, later, 0), 1, "a nudge during a look asks for another");

    watch.looked(&nothing, pace, later);
    watch.update(vec![], later);
    assert_eq!(due_after(&mut watch, later, 60), 0, "an ended one is forgotten");
}

/// Zoë was answered by Jo; the channel closes what is idle for four hours.
async fn answered() -> World {
    let world = with_an_interaction().await;
    world.channels.set("acme-page", &serde_json::json!({ "idle_close_hours": 4 }));
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "Switch it off and on");
    collector(&world, Duration::from_secs(10)).run().await.unwrap();
    world
}

const ALMOST: Duration = Duration::from_secs(4 * 3_600 - 60);

#[tokio::test]
async fn an_interaction_that_nobody_writes_in_is_closed_with_a_notice() {
    let world = answered().await;
    world.clock.advance(ALMOST);
    collector(&world, Duration::from_secs(20)).run().await.unwrap();
    assert!(world.state.conversations()[0].interaction().is_some());

    collector(&world, Duration::from_secs(60)).run().await.unwrap();
    let said = world.cic.said();
    assert!(said[0].last().unwrap().contains("closed: nobody has written"), "{said:?}");
    assert_eq!(said[0].iter().filter(|line| line.contains("closed:")).count(), 1);
    assert_eq!(world.state.conversations()[0].state, State::Closed);
    assert!(world.cic.is_over(0) && world.queues.inbound.borrow().is_empty(), "not offered again");
}

#[tokio::test]
async fn while_a_visitor_has_the_last_word_nothing_is_closed() {
    let world = answered().await;
    world.owners.answer.set(Some(crate::message::Owner::Visitor));
    let comment = crate::fakes::comment("c1", "1", None, "Zoë", "Still red");
    world.deliver("acme-page", comment).await.unwrap();
    world.clock.advance(ALMOST * 2);
    collector(&world, Duration::from_secs(60)).run().await.unwrap();
    assert!(!world.cic.is_over(0));
}

#[tokio::test]
async fn a_word_in_the_last_moment_keeps_it_open() {
    let world = answered().await;
    world.clock.advance(ALMOST);
    world.cic.agent_writes(0, "Jo", "Does it blink?");
    collector(&world, Duration::from_secs(120)).run().await.unwrap();
    assert!(!world.cic.is_over(0));
    assert_eq!(world.queues.outbound.borrow().len(), 2);
}

#[tokio::test]
async fn what_waits_for_a_person_keeps_it_open() {
    let world = answered().await;
    let reply = world.queues.outbound.borrow()[0].clone();
    let mut conversation = world.state.conversations()[0].clone();
    let keep = |conversation: &mut crate::conversation::Conversation| {
        conversation.keep_returned(&reply);
    };
    world.desk().amend(&mut conversation, keep).await.unwrap();
    world.clock.advance(ALMOST * 2);
    collector(&world, Duration::from_secs(60)).run().await.unwrap();
    assert!(!world.cic.is_over(0));
}

use std::{cell::RefCell, collections::VecDeque};

use crate::{
    fakes::{Broken, World, channel_id, comment, post},
    inbound::Change,
};

use super::*;

/// A source that plays passes from a list; then idles.
struct Script(RefCell<VecDeque<Result<Pass, Failure>>>);

impl Source for Script {
    fn name(&self) -> &'static str {
        "page"
    }

    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure> {
        let next = self.0.borrow_mut().pop_front();
        next.unwrap_or_else(|| {
            let checkpoint = checkpoint.unwrap_or_default().to_owned();
            Ok(Pass { messages: vec![], checkpoint })
        })
    }
}

fn pass(messages: Vec<crate::Message>, checkpoint: &str) -> Pass {
    let channel_id = channel_id("acme-page");
    let messages = messages
        .into_iter()
        .map(|message| Incoming { channel_id: channel_id.clone(), message })
        .collect();
    Pass { messages, checkpoint: checkpoint.to_owned() }
}

async fn play(world: &World, passes: Vec<Result<Pass, Failure>>) -> Ran {
    let pace = Pace {
        pause: Duration::from_secs(10),
        pause_after_failure: Duration::from_secs(5),
        until: world.clock.now() + Duration::from_secs(60),
        slack: Duration::from_secs(20),
    };
    let script = Script(RefCell::new(passes.into()));
    run(&script, &world.state, &world.queues, &world.clock, pace).await.unwrap()
}

fn queued(world: &World) -> Vec<String> {
    let inbound = world.queues.inbound.borrow();
    let changes = inbound.iter().flat_map(|(_, batch)| &batch.changes);
    changes
        .map(|change| match change {
            Change::Message(message) => message.id.to_string(),
            Change::Tell(tell) => tell.id.clone(),
            Change::Pushed(pushed) => pushed.id.clone(),
            Change::Folded(folded) => folded.id(),
        })
        .collect()
}

#[tokio::test]
async fn a_pass_is_queued_oldest_first_and_then_the_checkpoint_moves() {
    let world = World::new();
    let mut older = comment("c1", "1", None, "Zoë", "first");
    older.at = "2026-11-22T11:00:00Z".parse().unwrap();
    let newer = [comment("c10", "1", None, "Zoë", "b"), comment("c2", "1", None, "Zoë", "a")];
    let messages = newer.into_iter().chain([older]).collect();
    let ran = play(&world, vec![Ok(pass(messages, "10"))]).await;
    assert_eq!(queued(&world), ["c1", "c2", "c10"]);
    assert_eq!(world.state.checkpoint("page").as_deref(), Some("10"));
    assert_eq!((ran.messages, ran.passes), (3, 6));
}

#[tokio::test]
async fn what_the_queue_refused_is_read_again() {
    let world = World::new();
    let group = "acme-page#post#2".to_owned();
    world.queues.broken_groups.borrow_mut().push(group);
    let messages = || vec![post("1", "Zoë", "a"), post("2", "Bob", "b")];
    play(&world, vec![Ok(pass(messages(), "2"))]).await;
    assert_eq!(queued(&world), ["1"], "the other group went on");
    assert_eq!(world.state.checkpoint("page"), Some(String::new()), "not moved to 2");
    world.queues.broken_groups.borrow_mut().clear();
    play(&world, vec![Ok(pass(messages(), "2"))]).await;
    assert_eq!(queued(&world), ["1", "1", "2"]);
}

#[tokio::test]
async fn a_failed_pass_moves_nothing_and_the_run_goes_on() {
    let world = World::new();
    let down = || Err(Broken(Verdict::RETRY).into());
    let ran = play(&world, vec![down(), down(), Ok(pass(vec![post("1", "Zoë", "a")], "1"))]).await;
    assert_eq!((ran.failures, ran.messages), (2, 1));
    assert_eq!(world.state.checkpoint("page").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_run_that_lost_its_lease_leaves_the_checkpoint_alone() {
    let world = World::new();
    let first = world.state.take("page", Duration::from_secs(1)).await.unwrap().unwrap();
    world.clock.advance(Duration::from_secs(2));
    let second = world.state.take("page", Duration::from_secs(60)).await.unwrap().unwrap();
    assert!(world.state.save_checkpoint(&second, "20").await.unwrap());
    assert!(!world.state.save_checkpoint(&first, "10").await.unwrap());
    assert_eq!(world.state.checkpoint("page").as_deref(), Some("20"));
}

#[tokio::test]
async fn the_next_run_waits_for_the_lease_of_the_one_before() {
    let world = World::new();
    world.state.take("page", Duration::from_secs(15)).await.unwrap().unwrap();
    let ran = play(&world, vec![Ok(pass(vec![post("1", "Zoë", "a")], "1"))]).await;
    assert_eq!(ran.messages, 1);
}

/// A source that can wait: each pass says until when.
struct Patient(Duration, crate::fakes::FakeClock);

impl Source for Patient {
    fn name(&self) -> &'static str {
        "page"
    }

    async fn pass(&self, _: Option<&str>) -> Result<Pass, Failure> {
        let due = self.1.now() + self.0;
        Ok(Pass { messages: vec![], checkpoint: due.to_string() })
    }

    fn due(&self, checkpoint: Option<&str>) -> Option<Timestamp> {
        checkpoint?.parse().ok()
    }
}

#[tokio::test]
async fn a_source_that_can_wait_is_read_when_it_is_due_and_holds_no_run_up() {
    let world = World::new();
    let start = world.clock.now();
    let play = async |wait: u64, until: u64| {
        let source = Patient(Duration::from_secs(wait), world.clock.clone());
        let pace = Pace {
            pause: Duration::from_secs(10),
            pause_after_failure: Duration::from_secs(5),
            until: start + Duration::from_secs(until),
            slack: Duration::from_secs(20),
        };
        run(&source, &world.state, &world.queues, &world.clock, pace).await.unwrap().passes
    };
    assert_eq!(play(25, 60).await, 3);
    assert_eq!(world.clock.now(), start + Duration::from_secs(50), "it ends at once");
    assert_eq!(play(25, 70).await, 0, "due at 75");
    assert_eq!(world.clock.now(), start + Duration::from_secs(50));
    assert_eq!(play(300, 120).await, 1);
}

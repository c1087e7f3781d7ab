//! The scenes against a town whose bridge is perfect, or has one flaw.

mod town;

use std::{cell::RefCell, io};

use super::*;
use crate::world::Interaction;
use town::{Flaw, Town};

#[derive(Default)]
struct Heard(RefCell<Vec<Step>>);

impl Narrator for &Heard {
    fn step(&mut self, step: &Step) -> io::Result<()> {
        self.0.borrow_mut().push(step.clone());
        Ok(())
    }

    fn summary(&mut self, _: &Summary) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_scene_holds_where_the_bridge_is_perfect_again_and_again() {
    let world = Town::with(Flaw::None).await;
    for _ in 0..2 {
        let heard = Heard::default();
        let summary = play(&world, &mut &heard, SIDE_BY_SIDE).await.unwrap();
        let failures: Vec<_> =
            heard.0.borrow().iter().filter_map(|step| step.failure.clone()).collect();
        assert!(summary.ok(), "{failures:#?}");
        assert_eq!(summary.scenes, all().len());
        assert_eq!(summary.steps, heard.0.borrow().len());
        for scene in all() {
            let told = heard.0.borrow().iter().filter(|step| step.scene == scene.name).count();
            assert_eq!(told, scene.steps, "{}", scene.name);
        }
        let last = heard.0.borrow().last().map(|step| step.scene);
        assert_eq!(last, Some("switchover"), "it plays alone");
    }
    let open = world.interactions().await.unwrap().into_iter().filter(Interaction::is_open);
    assert_eq!(open.count(), 0, "what was opened is closed");
    assert!(world.cic[0].status().await.unwrap().active, "the primary serves again");
}

/// The step at which a scene ends in a town whose bridge has a flaw.
async fn fails_at(flaw: Flaw, scene: &str) -> String {
    let world = Town::with(flaw).await;
    let scenes: Vec<_> = all().into_iter().filter(|it| it.name == scene).collect();
    let heard = Heard::default();
    let summary = play_these(&scenes, &world, &mut &heard, 1).await.unwrap();
    assert_eq!((summary.scenes, summary.failed), (1, 1));
    let failed = heard.0.borrow().last().cloned().unwrap();
    assert!(failed.failure.unwrap().contains("the world held:\n"));
    failed.step
}

#[tokio::test]
async fn a_message_shown_twice_is_noticed() {
    let step = fails_at(Flaw::ShowsTwice, "both roads").await;
    assert!(step.contains("shows her post once"), "{step}");
}

#[tokio::test]
async fn a_second_interaction_is_noticed() {
    let step = fails_at(Flaw::OpensTwice, "twitter matching").await;
    assert!(step.contains("one interaction in each"), "{step}");
}

#[tokio::test]
async fn a_reply_from_a_read_only_channel_is_noticed() {
    let step = fails_at(Flaw::PublishesAll, "twitter competitor").await;
    assert!(step.contains("read-only"), "{step}");
}

#[tokio::test]
async fn a_missing_tail_is_noticed() {
    let step = fails_at(Flaw::NoTail, "facebook conversation").await;
    assert!(step.contains("tail"), "{step}");
}

#[tokio::test]
async fn a_dead_world_fails_every_scene_and_stops_none() {
    let nowhere = "http://127.0.0.1:9".to_owned();
    let addresses = crate::world::Addresses {
        facebook_url: nowhere.clone(),
        twitter_url: nowhere.clone(),
        cic_urls: [nowhere.clone(), nowhere],
    };
    let heard = Heard::default();
    let world = World::new(&addresses).unwrap();
    let summary = play(&world, &mut &heard, SIDE_BY_SIDE).await.unwrap();
    assert_eq!(summary.failed, all().len());
    assert!(heard.0.borrow().iter().all(|step| step.failure.is_some()));
}

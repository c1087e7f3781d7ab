use std::time::Duration;

use crate::{
    chat::{Chat, Interface},
    clock::Clock,
    collecting::tests::collector,
    conversation::State,
    fakes::{World, channel_id, post},
    store::{Conversations, Leases},
};

/// A chat in which Jo is active; what Jo wrote then was told to a worker that died with it.
async fn with_a_gap(keeps_history: bool) -> World {
    let world = World::new();
    if keeps_history {
        world.cic.keep_history();
    }
    world.deliver("acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    collect(&world).await;
    world.cic.agent_writes(0, "Jo", "lost words");
    world.cic.forget_unread(0);
    world
}

async fn collect(world: &World) {
    collector(world, Duration::from_secs(40)).run().await.unwrap();
}

fn replies(world: &World) -> Vec<String> {
    world.queues.outbound.borrow().iter().map(|reply| reply.text.clone()).collect()
}

#[tokio::test]
async fn a_gap_is_filled_from_the_history() {
    let world = with_a_gap(true).await;
    world.cic.agent_writes(0, "Jo", "next words");
    collect(&world).await;
    let mut texts = replies(&world);
    texts.sort();
    assert_eq!(texts, ["lost words", "next words"]);
}

#[tokio::test]
async fn what_a_run_that_died_was_told_last_is_found_by_its_successors() {
    let world = with_a_gap(true).await;
    // A run that died: it took over, and left no word.
    let died = async || world.state.take_over("collect-replies#0", Duration::from_secs(1)).await;
    died().await.unwrap();
    collect(&world).await;
    assert_eq!(replies(&world), ["lost words"], "no later number tells of the gap");
    let histories = world.cic.histories();
    for _ in 0..3 {
        collect(&world).await;
    }
    assert_eq!(world.cic.histories(), histories, "runs that end as they should cost none");
    died().await.unwrap();
    collect(&world).await;
    assert_eq!(world.cic.histories(), histories + 1, "one for each open chat");
}

#[tokio::test]
async fn an_answer_that_ends_the_chat_is_completed_from_the_history() {
    let world = with_a_gap(true).await;
    world.cic.disconnect(0);
    collect(&world).await;
    assert_eq!(replies(&world), ["lost words"]);
    assert!(world.queues.inbound.borrow().is_empty(), "nobody has to be asked");
}

#[tokio::test]
async fn what_was_lost_before_the_end_is_asked_for_in_a_new_interaction() {
    let world = with_a_gap(false).await;
    world.cic.disconnect(0);
    collect(&world).await;
    let batches = std::mem::take(&mut *world.queues.inbound.borrow_mut());
    for (_, batch) in batches {
        world.router().route(batch, jiff::Timestamp::MAX).await.unwrap();
    }
    let said = world.cic.said();
    assert!(said[1].iter().any(|line| line.contains("send again what is not there")), "{said:?}");
}

#[tokio::test]
async fn without_a_history_the_agent_is_asked_to_repeat_once() {
    let world = with_a_gap(false).await;
    world.cic.agent_writes(0, "Jo", "next words");
    collect(&world).await;
    collect(&world).await;
    assert_eq!(replies(&world), ["next words"]);
    let said = world.cic.said();
    let asked = said[0].iter().filter(|line| line.contains("send again what is not there")).count();
    assert_eq!(asked, 1, "{said:?}");
}

#[tokio::test]
async fn the_last_words_of_a_chat_that_vanished_are_in_its_history() {
    let world = with_a_gap(true).await;
    world.cic.vanish(0);
    collect(&world).await;
    assert_eq!(replies(&world), ["lost words"]);
    assert_eq!(world.state.conversations()[0].state, State::Closed);
}

#[tokio::test]
async fn echoes_and_late_answers_are_no_gaps() {
    let world = World::new();
    world.deliver("acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    collect(&world).await;
    collect(&world).await;
    assert_eq!(world.cic.said()[0].len(), 1, "nobody is asked for anything");
    let key = world.state.conversations()[0].key.clone();
    let conversation = world.state.load(&channel_id("acme-page"), &key).await.unwrap();
    let interaction = conversation.interaction().unwrap();
    let later = world.clock.now() + Duration::from_secs(3_600);
    assert_eq!(interaction.hearing.numbers().lost(later), None);
    let Chat { interface, .. } = interaction.chat;
    assert_eq!(interface, Interface::WebChat);
}

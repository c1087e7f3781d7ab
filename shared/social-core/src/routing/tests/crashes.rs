//! A worker dies between any two steps of opening: one interaction, and every message in it.

use std::{future::Future, pin::pin};

use super::*;
use crate::slots::Slots;

/// What a worker leaves behind is over after this: its claim, its opening, its orphan in CIC.
const A_MINUTE: Duration = Duration::from_secs(61);

/// Lets a worker take so many steps, and drops it; `true`: it had ended before.
async fn dies_after(steps: usize, work: impl Future<Output = Result<(), RouteError>>) -> bool {
    let mut work = pin!(work);
    for _ in 0..=steps {
        if futures::poll!(work.as_mut()).is_ready() {
            return true;
        }
        // What the step waited for comes true.
        tokio::task::yield_now().await;
    }
    false
}

/// Delivers until it is taken, as the queue does.
async fn delivered(world: &World, message: &Message) {
    for _ in 0..5 {
        if world.deliver("acme-page", message.clone()).await.is_ok() {
            return;
        }
        world.clock.advance(A_MINUTE);
    }
    panic!("it is never taken: {message:?}");
}

/// In CIC there are the conversation's chat and, empty, those that nobody polls.
fn one_live_interaction_with(world: &World, texts: &[&str], twice: usize) {
    let conversations = world.state.conversations();
    let chat_id = &conversations[0].interaction().unwrap().chat.chat_id;
    let live: usize = chat_id.parse().unwrap();
    let said = world.cic.said();
    for (chat, lines) in said.iter().enumerate() {
        assert!(chat == live || lines.is_empty(), "an orphan was told something: {said:?}");
    }
    let mut marked = 0;
    for text in texts {
        let lines: Vec<&String> = said[live].iter().filter(|line| line.contains(text)).collect();
        let repeated = lines.iter().filter(|line| line.starts_with("perhaps shown before")).count();
        assert!(!lines.is_empty() && lines.len() - repeated <= 1, "{text} in {said:?}");
        marked += repeated;
    }
    assert!(marked <= twice, "{said:?}");
    assert_eq!(conversations[0].shown().count(), texts.len());
    assert_eq!(world.state.slate().taken.len(), 1, "and one slot");
}

/// Each crash leaves one claim behind, so one line may be said again, marked; with a message
/// history none is.
async fn crash_at_every_step(keeps_history: bool) -> usize {
    let (first, second) =
        (post("1", "Zoë", "first words"), comment("c1", "1", None, "Zoë", "second words"));
    for steps in 0..100 {
        let world = World::new();
        world.owners.answer.set(Some(Owner::Visitor));
        if keeps_history {
            world.cic.keep_history();
        }
        world.state.in_steps();
        let ended = dies_after(steps, world.deliver("acme-page", first.clone())).await;
        // The next message is there at once, and its worker may find the ruins.
        world.deliver("acme-page", second.clone()).await.ok();
        world.clock.advance(A_MINUTE);
        delivered(&world, &first).await;
        delivered(&world, &second).await;
        let twice = usize::from(!keeps_history);
        one_live_interaction_with(&world, &["first words", "second words"], twice);
        if ended {
            return steps;
        }
    }
    panic!("it never ends");
}

#[tokio::test]
async fn a_crash_between_any_two_steps_of_opening_leaves_one_interaction_with_every_message() {
    let steps = crash_at_every_step(true).await;
    assert!(steps >= 8, "claim, mark, slot, start, record, say, remember, complete: {steps}");
    crash_at_every_step(false).await;
}

#[tokio::test]
async fn a_crashed_opening_keeps_its_slot_and_a_forgotten_one_is_taken_back() {
    let world = World::new();
    world.state.in_steps();
    world.state.cap(1);
    let message = post("1", "Zoë", "Help!");
    assert!(!dies_after(3, world.deliver("acme-page", message.clone())).await);
    assert_eq!(world.state.slate().taken.len(), 1);
    let other = post("2", "Bob", "Me too!");
    assert!(world.deliver("acme-page", other.clone()).await.is_err());
    world.clock.advance(Duration::from_secs(121));
    world.state.tidy_slots().await.unwrap();
    world.deliver("acme-page", other).await.unwrap();
}

//! Caps: what is beyond them waits in order, and nothing is dropped.

use super::*;

fn numbered(n: usize) -> Message {
    post(&n.to_string(), &format!("Visitor {n}"), &format!("question {n}"))
}

/// Delivers what waits again and again, as its queue would, until nothing waits.
async fn deliver_all(world: &World, waiting: &mut Vec<usize>) {
    let mut still = Vec::new();
    for n in waiting.drain(..) {
        match world.deliver("acme-page", numbered(n)).await {
            Ok(()) => {}
            Err(error) => {
                assert!(matches!(error.verdict(), Verdict::Wait { after: Some(_) }), "{error:?}");
                assert_eq!(error.error_type(), "chats_at_cap");
                still.push(n);
            }
        }
    }
    *waiting = still;
}

#[tokio::test]
async fn beyond_the_cap_conversations_wait_in_order_and_closed_chats_let_them_in() {
    let world = World::new();
    world.state.cap(2);
    let mut waiting: Vec<usize> = (0..5).collect();
    deliver_all(&world, &mut waiting).await;
    assert_eq!(waiting, [2, 3, 4]);
    assert_eq!(world.cic.said().len(), 2, "no more chats than the cap, and CIC is not even asked");

    for closed in 0..3 {
        world.cic.disconnect(closed);
        let key = world.state.conversations()[closed].key.clone();
        let channel = channel_id("acme-page");
        let mut conversation = world.state.load(&channel, &key).await.unwrap();
        let chat = conversation.interaction().unwrap().chat.clone();
        world.desk().hear_out(&mut conversation, &chat).await.unwrap();
        world.clock.advance(Duration::from_secs(30));
        // The last one tries first, and does not get in before the others.
        waiting.reverse();
        deliver_all(&world, &mut waiting).await;
        waiting.sort_unstable();
        deliver_all(&world, &mut waiting).await;
        let newest = world.cic.said().pop().unwrap();
        let question = format!("question {}", closed + 2);
        assert!(newest.iter().any(|line| line.contains(&question)), "{newest:?}");
    }
    assert!(waiting.is_empty());
    assert_eq!(world.cic.said().len(), 5);
}

#[tokio::test]
async fn a_channel_has_a_cap_of_its_own() {
    let world = World::new();
    route(&world.router(), "small-page", post("1", "Zoë", "one")).await.unwrap();
    let error = route(&world.router(), "small-page", post("2", "Bob", "two")).await.unwrap_err();
    assert_eq!(error.error_type(), "chats_at_cap");
    route(&world.router(), "acme-page", post("3", "Eve", "three")).await.unwrap();
    let follow_up = comment("c1", "1", None, "Zoë", "more");
    route(&world.router(), "small-page", follow_up).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 2, "what has a chat goes on");
}

#[tokio::test]
async fn what_cic_throttles_is_not_counted_as_open() {
    let world = World::new();
    world.state.cap(1);
    world.cic.throttle(true);
    assert!(world.deliver("acme-page", numbered(1)).await.is_err());
    assert!(world.deliver("acme-page", numbered(2)).await.is_err());
    assert_eq!(world.state.slate().taken.len(), 0);
    world.cic.throttle(false);
    assert!(world.deliver("acme-page", numbered(2)).await.is_err(), "the first one comes first");
    world.deliver("acme-page", numbered(1)).await.unwrap();
}

use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

use crate::fakes::{World, channel_id, comment, post};

use super::*;

fn incoming(message: crate::Message) -> Incoming {
    Incoming { channel_id: channel_id("acme-page"), message }
}

#[tokio::test]
async fn a_group_is_sent_in_as_few_messages_as_hold_it_and_in_order() {
    let world = World::new();
    let many = (0..120).map(|n| incoming(comment(&format!("c{n:03}"), "1", None, "Zoë", "hi")));
    let other = [incoming(post("2", "Bob", "hello"))];
    assert_eq!(queue_all(&world.queues, many.chain(other).collect()).await.unwrap(), 121);

    let inbound = world.queues.inbound.borrow();
    let sizes: Vec<(&str, usize)> =
        inbound.iter().map(|(group, batch)| (group.as_str(), batch.changes.len())).collect();
    let of_the_post: Vec<usize> = sizes
        .iter()
        .filter(|(group, _)| *group == "acme-page#post#1")
        .map(|(_, size)| *size)
        .collect();
    assert_eq!(of_the_post, [50, 50, 20]);
    assert!(sizes.contains(&("acme-page#post#2", 1)));
}

#[tokio::test]
async fn large_texts_are_spread_and_a_monstrous_one_is_cut() {
    let world = World::new();
    let large = "x".repeat(90 * 1024);
    let texts = [large.clone(), large.clone(), large, "y".repeat(300 * 1024)];
    let messages = texts
        .iter()
        .enumerate()
        .map(|(n, text)| incoming(comment(&format!("c{n}"), "1", None, "Zoë", text)));
    queue_all(&world.queues, messages.collect()).await.unwrap();
    let inbound = world.queues.inbound.borrow();
    let counts: Vec<usize> = inbound.iter().map(|(_, batch)| batch.changes.len()).collect();
    assert_eq!(counts, [2, 2]);
    for (_, batch) in inbound.iter() {
        assert!(serde_json::to_string(batch).unwrap().len() < 256 * 1024);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn groups_keep_every_message_in_order_and_none_is_too_large(
        sizes in vec((0..3_u8, prop_oneof![9 => 0..900_usize, 1 => 0..260_000_usize]), 0..160),
    ) {
        let of_post = |(number, (post, size)): (usize, &(u8, usize))| {
            incoming(comment(&number.to_string(), &post.to_string(), None, "Zoë", &"ö\"".repeat(size / 3)))
        };
        let groups = groups(sizes.iter().enumerate().map(of_post).collect());
        for batch in groups.values().flatten() {
            prop_assert!((1..=MAX_CHANGES).contains(&batch.changes.len()));
            let bytes = serde_json::to_string(batch).unwrap().len();
            prop_assert!(bytes < 256 * 1024, "SQS takes no {bytes} bytes");
            prop_assert!(batch.changes.len() == 1 || bytes < MAX_BYTES + 256);
        }
        for post in 0..3 {
            let sent = groups.get(&format!("acme-page#post#{post}")).into_iter().flatten();
            let sent = sent.flat_map(|batch| &batch.changes).map(|change| match change {
                Change::Message(message) => message.id.as_str().parse().unwrap(),
                _ => usize::MAX,
            });
            let given = sizes.iter().enumerate().filter(|(_, (of, _))| *of == post).map(|(number, _)| number);
            prop_assert_eq!(sent.collect::<Vec<_>>(), given.collect::<Vec<_>>());
        }
    }
}

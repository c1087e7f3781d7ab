use std::time::Duration;

use futures::future::join_all;
use social_core::{ChannelId, conversation::ConversationKey, slots::Caps};

use super::*;
use crate::testing::state_table;

fn token(conversation: u32) -> Token {
    let key = ConversationKey(format!("post:{conversation}"));
    Token::of(&ChannelId("acme-page".to_owned()), &key, 1)
}

fn want(conversation: u32, channel_cap: Option<u32>) -> Want {
    Want { token: token(conversation), channel_cap }
}

#[tokio::test]
async fn of_24_at_once_as_many_get_in_as_there_is_room_for() {
    for channel_cap in [None, Some(5)] {
        let (table, clock) = state_table().await;
        let caps =
            Caps { open: if channel_cap.is_none() { 5 } else { 100 }, starts_per_second: 1_000 };
        let table = table.with_caps(caps);
        let wants: Vec<Want> = (0..24).map(|n| want(n, channel_cap)).collect();
        let slots = join_all(wants.iter().map(|want| table.take_slot(want))).await;
        let got = slots.iter().filter(|slot| matches!(slot, Ok(Slot::Taken { .. }))).count();
        assert_eq!(got, 5);
        let waiting = slots.iter().filter(|slot| matches!(slot, Ok(Slot::Full { .. }))).count();
        assert_eq!(waiting, 19);
        let occupancy = table.tidy_slots().await.unwrap();
        assert_eq!((occupancy.taken, occupancy.waiting), (5, 19));

        // The workers died before they opened anything: nothing leaks for good.
        clock.advance(Duration::from_secs(121));
        assert_eq!(table.tidy_slots().await.unwrap().taken, 0);
    }
}

#[tokio::test]
async fn a_slot_that_is_free_again_is_the_first_waiters() {
    let (table, _) = state_table().await;
    let table = table.with_caps(Caps { open: 1, starts_per_second: 1_000 });
    let is_taken = |slot: Result<Slot, Failure>| matches!(slot, Ok(Slot::Taken { .. }));
    assert!(is_taken(table.take_slot(&want(0, None)).await));
    assert!(is_taken(table.take_slot(&want(0, None)).await), "the same interaction's worker again");
    assert!(!is_taken(table.take_slot(&want(1, None)).await));
    table.free_slot(&token(0), false).await.unwrap();
    table.free_slot(&token(0), false).await.unwrap();
    assert!(!is_taken(table.take_slot(&want(2, None)).await), "the first one comes first");
    assert!(is_taken(table.take_slot(&want(1, None)).await));
    table.free_slot(&token(1), true).await.unwrap();
    assert!(
        !is_taken(table.take_slot(&want(2, None)).await),
        "throttled by CIC, it is first again"
    );
    assert!(is_taken(table.take_slot(&want(1, None)).await));
    table.free_slot(&token(1), false).await.unwrap();
    assert!(is_taken(table.take_slot(&want(2, None)).await));
}

#[tokio::test]
async fn starts_at_the_same_moment_take_turns() {
    let (table, _) = state_table().await;
    let table = table.with_caps(Caps { open: 100, starts_per_second: 4 });
    let wants: Vec<Want> = (0..4).map(|n| want(n, None)).collect();
    let slots = join_all(wants.iter().map(|want| table.take_slot(want))).await;
    let mut turns: Vec<Duration> = slots
        .into_iter()
        .map(|slot| match slot.unwrap() {
            Slot::Taken { turn } => turn,
            other => panic!("{other:?}"),
        })
        .collect();
    turns.sort_unstable();
    assert_eq!(turns, [0, 250, 500, 750].map(Duration::from_millis));
}

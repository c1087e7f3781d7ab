use std::time::Duration;

use futures::future::join_all;
use social_core::message::Verb;

use super::*;
use crate::{
    state::{CLAIM_LEASE, items::number_of},
    testing::{channel, message, state_table},
};

const GRANTED: Claim = Claim::Granted { again: false, attempts: 1 };
const AGAIN: Claim = Claim::Granted { again: true, attempts: 2 };

#[tokio::test]
async fn a_claim_is_granted_then_busy_then_done() {
    let (table, _) = state_table().await;
    let (channel, message) = (channel(), message("1"));
    let key = ConversationKey("post:7_8".to_owned());
    assert_eq!(table.claim(&channel, &message).await.unwrap(), GRANTED);
    assert_eq!(table.claim(&channel, &message).await.unwrap(), Claim::Busy);
    assert_eq!(table.conversation_of(&channel, &message.id).await.unwrap(), None);

    table.complete(&channel, &message, Some(&key)).await.unwrap();
    assert_eq!(table.claim(&channel, &message).await.unwrap(), Claim::Done);
    assert_eq!(table.conversation_of(&channel, &message.id).await.unwrap(), Some(key));
}

#[tokio::test]
async fn an_edit_is_another_change_of_the_same_message() {
    let (table, _) = state_table().await;
    let add = message("1");
    let edit = Message { verb: Verb::Edit { revision: "2".to_owned() }, ..add.clone() };
    let delete = Message { verb: Verb::Delete, ..add.clone() };
    for change in [&add, &edit, &delete] {
        assert_eq!(table.claim(&channel(), change).await.unwrap(), GRANTED);
    }
}

#[tokio::test]
async fn what_was_claimed_is_known_and_nothing_else() {
    let (table, _) = state_table().await;
    let add = message("1");
    let delete = Message { verb: Verb::Delete, ..add.clone() };
    assert!(!table.is_known(&channel(), &add).await.unwrap());
    table.claim(&channel(), &add).await.unwrap();
    assert!(table.is_known(&channel(), &add).await.unwrap());
    assert!(!table.is_known(&channel(), &delete).await.unwrap());
}

#[tokio::test]
async fn a_claim_that_ran_out_is_granted_again() {
    let (table, clock) = state_table().await;
    let (channel, message) = (channel(), message("1"));
    assert_eq!(table.claim(&channel, &message).await.unwrap(), GRANTED);
    clock.advance(CLAIM_LEASE);
    assert_eq!(table.claim(&channel, &message).await.unwrap(), Claim::Busy);
    clock.advance(Duration::from_millis(1));
    assert_eq!(table.claim(&channel, &message).await.unwrap(), AGAIN);
    clock.advance(CLAIM_LEASE * 2);
    let third = Claim::Granted { again: true, attempts: 3 };
    assert_eq!(table.claim(&channel, &message).await.unwrap(), third);

    // Done is done, however late.
    table.complete(&channel, &message, None).await.unwrap();
    clock.advance(CLAIM_LEASE * 2);
    assert_eq!(table.claim(&channel, &message).await.unwrap(), Claim::Done);
}

#[tokio::test]
async fn a_claim_that_was_given_back_is_granted_as_if_never_begun() {
    let (table, _) = state_table().await;
    let (channel, message) = (channel(), message("1"));
    for _ in 0..3 {
        assert_eq!(table.claim(&channel, &message).await.unwrap(), GRANTED);
        table.release(&channel, &message, false).await.unwrap();
        table.release(&channel, &message, false).await.unwrap();
    }
    assert_eq!(attempts(&table, &message).await, Some(0));

    // What may have been done is granted again, and counts as nobody's death.
    for _ in 0..3 {
        table.release(&channel, &message, true).await.unwrap();
        let Claim::Granted { attempts: 1, .. } = table.claim(&channel, &message).await.unwrap()
        else {
            panic!()
        };
    }
    let (lost, busy) = (table.release(&channel, &message, true), Claim::Busy);
    lost.await.unwrap();
    let again = Claim::Granted { again: true, attempts: 1 };
    assert_eq!(table.claim(&channel, &message).await.unwrap(), again);
    assert_eq!(table.claim(&channel, &message).await.unwrap(), busy);

    table.complete(&channel, &message, None).await.unwrap();
    table.release(&channel, &message, false).await.unwrap();
    assert_eq!(table.claim(&channel, &message).await.unwrap(), Claim::Done);
}

#[tokio::test]
async fn a_change_is_done_without_a_claim_too() {
    let (table, _) = state_table().await;
    let (channel, message) = (channel(), message("1"));
    table.release(&channel, &message, false).await.unwrap();
    table.complete(&channel, &message, None).await.unwrap();
    assert_eq!(table.claim(&channel, &message).await.unwrap(), Claim::Done);
    assert_eq!(table.conversation_of(&channel, &message.id).await.unwrap(), None);
}

#[tokio::test]
async fn of_24_workers_one_is_granted() {
    let (table, clock) = state_table().await;
    let (channel, message) = (channel(), message("1"));
    for expected in [GRANTED, AGAIN] {
        let claims = join_all((0..24).map(|_| table.claim(&channel, &message))).await;
        let claims: Vec<_> = claims.into_iter().map(Result::unwrap).collect();
        assert_eq!(claims.iter().filter(|claim| **claim == expected).count(), 1);
        assert_eq!(claims.iter().filter(|claim| **claim == Claim::Busy).count(), 23);
        clock.advance(CLAIM_LEASE * 2);
    }
}

async fn attempts<C>(table: &StateTable<C>, message: &Message) -> Option<u64> {
    let item = table.get(Key::change(&channel(), message), true).await.unwrap().unwrap();
    number_of(&item, "attempts")
}

#[tokio::test]
async fn what_was_parked_is_done_until_it_is_put_back() {
    let (table, _clock) = state_table().await;
    let (parked, done) = (message("7_8"), message("7_9"));
    for message in [&parked, &done] {
        table.claim(&channel(), message).await.unwrap();
    }
    table.park(&channel(), &parked, None).await.unwrap();
    table.complete(&channel(), &done, None).await.unwrap();
    assert_eq!(table.claim(&channel(), &parked).await.unwrap(), Claim::Done);

    for message in [&parked, &done] {
        table.unpark(&channel(), message).await.unwrap();
    }
    let claim = table.claim(&channel(), &parked).await.unwrap();
    assert_eq!(claim, Claim::Granted { again: true, attempts: 1 });
    assert_eq!(table.claim(&channel(), &parked).await.unwrap(), Claim::Busy);
    table.unpark(&channel(), &parked).await.unwrap();
    assert_eq!(
        table.claim(&channel(), &parked).await.unwrap(),
        Claim::Busy,
        "it is no more parked"
    );
    assert_eq!(table.claim(&channel(), &done).await.unwrap(), Claim::Done);
}

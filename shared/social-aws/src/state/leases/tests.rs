use futures::future::join_all;

use super::*;
use crate::testing::state_table;

const LENGTH: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_lease_has_one_holder_until_it_is_over() {
    let (table, clock) = state_table().await;
    let first = table.take("poll", LENGTH).await.unwrap().unwrap();
    assert_eq!((first.epoch, first.checkpoint.as_deref()), (1, None));
    assert!(table.save_checkpoint(&first, "c1").await.unwrap());
    assert_eq!(table.take("poll", LENGTH).await.unwrap(), None);
    assert!(table.take("other", LENGTH).await.unwrap().is_some());

    clock.advance(LENGTH + SLACK);
    assert_eq!(table.take("poll", LENGTH).await.unwrap(), None, "clocks may be apart");
    clock.advance(Duration::from_millis(1));
    let second = table.take("poll", LENGTH).await.unwrap().unwrap();
    assert_eq!((second.epoch, second.checkpoint.as_deref()), (2, Some("c1")));
    assert!(table.holds(&second).await.unwrap() && !table.holds(&first).await.unwrap());
}

#[tokio::test]
async fn an_old_holder_moves_nothing() {
    let (table, _) = state_table().await;
    let old = table.take("poll", LENGTH).await.unwrap().unwrap();
    let new = table.take_over("poll", LENGTH).await.unwrap();
    assert!(table.save_checkpoint(&new, "new").await.unwrap());
    assert!(!table.save_checkpoint(&old, "old").await.unwrap());
    table.release(&old).await.unwrap();
    assert_eq!(table.take("poll", LENGTH).await.unwrap(), None);

    let next = table.take_over("poll", LENGTH).await.unwrap();
    assert_eq!((next.epoch, next.checkpoint.as_deref()), (3, Some("new")));
}

#[tokio::test]
async fn a_lease_that_was_given_back_is_free_at_once() {
    let (table, _) = state_table().await;
    let first = table.take_over("poll", LENGTH).await.unwrap();
    assert!(table.save_checkpoint(&first, "c1").await.unwrap());
    table.release(&first).await.unwrap();
    let second = table.take("poll", LENGTH).await.unwrap().unwrap();
    assert_eq!((second.epoch, second.checkpoint.as_deref()), (2, Some("c1")));
}

#[tokio::test]
async fn of_24_workers_one_takes_the_lease() {
    let (table, _) = state_table().await;
    let takes = join_all((0..24).map(|_| table.take("poll", LENGTH))).await;
    assert_eq!(takes.into_iter().filter(|take| matches!(take, Ok(Some(_)))).count(), 1);
}

use std::time::Duration;

use social_core::{
    conversation::{Conversation, ConversationKey},
    message::Owner,
    store::{Claim, Conversations, Leases, Ledger, Replies, Threads},
};

use super::*;
use crate::testing::{TestClock, assert_send, channel, losing_answers, message, state_table};

#[tokio::test]
async fn an_owner_is_remembered() {
    let (table, _) = state_table().await;
    assert_eq!(table.owner(&channel(), "7_8").await.unwrap(), None);
    table.remember(&channel(), "7_8", Owner::Company).await.unwrap();
    assert_eq!(table.owner(&channel(), "7_8").await.unwrap(), Some(Owner::Company));
}

#[tokio::test]
async fn a_missing_table_makes_the_work_wait() {
    use social_core::Verdict;
    let table = StateTable::new(&crate::testing::dynamodb().await, "none", TestClock::new());
    let failure = table.owner(&channel(), "7_8").await.unwrap_err();
    assert_eq!(failure.verdict(), Verdict::WAIT);
    assert_eq!(failure.error_type(), "aws_not_found");
}

/// The first answer to every write is lost. The SDK repeats the write, which then meets itself.
#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_as_ours() {
    let (table, clock) = state_table().await;
    let lossy = StateTable { client: losing_answers(&table.client), ..table.clone() };
    let (channel, key) = (channel(), ConversationKey("post:7_8".to_owned()));

    let claim = lossy.claim(&channel, &message("1")).await.unwrap();
    assert_eq!(claim, Claim::Granted { again: false, attempts: 1 });
    assert_eq!(table.claim(&channel, &message("1")).await.unwrap(), Claim::Busy);
    clock.advance(CLAIM_LEASE * 2);
    let claim = lossy.claim(&channel, &message("1")).await.unwrap();
    assert_eq!(claim, Claim::Granted { again: true, attempts: 2 });

    let mut conversation = Conversation::new(channel.clone(), key.clone());
    assert_eq!(lossy.save(&mut conversation).await.unwrap(), None);
    assert_eq!(lossy.save(&mut conversation).await.unwrap(), None);
    assert_eq!(conversation.version, 2);
    assert_eq!(table.load(&channel, &key).await.unwrap(), conversation);

    let lease = lossy.take("poll", Duration::from_mins(1)).await.unwrap().unwrap();
    assert!(lossy.save_checkpoint(&lease, "c1").await.unwrap());
    assert!(table.holds(&lease).await.unwrap());
    assert_eq!(lossy.take("poll", Duration::from_mins(1)).await.unwrap(), None);
}

#[expect(dead_code, reason = "compiling it is the test: a multi-threaded server runs these")]
fn all_futures_are_send(table: &StateTable<TestClock>, mut conversation: Conversation) {
    let (channel, message) = (channel(), message("1"));
    let key = ConversationKey("post:7_8".to_owned());
    assert_send(table.claim(&channel, &message));
    assert_send(table.complete(&channel, &message, Some(&key)));
    assert_send(Ledger::release(table, &channel, &message, true));
    assert_send(table.conversation_of(&channel, &message.id));
    assert_send(table.load(&channel, &key));
    assert_send(table.save(&mut conversation));
    assert_send(table.open_chats(0));
    assert_send(table.remember(&channel, "7_8", Owner::Company));
    assert_send(table.of(&channel, &key));
    assert_send(table.take("lease", Duration::ZERO));
    assert_send(table.take_over("lease", Duration::ZERO));
}

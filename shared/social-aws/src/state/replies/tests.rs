use futures::future::join_all;
use social_core::reply::{Fingerprint, Refusal, ReplyState};

use super::*;
use crate::testing::{channel, state_table};

fn key() -> ConversationKey {
    ConversationKey("post:7_8".to_owned())
}

fn record(id: &str) -> ReplyRecord {
    let lease_until = "2026-11-22T12:00:33.000000001Z".parse().unwrap();
    ReplyRecord {
        id: id.to_owned(),
        state: ReplyState::InFlight { lease_until },
        attempt: 1,
        unknown: 0,
        fingerprint: Fingerprint::of("thank you"),
        parts: Vec::new(),
        reply_under: Some("7_9".into()),
        answers: None,
        command: None,
        delayed: false,
        since: "2026-11-22T12:00:00Z".parse().unwrap(),
    }
}

fn with(record: &ReplyRecord, state: ReplyState) -> ReplyRecord {
    ReplyRecord { state, ..record.clone() }
}

#[tokio::test]
async fn a_reply_is_begun_once() {
    let (table, _) = state_table().await;
    let begun = record("chat-1#5");
    let later = ReplyRecord { attempt: 2, ..begun.clone() };
    assert_eq!(table.begin(&channel(), &key(), &begun).await.unwrap(), None);
    assert_eq!(table.begin(&channel(), &key(), &later).await.unwrap(), Some(begun));
}

#[tokio::test]
async fn a_reply_advances_from_where_it_stands_only() {
    let (table, _) = state_table().await;
    let begun = record("chat-1#5");
    let settled_at = begun.since;
    let states = [
        ReplyState::Unknown { settled_at, looked: 0 },
        ReplyState::Unknown { settled_at, looked: 1 },
        ReplyState::Pending,
        ReplyState::Refused { refusal: Refusal::UnknownLine { number: 3 } },
        ReplyState::Published { remote_id: "7_10".into() },
    ];
    let advance = async |old: &ReplyRecord, new: &ReplyRecord| {
        table.advance(&channel(), &key(), old, new).await.unwrap()
    };
    assert!(!advance(&begun, &with(&begun, ReplyState::Pending)).await, "it does not exist");
    table.begin(&channel(), &key(), &begun).await.unwrap();
    let mut old = begun;
    for state in states {
        let new = with(&old, state);
        assert!(advance(&old, &new).await);
        assert!(!advance(&old, &new).await, "it stands elsewhere by now");
        assert_eq!(table.of(&channel(), &key()).await.unwrap(), std::slice::from_ref(&new));
        old = new;
    }
    let other_attempt = ReplyRecord { attempt: 2, ..old.clone() };
    assert!(!advance(&other_attempt, &old).await);
}

#[tokio::test]
async fn of_24_workers_one_begins_and_one_advances() {
    let (table, _) = state_table().await;
    let (channel, key, begun) = (channel(), key(), record("chat-1#5"));
    let begins = join_all((0..24).map(|_| table.begin(&channel, &key, &begun))).await;
    assert_eq!(begins.into_iter().filter(|begin| matches!(begin, Ok(None))).count(), 1);

    let posting = ReplyRecord { attempt: 2, ..begun.clone() };
    let advance = (0..24).map(|_| table.advance(&channel, &key, &begun, &posting));
    let advances = join_all(advance).await;
    assert_eq!(advances.into_iter().filter(|advance| matches!(advance, Ok(true))).count(), 1);
}

#[tokio::test]
async fn replies_belong_to_their_conversation() {
    let (table, _) = state_table().await;
    let other = ConversationKey("post:7_8:9".to_owned());
    for (key, id) in [(key(), "chat-1#5"), (key(), "chat-1#6"), (other.clone(), "chat-2#1")] {
        table.begin(&channel(), &key, &record(id)).await.unwrap();
    }
    assert_eq!(table.of(&channel(), &key()).await.unwrap().len(), 2);
    assert_eq!(table.of(&channel(), &other).await.unwrap(), [record("chat-2#1")]);
}

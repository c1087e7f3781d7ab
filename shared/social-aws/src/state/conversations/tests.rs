use social_core::{
    chat::{Chat, Interface},
    conversation::{Interaction, Shown, State, Who},
    message::{Answerable, Kind},
};

use super::*;
use crate::testing::{channel, state_table};

fn key() -> ConversationKey {
    ConversationKey("post:7_8".to_owned())
}

fn open(chat_id: &str) -> State {
    let chat = Chat {
        interface: Interface::WebChat,
        server: 1,
        chat_id: chat_id.to_owned(),
        participant_id: "p-1".to_owned(),
    };
    State::Open(Interaction { answered: true, ..Interaction::new(chat) })
}

#[tokio::test]
async fn a_conversation_is_read_as_it_was_written() {
    let (table, clock) = state_table().await;
    let mut conversation = table.load(&channel(), &key()).await.unwrap();
    assert_eq!(conversation, Conversation::new(channel(), key()));

    conversation.state = open("chat-1");
    conversation.generation = 2;
    let shown = Shown {
        number: 3,
        message_id: "7_9".into(),
        kind: Kind::Comment,
        author_id: None,
        reply_under: "7_8".into(),
        answerable: Answerable::Yes,
        also_in: vec![],
        deleted: false,
        hidden: false,
        reposts: 0,
        permalink: None,
    };
    conversation.remember(Who::Visitor(shown), "Zoë 👋", "hello\nyou", clock.now());
    assert_eq!(table.save(&mut conversation).await.unwrap(), None);
    assert_eq!(conversation.version, 1);
    assert_eq!(table.load(&channel(), &key()).await.unwrap(), conversation);

    let opening = State::Opening { lease_until: clock.now() };
    conversation.state = opening;
    assert_eq!(table.save(&mut conversation).await.unwrap(), None);
    assert_eq!(table.load(&channel(), &key()).await.unwrap(), conversation);
}

#[tokio::test]
async fn a_stale_write_is_answered_with_what_stands_there() {
    let (table, _) = state_table().await;
    let mut first = table.load(&channel(), &key()).await.unwrap();
    let mut second = first.clone();
    first.generation = 1;
    assert_eq!(table.save(&mut first).await.unwrap(), None);

    second.generation = 7;
    assert_eq!(table.save(&mut second).await.unwrap(), Some(first.clone()));
    assert_eq!((second.version, second.generation), (0, 7));

    let mut stale = first.clone();
    assert_eq!(table.save(&mut first).await.unwrap(), None);
    assert_eq!(table.save(&mut stale).await.unwrap(), Some(first));
}

/// With the same clock two workers want to write the very same item: one of them must lose.
#[tokio::test]
async fn of_equal_writes_one_wins() {
    let (table, clock) = state_table().await;
    let mut opening = table.load(&channel(), &key()).await.unwrap();
    opening.state = State::Opening { lease_until: clock.now() };
    let mut workers = vec![opening; 24];
    let saves = futures::future::join_all(workers.iter_mut().map(|one| table.save(one))).await;
    assert_eq!(saves.into_iter().filter(|save| matches!(save, Ok(None))).count(), 1);
}

#[tokio::test]
async fn what_has_aged_out_meanwhile_begins_anew() {
    let (table, _) = state_table().await;
    let mut conversation = Conversation { version: 5, ..Conversation::new(channel(), key()) };
    let current = table.save(&mut conversation).await.unwrap();
    assert_eq!(current, Some(Conversation::new(channel(), key())));
}

#[tokio::test]
async fn the_index_holds_open_chats_only() {
    let (table, _) = state_table().await;
    let mut conversation = table.load(&channel(), &key()).await.unwrap();
    assert!(table.open_chats(0).await.unwrap().is_empty());

    conversation.state = open("chat-1");
    table.save(&mut conversation).await.unwrap();
    let row = OpenChat::of(&conversation).unwrap();
    assert!(row.answered);
    assert_eq!(table.open_chats(0).await.unwrap(), [row]);

    conversation.state = State::Closed;
    table.save(&mut conversation).await.unwrap();
    assert!(table.open_chats(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_open_chat_that_cannot_be_read_hides_no_other() {
    let (table, _) = state_table().await;
    let mut conversation = Conversation::new(channel(), key());
    conversation.state = open("chat-1");
    table.save(&mut conversation).await.unwrap();
    let odd = Key::conversation(&channel(), &ConversationKey("odd".to_owned()));
    let odd = table.put(odd, Item::new()).item(SHARD, text("0")).item(CHAT, text("chat-2"));
    odd.send().await.unwrap();
    assert_eq!(table.open_chats(0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn chats_are_spread_over_shards() {
    let (table, _) = state_table().await;
    let table = table.with_shards(3);
    for number in 0..12 {
        let key = ConversationKey(format!("post:{number}"));
        let mut conversation = Conversation::new(channel(), key);
        conversation.state = open(&format!("chat-{number}"));
        table.save(&mut conversation).await.unwrap();
    }
    let mut found = Vec::new();
    for shard in 0..3 {
        let chats = table.open_chats(shard).await.unwrap();
        assert!(!chats.is_empty() && chats.len() < 12);
        found.extend(chats.into_iter().map(|open| open.chat.chat_id));
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 12);
}

#[tokio::test]
async fn every_page_of_the_index_is_read() {
    let (table, clock) = state_table().await;
    // Some 30 KB each: one page holds 1 MB.
    for number in 0..40 {
        let mut conversation = Conversation::new(channel(), ConversationKey(number.to_string()));
        conversation.state = open(&format!("chat-{number}"));
        for _ in 0..40 {
            conversation.remember(Who::Agent, &"A".repeat(500), &"👋".repeat(280), clock.now());
        }
        table.save(&mut conversation).await.unwrap();
    }
    assert_eq!(table.open_chats(0).await.unwrap().len(), 40);
}

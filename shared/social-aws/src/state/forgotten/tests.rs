use social_core::{
    Author as Profile, ChannelId,
    chat::{Chat, Interface},
    conversation::{ConversationKey, Interaction, Shown, State, Who},
    forgetting::{Found, Request, Requests, Settled, forget},
    message::{Answerable, Kind},
    store::Conversations,
};

use super::*;
use crate::testing::{TestClock, channel, state_table};

fn zoe() -> Author {
    Author { network: Network::Facebook, id: "700".to_owned() }
}

/// A conversation in which these authors wrote, and then an agent.
async fn conversation(table: &StateTable<TestClock>, key: &str, authors: &[&str]) -> Conversation {
    let mut conversation = Conversation::new(channel(), ConversationKey(key.to_owned()));
    let at = "2026-11-22T11:59:00Z".parse().unwrap();
    for (number, author) in (1_u32..).zip(authors) {
        let shown = Shown {
            number,
            message_id: format!("m{number}").into(),
            kind: Kind::Comment,
            author_id: Some((*author).to_owned()),
            reply_under: "m1".into(),
            answerable: Answerable::Yes,
            deleted: false,
            hidden: false,
            permalink: Some(format!("https://facebook.example/{author}")),
            also_in: vec![],
            reposts: 0,
        };
        let text = format!("I am canary {author}");
        conversation.remember(Who::Visitor(shown), &format!("Canary {author}"), &text, at);
        let profile = Profile {
            id: (*author).to_owned(),
            name: format!("Canary {author}"),
            ..Profile::default()
        };
        conversation.meet(&profile);
    }
    conversation.remember(Who::Agent, "Jo", "Dear canary 700", at);
    assert_eq!(table.save(&mut conversation).await.unwrap(), None);
    conversation
}

/// Everything in the table.
async fn everything(table: &StateTable<TestClock>) -> Option<Vec<Item>> {
    table.client.scan().table_name(&table.table_name).send().await.unwrap().items
}

#[tokio::test]
async fn an_author_is_forgotten_and_nobody_else() {
    let (table, clock) = state_table().await;
    conversation(&table, "private:700", &["700"]).await;
    let mut open = conversation(&table, "post:7_8:700", &["700", "700"]).await;
    let (chat_id, participant_id) = ("chat-1".to_owned(), "p-1".to_owned());
    let chat = Chat { interface: Interface::WebChat, server: 0, chat_id, participant_id };
    open.state = State::Open(Interaction::new(chat));
    table.save(&mut open).await.unwrap();
    let shared = conversation(&table, "post:9_9", &["700", "800"]).await;
    let others = conversation(&table, "private:800", &["800"]).await;

    let ports = (&table, &clock);
    let before = everything(&table).await;
    let counted = forget(ports, &zoe(), |_| true, true).await.unwrap();
    assert_eq!(everything(&table).await, before, "a dry run changes nothing");
    let expected =
        Found { conversations: 3, removed: 1, lines: 6, profiles: 3, replies: 0, unreadable: 0 };
    assert_eq!(counted, expected);

    // Channels of the other network may have an author with that very id.
    let is_of_network = |channel: &ChannelId| channel.as_str() == "another";
    let elsewhere = forget(ports, &zoe(), is_of_network, false).await.unwrap();
    assert_eq!(elsewhere, Found::default());
    assert_eq!(forget(ports, &zoe(), |_| true, false).await.unwrap(), expected);
    assert_eq!(forget(ports, &zoe(), |_| true, false).await.unwrap(), Found::default());

    let left = format!("{:?}", everything(&table).await);
    for canary in ["Canary 700", "I am canary 700", "facebook.example/700"] {
        assert!(!left.contains(canary), "{canary}: {left}");
    }
    let private = table.load(&channel(), &ConversationKey("private:700".to_owned())).await.unwrap();
    assert_eq!(private.version, 0, "removed");
    let open = table.load(&channel(), &open.key).await.unwrap();
    assert!(open.interaction().is_some() && open.lines.iter().all(|line| line.text == "(deleted)"));
    assert_eq!(table.open_chats(0).await.unwrap().len(), 1);
    let kept = table.load(&channel(), &shared.key).await.unwrap();
    let texts: Vec<&str> = kept.lines.iter().map(|line| line.text.as_str()).collect();
    // Whom the agent meant is not known where several write.
    assert_eq!(texts, ["(deleted)", "I am canary 800", "Dear canary 700"]);
    assert_eq!(table.load(&channel(), &others.key).await.unwrap(), others);

    assert_eq!(table.forgotten_at(Network::Facebook, "700").await.unwrap(), Some(clock.now()));
    assert_eq!(table.forgotten_at(Network::Twitter, "700").await.unwrap(), None);
    assert_eq!(table.forgotten_at(Network::Facebook, "800").await.unwrap(), None);
}

#[tokio::test]
async fn what_changed_meanwhile_is_not_removed_and_what_cannot_be_read_is_counted() {
    let (table, clock) = state_table().await;
    let read = conversation(&table, "private:700", &["700"]).await;
    let mut newer = read.clone();
    assert_eq!(table.save(&mut newer).await.unwrap(), None);
    assert!(!table.remove(&read).await.unwrap());
    assert!(table.remove(&newer).await.unwrap());
    assert!(table.remove(&newer).await.unwrap(), "it is gone already");

    let broken = Key::conversation(&channel(), &ConversationKey("post:1".to_owned()));
    table.put(broken, Item::new()).send().await.unwrap();
    let found = forget((&table, &clock), &zoe(), |_| true, true).await.unwrap();
    assert_eq!(found, Found { unreadable: 1, ..Found::default() });
}

#[tokio::test]
async fn a_request_is_remembered_once_and_its_id_goes_when_it_is_settled() {
    let (table, clock) = state_table().await;
    let request = Request {
        code: "c0de".to_owned(),
        user_id: Some("700".to_owned()),
        asked_at: clock.now(),
        settled: None,
    };
    assert!(table.note(&request).await.unwrap());
    assert!(!table.note(&request).await.unwrap());
    assert_eq!(table.unsettled().await.unwrap(), std::slice::from_ref(&request));
    let settled = Settled { at: clock.now(), conversations: 2 };
    assert!(table.settle("c0de", &settled).await.unwrap());
    assert!(!table.settle("other", &settled).await.unwrap());
    assert_eq!(table.unsettled().await.unwrap(), []);
    let kept = table.request("c0de").await.unwrap().unwrap();
    assert_eq!(kept, Request { user_id: None, settled: Some(settled), ..request });
    assert_eq!(table.request("other").await.unwrap(), None);
}

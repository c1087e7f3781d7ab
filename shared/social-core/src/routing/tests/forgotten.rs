//! Authors whose data was deleted, and messages that were.

use super::*;
use crate::{
    conversation::{Needs, Undecided},
    message::Network,
    reply::{Reply, Target},
};

fn edit(message: Message, revision: &str, text: &str) -> Message {
    let verb = Verb::Edit { revision: revision.to_owned() };
    Message { verb, text: text.to_owned(), ..message }
}

fn delete(message: Message) -> Message {
    Message { verb: Verb::Delete, ..message }
}

/// What a forgotten author wrote before still waits in a queue.
#[tokio::test]
async fn what_a_forgotten_author_wrote_before_is_left_out() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    let whole_second = world.clock.now();
    world.clock.advance(Duration::from_millis(600));
    world.state.forget(Network::Facebook, "id-Zoë");
    world.clock.advance(Duration::from_millis(200));
    world.owners.answer.set(Some(Owner::Visitor));
    let before = comment("c1", "1", None, "Zoë", "My name is Zoë");
    let after = Message { at: whole_second, ..comment("c3", "1", None, "Zoë", "Me again") };
    let queued = [
        before.clone(),
        edit(before, "2", "My name is Zoë Canary"),
        comment("c2", "1", None, "Bob", "Me too"),
        after,
        Message { at: world.clock.now(), ..tweet("5", "5", "Zoë", Answerable::Yes) },
    ];
    let (tweet, facebook) = queued.split_last().unwrap();
    router.route(batch("acme-page", facebook.to_vec()), Timestamp::MAX).await.unwrap();
    router.route(batch("acme-page", facebook.to_vec()), Timestamp::MAX).await.unwrap();
    route(&router, "acme-brand", tweet.clone()).await.unwrap();

    let said = world.cic.said();
    let texts = |chat: usize| -> Vec<&str> {
        said[chat].iter().filter_map(|line| line.lines().nth(1)).map(str::trim).collect()
    };
    assert_eq!(texts(0), ["Help!", "Me too", "Me again"]);
    assert_eq!(texts(1).len(), 1, "that id is somebody else's on the other network");

    // A deletion is carried out whoever wishes it.
    route(&router, "acme-page", delete(post("1", "Zoë", ""))).await.unwrap();
    let conversation = &world.state.conversations()[1];
    assert_eq!(conversation.lines[0].text, "(deleted)");
}

#[tokio::test]
async fn an_edit_that_comes_after_the_deletion_brings_no_text_back() {
    let world = World::new();
    let router = world.router();
    let written = post("1", "Zoë", "My number is 0170");
    route(&router, "acme-page", written.clone()).await.unwrap();
    route(&router, "acme-page", delete(written.clone())).await.unwrap();
    route(&router, "acme-page", edit(written, "2", "My number is 0171")).await.unwrap();
    let lines = &world.state.conversations()[0].lines;
    assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["(deleted)"]);
    assert!(!world.cic.said()[0].iter().any(|line| line.contains("0171")));
}

#[tokio::test]
async fn replies_to_a_forgotten_author_wait_no_longer() {
    let world = World::new();
    let router = world.router();
    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    route(&router, "acme-page", comment("c1", "1", None, "Bob", "Me too")).await.unwrap();
    let mut conversation = world.state.conversations()[0].clone();
    let reply = |to: &str| Reply {
        id: format!("chat#{to}"),
        channel_id: conversation.channel_id.clone(),
        conversation: conversation.key.clone(),
        generation: 1,
        agent: "Jo".to_owned(),
        text: format!("Dear {to}"),
        written_at: world.clock.now(),
        target: Ok(Target {
            message_id: "1".into(),
            kind: Kind::Post,
            reply_under: "1".into(),
            author_id: Some(format!("id-{to}")),
        }),
        command: None,
        participant_id: String::new(),
        also_in: vec![],
        confirmed: false,
        approved_by: None,
        in_doubt: false,
    };
    let waiting = ["Zoë", "Bob"].map(|to| Undecided { reply: reply(to), needs: Needs::Approval });
    conversation.undecided.extend(waiting);
    let erased = conversation.forget("id-Zoë");
    assert_eq!((erased.lines, erased.profiles, erased.replies), (1, 1, 1));
    let left: Vec<&str> = conversation.awaiting_approval().map(|it| it.text.as_str()).collect();
    assert_eq!(left, ["Dear Bob"]);
    let stored = serde_json::to_string(&conversation).unwrap();
    assert!(!stored.contains("Zoë") && stored.contains("Me too"), "{stored}");
    assert!(!conversation.is_spent(), "its chat is open");
}

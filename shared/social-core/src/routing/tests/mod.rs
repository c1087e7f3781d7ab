use std::time::Duration;

use crate::{
    chat::ContactCenter,
    conversation::State,
    fakes::{FakeRouter, Fault, World, channel_id, comment, own, post, tweet},
    inbound::{Change, InboundBatch},
    message::{Answerable, Kind, Message, Owner, Thread, Verb},
    verdict::{Classify, Verdict},
};

use super::*;

mod crashes;
mod folding;
mod forgotten;
mod hidden;
mod hours;
mod pushes;
mod redriven;
mod slots;
mod trouble;
mod who;

fn batch(channel: &str, messages: impl IntoIterator<Item = Message>) -> InboundBatch {
    let changes = messages.into_iter().map(|message| Change::Message(Box::new(message)));
    InboundBatch::new(channel_id(channel), changes.collect())
}

async fn route(router: &FakeRouter, channel: &str, message: Message) -> Result<(), RouteError> {
    router.route(batch(channel, [message]), Timestamp::MAX).await
}

#[tokio::test]
async fn a_visitors_post_opens_an_interaction_in_the_channels_workgroup() {
    let world = World::new();
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();

    insta::assert_debug_snapshot!(world.cic.said(), @r#"
    [
        [
            "1 · Zoë · 11:59 · post\n    Help!\n    https://facebook.example/1",
        ],
    ]
    "#);
    let opening = &world.cic.openings()[0];
    assert_eq!(opening.workgroup, "Social Support");
    assert_eq!(opening.participant_name, "Acme");
    assert_eq!(opening.attributes["SocialPermalink"], "https://facebook.example/1");
}

#[tokio::test]
async fn what_is_written_under_a_visitors_post_joins_it_whoever_writes() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Please")).await.unwrap();
    route(&router, "acme-page", comment("c2", "1", Some("c1"), "Bob", "Me too")).await.unwrap();

    assert_eq!(world.cic.said().len(), 1);
    assert!(world.cic.said()[0][2].starts_with("3 · Bob"));
    assert_eq!(world.owners.asked.get(), 0, "the post itself was shown as a visitor's");
}

#[tokio::test]
async fn under_the_pages_own_post_each_visitor_has_a_conversation() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", own(post("9", "Acme", "News"))).await.unwrap();
    let comments = [
        comment("c1", "9", None, "Zoë", "Nice"),
        comment("c2", "9", None, "Bob", "Hm"),
        comment("c3", "9", None, "Zoë", "When?"),
        comment("c4", "9", Some("c2"), "Zoë", "Why hm?"),
    ];
    router.route(batch("acme-page", comments), Timestamp::MAX).await.unwrap();
    route(&router, "acme-page", comment("c5", "9", Some("c2"), "Zoë", "Bob?")).await.unwrap();

    let mut said = world.cic.said();
    said.sort_by_key(Vec::len);
    let heads = |chat: &[String]| -> Vec<String> {
        chat.iter().map(|line| line.lines().nth(1).unwrap().trim().to_owned()).collect()
    };
    assert_eq!(said.len(), 2);
    assert_eq!(heads(&said[0]), ["Nice", "When?"]);
    assert_eq!(heads(&said[1]), ["Hm", "Why hm?", "Bob?"]);
    assert_eq!(world.owners.asked.get(), 0, "the post itself told whose it is");
    assert!(world.cic.openings().iter().any(|opening| opening.participant_name == "Zoë"));
}

#[tokio::test]
async fn a_message_is_shown_once_however_often_it_comes() {
    let world = World::new();
    let router = world.router();
    for _ in 0..3 {
        route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    }
    assert_eq!(
        world.cic.said(),
        [["1 · Zoë · 11:59 · post\n    Help!\n    https://facebook.example/1"]]
    );
}

#[tokio::test]
async fn ten_first_messages_at_once_open_one_interaction() {
    let world = World::new();
    world.owners.answer.set(Some(Owner::Visitor));
    let router = world.router();
    let mut waiting: Vec<Message> =
        (0..10).map(|n| comment(&format!("c{n}"), "1", None, "Zoë", "hello")).collect();
    while !waiting.is_empty() {
        let attempts = waiting.iter().map(|message| route(&router, "acme-page", message.clone()));
        let outcomes = futures::future::join_all(attempts).await;
        waiting = waiting
            .into_iter()
            .zip(outcomes)
            .filter_map(|(message, outcome)| {
                let error = outcome.err()?;
                assert!(matches!(error.verdict(), Verdict::Retry { .. }), "{error}");
                Some(message)
            })
            .collect();
    }
    assert_eq!(world.cic.said().len(), 1);
    assert_eq!(world.cic.said()[0].len(), 10);
    assert_eq!(world.state.conversations()[0].shown().count(), 10);
}

#[tokio::test]
async fn after_a_disconnect_the_next_message_opens_a_new_interaction_with_the_tail() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "Have you tried to switch it off?");
    world.cic.disconnect(0);
    let mut conversation = world.state.conversations()[0].clone();
    let chat = conversation.interaction().unwrap().chat.clone();
    let told = world.cic.poll(&chat).await.unwrap();
    world.desk().take_in(&mut conversation, &told, |_| {}).await.unwrap();
    assert_eq!(conversation.state, State::Closed);

    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Yes!")).await.unwrap();
    insta::assert_snapshot!(world.cic.said()[1].join("\n---\n"), @r"
    ℹ Social Bridge: earlier in this conversation:
      1 · Zoë · 22 Nov 12:00
        Help!
      answered by Jo · 22 Nov 12:00
        Have you tried to switch it off?
    ---
    2 · Zoë · 11:59 · comment
        Yes!
        https://facebook.example/c1
    ");
    assert_eq!(world.state.conversations()[0].generation, 2);
}

#[tokio::test]
async fn an_agents_last_words_are_heard_although_a_visitors_message_comes_first() {
    let world = World::new();
    world.owners.answer.set(Some(Owner::Visitor));
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "Done.");
    world.cic.disconnect(0);
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Thanks!")).await.unwrap();

    let replies = world.queues.outbound.borrow();
    assert_eq!(replies.iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(), ["Done."]);
    assert_eq!(world.cic.said().len(), 2);
    assert!(world.queues.inbound.borrow().is_empty(), "it was answered");
}

#[tokio::test]
async fn a_chat_that_vanished_is_replaced_when_there_is_something_to_say() {
    let world = World::new();
    let router = world.router();
    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    let chat = world.state.conversations()[0].interaction().unwrap().chat.clone();
    world.cic.exit(&chat).await.unwrap();
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Anybody?")).await.unwrap();
    assert!(world.cic.said()[1].last().unwrap().contains("Anybody?"));
}

#[tokio::test]
async fn a_lost_line_is_said_again_and_a_lost_answer_is_looked_up() {
    for (fault, keeps_history, expected) in [
        (Fault::Lost, false, vec!["1 · Zoë · 11:59 · post"]),
        (Fault::AnswerLost, true, vec!["1 · Zoë · 11:59 · post"]),
        (Fault::AnswerLost, false, vec!["1 · Zoë · 11:59 · post", "perhaps shown before:"]),
    ] {
        let world = World::new();
        if keeps_history {
            world.cic.keep_history();
        }
        world.cic.next_say(fault);
        let router = world.router();
        route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap_err();
        world.clock.advance(Duration::from_secs(61));
        route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
        let said = world.cic.said();
        let heads: Vec<&str> = said[0].iter().map(|line| line.lines().next().unwrap()).collect();
        assert_eq!(heads, expected, "{fault:?} {keeps_history}");
        assert_eq!(world.state.conversations()[0].shown().count(), 1);
    }
}

#[tokio::test]
async fn an_unknown_workgroup_keeps_the_message_waiting() {
    let world = World::new();
    let error = route(&world.router(), "lost-page", post("1", "Zoë", "Help!")).await.unwrap_err();
    assert_eq!((error.verdict(), error.error_type()), (Verdict::WAIT, "workgroup_unknown"));
    assert_eq!(world.state.conversations()[0].state, State::Closed, "free for the next try");
    let error = route(&world.router(), "lost-page", post("1", "Zoë", "Help!")).await.unwrap_err();
    assert_eq!(error.error_type(), "workgroup_unknown", "not busy with itself");
}

#[tokio::test]
async fn a_throttled_chat_waits() {
    let world = World::new();
    world.cic.throttle(true);
    let error = route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::WAIT);
    world.cic.throttle(false);
    route(&world.router(), "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
}

#[tokio::test]
async fn a_tweet_without_the_handle_says_from_the_start_that_it_cannot_be_answered() {
    let world = World::new();
    let router = world.router();
    let keyword = tweet("7", "7", "Zoë", Answerable::NotMentioned);
    route(&router, "acme-brand", keyword).await.unwrap();
    route(&router, "rival-watch", tweet("7", "7", "Zoë", Answerable::ReadOnly)).await.unwrap();
    let said = world.cic.said();
    assert!(said[0][0].contains("cannot be answered: it does not mention @acme"), "{said:?}");
    assert!(said[1][0].contains("only watches"), "one interaction in each channel: {said:?}");
}

#[tokio::test]
async fn what_comes_after_younger_messages_is_marked_late() {
    let world = World::new();
    let router = world.router();
    let minutes_later = |id: &str, minutes: u64| {
        let first = post("1", "Zoë", "first");
        let (at, kind) = (first.at + Duration::from_mins(minutes), Kind::Comment);
        let text = format!("after {minutes} minutes");
        Message { id: id.into(), kind, at, text, ..first }
    };
    for (id, minutes) in [("1", 0), ("2", 5), ("3", 3), ("4", 5), ("5", 6)] {
        route(&router, "acme-page", minutes_later(id, minutes)).await.unwrap();
    }
    let said = world.cic.said();
    let headers: Vec<&str> = said[0].iter().filter_map(|line| line.lines().next()).collect();
    assert_eq!(
        headers,
        [
            "1 · Zoë · 11:59 · comment",
            "2 · Zoë · 12:04 · comment",
            "3 · Zoë · 12:02 · comment · late",
            "4 · Zoë · 12:04 · comment",
            "5 · Zoë · 12:05 · comment",
        ]
    );
}

#[tokio::test]
async fn in_a_thread_of_the_company_each_author_has_a_conversation() {
    let world = World::new();
    world.owners.answer.set(Some(Owner::Company));
    let router = world.router();
    for (id, name) in [("8", "Zoë"), ("9", "Bob"), ("10", "Zoë")] {
        route(&router, "acme-brand", tweet(id, "7", name, Answerable::Yes)).await.unwrap();
    }
    assert_eq!(world.cic.said().iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn private_messages_have_their_own_workgroup_and_conversation() {
    let world = World::new();
    let thread = Thread::Private { visitor_id: "id-Zoë".to_owned() };
    let message = Message { kind: Kind::PrivateMessage, thread, ..post("m1", "Zoë", "psst") };
    route(&world.router(), "acme-page", message).await.unwrap();
    assert_eq!(world.cic.openings()[0].workgroup, "Social Private");
    assert_eq!(world.cic.openings()[0].participant_name, "Zoë");
}

#[tokio::test]
async fn edits_and_deletions_are_shown_as_such_and_the_text_is_erased() {
    let world = World::new();
    let router = world.router();
    let first = post("1", "Zoë", "secret");
    route(&router, "acme-page", first.clone()).await.unwrap();
    let edit = Verb::Edit { revision: "2".to_owned() };
    let edited = Message { verb: edit, text: "less secret".to_owned(), ..first.clone() };
    route(&router, "acme-page", edited).await.unwrap();
    route(&router, "acme-page", Message { verb: Verb::Delete, ..first }).await.unwrap();
    let said = &world.cic.said()[0];
    assert!(said[1].starts_with("1 · Zoë · 11:59 · post · edited\n    less secret"), "{said:?}");
    assert!(said[2].contains("line 1 was deleted"), "{said:?}");
    assert_eq!(world.state.conversations()[0].lines[0].text, "(deleted)");
}

#[tokio::test]
async fn a_deletion_that_comes_first_keeps_the_message_out() {
    let world = World::new();
    let router = world.router();
    let message = post("1", "Zoë", "oops");
    route(&router, "acme-page", Message { verb: Verb::Delete, ..message.clone() }).await.unwrap();
    route(&router, "acme-page", message).await.unwrap();
    assert!(world.cic.said().is_empty());
}

#[tokio::test]
async fn an_edit_that_comes_first_stands_for_the_message() {
    let world = World::new();
    let router = world.router();
    let message = post("1", "Zoë", "frist");
    let verb = Verb::Edit { revision: "2".to_owned() };
    let edited = Message { verb, text: "first".to_owned(), ..message.clone() };
    route(&router, "acme-page", edited).await.unwrap();
    route(&router, "acme-page", message).await.unwrap();
    assert_eq!(
        world.cic.said(),
        [["1 · Zoë · 11:59 · post\n    first\n    https://facebook.example/1"]]
    );
}

#[tokio::test]
async fn what_a_colleague_wrote_by_hand_is_shown_marked_and_opens_nothing() {
    let world = World::new();
    let router = world.router();
    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", own(comment("c0", "0", None, "Acme", "hi"))).await.unwrap();
    assert!(world.cic.said().is_empty());
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    route(&router, "acme-page", own(comment("c1", "1", None, "Acme", "On it"))).await.unwrap();
    let said = &world.cic.said()[0];
    assert_eq!(said[1], "ℹ Social Bridge: Acme wrote on the network:\n    On it");
    assert_eq!(said.len(), 2);
}

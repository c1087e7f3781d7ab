//! What is stored is read as it was, whatever it holds.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{RngSeed, TestCaseResult, TestRunner},
};
use serde_json::json;
use social_core::{
    Author, ChannelId, Message, MessageId,
    chat::{Chat, ChatEvent, Happening, Interface, ParticipantState, Party, Told},
    command::Command,
    conversation::{Conversation, ConversationKey, Interaction, Shown, State, Who},
    message::{Answerable, InLedger, Kind, Verb},
    reply::{Fingerprint, Refusal, Reply, ReplyRecord, ReplyState, Target},
    store::{Claim, Conversations, Ledger, OpenChat, Replies},
};
use tokio::runtime::{Builder, Runtime};

use super::{StateTable, items::Key};
use crate::testing::{TestClock, message, state_table};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Tries values of `any` on one table.
fn hold<T: std::fmt::Debug>(
    cases: u32,
    any: impl Strategy<Value = T>,
    test: &impl AsyncFn(&StateTable<TestClock>, T) -> TestCaseResult,
) {
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (table, _) = runtime.block_on(state_table());
    let tried =
        TestRunner::new(config(cases)).run(&any, |value| runtime.block_on(test(&table, value)));
    tried.unwrap_or_else(|failed| panic!("{failed}"));
}

/// Whatever people can type, what they cannot, and what keys are made of.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c#%~:/0-2\u{e9}\u{1f600}\n\"]{0,9}",
        vec(any::<char>(), 0..9).prop_map(String::from_iter)
    ]
}

fn id() -> impl Strategy<Value = MessageId> {
    text().prop_map(MessageId)
}

fn place() -> impl Strategy<Value = (ChannelId, ConversationKey)> {
    (text(), text()).prop_map(|(channel, key)| (ChannelId(channel), ConversationKey(key)))
}

fn time() -> impl Strategy<Value = Timestamp> {
    let instant = (0..=4_000_000_000_i64, 0..1_000_000_000);
    instant.prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        select(vec![Refusal::Closed, Refusal::Quote, Refusal::Unknown]),
        any::<u32>().prop_map(|number| Refusal::UnknownLine { number }),
        text().prop_map(|reason| Refusal::Network { reason }),
        (any::<usize>(), any::<usize>())
            .prop_map(|(length, limit)| Refusal::TooLong { length, limit }),
    ]
}

fn state() -> impl Strategy<Value = ReplyState> {
    prop_oneof![
        Just(ReplyState::Pending),
        Just(ReplyState::Done),
        time().prop_map(|lease_until| ReplyState::InFlight { lease_until }),
        (time(), any::<u32>())
            .prop_map(|(settled_at, looked)| ReplyState::Unknown { settled_at, looked }),
        id().prop_map(|remote_id| ReplyState::Published { remote_id }),
        id().prop_map(|remote_id| ReplyState::Deleted { remote_id }),
        refusal().prop_map(|refusal| ReplyState::Refused { refusal }),
    ]
}

fn record() -> impl Strategy<Value = ReplyRecord> {
    let counts = (any::<u32>(), any::<u32>(), any::<bool>());
    let texts = (text(), vec(text(), 0..3));
    let about = (option::of(id()), option::of(id()), option::of(select(&Command::ALL[..])));
    (text(), state(), counts, texts, about, time()).prop_map(
        |(
            id,
            state,
            (attempt, unknown, delayed),
            (written, parts),
            (reply_under, answers, command),
            since,
        )| ReplyRecord {
            id,
            state,
            attempt,
            unknown,
            fingerprint: Fingerprint::of(&written),
            parts: parts.iter().map(|part| Fingerprint::of(part)).collect(),
            reply_under,
            answers,
            since,
            command,
            delayed,
        },
    )
}

fn reply() -> impl Strategy<Value = Reply> {
    let target =
        (id(), id(), option::of(text())).prop_map(|(message_id, reply_under, author_id)| Target {
            message_id,
            kind: Kind::Comment,
            reply_under,
            author_id,
        });
    let target = prop_oneof![target.prop_map(Ok), refusal().prop_map(Err)];
    (place(), text(), text(), time(), target, option::of(text())).prop_map(
        |((channel_id, conversation), id, text, written_at, target, approved_by)| Reply {
            id,
            channel_id: channel_id.clone(),
            conversation,
            generation: 1,
            agent: text.clone(),
            text,
            written_at,
            target,
            command: None,
            participant_id: "p".to_owned(),
            also_in: vec![channel_id],
            confirmed: true,
            in_doubt: false,
            approved_by,
        },
    )
}

/// What may happen to a conversation.
#[derive(Debug, Clone)]
enum Step {
    Line(Who, String, Timestamp),
    Told(Vec<ChatEvent>, Timestamp),
    Returned(Reply),
    End,
}

fn who() -> impl Strategy<Value = Who> {
    let shown = (
        any::<u32>(),
        id(),
        option::of(text()),
        option::of(text()),
        any::<bool>(),
        vec(text(), 0..2),
    );
    let shown = shown.prop_map(|(number, message_id, author_id, permalink, odd, also_in)| Shown {
        number,
        reply_under: message_id.clone(),
        message_id,
        kind: Kind::Tweet,
        author_id,
        answerable: Answerable::NotMentioned,
        deleted: odd,
        hidden: !odd,
        permalink,
        also_in: also_in.into_iter().map(ChannelId).collect(),
        reposts: number / 2,
    });
    prop_oneof![
        3 => shown.prop_map(Who::Visitor),
        1 => select(vec![Who::Agent, Who::Colleague, Who::Moderator]),
    ]
}

fn event() -> impl Strategy<Value = ChatEvent> {
    let state = select(vec![
        ParticipantState::Active,
        ParticipantState::Held,
        ParticipantState::Disconnected,
    ]);
    let what = prop_oneof![
        text().prop_map(Happening::Text),
        text().prop_map(Happening::File),
        state.prop_map(Happening::State),
    ];
    let party = select(vec![Party::Agent, Party::Agent, Party::System]);
    (-3..90_i64, text(), party, option::of(time()), what).prop_map(
        |(sequence, name, party, at, what)| ChatEvent {
            sequence,
            participant_id: name.chars().take(1).collect(),
            party,
            name,
            at,
            what,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (who(), text(), time()).prop_map(|(who, line, at)| Step::Line(who, line, at)),
        4 => (vec(event(), 0..5), time()).prop_map(|(events, at)| Step::Told(events, at)),
        1 => reply().prop_map(Step::Returned),
        1 => Just(Step::End),
    ]
}

fn chat() -> impl Strategy<Value = Chat> {
    let interface = select(vec![Interface::WebChat, Interface::Websvcs]);
    (interface, any::<u16>(), text(), text()).prop_map(
        |(interface, server, chat_id, participant_id)| Chat {
            interface,
            server: server.into(),
            // CIC names every chat, and the index takes no empty key.
            chat_id: format!("c{chat_id}"),
            participant_id,
        },
    )
}

/// A conversation to which all that happened, and that was left open, opening or closed.
fn conversation() -> impl Strategy<Value = Conversation> {
    let author = (text(), text(), any::<Option<u64>>());
    let author = author.prop_map(|(id, name, followers)| Author {
        id,
        name,
        followers,
        ..Author::default()
    });
    let more = (vec(author, 0..3), any::<u32>(), option::of((time(), text())));
    (place(), chat(), vec(step(), 0..20), more, 0..3_u8).prop_map(
        |((channel, key), chat, steps, (visitors, count, folded), end)| {
            let mut conversation = Conversation::new(channel, key);
            (conversation.visitors, conversation.detoured) = (visitors, count);
            if let Some((due, link)) = folded {
                let folded =
                    json!({ "due": due, "messages": count, "link": link, "counted": [link] });
                conversation.folded = serde_json::from_value(folded).unwrap();
            }
            for step in steps {
                if conversation.interaction().is_none() {
                    conversation.state = State::Open(Interaction::new(chat.clone()));
                    conversation.generation += 1;
                }
                happen(&mut conversation, &chat, step);
            }
            match end {
                0 => drop(conversation.end(&chat)),
                1 => conversation.state = State::Opening { lease_until: Timestamp::UNIX_EPOCH },
                _ => {}
            }
            conversation
        },
    )
}

fn happen(conversation: &mut Conversation, chat: &Chat, step: Step) {
    match step {
        Step::Line(who, line, at) => {
            conversation.showed_of(at);
            conversation.remember(who, "Zoë", &line, at);
        }
        Step::Told(events, now) => {
            let numbers = events.iter().map(|event| event.sequence).collect();
            let told = Told { chat: chat.clone(), events, numbers, poll_after: Duration::ZERO };
            conversation.hear_told(&told, &[], now);
        }
        Step::Returned(reply) => conversation.keep_returned(&reply),
        Step::End => drop(conversation.end(chat)),
    }
}

#[test]
fn any_conversation_is_read_as_it_was_written() {
    hold(24, conversation(), &async |table, mut conversation| {
        let (channel, key) = (conversation.channel_id.clone(), conversation.key.clone());
        conversation.version = table.load(&channel, &key).await.unwrap().version;
        prop_assert_eq!(table.save(&mut conversation).await.unwrap(), None);
        prop_assert_eq!(&table.load(&channel, &key).await.unwrap(), &conversation);
        let open = table.open_chats(0).await.unwrap();
        let open =
            open.into_iter().find(|row| row.channel_id == channel && row.conversation == key);
        prop_assert_eq!(open, OpenChat::of(&conversation));
        Ok(())
    });
}

#[test]
fn any_replys_record_is_read_as_it_was_written() {
    hold(32, (place(), record(), state()), &async |table, ((channel, key), begun, state)| {
        // Small texts meet again: what stands there goes on.
        let begun = table.begin(&channel, &key, &begun).await.unwrap().unwrap_or(begun);
        let next = ReplyRecord { state, attempt: begun.attempt / 2, ..begun.clone() };
        prop_assert!(table.advance(&channel, &key, &begun, &next).await.unwrap());
        let all = table.of(&channel, &key).await.unwrap();
        prop_assert_eq!(all.iter().find(|record| record.id == next.id), Some(&next));
        Ok(())
    });
}

#[test]
fn the_ledger_tells_any_change_from_every_other_and_where_it_went() {
    let verb = prop_oneof![Just(Verb::Add), text().prop_map(|revision| Verb::Edit { revision })];
    let change = (id(), verb).prop_map(|(id, verb)| Message { verb, ..message(id.as_str()) });
    let done = RefCell::new(BTreeMap::new());
    hold(64, (place(), change), &async |table, ((channel, key), change)| {
        let added = (channel.clone(), change.id.clone(), "add".to_owned());
        let (id, what) = change.ledger_key();
        let this = (channel.clone(), id, what);
        let is_done = done.borrow().contains_key(&this);
        let claim = table.claim(&channel, &change).await.unwrap();
        let first = Claim::Granted { again: false, attempts: 1 };
        prop_assert_eq!(claim, if is_done { Claim::Done } else { first });
        if !is_done {
            table.complete(&channel, &change, Some(&key)).await.unwrap();
            done.borrow_mut().insert(this, key);
        }
        let went_to = table.conversation_of(&channel, &change.id).await.unwrap();
        prop_assert_eq!(went_to, done.borrow().get(&added).cloned());
        Ok(())
    });
}

/// A channel and an id in it; and the same letters, parted elsewhere or written as escapes.
fn near() -> impl Strategy<Value = [(ChannelId, String); 2]> {
    let pieces = vec(select(&["", "a", "%", "%23", "a#"][..]), 1..4);
    let parted = |pieces: &[&str], at: usize| {
        let (channel, id) = pieces.split_at(at % (pieces.len() + 1));
        (ChannelId(channel.join("#")), id.join("#"))
    };
    let escaped = |channel: &ChannelId| ChannelId(channel.as_str().replace('#', "%23"));
    (pieces, any::<usize>(), any::<usize>(), any::<bool>()).prop_map(
        move |(pieces, one, other, escape)| {
            let (one, (channel, id)) = (parted(&pieces, one), parted(&pieces, other));
            [one, (if escape { escaped(&channel) } else { channel }, id)]
        },
    )
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn what_differs_has_another_key(near in near()) {
        let same = near[0] == near[1];
        let keys = near.map(|(channel, id)| {
            let key = ConversationKey(id.clone());
            [
                Key::conversation(&channel, &key),
                Key::reply(&channel, &key, "c#1"),
                Key::thread(&channel, &id),
                Key::added(&channel, &MessageId(id)),
            ]
        });
        for (one, other) in keys[0].iter().zip(&keys[1]) {
            prop_assert_eq!(one == other, same);
        }
    }
}

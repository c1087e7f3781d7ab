use std::time::Duration;

use crate::{
    chat::Interface,
    fakes::{World, channel_id},
};

use super::*;

fn open() -> Conversation {
    let mut conversation = Conversation::new(
        channel_id("acme-page"),
        crate::conversation::ConversationKey("post:1".to_owned()),
    );
    conversation.state = State::Open(crate::conversation::Interaction::new(crate::chat::Chat {
        interface: Interface::Websvcs,
        server: 0,
        chat_id: "chat".to_owned(),
        participant_id: "ours".to_owned(),
    }));
    conversation
}

fn event(sequence: i64, party: Party, who: &str, what: Happening) -> ChatEvent {
    ChatEvent {
        sequence,
        participant_id: who.to_owned(),
        party,
        name: who.to_owned(),
        at: None,
        what,
    }
}

fn hear(conversation: &mut Conversation, events: &[ChatEvent]) -> Vec<Heard> {
    let Some(interaction) = conversation.interaction() else { return Vec::new() };
    let told = Told {
        chat: interaction.chat.clone(),
        events: events.to_vec(),
        numbers: events.iter().map(|event| event.sequence).collect(),
        poll_after: Duration::ZERO,
    };
    conversation.hear_told(&told, &[], World::new().clock.now())
}

use crate::clock::Clock;

#[test]
fn the_same_events_heard_twice_change_nothing() {
    let events = [
        event(1, Party::Agent, "jo", Happening::State(ParticipantState::Active)),
        event(2, Party::Agent, "jo", Happening::Text("hello".to_owned())),
    ];
    let mut conversation = open();
    assert_eq!(hear(&mut conversation, &events).len(), 1);
    let before = conversation.clone();
    assert!(hear(&mut conversation, &events).is_empty());
    assert_eq!(conversation, before);
}

#[test]
fn last_words_in_the_same_answer_as_the_disconnect_are_heard() {
    let mut conversation = open();
    let heard = hear(
        &mut conversation,
        &[
            event(1, Party::Agent, "jo", Happening::State(ParticipantState::Active)),
            event(2, Party::Agent, "jo", Happening::Text("bye".to_owned())),
            event(3, Party::Visitor, "ours", Happening::State(ParticipantState::Disconnected)),
        ],
    );
    assert!(matches!(heard.as_slice(), [Heard::Reply(_), Heard::Ended { answered: true, .. }]));
    assert_eq!(conversation.state, State::Closed);
}

#[test]
fn a_disconnect_before_any_agent_is_no_answer() {
    let mut conversation = open();
    let over = event(1, Party::Visitor, "ours", Happening::State(ParticipantState::Disconnected));
    assert_eq!(
        hear(&mut conversation, &[over]),
        [Heard::Ended { answered: false, missing: false }]
    );
}

#[test]
fn after_a_transfer_the_new_agent_has_the_floor() {
    let mut conversation = open();
    let active = Happening::State(ParticipantState::Active);
    let gone = Happening::State(ParticipantState::Disconnected);
    let heard = hear(
        &mut conversation,
        &[
            event(1, Party::Agent, "jo", active.clone()),
            event(2, Party::Agent, "max", Happening::Text("early".to_owned())),
            event(3, Party::Agent, "jo", gone),
            event(4, Party::Agent, "max", active),
            event(5, Party::Agent, "max", Happening::Text("hello".to_owned())),
            event(6, Party::Agent, "max", Happening::File("a.pdf".to_owned())),
        ],
    );
    let [Heard::Reply(reply), Heard::Unpublishable { .. }] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!(reply.agent, "max");
    assert!(reply.id.starts_with("chat#") && reply.id.ends_with("#1"), "{}", reply.id);
}

#[test]
fn another_chats_answer_is_nothing_to_us() {
    let mut conversation = open();
    let mut chat = conversation.interaction().unwrap().chat.clone();
    chat.chat_id = "other".to_owned();
    let over = event(1, Party::Visitor, "ours", Happening::State(ParticipantState::Disconnected));
    let told = Told { chat, events: vec![over], numbers: vec![], poll_after: Duration::ZERO };
    assert!(conversation.hear_told(&told, &[], World::new().clock.now()).is_empty());
    assert!(conversation.interaction().is_some());
}

#[test]
fn what_two_workers_were_told_counts_in_either_order() {
    let active = event(10, Party::Agent, "jo", Happening::State(ParticipantState::Active));
    let text = event(11, Party::Agent, "jo", Happening::Text("hello".to_owned()));
    let mut conversation = open();
    assert!(hear(&mut conversation, &[text]).is_empty(), "nobody knows yet who jo is");
    assert!(matches!(hear(&mut conversation, &[active]).as_slice(), [Heard::Reply(_)]));

    let earlier = event(9, Party::Agent, "jo", Happening::Text("too early".to_owned()));
    assert!(hear(&mut conversation, &[earlier]).is_empty(), "before jo was active");
}

#[test]
fn the_longest_active_agent_has_the_floor_and_hands_it_on() {
    let active = Happening::State(ParticipantState::Active);
    let gone = Happening::State(ParticipantState::Disconnected);
    let says = |sequence, who: &str, text: &str| {
        event(sequence, Party::Agent, who, Happening::Text(text.to_owned()))
    };
    let mut conversation = open();
    let heard = hear(
        &mut conversation,
        &[
            event(1, Party::Agent, "jo", active.clone()),
            event(2, Party::Agent, "max", active),
            says(3, "max", "between us"),
            event(4, Party::Agent, "jo", gone),
            says(5, "max", "I take over"),
        ],
    );
    let texts: Vec<&str> = heard
        .iter()
        .filter_map(|heard| match heard {
            Heard::Reply(reply) => Some(reply.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["I take over"]);
}

#[test]
fn numbers_that_begin_anew_after_a_switchover_lose_nothing() {
    let mut conversation = open();
    let active = event(10, Party::Agent, "jo", Happening::State(ParticipantState::Active));
    hear(&mut conversation, &[active]);
    let mut chat = conversation.interaction().unwrap().chat.clone();
    chat.participant_id = "ours on the other server".to_owned();
    let text = event(1, Party::Agent, "jo", Happening::Text("still here".to_owned()));
    let told = Told { chat, events: vec![text], numbers: vec![], poll_after: Duration::ZERO };
    let heard = conversation.hear_told(&told, &[], World::new().clock.now());
    assert!(matches!(heard.as_slice(), [Heard::Reply(_)]), "{heard:?}");
}

#[test]
fn two_events_with_one_number_are_two() {
    let mut conversation = open();
    let active = Happening::State(ParticipantState::Active);
    let heard = hear(
        &mut conversation,
        &[
            event(1, Party::Agent, "jo", active),
            event(2, Party::Agent, "jo", Happening::Text("one".to_owned())),
            event(2, Party::Agent, "jo", Happening::Text("two".to_owned())),
        ],
    );
    assert_eq!(heard.len(), 2);
}

#[test]
fn what_an_ended_chat_told_late_is_still_heard() {
    let mut conversation = open();
    let active = event(1, Party::Agent, "jo", Happening::State(ParticipantState::Active));
    hear(&mut conversation, &[active]);
    let chat = conversation.interaction().unwrap().chat.clone();
    assert_eq!(conversation.end(&chat), [Heard::Ended { answered: true, missing: false }]);
    let text = event(2, Party::Agent, "jo", Happening::Text("last words".to_owned()));
    let told = Told { chat, events: vec![text], numbers: vec![], poll_after: Duration::ZERO };
    let heard = conversation.hear_told(&told, &[], World::new().clock.now());
    assert!(matches!(heard.as_slice(), [Heard::Reply(_)]), "{heard:?}");
}

#[test]
fn a_stale_end_leaves_the_newer_chat_open() {
    let mut conversation = open();
    let mut older = conversation.interaction().unwrap().chat.clone();
    older.chat_id = "older".to_owned();
    assert_eq!(conversation.end(&older), []);
    assert!(conversation.interaction().is_some());
}

#[test]
fn of_too_many_texts_that_wait_for_a_gap_to_be_filled_none_is_dropped() {
    let mut conversation = open();
    let system = |number| event(number, Party::System, "ic", Happening::Text(String::new()));
    assert!(hear(&mut conversation, &[system(0)]).is_empty());
    let text =
        |number| event(number, Party::Agent, "jo", Happening::Text(format!("text {number}")));
    let heard: Vec<Heard> =
        (2..=40).flat_map(|number| hear(&mut conversation, &[text(number)])).collect();
    let in_doubt =
        heard.iter().filter(|heard| matches!(heard, Heard::Reply(reply) if reply.in_doubt));
    assert_eq!(in_doubt.count(), 39 - HELD_TEXTS, "those beyond go back at once");
    let active = event(1, Party::Agent, "jo", Happening::State(ParticipantState::Active));
    let found = hear(&mut conversation, &[active]);
    assert_eq!(found.len(), HELD_TEXTS);
    assert!(found.iter().all(|heard| matches!(heard, Heard::Reply(reply) if !reply.in_doubt)));
}

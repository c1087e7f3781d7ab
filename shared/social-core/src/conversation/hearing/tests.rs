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
    conversation.state = State::Open(crate::conversation::Interaction {
        chat: crate::chat::Chat {
            interface: Interface::Websvcs,
            server: 0,
            chat_id: "chat".to_owned(),
            participant_id: "ours".to_owned(),
        },
        agent: None,
        answered: false,
        sequence: None,
    });
    conversation
}

fn event(sequence: i64, party: Party, who: &str, what: Happening) -> ChatEvent {
    ChatEvent { sequence, participant_id: who.to_owned(), party, name: who.to_owned(), what }
}

fn hear(conversation: &mut Conversation, events: &[ChatEvent]) -> Vec<Heard> {
    conversation.hear(events, World::new().clock.now())
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
    assert!(matches!(heard.as_slice(), [Heard::Reply(_), Heard::Ended { answered: true }]));
    assert_eq!(conversation.state, State::Closed);
}

#[test]
fn a_disconnect_before_any_agent_is_no_answer() {
    let mut conversation = open();
    let over = event(1, Party::Visitor, "ours", Happening::State(ParticipantState::Disconnected));
    assert_eq!(hear(&mut conversation, &[over]), [Heard::Ended { answered: false }]);
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
    let [Heard::Reply(reply), Heard::Unpublishable { sequence: 6, .. }] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    assert_eq!((reply.agent.as_str(), reply.id.as_str()), ("max", "chat#5"));
}

#[test]
fn another_chats_answer_is_nothing_to_us() {
    let mut conversation = open();
    let mut chat = conversation.interaction().unwrap().chat.clone();
    chat.chat_id = "other".to_owned();
    let over = event(1, Party::Visitor, "ours", Happening::State(ParticipantState::Disconnected));
    let told = Told { chat, events: vec![over], poll_after: Duration::ZERO };
    assert!(conversation.hear_told(&told, World::new().clock.now()).is_empty());
    assert!(conversation.interaction().is_some());
}

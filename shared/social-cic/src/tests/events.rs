use rstest::rstest;
use serde_json::{Value, json};
use social_core::chat::{ChatEvent, Happening, ParticipantState, Party};

use super::support::*;
use crate::events::{Echoes, read};

fn told(events: &[Value], echoes: Echoes) -> Vec<ChatEvent> {
    read(events, &[ME.to_owned(), ME_AFTER.to_owned()], echoes)
}

fn text(participant: &str, content_type: &str, value: &str) -> Value {
    json!({
        "__type": "urn:inin.com:webChat:chatTextMessage", "participantId": participant,
        "sequenceNumber": 11, "contentType": content_type, "value": value,
    })
}

fn state(participant: &str, state: impl Into<Value>) -> Value {
    let state: Value = state.into();
    json!({
        "__type": "urn:inin.com:webChat:chatParticipantStateChangedMessage",
        "participantId": participant, "sequenceNumber": 11, "state": state,
        "displayName": "Jo", "participantType": "Agent",
    })
}

#[rstest]
#[case::websvcs_text(banana(11), Party::Agent, Happening::Text("banana".into()))]
#[case::plain_text(text(AGENT, "text/plain", "a &amp; <b>"), Party::Agent, Happening::Text("a &amp; <b>".into()))]
#[case::html(text(AGENT, "text/html; charset=utf-8", "<p>a &amp;<br>b</p>"), Party::Agent, Happening::Text("a &\nb".into()))]
#[case::system(text(SYSTEM, "text/plain", "Welcome"), Party::System, Happening::Text("Welcome".into()))]
#[case::number(state(AGENT, 2), Party::Agent, Happening::State(ParticipantState::Active))]
#[case::number_as_text(state(AGENT, "3"), Party::Agent, Happening::State(ParticipantState::Held))]
#[case::word(
    state(AGENT, "Disconnected"),
    Party::Agent,
    Happening::State(ParticipantState::Disconnected)
)]
#[case::our_own_state(
    state(ME, 4),
    Party::Visitor,
    Happening::State(ParticipantState::Disconnected)
)]
#[case::our_own_in_capitals(state(&ME.to_uppercase(), 4), Party::Visitor, Happening::State(ParticipantState::Disconnected))]
#[case::system_by_type(
    json!({"type": "text", "participantID": AGENT, "sequenceNumber": 11, "value": "Wait", "participantType": "System"}),
    Party::System, Happening::Text("Wait".into()))]
#[case::url(
    json!({"type": "url", "participantID": AGENT, "sequenceNumber": 11, "value": "https://x.test"}),
    Party::Agent, Happening::Url("https://x.test".into()))]
#[case::websvcs_file(
    json!({"type": "file", "participantID": AGENT, "sequenceNumber": "11", "value": "/websvcs/chat/getfile/c838/0a1b/-image.jpeg"}),
    Party::Agent, Happening::File("image.jpeg".into()))]
#[case::escaped_file(
    json!({"type": "file", "participantID": AGENT, "sequenceNumber": 11.0, "value": "/websvcs/chat/getfile/c838/0a1b/-Z%C3%BCrich%20100%25%zz%.pdf?x=1"}),
    Party::Agent, Happening::File("Zürich 100%%zz%.pdf".into()))]
#[case::numbers_as_ids(
    json!({"type": "url", "participantID": 17, "sequenceNumber": "11.0", "value": "https://x.test"}),
    Party::Agent, Happening::Url("https://x.test".into()))]
#[case::web_chat_file(
    json!({"__type": "urn:inin.com:webChat:chatFileMessage", "participantId": AGENT, "sequenceNumber": 11, "fileGuid": "g", "fileName": "a.pdf", "fileSize": 3}),
    Party::Agent, Happening::File("a.pdf".into()))]
fn an_event_is_told(#[case] event: Value, #[case] party: Party, #[case] what: Happening) {
    let [event] = &told(&[event], Echoes::Dropped)[..] else { panic!("one event") };
    assert_eq!((event.sequence, event.party, &event.what), (11, party, &what));
}

#[rstest]
#[case::echo(text(ME, "text/plain", "hello"))]
#[case::echo_of_a_moved_leg(text(ME_AFTER, "text/plain", "hello"))]
#[case::echo_by_type(json!({"type": "text", "participantID": "x", "sequenceNumber": 1, "value": "hello", "participantType": "WebUser"}))]
#[case::typing(json!({"type": "typingIndicator", "participantID": AGENT, "sequenceNumber": 13, "value": true}))]
#[case::web_chat_typing(json!({"__type": "urn:inin.com:webChat:chatTypingIndicatorMessage", "participantId": AGENT, "sequenceNumber": 1, "value": true}))]
#[case::unknown(json!({"type": "hologram", "participantID": AGENT, "sequenceNumber": 13}))]
#[case::unknown_state(state(AGENT, 17))]
#[case::no_sequence(json!({"type": "text", "participantID": AGENT, "value": "x"}))]
#[case::no_object(json!("text"))]
fn an_event_is_left_out_and_its_neighbours_stay(#[case] event: Value) {
    let events = told(&[event, banana(20)], Echoes::Dropped);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].sequence, 20);
}

#[test]
fn history_tells_what_we_said() {
    let events = told(&[text(ME, "text/plain", "hello")], Echoes::Kept);
    assert_eq!(events[0].party, Party::Visitor);
}

#[test]
fn a_text_without_its_party_takes_it_from_a_state_in_the_same_answer() {
    let mut supervisor = state("5e40", 2);
    supervisor["participantType"] = "System".into();
    let mut late = text("5E40", "text/plain", "hello");
    late["sequenceNumber"] = 12.into();
    let events = told(&[late, supervisor], Echoes::Dropped);
    assert_eq!(events[1].party, Party::System);
    assert_eq!(events[1].name, "Jo");
}

#[test]
fn events_come_in_order_and_once() {
    let events = told(&[banana(12), banana(11), banana(12)], Echoes::Dropped);
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [11, 12]);
}

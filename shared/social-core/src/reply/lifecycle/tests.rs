use crate::fakes::channel_id;

use super::*;

const BOUNDS: Bounds = Bounds { lease: Duration::from_secs(33), settle: Duration::from_secs(60) };

fn start() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn record() -> ReplyRecord {
    let reply = Reply {
        id: "chat#1".to_owned(),
        channel_id: channel_id("acme-page"),
        conversation: crate::conversation::ConversationKey("post:1".to_owned()),
        generation: 1,
        agent: "Jo".to_owned(),
        text: "Thanks!".to_owned(),
        written_at: start(),
        target: Err(Refusal::NothingToAnswer),
        command: None,
        participant_id: String::new(),
        also_in: vec![],
        confirmed: false,
        in_doubt: false,
        approved_by: None,
    };
    ReplyRecord::first(&reply, start(), BOUNDS)
}

fn own(id: &str, text: &str) -> OwnMessage {
    OwnMessage { id: id.into(), fingerprint: Fingerprint::of(text), at: start() }
}

#[test]
fn a_worker_that_died_is_waited_for_then_settled_then_looked_for() {
    let record = record();
    let lease_end = start() + BOUNDS.lease;
    assert_eq!(record.next_step(start(), BOUNDS), Step::WaitUntil(lease_end));
    let Step::Settle(unknown) = record.next_step(lease_end, BOUNDS) else { panic!() };
    let settled = lease_end + BOUNDS.settle;
    assert_eq!(unknown.next_step(lease_end, BOUNDS), Step::WaitUntil(settled));
    assert_eq!(unknown.next_step(settled, BOUNDS), Step::Look);
}

#[test]
fn not_there_is_believed_only_when_looked_for_twice() {
    let unknown = record().after_attempt(Outcome::Unknown, start(), BOUNDS);
    let once = unknown.after_look(&[], &[], start());
    assert!(matches!(once.state, ReplyState::Unknown { looked: 1, .. }));
    assert_eq!(once.after_look(&[], &[], start()).state, ReplyState::Pending);
}

#[test]
fn a_message_that_another_reply_was_published_as_is_not_ours() {
    let other = ReplyRecord {
        id: "chat#0".to_owned(),
        ..record().after_attempt(Outcome::Published("r1".into()), start(), BOUNDS)
    };
    let unknown = record().after_attempt(Outcome::Unknown, start(), BOUNDS);
    let there = [own("r1", "Thanks!")];
    let looked = unknown.after_look(&there, std::slice::from_ref(&other), start());
    assert!(matches!(looked.state, ReplyState::Unknown { .. }));
    let there = [own("r1", "Thanks!"), own("r2", "Thanks!")];
    let looked = unknown.after_look(&there, &[other], start());
    assert_eq!(looked.state, ReplyState::Published { remote_id: "r2".into() });
}

#[test]
fn what_was_not_published_for_certain_is_posted_as_the_next_attempt() {
    let pending = record().after_attempt(Outcome::NotPublished, start(), BOUNDS);
    let Step::Post(next) = pending.next_step(start(), BOUNDS) else { panic!() };
    assert_eq!(next.attempt, 2);
}

#[test]
fn a_text_is_recognised_as_the_network_shows_it() {
    let written = Fingerprint::of("Thanks & bye,  see https://acme.example/help");
    assert_eq!(Fingerprint::of("@zoe Thanks &amp; bye, see https://t.co/abc"), written);
    assert_eq!(Fingerprint::of("Cafe\u{301}"), Fingerprint::of("Café"));
    assert_ne!(Fingerprint::of("Thanks"), Fingerprint::of("Thanks!"));
}

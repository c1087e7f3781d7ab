use super::*;

const CAPS: Caps = Caps { open: 2, starts_per_second: 4 };

fn token(channel: &str, conversation: &str) -> Token {
    Token::of(&ChannelId(channel.to_owned()), &ConversationKey(conversation.to_owned()), 1)
}

fn want(conversation: &str) -> Want {
    Want { token: token("acme", conversation), channel_cap: None }
}

fn capped(channel: &str, conversation: &str) -> Want {
    Want { token: token(channel, conversation), channel_cap: Some(1) }
}

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn is_taken(slot: Slot) -> bool {
    matches!(slot, Slot::Taken { .. })
}

#[test]
fn who_came_first_goes_first_and_a_slot_is_kept_for_them() {
    let (mut slate, now) = (Slate::default(), noon());
    assert!(is_taken(slate.take(&want("a"), CAPS, now)));
    assert!(is_taken(slate.take(&want("b"), CAPS, now)));
    for late in ["c", "d"] {
        assert_eq!(slate.take(&want(late), CAPS, now), Slot::Full { after: seconds(5) });
    }
    slate.free(&token("acme", "a"), false, now);
    let later = now + seconds(30);
    assert_eq!(slate.take(&want("e"), CAPS, later), Slot::Full { after: seconds(5) });
    assert_eq!(slate.take(&want("d"), CAPS, later), Slot::Full { after: seconds(5) });
    assert!(is_taken(slate.take(&want("c"), CAPS, later)));
    assert_eq!(slate.occupancy(later).waiting, 2);
}

#[test]
fn who_comes_again_for_the_same_interaction_has_its_slot_already() {
    let (mut slate, now) = (Slate::default(), noon());
    for _ in 0..5 {
        assert!(is_taken(slate.take(&want("a"), CAPS, now)));
    }
    assert_eq!(slate.occupancy(now).taken, 1);
}

#[test]
fn a_channel_at_its_own_cap_holds_no_other_channel_back() {
    let (mut slate, now) = (Slate::default(), noon());
    assert!(is_taken(slate.take(&capped("small", "a"), CAPS, now)));
    assert!(!is_taken(slate.take(&capped("small", "b"), CAPS, now)));
    assert!(is_taken(slate.take(&want("c"), CAPS, now)));
}

#[test]
fn who_does_not_come_back_is_not_waited_for() {
    let (mut slate, now) = (Slate::default(), noon());
    slate.take(&want("a"), CAPS, now);
    slate.take(&want("b"), CAPS, now);
    slate.take(&want("left for good"), CAPS, now);
    slate.free(&token("acme", "a"), false, now);
    assert!(!is_taken(slate.take(&want("c"), CAPS, now + seconds(60))));
    assert!(is_taken(slate.take(&want("c"), CAPS, now + seconds(140))));
}

#[test]
fn who_waits_long_comes_seldom_and_keeps_its_place() {
    let (mut slate, now) = (Slate::default(), noon());
    slate.take(&want("a"), CAPS, now);
    slate.take(&want("b"), CAPS, now);
    let (mut time, mut visits) = (now, 0);
    while time < now + Duration::from_hours(9 * 24) {
        let Slot::Full { after } = slate.take(&want("c"), CAPS, time) else { unreachable!() };
        (time, visits) = (time + after, visits + 1);
    }
    assert!(visits < 1_000, "a queue message lives for 1,000 deliveries, these were {visits}");
    assert_eq!(slate.waiting[0].since, now);
}

#[test]
fn starts_take_turns_and_too_many_come_later() {
    let (mut slate, now) = (Slate::default(), noon());
    let caps = Caps { open: 100, ..CAPS };
    let turns: Vec<Slot> = (0..10).map(|n| slate.take(&want(&n.to_string()), caps, now)).collect();
    for (n, slot) in turns.iter().take(9).enumerate() {
        let turn = Duration::from_millis(250) * u32::try_from(n).unwrap();
        assert_eq!(*slot, Slot::Taken { turn });
    }
    assert_eq!(turns[9], Slot::NotYet { after: Duration::from_millis(2_250) });
}

#[test]
fn a_start_that_cic_throttled_is_first_in_line_again() {
    let (mut slate, now) = (Slate::default(), noon());
    for name in ["a", "b", "c"] {
        slate.take(&want(name), CAPS, now);
    }
    slate.free(&token("acme", "b"), true, now);
    assert!(!is_taken(slate.take(&want("c"), CAPS, now)), "the slot is b's");
    assert!(is_taken(slate.take(&want("b"), CAPS, now)));
}

#[test]
fn what_a_dead_worker_took_is_taken_back_and_what_is_open_is_counted() {
    let (mut slate, now) = (Slate::default(), noon());
    slate.take(&want("dead"), CAPS, now);
    slate.take(&want("open"), CAPS, now);
    let open = BTreeSet::from([token("acme", "open"), token("acme", "of another age")]);
    slate.tidy(&open, now + seconds(60));
    assert_eq!(slate.occupancy(now).taken, 3, "it may still be opening");
    slate.tidy(&open, now + seconds(120));
    assert_eq!(slate.taken.keys().cloned().collect::<BTreeSet<_>>(), open);
}

mod recorded;
mod shapes;

use rstest::rstest;
use serde_json::json;
use social_core::message::{Kind, Owner, Thread, Verb};

use super::*;
use crate::testing::{PAGE, channel, delivered};

const POST: &str = "1029384756_500";

fn parsed(entries: &Value) -> Vec<PageChange> {
    delivered(&json!({ "object": "page", "entry": entries }).to_string()).unwrap()
}

/// The one change of a feed.
fn feed(value: &Value) -> PageChange {
    change("feed", value)
}

fn change(field: &str, value: &Value) -> PageChange {
    let changes = json!([{ "field": field, "value": value }]);
    let mut all = parsed(&json!([{ "id": PAGE, "time": 1_795_348_801, "changes": changes }]));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The one event of messaging.
fn messaging(event: &Value) -> PageChange {
    let mut all =
        parsed(&json!([{ "id": PAGE, "time": 1_795_348_801_500_i64, "messaging": [event] }]));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn message(change: &PageChange) -> &Message {
    match &change.what {
        What::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

/// A line for each change, as much of it as matters.
fn told(change: &PageChange) -> String {
    let mention = if change.mention { " mention" } else { "" };
    let what = match &change.what {
        What::Ignored(kind) => format!("ignored {kind}"),
        What::Unknown(raw) => format!("unknown {raw}"),
        What::Message(message) => {
            let author = message.author.as_ref().map(|author| (&author.id, &author.name));
            let own = if message.own { " own" } else { "" };
            format!(
                "{}{own} by {author:?} {:?} {:?} at {} in {:?}",
                message.change_key(),
                message.text,
                message.media.iter().map(|media| (&media.kind, &media.url)).collect::<Vec<_>>(),
                message.at,
                message.thread
            )
        }
    };
    format!("{}{mention}: {what}", change.page_id)
}

fn zoe() -> Value {
    json!({ "id": "42", "name": "Zoë" })
}

#[test]
fn a_comment_of_today() {
    let change = feed(&json!({
        "from": zoe(), "post": { "status_type": "mobile_status_update", "is_published": true,
        "updated_time": "2026-11-22T11:59:00+0000", "promotion_status": "inactive", "id": POST },
        "message": "It broke", "post_id": POST, "comment_id": "500_900", "created_time": 1_795_348_800,
        "item": "comment", "parent_id": POST, "verb": "add",
    }));
    insta::assert_snapshot!(told(&change), @r#"1029384756: 500_900#add by Some(("42", "Zoë")) "It broke" [] at 2026-11-22T12:00:00Z in Post { post_id: MessageId("1029384756_500"), top_level: None, top_level_author: None, owner: None }"#);
}

#[test]
fn e4_a_reply_of_the_pages_own_hangs_under_its_top_level_comment() {
    let change = feed(&json!({
        "from": { "id": PAGE, "name": "Acme" }, "message": "Sorry!", "post_id": POST,
        "comment_id": "500_901", "created_time": 1_795_348_800, "item": "comment",
        "parent_id": "500_900", "verb": "add",
    }));
    insta::assert_snapshot!(told(&change), @r#"1029384756: 500_901#add own by Some(("1029384756", "Acme")) "Sorry!" [] at 2026-11-22T12:00:00Z in Post { post_id: MessageId("1029384756_500"), top_level: Some(MessageId("500_900")), top_level_author: None, owner: None }"#);
}

#[test]
fn e5_an_old_payload_has_numbers_and_senders() {
    let change = feed(&json!({
        "item": "photo", "verb": "add", "published": 1, "photo_id": 900_767,
        "post_id": POST, "sender_id": 42, "sender_name": "Zoë", "created_time": 1_795_348_800,
        "link": "https://www.example.org/test.jpg", "message": null,
    }));
    insta::assert_snapshot!(told(&change), @r#"1029384756: 1029384756_500#add by Some(("42", "Zoë")) "" [("photo", "https://www.example.org/test.jpg")] at 2026-11-22T12:00:00Z in Post { post_id: MessageId("1029384756_500"), top_level: None, top_level_author: None, owner: Some(Visitor) }"#);
}

#[test]
fn e5_a_mention_elsewhere_has_no_author_and_the_entrys_time() {
    let change = change("mention", &json!({ "item": "post", "verb": "add", "post_id": "44_1" }));
    insta::assert_snapshot!(told(&change), @r#"1029384756 mention: 44_1#add by None "" [] at 2026-11-22T12:00:01Z in Post { post_id: MessageId("44_1"), top_level: None, top_level_author: None, owner: None }"#);
}

#[test]
fn a_private_message_with_a_picture() {
    let change = messaging(&json!({
        "sender": { "id": 42 }, "recipient": { "id": PAGE }, "timestamp": 1_795_348_800_250_i64,
        "message": { "mid": "m_1", "text": "See", "attachments": [
            { "type": "image", "payload": { "url": "https://cdn.example/1.jpg" } },
        ] },
    }));
    insta::assert_snapshot!(told(&change), @r#"1029384756: m_1#add by Some(("42", "")) "See" [("photo", "https://cdn.example/1.jpg")] at 2026-11-22T12:00:00.25Z in Private { visitor_id: "42" }"#);
}

#[test]
fn e4_an_echo_is_the_pages_own_and_belongs_to_the_visitor_who_gets_it() {
    let change = messaging(&json!({
        "sender": { "id": PAGE }, "recipient": { "id": "42" }, "timestamp": 1_795_348_800_250_i64,
        "message": { "mid": "m_2", "text": "Hello", "is_echo": true, "app_id": 1 },
    }));
    insta::assert_snapshot!(told(&change), @r#"1029384756: m_2#add own by Some(("1029384756", "")) "Hello" [] at 2026-11-22T12:00:00.25Z in Private { visitor_id: "42" }"#);
}

#[test]
fn a_postback_is_the_button_that_was_pressed() {
    let event = json!({ "sender": { "id": "42" }, "recipient": { "id": PAGE },
        "timestamp": 1_795_348_800_250_i64, "postback": { "title": "Talk to us", "payload": "TALK" } });
    insta::assert_snapshot!(told(&messaging(&event)), @r#"1029384756: postback:42:1795348800250#add by Some(("42", "")) "Talk to us" [] at 2026-11-22T12:00:00.25Z in Private { visitor_id: "42" }"#);
}

#[rstest]
#[case::add("add", "add")]
#[case::edit("edit", "edit#3639efcd08abb273")]
#[case::edited("edited", "edit#3639efcd08abb273")]
#[case::unhide("unhide", "unhide#1795348801")]
#[case::remove("remove", "delete")]
#[case::hide("hide", "hide#1795348801")]
fn verbs(
    #[values("post", "status", "photo", "video", "share", "comment")] item: &str,
    #[case] verb: &str,
    #[case] expected: &str,
) {
    let change = feed(&json!({ "item": item, "verb": verb, "post_id": POST, "comment_id": "500_9",
        "from": zoe(), "created_time": 1_795_348_800, "message": "Hi" }));
    let id = if item == "comment" { "500_9" } else { POST };
    assert_eq!(message(&change).change_key(), format!("{id}#{expected}"));
    let kind = if item == "comment" { Kind::Comment } else { Kind::Post };
    assert_eq!(message(&change).kind, kind);
}

#[rstest]
#[case::like(feed(&json!({ "item": "like", "verb": "add", "post_id": POST })), "like")]
#[case::reaction(feed(&json!({ "item": "reaction", "verb": "edit", "reaction_type": "love" })), "reaction")]
#[case::video(feed(&json!({ "item": "video", "verb": "block", "post_id": POST })), "block")]
#[case::draft(feed(&json!({ "item": "photo", "verb": "add", "post_id": POST, "published": 0 })), "unpublished")]
#[case::field(change("parking", &Value::Null), "parking")]
#[case::read(messaging(&json!({ "sender": { "id": 1 }, "read": { "watermark": 1 } })), "read")]
#[case::delivery(messaging(&json!({ "delivery": { "mids": ["m"] } })), "delivery")]
#[case::reacted(messaging(&json!({ "sender": { "id": 1 }, "reaction": { "mid": "m" } })), "reaction")]
fn what_nobody_needs_is_told_by_name(#[case] change: PageChange, #[case] kind: &'static str) {
    assert_eq!(change.what, What::Ignored(kind));
}

#[rstest]
#[case::item(feed(&json!({ "item": "hologram", "verb": "add", "post_id": POST })))]
#[case::verb(feed(&json!({ "item": "post", "verb": "sing", "post_id": POST })))]
#[case::no_id(feed(&json!({ "item": "comment", "verb": "add", "post_id": POST })))]
#[case::no_value(feed(&Value::Null))]
#[case::field(change("holograms", &json!({ "a": 1 })))]
#[case::event(messaging(&json!({ "sender": { "id": 1 }, "hologram": {} })))]
#[case::no_mid(messaging(&json!({ "sender": { "id": 1 }, "message": { "text": "Hi" } })))]
fn what_nobody_described_is_kept_in_full(#[case] change: PageChange) {
    let What::Unknown(raw) = &change.what else { panic!("{change:?}") };
    assert_eq!(change.page_id, PAGE);
    // What is parked can be delivered again as an entry of its own.
    assert_eq!(parsed(&json!([raw])), std::slice::from_ref(&change));
    assert!(!format!("{change:?}").contains("hologram"));
}

#[test]
fn e3_one_odd_change_of_a_thousand_never_hides_its_neighbours() {
    let good = |id: &str| {
        json!({ "field": "feed", "value": { "item": "comment", "verb": "add", "post_id": POST,
            "comment_id": id, "created_time": 1_795_348_800, "message": null } })
    };
    let mut changes: Vec<Value> = (0..998).map(|n| good(&format!("500_{n}"))).collect();
    changes.insert(0, json!({ "field": 7 }));
    changes.insert(500, json!("odd"));
    let event = json!({ "sender": { "id": 42 }, "timestamp": 1, "message": { "mid": "m_1" } });
    let body = json!([
        "odd",
        { "id": PAGE, "time": 1_795_348_801, "changes": changes, "messaging": [event] },
        { "id": 555, "time": 1_795_348_801, "changes": [good("500_1")], "standby": [event] },
        { "id": "556" },
    ]);
    let all = parsed(&body);
    let of = |what: fn(&What) -> bool| all.iter().filter(|change| what(&change.what)).count();
    assert_eq!(of(|what| matches!(what, What::Message(_))), 998 + 1 + 2);
    assert_eq!(of(|what| matches!(what, What::Unknown(_))), 4);
    assert_eq!(all.iter().filter(|change| change.page_id == "555").count(), 2);
}

/// The router makes one of them: each change says the same of itself, whenever and wherever it comes.
#[test]
fn e3_a_removal_before_its_comment_and_a_redelivery_keep_their_keys() {
    let of = |verb: &str, entry_time: i64| {
        let value = json!({ "item": "comment", "verb": verb, "post_id": POST, "comment_id": "500_9",
            "from": zoe(), "created_time": 1_795_348_800, "message": "Hi" });
        let changes = json!([{ "field": "feed", "value": value }]);
        message(&parsed(&json!([{ "id": PAGE, "time": entry_time, "changes": changes }]))[0])
            .change_key()
    };
    assert_eq!(of("remove", 1_795_348_801), "500_9#delete");
    assert_eq!(of("add", 1_795_348_802), of("add", 1_795_348_802 + 36 * 3_600));
    assert_eq!(of("edit", 1), of("edited", 2));
}

#[test]
fn what_is_no_callback_is_an_error() {
    assert_eq!(delivered("<html>"), Err(ParseError::NoJson));
    assert_eq!(delivered("[]"), Err(ParseError::NoEntries));
    let other = r#"{"object":"instagram","entry":[{"id":"1","changes":[]}]}"#;
    assert!(matches!(delivered(other).unwrap()[0].what, What::Unknown(_)));
}

#[rstest]
#[case::taken(json!({}), true)]
#[case::not_included(json!({ "include": ["visitor_posts"] }), false)]
#[case::blocked(json!({ "blocked_authors": ["42"] }), false)]
#[case::excluded(json!({ "exclude_keywords": ["GIVE away"] }), false)]
#[case::part_of_a_word(json!({ "exclude_keywords": ["away!now", "aw"] }), true)]
#[case::other_page(json!({ "page_id": "7" }), false)]
fn a_channel_takes_what_its_entry_says(#[case] further: Value, #[case] taken: bool) {
    let change =
        feed(&json!({ "item": "comment", "verb": "add", "post_id": POST, "comment_id": "500_9",
        "from": zoe(), "created_time": 1_795_348_800, "message": "Please give  away one" }));
    let message = for_channel(&change, &channel(further));
    assert_eq!(message.is_some(), taken);
}

#[test]
fn the_companys_other_accounts_are_its_own() {
    let change = feed(&json!({ "item": "status", "verb": "add", "post_id": POST,
        "from": { "id": "777", "name": "Acme Jobs" }, "created_time": 1_795_348_800 }));
    assert!(!message(&change).own);
    let message = for_channel(&change, &channel(json!({ "blocked_authors": ["777"] }))).unwrap();
    assert!(message.own && message.verb == Verb::Add);
    assert!(matches!(message.thread, Thread::Post { owner: Some(Owner::Company), .. }));
}

#[test]
fn a_mention_is_taken_where_mentions_are() {
    let change = change(
        "mention",
        &json!({ "item": "comment", "verb": "add", "post_id": "44_1",
        "comment_id": "1_2", "created_time": 1_795_348_800 }),
    );
    assert!(for_channel(&change, &channel(json!({ "include": ["mentions"] }))).is_some());
    assert!(for_channel(&change, &channel(json!({ "include": ["comments"] }))).is_none());
}

/// Each change may become a call of its own: a body with more than Facebook ever sends is none of its own.
#[test]
fn e3_more_changes_than_facebook_ever_sends_are_refused() {
    let body = |count| json!({ "object": "page", "entry": vec![json!({}); count] }).to_string();
    assert_eq!(delivered(&body(5_000)).map(|changes| changes.len()), Ok(5_000));
    assert_eq!(delivered(&body(5_001)), Err(ParseError::TooMany));
}

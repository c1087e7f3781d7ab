//! Contract E3, E5: the shapes of old and new versions, a case for each.

use super::*;

/// A private message of a visitor's.
fn said(message: &Value) -> PageChange {
    messaging(&json!({ "sender": { "id": "42" }, "recipient": { "id": PAGE },
        "timestamp": 1_795_348_800_250_i64, "message": message }))
}

fn attached(attachment: &Value) -> PageChange {
    said(&json!({ "mid": "m_1", "attachments": [attachment] }))
}

/// Key, text and media.
fn shown(change: &PageChange) -> String {
    let message = message(change);
    let media = message.media.iter().map(|media| format!(" {} {}", media.kind, media.url));
    format!("{} {:?}{}", message.change_key(), message.text, media.collect::<String>())
}

#[rstest]
#[case::sticker(
    json!({ "type": "image", "payload": { "url": "https://cdn.example/s.png", "sticker_id": 369_239_263_222_822_i64 } }),
    r#"m_1#add "" sticker https://cdn.example/s.png"#
)]
#[case::location_of_old(
    json!({ "title": "Zoë's Location", "url": "https://maps.example/1", "type": "location",
        "payload": { "coordinates": { "lat": 52.5, "long": 13.4 } } }),
    r#"m_1#add "" link https://maps.example/1"#
)]
#[case::location(
    json!({ "type": "location", "payload": { "coordinates": { "lat": 52.5, "long": 13.4 } } }),
    r#"m_1#add "" link https://www.openstreetmap.org/?mlat=52.5&mlon=13.4"#
)]
#[case::nowhere(json!({ "type": "location", "payload": {} }), r#"m_1#add "[location]""#)]
#[case::fallback(
    json!({ "type": "fallback", "title": "A page", "url": "https://example.com/", "payload": null }),
    r#"m_1#add "" link https://example.com/"#
)]
#[case::file(
    json!({ "type": "file", "payload": { "url": "https://cdn.example/1.pdf" } }),
    r#"m_1#add "" file https://cdn.example/1.pdf"#
)]
#[case::template(
    json!({ "type": "template", "payload": { "template_type": "button", "text": "Which?", "buttons": [] } }),
    r#"m_1#add "Which?""#
)]
#[case::products(
    json!({ "type": "template", "payload": { "product": { "elements": [{ "id": "1" }] } } }),
    r#"m_1#add "[template]""#
)]
#[case::share(
    json!({ "type": "share", "payload": { "url": "https://example.com/p" } }),
    r#"m_1#add "" link https://example.com/p"#
)]
#[case::no_object(json!("odd"), r#"m_1#add "[attachment]""#)]
fn attachments(#[case] attachment: Value, #[case] expected: &str) {
    assert_eq!(shown(&attached(&attachment)), expected);
}

#[rstest]
#[case::quick_reply(json!({ "mid": "m_1", "text": "Red", "quick_reply": { "payload": "RED" } }), r#"m_1#add "Red""#)]
#[case::reply_to(json!({ "mid": "m_1", "text": "Yes", "reply_to": { "mid": "m_0" } }), r#"m_1#add "Yes""#)]
#[case::nlp(json!({ "mid": "m_1", "seq": 1, "text": "Hi", "nlp": { "entities": {} } }), r#"m_1#add "Hi""#)]
#[case::deleted(json!({ "mid": "m_1", "is_deleted": true }), r#"m_1#delete """#)]
#[case::unsupported(
    json!({ "mid": "m_1", "is_unsupported": true }),
    r#"m_1#add "[a kind of message that Facebook does not pass on]""#
)]
#[case::odd_parts(json!({ "mid": 7, "text": 1, "attachments": {}, "is_echo": "no" }), r#"7#add """#)]
fn messages(#[case] body: Value, #[case] expected: &str) {
    assert_eq!(shown(&said(&body)), expected);
}

#[test]
fn an_edited_private_message_is_an_edit() {
    let event = json!({ "sender": { "id": "42" }, "recipient": { "id": PAGE }, "timestamp": 1,
        "message_edit": { "mid": "m_1", "text": "Hi", "num_edit": 1 } });
    assert_eq!(shown(&messaging(&event)), r#"m_1#edit#3639efcd08abb273 "Hi""#);
}

/// Standby postbacks lack their payload (contract A11).
#[rstest]
#[case::referral(json!({ "payload": "START", "referral": { "ref": "x", "source": "SHORTLINK" } }), "START")]
#[case::standby(json!({ "title": "Start" }), "Start")]
#[case::bare(json!({}), "")]
fn postbacks(#[case] postback: Value, #[case] text: &str) {
    let event = json!({ "sender": { "id": 42 }, "recipient": { "id": PAGE }, "timestamp": 1,
        "postback": postback });
    let entry = json!([{ "id": PAGE, "time": 1, "standby": [event] }]);
    assert_eq!(message(&parsed(&entry)[0]).text, text);
}

#[rstest]
fn events_of_messenger_that_are_no_messages(
    #[values(
        "optin",
        "referral",
        "read",
        "delivery",
        "reaction",
        "account_linking",
        "app_roles",
        "policy-enforcement",
        "policy_enforcement",
        "pass_thread_control",
        "take_thread_control",
        "request_thread_control",
        "payment",
        "checkout_update",
        "pre_checkout",
        "prior_message",
        "game_play",
        "message_request",
        "response_feedback",
        "in_thread_lead_form_submit"
    )]
    kind: &'static str,
) {
    // An opt-in by a check box names no sender.
    let event = json!({ "recipient": { "id": PAGE }, "timestamp": 1, kind: { "ref": "x" } });
    assert_eq!(messaging(&event).what, What::Ignored(kind));
}

#[rstest]
fn items_that_are_no_messages(
    #[values("like", "reaction", "album", "event", "rating", "lead", "milestone")] item: &str,
    #[values("add", "edit", "edited", "remove", "hide")] verb: &str,
) {
    let change = feed(&json!({ "item": item, "verb": verb, "sender_id": 42, "event_id": 7,
        "album_id": 8, "parent_id": POST, "created_time": 1_795_348_800, "published": 1 }));
    assert!(matches!(change.what, What::Ignored(kind) if kind == item), "{change:?}");
}

#[rstest]
#[case::ratings("ratings", json!({ "item": "comment", "verb": "add", "comment_id": "1_2" }), "ratings")]
#[case::leadgen("leadgen", json!({ "leadgen_id": 1, "form_id": 2, "page_id": 3 }), "leadgen")]
#[case::conversations("conversations", json!({ "page_id": 3, "thread_id": "t_1" }), "conversations")]
fn fields_that_hold_no_message(#[case] field: &str, #[case] value: Value, #[case] kind: &str) {
    let change = change(field, &value);
    assert!(matches!(change.what, What::Ignored(ignored) if ignored == kind), "{change:?}");
}

/// The dashboard's test button sends Messenger's events among the changes.
#[test]
fn the_test_button_of_the_dashboard_is_understood() {
    let value = json!({ "sender": { "id": "12334" }, "recipient": { "id": "23245" },
        "timestamp": "1527459824", "message": { "mid": "test_message_id", "text": "test_message" } });
    assert_eq!(shown(&change("messages", &value)), r#"test_message_id#add "test_message""#);
    let value = json!({ "sender": { "id": "1" }, "read": { "watermark": "1527459824" } });
    assert_eq!(change("message_reads", &value).what, What::Ignored("read"));
}

#[rstest]
#[case::share(
    json!({ "item": "share", "share_id": 77, "link": "https://example.com/a", "message": "Look" }),
    r#"1029384756_77#add "Look" link https://example.com/a"#
)]
#[case::video(
    json!({ "item": "video", "video_id": "78", "photo_id": null, "link": "https://cdn.example/v.mp4" }),
    r#"1029384756_78#add "" video https://cdn.example/v.mp4"#
)]
#[case::both(json!({ "item": "photo", "photo_id": 1, "video_id": 2, "message": 5 }), r#"1029384756_1#add """#)]
#[case::album(
    json!({ "item": "status", "post_id": POST, "photos": ["https://cdn.example/1.jpg", "https://cdn.example/2.jpg"] }),
    r#"1029384756_500#add "" photo https://cdn.example/1.jpg photo https://cdn.example/2.jpg"#
)]
#[case::link_is_odd(json!({ "item": "share", "post_id": POST, "link": { "u": 1 } }), r#"1029384756_500#add """#)]
fn posts_without_words(#[case] mut value: Value, #[case] expected: &str) {
    value["verb"] = json!("add");
    value["sender_id"] = json!(42);
    value["created_time"] = json!(1_795_348_800);
    assert_eq!(shown(&feed(&value)), expected);
}

#[test]
fn a_mention_in_a_comment_has_no_author() {
    let change = change(
        "mention",
        &json!({ "item": "comment", "verb": "add", "post_id": "44_1", "comment_id": "1_2",
            "created_time": 1_795_348_800, "message": "@Acme look" }),
    );
    assert!(change.mention && message(&change).author.is_none());
    assert_eq!(shown(&change), r#"1_2#add "@Acme look""#);
}

#[test]
fn what_an_app_is_told_besides_pages_is_dropped_by_name_or_kept_in_full() {
    let of = |object: &str| {
        let entry = json!([{ "id": "0", "time": 1, "changes": [{ "field": "x", "value": {} }] }]);
        delivered(&json!({ "object": object, "entry": entry }).to_string()).unwrap().remove(0)
    };
    assert_eq!(of("permissions").what, What::Ignored("permissions"));
    assert_eq!(of("user").what, What::Ignored("user"));
    assert!(matches!(of("instagram").what, What::Unknown(_)));
    let old = parsed(&json!([{ "id": PAGE, "time": 1, "changed_fields": ["feed"] }]));
    assert_eq!(old[0].what, What::Ignored("changed_fields"));
}

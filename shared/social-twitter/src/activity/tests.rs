use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rstest::rstest;
use serde_json::json;
use sha2::Sha256;

use super::*;
use crate::fixture::{channel, secret, watch};

const RECEIVED: &str = "2026-11-22T12:30:00Z";

fn parsed(body: &Value) -> Vec<Event> {
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"now").unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", STANDARD.encode(mac.finalize().into_bytes()));
    parse(Signed::verify(body.as_bytes(), Some(&signature), &[secret("now")]).unwrap())
}

fn told(body: &Value, channels: &[Arc<Channel>]) -> Vec<Incoming> {
    messages(&parsed(body), channels, RECEIVED.parse().unwrap())
}

/// One word for each event.
fn kinds(body: &Value) -> Vec<String> {
    let word = |event: &Event| match event {
        Event::Tweet(heard) => format!("tweet {}", heard.tweet.id),
        Event::Deleted(gone) => format!("deleted {}", gone.id),
        Event::Private(whispered) => format!("private {}", whispered.said.id),
        Event::Ignored { kind } => format!("ignored {kind}"),
        Event::LeftToSearch => "left to the search".to_owned(),
        Event::Unknown { kind, .. } => format!("unknown {kind}"),
    };
    parsed(body).iter().map(word).collect()
}

fn activity(kind: &str, payload: &Value, includes: &Value) -> Value {
    json!({"data": {
        "event_uuid": "-1158472394723", "filter": {"user_id": "42"}, "event_type": kind,
        "tag": "acme mentions", "payload": payload, "includes": includes,
    }})
}

/// The same tweet as version 2 tells it, in a search and in an activity event.
fn payload() -> Value {
    json!({
        "id": "2100000000000000001", "text": "hello @acme &amp; co", "author_id": "7",
        "created_at": "2026-11-22T12:00:01.000Z", "conversation_id": "2100000000000000001",
        "edit_history_post_ids": ["2100000000000000001"], "lang": "en",
        "entities": {"mentions": [{"start": 6, "end": 11, "username": "acme", "id": "42"}]},
    })
}

fn zoe() -> Value {
    json!({"id": "7", "name": "Zoë", "username": "zoe"})
}

/// Version 1.1's.
fn old_tweet() -> Value {
    json!({
        "created_at": "Sun Nov 22 12:00:01 +0000 2026", "id": 2_100_000_000_000_000_001_u64,
        "id_str": "2100000000000000001", "text": "hello @acme &amp; co", "lang": "en",
        "user": {"id": 7, "id_str": "7", "name": "Zoë", "screen_name": "zoe"},
        "in_reply_to_status_id": null, "in_reply_to_status_id_str": null,
        "entities": {"user_mentions": [{"screen_name": "acme", "id_str": "42", "indices": [6, 11]}]},
    })
}

fn account(list: &str, events: &Value) -> Value {
    json!({"for_user_id": "42", "user_has_blocked": "false", list: events, "users": {}, "apps": {}})
}

/// Whichever road a tweet comes by, it is the same message.
#[test]
fn all_roads_tell_the_same_message() {
    let brand = channel(json!({}));
    let searched: Tweet = serde_json::from_value(payload()).unwrap();
    let zoe: User = serde_json::from_value(zoe()).unwrap();
    let matcher = Matcher::new(vec![Arc::clone(&brand)]);
    let known = Known { tweet: &searched, author: Some(&zoe), quoted: None };
    let expected = normal::message(known, &matcher.readers()[0]);
    let wrapped = json!({"users": [{"data": {"id": "7", "name": "Zoë", "username": "zoe"}}]});
    for body in [
        activity("post.mention.create", &payload(), &wrapped),
        account("tweet_create_events", &json!([old_tweet()])),
    ] {
        let told = told(&body, &[Arc::clone(&brand), watch(json!({}))]);
        assert_eq!(told.len(), 1, "{body}");
        assert_eq!(told[0].message, expected, "{body}");
    }
}

#[rstest]
#[case::mention(activity("post.mention.create", &payload(), &json!({})), &["tweet 2100000000000000001"])]
#[case::quote(activity("post.quote.create", &json!({"data": payload()}), &json!({})), &["tweet 2100000000000000001"])]
#[case::deleted(activity("post.delete", &json!({"id": "5", "author_id": "42"}), &json!({})), &["deleted 5"])]
#[case::repost(activity("post.repost.create", &payload(), &json!({})), &["ignored post.repost.create"])]
#[case::private(activity("dm.received", &json!({}), &json!({})), &["unknown dm.received"])]
#[case::new_kind(activity("post.poll.closed", &json!({}), &json!({})), &["unknown post.poll.closed"])]
#[case::no_payload(activity("post.create", &json!(null), &json!({})), &["unknown post.create"])]
#[case::odd_neighbours(account("tweet_create_events", &json!([{"odd": true}, old_tweet()])), &["unknown tweet_create_events", "tweet 2100000000000000001"])]
#[case::reply(account("tweet_create_events", &json!([{"id_str": "6", "in_reply_to_status_id_str": "5"}])), &["left to the search"])]
#[case::retweet(account("tweet_create_events", &json!([{"id_str": "6", "retweeted_status": {}}])), &["ignored retweet"])]
#[case::gone(account("tweet_delete_events", &json!([{"status": {"id": "6", "user_id": "42"}, "timestamp_ms": "1795348860000"}])), &["deleted 6"])]
#[case::favourite(account("favorite_events", &json!([{}])), &["ignored favorite_events"])]
#[case::private_message(account("direct_message_events", &json!([{"type": "message_create"}])), &["unknown direct_message_events"])]
#[case::strange(json!({"for_user_id": "1"}), &["unknown unknown"])]
#[case::list(json!([]), &["unknown unknown"])]
fn every_kind_is_named(#[case] body: Value, #[case] expected: &[&str]) {
    assert_eq!(kinds(&body), expected);
}

fn whispered(sender: &str, recipient: &str) -> Value {
    json!({
        "type": "message_create", "id": "9", "created_timestamp": "1795348860000",
        "message_create": {
            "sender_id": sender, "target": {"recipient_id": recipient},
            "message_data": {"text": "a &lt; b"},
        },
    })
}

/// Whichever road a private message comes by, it is the same one, and the switch is obeyed.
#[rstest]
#[case::visitor("7", "42", false)]
#[case::colleague("42", "7", true)]
fn private_messages_are_told(#[case] sender: &str, #[case] recipient: &str, #[case] own: bool) {
    let users = json!({
        "7": {"id": "7", "name": "Zoë", "screen_name": "zoe"},
        "42": {"id": "42", "name": "Acme", "screen_name": "Acme"},
    });
    let mut old = account("direct_message_events", &json!([whispered(sender, recipient)]));
    old["users"] = users;
    let payload = json!({
        "id": "9", "text": "a &lt; b", "event_type": "MessageCreate", "sender_id": sender,
        "dm_conversation_id": "7-42", "created_at": "2026-11-22T12:01:00.000Z",
    });
    let included = json!({"users": [
        {"data": {"id": "7", "name": "Zoë", "username": "zoe"}},
        {"id": "42", "name": "Acme", "username": "acme"},
    ]});
    let kind = if own { "dm.sent" } else { "dm.received" };
    let open = channel(json!({"private_messages": true}));
    for body in [old, activity(kind, &payload, &included)] {
        let heard = told(&body, &[Arc::clone(&open), watch(json!({}))]);
        assert_eq!(heard.len(), 1, "{body}");
        let message = &heard[0].message;
        assert_eq!((message.text.as_str(), message.own), ("a < b", own));
        assert_eq!(message.thread, Thread::Private { visitor_id: "7".to_owned() });
        assert_eq!(message.at.to_string(), "2026-11-22T12:01:00Z");
        assert_eq!(
            message.author.as_ref().map(|author| author.name.as_str()),
            (!own).then_some("Zoë")
        );
        let closed = channel(json!({}));
        assert_eq!(told(&body, &[closed]), []);
    }
}

#[test]
fn an_unknown_event_is_kept_whole() {
    let body = activity("dm.received", &json!({"text": "hi"}), &json!({}));
    let [Event::Unknown { event, .. }] = &parsed(&body)[..] else { panic!("known") };
    assert_eq!(serde_json::from_str::<Value>(event).unwrap(), body);
}

/// Contract E4: what the company wrote is no visitor's message, whoever tells of it.
#[rstest]
#[case::activity(activity("post.create", &json!({"id": "9", "text": "we know", "author_id": "42", "conversation_id": "5"}), &json!({})))]
#[case::named(activity("post.create", &json!({"id": "9", "text": "we know", "author_id": "43", "conversation_id": "5"}), &json!({"users": [{"id": "43", "username": "ACME"}]})))]
#[case::account(account("tweet_create_events", &json!([{"id_str": "9", "text": "we know", "user": {"id_str": "42", "screen_name": "acme"}}])))]
fn e4_own_tweets_are_recognised(#[case] body: Value) {
    // The channel that only watches hears nothing of it.
    let told = told(&body, &[channel(json!({})), watch(json!({}))]);
    assert_eq!(told.len(), 1);
    assert!(told[0].message.own);
    assert_eq!(told[0].message.text, "we know");
}

#[test]
fn a_deletion_reaches_the_channels_that_answer() {
    let body = activity("post.delete", &json!({"id": "5", "author_id": "42"}), &json!({}));
    let told = told(&body, &[channel(json!({})), watch(json!({}))]);
    let brief: Vec<_> = told.iter().map(|i| (i.channel_id.as_str(), &i.message.verb)).collect();
    assert_eq!(brief, [("acme-brand", &Verb::Delete)]);
    assert_eq!(told[0].message.at.to_string(), RECEIVED);
}

#[rstest]
#[case::long(json!({"extended_tweet": {"full_text": "a long one for @acme", "entities": {"user_mentions": [{"screen_name": "acme"}]}}, "entities": {}}), Some("a long one for @acme"))]
#[case::no_mention(json!({"entities": {}}), None)]
fn long_tweets_are_whole_and_others_left_out(#[case] more: Value, #[case] text: Option<&str>) {
    let mut tweet = old_tweet();
    for (name, value) in more.as_object().unwrap() {
        tweet[name] = value.clone();
    }
    let told = told(&account("tweet_create_events", &json!([tweet])), &[channel(json!({}))]);
    assert_eq!(told.first().map(|incoming| incoming.message.text.as_str()), text);
}

#[rstest]
#[case::before(json!({"start": "2026-11-22T12:00:02Z"}), 0)]
#[case::since(json!({"start": "2026-11-22T12:00:01Z"}), 1)]
#[case::blocked(json!({"blocked_authors": ["@Zoe"]}), 0)]
#[case::excluded(json!({"exclude_keywords": ["co"]}), 0)]
fn a_channels_rules_hold_for_events_too(#[case] fields: Value, #[case] expected: usize) {
    let body = activity("post.mention.create", &payload(), &json!({"users": [zoe()]}));
    assert_eq!(told(&body, &[channel(fields)]).len(), expected);
}

#[test]
fn a_quote_of_ours_can_be_answered() {
    let mut quote = payload();
    quote["entities"] = json!({});
    quote["text"] = json!("acme, look");
    quote["referenced_posts"] = json!([{"type": "quoted", "id": "99"}]);
    let includes = json!({
        "users": [zoe(), {"id": "42", "username": "acme"}], "posts": [{"id": "99", "author_id": "42"}],
    });
    let body = activity("post.quote.create", &quote, &includes);
    let told = told(&body, &[channel(json!({"keywords": ["acme"]}))]);
    assert_eq!(told[0].message.answerable, Answerable::Yes);
}

use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::fixture::watch;

fn tweet(text: &str, more: Value) -> Tweet {
    let mut tweet = json!({"id": "1", "text": text});
    let Value::Object(more) = more else { panic!("no object") };
    for (name, value) in more {
        tweet[name] = value;
    }
    serde_json::from_value(tweet).unwrap()
}

/// What a channel makes of a tweet.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    NotFound,
    LeftOut,
    Taken,
}

fn decide(channel: Value, tweet: &Tweet) -> Decision {
    let matcher = Matcher::new(vec![watch(channel)]);
    let subject = Subject::of(tweet);
    let found = matcher.found(&subject);
    match (matcher.explains(&found), matcher.takers(&subject, &found).is_empty()) {
        (false, _) => Decision::NotFound,
        (true, true) => Decision::LeftOut,
        (true, false) => Decision::Taken,
    }
}

fn mention(name: &str) -> Value {
    json!({"entities": {"mentions": [{"start": 0, "end": 5, "username": name, "id": "7"}]}})
}

#[rstest]
#[case::case("acme", "ACME is great", true)]
#[case::inside_a_word("acme", "acmes", false)]
#[case::diacritics("cafe", "Café olé", true)]
#[case::diacritics_of_the_term("Café", "CAFE", true)]
#[case::decomposed("café", "cafe\u{301}", true)]
#[case::phrase("acme router", "my Acme, router!", true)]
#[case::phrase_apart("acme router", "acme makes a router", false)]
#[case::phrase_backwards("acme router", "router acme", false)]
#[case::hyphen("coca-cola", "Coca Cola", true)]
#[case::in_a_hashtag("acme", "so #acme", true)]
#[case::in_a_mail("acme", "mail me@acme.example", true)]
#[case::escaped("a & b", "A &amp; B", true)]
#[case::chinese("路由器", "我的路由器坏了", true)]
#[case::chinese_apart("路由器", "路由和器", false)]
#[case::japanese("ルーター", "新しいルーターです", true)]
#[case::korean("라우터", "라우터가 고장", true)]
#[case::emoji("I ❤️ acme", "I ❤ Acme", true)]
#[case::word_or("or", "this or that", true)]
fn keywords_are_matched_as_x_does(#[case] term: &str, #[case] text: &str, #[case] found: bool) {
    let decision = decide(json!({"handles": [], "keywords": [term]}), &tweet(text, json!({})));
    assert_eq!(decision, if found { Decision::Taken } else { Decision::NotFound });
}

#[rstest]
#[case::mention("hello @Rival", mention("Rival"), true)]
#[case::mail("me@rival.example", json!({}), false)]
#[case::not_recognised("hello @rival", json!({}), false)]
#[case::longer("hello @rivals", mention("rivals"), false)]
#[case::in_the_long_text("hello…", json!({"note_tweet": {"text": "hello … @rival", "entities": {"mentions": [{"username": "rival"}]}}}), true)]
fn handles_are_recognised_mentions(#[case] text: &str, #[case] more: Value, #[case] found: bool) {
    assert_eq!(decide(json!({}), &tweet(text, more)) == Decision::Taken, found);
}

#[rstest]
#[case::hashtag("#AcmeHelp", "hashtags", "acmehelp", true)]
#[case::accents("#café", "hashtags", "Cafe", true)]
#[case::other("#acme", "hashtags", "acmehelp", false)]
#[case::cashtag("$ACME", "cashtags", "acme", true)]
#[case::no_cashtag("$ACME", "hashtags", "acme", false)]
fn tags_are_entities(
    #[case] term: &str,
    #[case] list: &str,
    #[case] tag: &str,
    #[case] found: bool,
) {
    let tweet = tweet("look", json!({"entities": {list: [{"start": 0, "end": 4, "tag": tag}]}}));
    let decision = decide(json!({"handles": [], "keywords": [term]}), &tweet);
    assert_eq!(decision == Decision::Taken, found);
}

#[test]
fn links_are_matched_as_they_were_written() {
    let url = json!({"url": "https://t.co/abc", "expanded_url": "https://shop.acme.example/x", "display_url": "shop.acme.example/x"});
    let tweet = tweet("see https://t.co/abc", json!({"entities": {"urls": [url]}}));
    assert_eq!(decide(json!({"keywords": ["acme"]}), &tweet), Decision::Taken);
    assert_eq!(decide(json!({"keywords": ["co"]}), &tweet), Decision::NotFound);
}

#[rstest]
#[case::language(json!({"languages": ["en"]}), json!({"lang": "de"}), Decision::LeftOut)]
#[case::wanted(json!({"languages": ["EN"]}), json!({"lang": "en"}), Decision::Taken)]
#[case::untold(json!({"languages": ["en"]}), json!({"lang": "und"}), Decision::Taken)]
#[case::excluded(json!({"exclude_keywords": ["giveaway"]}), json!({}), Decision::LeftOut)]
#[case::repost(json!({}), json!({"referenced_tweets": [{"type": "retweeted", "id": "9"}]}), Decision::LeftOut)]
#[case::repost_wanted(json!({"include_reposts": true}), json!({"referenced_posts": [{"type": "retweeted", "id": "9"}]}), Decision::Taken)]
fn a_channel_leaves_out_what_it_says(
    #[case] mut channel: Value,
    #[case] more: Value,
    #[case] expected: Decision,
) {
    channel["keywords"] = json!(["acme"]);
    assert_eq!(decide(channel, &tweet("Acme #Giveaway", more)), expected);
}

#[rstest]
#[case::reply_handle(None, Some("ACME"), true)]
#[case::own_account(None, Some("acme_uk"), true)]
#[case::own_id(Some("42"), None, true)]
#[case::visitor(Some("7"), Some("zoe"), false)]
#[case::unknown(None, None, false)]
fn the_company_is_known(
    #[case] id: Option<&str>,
    #[case] username: Option<&str>,
    #[case] expected: bool,
) {
    let channel = watch(json!({"reply_handle": "@acme", "own_accounts": ["@Acme_UK", "42"]}));
    assert_eq!(is_company(&channel, id, username), expected);
}

/// What the packed search asks for, the match explains: every term finds itself.
#[rstest]
fn every_term_explains_itself(
    #[values("acme", "coca-cola", "Ünïted", "a & b", "#acmehelp", "@acme", "路由器", "or")]
    term: &str,
) {
    let bare = term.trim_start_matches(['#', '@']);
    let more = json!({"entities": {"mentions": [{"username": bare}], "hashtags": [{"tag": bare}]}});
    let tweet = tweet(&term.to_uppercase(), more);
    let decision = decide(json!({"handles": [], "keywords": [term]}), &tweet);
    assert_eq!(decision, Decision::Taken);
}

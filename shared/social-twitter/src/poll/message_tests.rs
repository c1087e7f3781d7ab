//! What becomes of a tweet: the message that it is, whom it goes to, and whom it does not.

use rstest::rstest;
use serde_json::{Value, json};
use social_core::{
    Message,
    message::{Answerable, Kind, Owner, Thread, Verb},
};

use super::{
    tests::{SEARCH, World, id, page, tweet},
    *,
};
use crate::fixture::{answer, channel, watch};

/// One pass of the brand's channel over these tweets.
async fn messages_of(tweets: &[Value]) -> Vec<Message> {
    let world = World::new().await;
    world.finds(page(tweets, None)).await;
    let pass = world.poll(vec![channel(json!({}))]).pass(None).await.unwrap();
    pass.messages.into_iter().map(|incoming| incoming.message).collect()
}

#[tokio::test]
async fn a_repost_stands_in_the_thread_of_the_tweet_that_it_repeats() {
    let original = json!([{"type": "retweeted", "id": "77"}]);
    let world = World::new().await;
    world.finds(page(&[tweet(1, json!({"referenced_tweets": original}))], None)).await;
    let poll = world.poll(vec![channel(json!({"include_reposts": true}))]);
    let messages = poll.pass(None).await.unwrap().messages;
    let message = &messages[0].message;
    assert_eq!((message.kind, message.thread.root()), (Kind::Repost, "77"));
    assert_eq!(message.answerable, Answerable::Closed);
}

#[tokio::test]
async fn a_tweet_becomes_a_message() {
    let link = json!({"url": "https://t.co/a", "expanded_url": "http://acme.example", "display_url": "acme.example"});
    let more = json!({
        "text": "@acme 1 &lt; 2 &amp;amp; https://t.co/a",
        "conversation_id": "5",
        "referenced_tweets": [{"type": "replied_to", "id": "6"}],
        "attachments": {"media_keys": ["3_1", "7_2"]},
        "entities": {"mentions": [{"username": "Acme"}], "urls": [link]},
    });
    let message = messages_of(&[tweet(1, more)]).await.remove(0);
    assert_eq!(message.text, "@acme 1 < 2 &amp; acme.example");
    let permalink = format!("https://x.com/zoe/status/{}", id(1));
    assert_eq!(message.permalink.as_deref(), Some(permalink.as_str()));
    assert_eq!(message.media[1].url, format!("{permalink}/video/2"));
    assert_eq!(
        message.thread,
        Thread::Tweets { conversation_id: "5".into(), in_reply_to: Some("6".into()), owner: None }
    );
    assert_eq!((message.verb, message.own), (Verb::Add, false));
    assert_eq!(message.at.to_string(), "2026-11-22T12:00:01Z");
}

/// Contract E10: `errors[]` beside `data` is a warning, and a missing author no reason to stop.
#[tokio::test]
async fn e10_errors_beside_data_are_warnings() {
    let world = World::new().await;
    let mut found = page(&[tweet(1, json!({"author_id": "8"}))], None);
    let problem = json!({"resource_type": "user", "parameter": "author_id", "resource_id": "8",
        "title": "Forbidden", "type": "https://api.x.com/2/problems/resource-not-found"});
    found["errors"] = json!([problem]);
    world.finds(found).await;
    let pass = world.poll(vec![channel(json!({}))]).pass(None).await.unwrap();
    assert_eq!(pass.messages.len(), 1);
}

/// Contract E10: both vocabularies, long posts, ids of edited ones.
#[tokio::test]
async fn e10_both_vocabularies_are_read() {
    let first = id(1);
    let more = json!({
        "text": "cut…",
        "note_post": {"text": "long @acme"},
        "referenced_posts": [{"type": "replied_to", "id": "6"}],
    });
    let mut post = tweet(2, more);
    post.as_object_mut().unwrap().remove("edit_history_tweet_ids");
    post["edit_history_post_ids"] = json!([first, post["id"]]);
    let message = messages_of(&[post]).await.remove(0);
    assert_eq!(message.text, "long @acme");
    assert_eq!(message.id.as_str(), first);
    assert_eq!(message.verb, Verb::Edit { revision: id(2) });
    let Thread::Tweets { in_reply_to, .. } = message.thread else { panic!("no tweets") };
    assert_eq!(in_reply_to, Some("6".into()));
}

#[tokio::test]
async fn e10_a_missing_author_is_tolerated() {
    let message = messages_of(&[tweet(1, json!({"author_id": "8"}))]).await.remove(0);
    assert_eq!(message.author.unwrap().name, "");
    assert_eq!(message.permalink.unwrap(), format!("https://x.com/i/status/{}", id(1)));
}

#[rstest]
#[case::ours("acme", true, Owner::Company)]
#[case::visitor("zoe", false, Owner::Visitor)]
#[tokio::test]
async fn own_tweets_are_kept_and_marked(
    #[case] username: &str,
    #[case] own: bool,
    #[case] expected: Owner,
) {
    let world = World::new().await;
    answer(&world.server, "GET", SEARCH, 200, page(&[tweet(1, json!({}))], None), 1).await;
    let user = json!({"data": [{"id": "7", "name": "N", "username": username}]});
    answer(&world.server, "GET", "/2/users", 200, user, 1).await;
    let pass = world.poll(vec![channel(json!({}))]).pass(None).await.unwrap();
    let message = &pass.messages[0].message;
    assert_eq!(message.own, own);
    let Thread::Tweets { owner, .. } = message.thread else { panic!("no tweets") };
    assert_eq!(owner, Some(expected));
}

/// Contract E10, B1: whether X will take a reply is known before an agent tries.
#[rstest]
#[case::mention("@acme hello", json!([{"username": "acme"}]), Answerable::Yes)]
#[case::another_mention("@acme_uk acme", json!([{"username": "acme_uk"}]), Answerable::NotMentioned)]
#[case::keyword("an acme router", json!([]), Answerable::NotMentioned)]
#[case::mail("me@acme.example acme", json!([]), Answerable::NotMentioned)]
#[tokio::test]
async fn e10_what_does_not_call_us_cannot_be_answered(
    #[case] text: &str,
    #[case] mentions: Value,
    #[case] expected: Answerable,
) {
    let world = World::new().await;
    let more = json!({"text": text, "entities": {"mentions": mentions}});
    world.finds(page(&[tweet(1, more)], None)).await;
    let poll = world.poll(vec![channel(json!({"keywords": ["acme"]}))]);
    let pass = poll.pass(None).await.unwrap();
    assert_eq!(pass.messages[0].message.answerable, expected);
}

/// A channel that only watches takes the brand's own tweet for no visitor's, where another channel of
/// the credential replies as the brand.
#[tokio::test]
async fn a_brands_tweet_is_own_in_every_channel_of_its_credential() {
    let world = World::new().await;
    let text = json!({"text": "Our @acme router beats the RivalPhone"});
    answer(&world.server, "GET", SEARCH, 200, page(&[tweet(1, text)], None), 1).await;
    let user = json!({"data": [{"id": "7", "name": "Acme", "username": "ACME"}]});
    answer(&world.server, "GET", "/2/users", 200, user, 1).await;
    let rival = watch(json!({"keywords": ["rivalphone"]}));
    let pass = world.poll(vec![channel(json!({})), rival]).pass(None).await.unwrap();
    let own: Vec<bool> = pass.messages.iter().map(|incoming| incoming.message.own).collect();
    assert_eq!(own, [true, true]);
}

/// Noise control, with everything that is known of a tweet and its author.
#[rstest]
#[case::nothing(json!({}), true)]
#[case::blocked_handle(json!({"blocked_authors": ["@ZOE"]}), false)]
#[case::blocked_id(json!({"blocked_authors": ["7"]}), false)]
#[case::excluded_word(json!({"exclude_keywords": ["giveaway"]}), false)]
#[case::other_language(json!({"languages": ["de"]}), false)]
#[case::its_language(json!({"languages": ["de", "EN"]}), true)]
#[case::too_few_followers(json!({"minimum_followers": 13}), false)]
#[case::followers_enough(json!({"minimum_followers": 12}), true)]
#[case::own_account(json!({"minimum_followers": 13, "own_accounts": ["zoe"]}), true)]
#[tokio::test]
async fn noise_is_left_out(#[case] fields: Value, #[case] taken: bool) {
    let world = World::new().await;
    let text = json!({"text": "hello @acme, a giveaway!"});
    answer(&world.server, "GET", SEARCH, 200, page(&[tweet(1, text)], None), 1).await;
    let zoe = json!({"id": "7", "name": "Zoë", "username": "zoe",
        "public_metrics": {"followers_count": 12}});
    answer(&world.server, "GET", "/2/users", 200, json!({"data": [zoe]}), 0..=1).await;
    let pass = world.poll(vec![channel(fields)]).pass(None).await.unwrap();
    assert_eq!(!pass.messages.is_empty(), taken);
}

/// Of protected accounts X tells nothing: they are not held to have no followers.
#[tokio::test]
async fn an_unknown_author_is_not_held_to_have_no_followers() {
    let world = World::new().await;
    world.finds(page(&[tweet(1, json!({"author_id": "8"}))], None)).await;
    let poll = world.poll(vec![channel(json!({"minimum_followers": 5}))]);
    assert_eq!(poll.pass(None).await.unwrap().messages.len(), 1);
}

#[rstest]
#[case::our_tweet("acme", Answerable::Yes)]
#[case::another("zoe", Answerable::NotMentioned)]
#[tokio::test]
async fn a_quote_of_ours_can_be_answered(#[case] quoted: &str, #[case] expected: Answerable) {
    let world = World::new().await;
    let quote = json!({
        "text": "look at this router", "entities": {},
        "referenced_tweets": [{"type": "quoted", "id": "6"}],
    });
    answer(&world.server, "GET", SEARCH, 200, page(&[tweet(1, quote)], None), 1).await;
    let original = json!({"data": [{"id": "6", "text": "t", "author_id": "42"}]});
    answer(&world.server, "GET", "/2/tweets", 200, original, 1).await;
    let users = json!({"data": [{"id": "42", "name": "N", "username": quoted}]});
    answer(&world.server, "GET", "/2/users", 200, users, 1).await;
    let brand = channel(json!({"keywords": ["router"]}));
    let pass = world.poll(vec![brand]).pass(None).await.unwrap();
    assert_eq!(pass.messages[0].message.answerable, expected);
}

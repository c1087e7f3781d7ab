//! Publishing: who may answer whom, what is too long, what was said before.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Settings, World, ids, world, world_of};
use crate::{seed::twitter::BEARER_TOKEN, twitter::ACCESS_TOKEN};

fn reply(text: &str, target: &str) -> Value {
    json!({"text": text, "reply": {"in_reply_to_tweet_id": target}})
}

async fn detail(world: &World, body: Value) -> String {
    let (status, answer) = world.publish(body).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
    assert_eq!(answer["title"], "Forbidden");
    answer["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_visitor_who_called_the_brand_is_answered() {
    let world = world().await;
    let question = world.visitor_writes("@acme my router is broken", json!({})).await;
    let (status, body) = world.publish(reply("Try another socket", &question)).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = body["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(body["data"]["edit_history_tweet_ids"], json!([id]));
    let (_, tweets) = world.control("GET", "/tweets", Value::Null).await;
    assert_eq!(
        tweets[1]["author"],
        json!({"id": "2244994945", "username": "acme", "name": "Acme"})
    );
    assert_eq!(tweets[1]["text"], "Try another socket");
    assert_eq!(tweets[1]["in_reply_to"], json!(question));
    assert_eq!(tweets[1]["conversation_id"], json!(question));
    // On the network the reply begins with those whom it answers.
    let (_, own) = world.get("/2/users/2244994945/tweets", &[]).await;
    assert_eq!(own["data"][0]["text"], "@zoe Try another socket");
    // The visitor's next one is found as a mention, and may be answered as well.
    let thanks = world.visitor_writes("thank you", json!({"in_reply_to": id})).await;
    assert_eq!(ids(&world.search("@acme", &[]).await), [thanks.as_str(), question.as_str()]);
    let (status, _) = world.publish(reply("You are welcome", &thanks)).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn strangers_are_not_answered() {
    let world = world().await;
    let words = "Reply to this conversation is not allowed because you have not been mentioned or \
                 otherwise engaged by the author of the post you are replying to.";
    let stranger = world.visitor_writes("my acme router is broken", json!({})).await;
    let (status, body) = world.publish(reply("Hello", &stranger)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        body,
        json!({"title": "Forbidden", "status": 403, "detail": words, "type": "about:blank"})
    );
    // One's own may be answered, and who quotes the brand calls it.
    let (_, own) = world.publish(json!({"text": "first part"})).await;
    let own = own["data"]["id"].as_str().unwrap().to_owned();
    let (status, _) = world.publish(reply("second part", &own)).await;
    assert_eq!(status, StatusCode::CREATED);
    let quote = world.visitor_writes("look at this", json!({"quoted": own})).await;
    let (status, _) = world.publish(reply("Hello you", &quote)).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_summoned_rule_depends_on_the_tier_and_on_who_typed_the_mention() {
    let zero = Settings { index_lag: Duration::ZERO, ..Settings::default() };
    let enterprise = world_of(Settings { enterprise: true, ..zero.clone() }).await;
    let stranger = enterprise.visitor_writes("router broken", json!({})).await;
    assert_eq!(enterprise.publish(reply("Hello", &stranger)).await.0, StatusCode::CREATED);

    let strict = world_of(Settings { explicit_mentions_only: true, ..zero }).await;
    let (_, own) = strict.publish(json!({"text": "We are open"})).await;
    let answer = strict.visitor_writes("are you", json!({"in_reply_to": own["data"]["id"]})).await;
    assert!(detail(&strict, reply("Yes", &answer)).await.starts_with("Reply to this conversation"));
}

#[tokio::test]
async fn the_same_words_are_taken_once() {
    let world = world().await;
    let first = world.visitor_writes("@acme one", json!({})).await;
    let second = world.visitor_writes("@acme two", json!({})).await;
    assert_eq!(world.publish(reply("Thank you", &first)).await.0, StatusCode::CREATED);
    let words = "You are not allowed to create a Tweet with duplicate content.";
    assert_eq!(detail(&world, reply("Thank you", &first)).await, words);
    assert_eq!(detail(&world, reply("Thank you", &second)).await, words);
    let tomorrow = world.ago(jiff::SignedDuration::from_hours(-25)).to_string();
    world.control("PUT", "/clock", json!({"now": tomorrow})).await;
    assert_eq!(world.publish(reply("Thank you", &second)).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_deleted_tweet_is_not_answered() {
    let world = world().await;
    let question = world.visitor_writes("@acme one", json!({})).await;
    world.control("DELETE", &format!("/tweets/{question}"), Value::Null).await;
    let detail = detail(&world, reply("Thank you", &question)).await;
    assert!(detail.ends_with("deleted or not visible to you."), "{detail}");
}

#[tokio::test]
async fn length_is_counted_by_weight() {
    let world = world().await;
    let question = world.visitor_writes("@acme one", json!({})).await;
    assert!(detail(&world, reply(&"ü".repeat(281), &question)).await.contains("too long"));
    assert!(detail(&world, reply(&"故".repeat(141), &question)).await.contains("too long"));
    // The mention that X adds does not count, and a link counts 23.
    let link = format!("https://example.com/{}", "a".repeat(300));
    let text = format!("{} {link}", "x".repeat(256));
    assert_eq!(world.publish(reply(&text, &question)).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn bodies_are_checked() {
    let world = world().await;
    let bodies = [
        (json!({"text": "hi", "colour": "red"}), "$.colour: is not defined in the schema"),
        (json!({"reply": {"in_reply_to_tweet_id": "1"}}), "$.text"),
        (json!({"text": "hi", "reply": {"in_reply_to_tweet_id": 1}}), "not of type string"),
        (json!({"text": "hi", "reply": {}}), "$.reply.in_reply_to_tweet_id"),
        (json!({"text": "   "}), "$.text"),
        (json!([1]), "JSON object"),
    ];
    for (body, words) in bodies {
        let (status, answer) = world.publish(body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn an_app_cannot_publish_and_nobody_deletes_another_s() {
    let world = world().await;
    let url = format!("{}/2/tweets", world.url);
    let request = world.client.post(&url).bearer_auth(BEARER_TOKEN).json(&json!({"text": "hi"}));
    let (status, body) = world.send(request).await;
    assert_eq!(
        (status, body["title"].as_str()),
        (StatusCode::FORBIDDEN, Some("Unsupported Authentication"))
    );

    let theirs = world.visitor_writes("hello", json!({})).await;
    let (_, own) = world.publish(json!({"text": "hello"})).await;
    let own = own["data"]["id"].as_str().unwrap();
    let delete = |id: &str| world.client.delete(format!("{url}/{id}")).bearer_auth(ACCESS_TOKEN);
    assert_eq!(world.send(delete(&theirs)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.send(delete(own)).await.1, json!({"data": {"deleted": true}}));
    assert_eq!(world.send(delete(own)).await.0, StatusCode::NOT_FOUND);
}

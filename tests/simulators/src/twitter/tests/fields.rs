//! Fields, expansions, the two vocabularies, long posts, what is missing.

use http::StatusCode;
use serde_json::json;

use super::world;

const TWEET_FIELDS: &str = "author_id,created_at,conversation_id,in_reply_to_user_id,\
    referenced_tweets,entities,lang,note_tweet";
const POST_FIELDS: &str = "author_id,created_at,conversation_id,in_reply_to_user_id,\
    referenced_posts,entities,lang,note_post";

#[tokio::test]
async fn three_fields_come_unasked() {
    let world = world().await;
    let id = world.visitor_writes("@acme a < b & c", json!({})).await;
    let body = world.search("@acme", &[]).await;
    assert_eq!(
        body["data"][0],
        json!({"id": id, "text": "@acme a &lt; b &amp; c", "edit_history_tweet_ids": [id]})
    );
}

#[tokio::test]
async fn answers_use_the_vocabulary_of_the_question() {
    let world = world().await;
    let (_, own) = world.publish(json!({"text": "We are open"})).await;
    let own = own["data"]["id"].as_str().unwrap();
    let long = format!("@acme {}", "long words ".repeat(40));
    world.visitor_writes(&long, json!({"in_reply_to": own})).await;

    let asked = [("tweet.fields", TWEET_FIELDS), ("expansions", "author_id,referenced_tweets.id")];
    let body = world.search("@acme", &asked).await;
    let tweet = &body["data"][0];
    assert_eq!(tweet["referenced_tweets"], json!([{"type": "replied_to", "id": own}]));
    assert_eq!(tweet["conversation_id"], json!(own));
    assert_eq!(tweet["in_reply_to_user_id"], "2244994945");
    assert_eq!(tweet["note_tweet"]["text"], json!(long));
    assert_eq!(tweet["text"].as_str().unwrap().chars().count(), 280);
    assert_eq!(tweet["entities"]["mentions"][0]["id"], "2244994945");
    assert_eq!(body["includes"]["tweets"][0]["text"], "We are open");
    assert_eq!(body["includes"]["users"][0]["username"], "zoe");
    let created = tweet["created_at"].as_str().unwrap();
    assert_eq!((created.len(), created.ends_with('Z')), (24, true));

    let asked = [("post.fields", POST_FIELDS), ("expansions", "author_id,referenced_posts")];
    let body = world.search("@acme", &asked).await;
    let post = &body["data"][0];
    assert_eq!(post["referenced_posts"], json!([{"type": "replied_to", "id": own}]));
    assert_eq!(post["note_post"]["text"], json!(long));
    assert!(post["edit_history_post_ids"].is_array());
    assert!(post["edit_history_tweet_ids"].is_null() && post["referenced_tweets"].is_null());
    assert_eq!(body["includes"]["posts"][0]["text"], "We are open");

    let message = world.refused("@acme", &[("tweet.fields", "note_post")]).await;
    assert!(message.contains("The `tweet.fields` query parameter value [note_post]"), "{message}");
}

#[tokio::test]
async fn a_missing_author_is_an_error_beside_the_data() {
    let world = world().await;
    world.visitor_writes("@acme help", json!({})).await;
    world.control("PUT", "/users/7001", json!({"suspended": true})).await;
    let body = world.search("@acme", &[("expansions", "author_id")]).await;
    assert_eq!(body["meta"]["result_count"], 1);
    assert!(body["includes"].is_null());
    assert_eq!(body["errors"][0]["detail"], "User has been suspended: [7001].");
    assert_eq!(body["errors"][0]["parameter"], "author_id");
}

#[tokio::test]
async fn links_are_shortened_and_entities_say_where_they_stand() {
    let world = world().await;
    world.visitor_writes("a&b: see https://example.com/x?y=1, #Help @acme", json!({})).await;
    let body = world.search("@acme", &[("tweet.fields", "entities")]).await;
    let (text, entities) = (&body["data"][0]["text"], &body["data"][0]["entities"]);
    let url = &entities["urls"][0];
    assert_eq!(url["expanded_url"], "https://example.com/x?y=1");
    let part = |entity: &serde_json::Value| -> String {
        let place = |name: &str| usize::try_from(entity[name].as_u64().unwrap()).unwrap();
        let (start, end) = (place("start"), place("end"));
        text.as_str().unwrap().chars().skip(start).take(end - start).collect()
    };
    assert_eq!(part(url), url["url"].as_str().unwrap());
    assert_eq!(part(&entities["hashtags"][0]), "#Help");
    assert_eq!(part(&entities["mentions"][0]), "@acme");
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_inside_a_success() {
    let world = world().await;
    let (status, body) = world.get("/2/tweets/123", &[]).await;
    assert_eq!((status, body["data"].is_null()), (StatusCode::OK, true));
    assert_eq!(body["errors"][0]["title"], "Not Found Error");
    let id = world.visitor_writes("hello", json!({})).await;
    let (_, body) = world.get("/2/tweets", &[("ids", &format!("{id},123"))]).await;
    assert_eq!(body["data"][0]["id"], json!(id));
    assert_eq!(body["errors"][0]["resource_id"], "123");
    let (status, _) = world.get("/2/nothing", &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn users_are_looked_up_in_every_way() {
    let world = world().await;
    world.visitor_writes("hello", json!({})).await;
    let (_, body) = world.get("/2/users/by/username/ACME", &[]).await;
    assert_eq!(body["data"], json!({"id": "2244994945", "username": "acme", "name": "Acme"}));
    let (_, body) =
        world.get("/2/users", &[("ids", "7001,2244994945"), ("user.fields", "protected")]).await;
    assert_eq!(
        (body["data"][0]["username"].as_str(), body["data"][1]["protected"].as_bool()),
        (Some("zoe"), Some(false))
    );
    let (_, body) = world.get("/2/users/by", &[("usernames", "zoe,nobody")]).await;
    assert_eq!(
        (body["data"][0]["id"].as_str(), body["errors"][0]["value"].as_str()),
        (Some("7001"), Some("nobody"))
    );
    let (status, _) = world.get("/2/users/me", &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

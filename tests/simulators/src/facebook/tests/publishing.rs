use super::*;

#[tokio::test]
async fn a_reply_to_a_reply_stands_under_the_top_level_comment() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let top = stage.comments(&post, "top").await;
    let nested = stage.comments(&top, "nested").await;
    let fields = "id,message,parent{id},permalink_url,from";
    let path = format!("/v26.0/{nested}/comments?fields={fields}");
    let reply = stage.post(&path, &[("message", "thank you")]).await.body;
    assert_eq!(reply["parent"]["id"], json!(top));
    assert_eq!(reply["from"], json!({"id": PAGE, "name": "Acme"}));
    assert!(reply["permalink_url"].as_str().unwrap().contains("&reply_comment_id="));
    let tree = stage.sim(Method::GET, &format!("/pages/{PAGE}/tree"), Value::Null).await;
    let replies = &tree.body[0]["comments"][0]["comments"];
    assert_eq!(replies[0]["message"], "nested");
    assert_eq!(replies[1]["message"], "thank you");
    assert_eq!(replies[1]["author"]["id"], PAGE);
    assert_eq!(tree.body[0]["comments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_words_again_are_a_duplicate_for_a_while() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let (a, b) = (stage.comments(&post, "a").await, stage.comments(&post, "b").await);
    let say = async |target: &str| {
        stage.post(&format!("/v26.0/{target}/comments"), &[("message", "thanks")]).await
    };
    let first = say(&a).await;
    assert_eq!(first.status, 200);
    assert_eq!(say(&a).await.error(), (400, 506, Some(1_455_006)));
    assert_eq!(say(&b).await.status, 200, "another target");
    stage.delete(&format!("/v26.0/{}", first.body["id"].as_str().unwrap())).await;
    assert_eq!(say(&a).await.status, 200, "deleted, so not there twice");
    stage.pass(2).await;
    assert_eq!(say(&a).await.status, 200, "hours later");
}

#[tokio::test]
async fn what_cannot_be_published_is_refused() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let comments = format!("/v26.0/{post}/comments");
    assert_eq!(stage.post(&comments, &[]).await.error(), (400, 100, None));
    let long = "x".repeat(8001);
    assert_eq!(stage.post(&comments, &[("message", &long)]).await.error(), (400, 100, None));
    let photo = [("attachment_url", "https://pictures.example/a.jpg")];
    assert_eq!(stage.post(&comments, &photo).await.status, 200);
    stage.sim(Method::DELETE, &format!("/objects/{post}"), Value::Null).await;
    assert_eq!(stage.post(&comments, &[("message", "hi")]).await.error(), (400, 100, Some(33)));
    assert_eq!(stage.get(&format!("/v26.0/{post}")).await.error(), (400, 100, Some(33)));
}

#[tokio::test]
async fn the_page_edits_its_own_and_hides_what_others_wrote() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let theirs = format!("/v26.0/{}", stage.comments(&post, "theirs").await);
    let own = stage.post(&format!("/v26.0/{post}/comments"), &[("message", "ours")]).await;
    let own = format!("/v26.0/{}", own.body["id"].as_str().unwrap());
    let success = json!({"success": true});
    assert_eq!(stage.post(&own, &[("message", "ours, better")]).await.body, success);
    assert_eq!(
        stage.post(&theirs, &[("message", "put in their mouth")]).await.error(),
        (403, 200, None)
    );
    assert_eq!(stage.post(&own, &[("is_hidden", "true")]).await.error(), (403, 200, None));
    assert_eq!(stage.post(&theirs, &[("is_hidden", "true")]).await.body, success);
    assert_eq!(stage.post(&format!("{theirs}/likes"), &[]).await.body, success);
    let seen = stage.get(&format!("{theirs}?fields=is_hidden,user_likes,like_count")).await.body;
    assert_eq!(
        (&seen["is_hidden"], &seen["user_likes"], &seen["like_count"]),
        (&json!(true), &json!(true), &json!(1))
    );
    assert_eq!(stage.delete(&theirs).await.body, success);
    assert_eq!(stage.delete(&theirs).await.error(), (400, 100, Some(33)));
    assert_eq!(stage.get(&format!("{own}?fields=message")).await.body["message"], "ours, better");
}

#[tokio::test]
async fn a_comment_is_there_although_its_answer_was_lost() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let fault =
        json!({"match": {"method": "POST", "path": "*/comments"}, "fault": "apply_then_drop"});
    stage.sim(Method::POST, "/faults", fault).await;
    let comments = format!("/v26.0/{post}/comments");
    let lost = stage.page(Method::POST, &comments).form(&[("message", "hi")]).send().await;
    assert!(lost.is_err());
    assert_eq!(stage.get(&comments).await.texts("message"), ["hi"]);
    assert_eq!(stage.post(&comments, &[("message", "hi")]).await.error().1, 506);
}

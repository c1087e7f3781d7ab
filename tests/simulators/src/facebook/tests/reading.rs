use super::*;

/// Posts `1` to `count`, a minute apart.
async fn posts(stage: &Stage, count: usize) {
    for number in 1..=count {
        let body = json!({
            "author": {"id": "7001", "name": "Ann"}, "message": number.to_string(),
            "created_time": format!("2026-11-01T10:{number:02}:00+0000"),
        });
        stage.sim(Method::POST, &format!("/pages/{PAGE}/posts"), body).await;
    }
}

/// Follows `paging.next` as it stands, but for the proof that it leaves out.
async fn follow(stage: &Stage, first: Answer) -> Vec<String> {
    let (mut answer, mut seen) = (first, Vec::new());
    loop {
        seen.extend(answer.texts("message").into_iter().map(str::to_owned));
        let Some(next) = answer.body["paging"]["next"].as_str() else { return seen };
        assert!(next.starts_with(&format!("{}/v26.0/", stage.url)), "{next}");
        assert!(next.contains("access_token=") && !next.contains("appsecret_proof"), "{next}");
        answer = send(stage.client.get(format!("{next}&appsecret_proof={}", proof(TOKEN)))).await;
    }
}

#[tokio::test]
async fn a_feed_is_paged_by_cursor() {
    let stage = Stage::new().await;
    let feed = format!("/v26.0/{PAGE}/feed?fields=message&limit=2");
    assert_eq!(stage.get(&feed).await.body, json!({"data": []}), "an empty list has no paging");
    posts(&stage, 5).await;
    let first = stage.get(&feed).await;
    let after = first.body["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    let second = stage.get(&format!("{feed}&after={after}")).await;
    assert_eq!(second.texts("message"), ["3", "2"]);
    let before = second.body["paging"]["cursors"]["before"].as_str().unwrap();
    let back = stage.get(&format!("{feed}&before={before}")).await;
    assert_eq!(back.texts("message"), ["5", "4"]);
    assert_eq!(follow(&stage, first).await, ["5", "4", "3", "2", "1"]);
    let last = stage.get(&format!("/v26.0/{PAGE}/feed?limit=5")).await;
    assert!(
        last.body["paging"]["cursors"].is_object() && last.body["paging"].get("next").is_none()
    );
    let id = last.body["data"][1]["id"].as_str().unwrap();
    stage.delete(&format!("/v26.0/{id}")).await;
    let dead = stage.get(&format!("{feed}&after={after}")).await;
    assert_eq!(dead.error(), (400, 100, None), "a cursor dies with its item");
}

#[tokio::test]
async fn a_feed_is_paged_by_time() {
    let stage = Stage::new().await;
    stage.sim(Method::PUT, "/paging", json!({"style": "time"})).await;
    posts(&stage, 5).await;
    let first = stage.get(&format!("/v26.0/{PAGE}/feed?fields=message&limit=2")).await;
    let paging = &first.body["paging"];
    assert!(paging.get("cursors").is_none());
    assert!(
        paging["next"].as_str().unwrap().contains("&until=1793527440&since&__paging_token="),
        "{paging}"
    );
    let newer = paging["previous"].as_str().unwrap();
    assert!(newer.contains("&__previous=1&since=1793527500&until&__paging_token="), "{newer}");
    assert_eq!(follow(&stage, first).await, ["5", "4", "3", "2", "1"]);
}

#[tokio::test]
async fn since_and_until_look_at_the_posts_own_time() {
    let stage = Stage::new().await;
    posts(&stage, 4).await;
    let all = stage.get(&format!("/v26.0/{PAGE}/feed")).await;
    let oldest = all.body["data"][3]["id"].as_str().unwrap();
    stage.comments(oldest, "a comment of today").await;
    let window = "since=2026-11-01T10:02:00%2B0000&until=1793527380";
    let some = stage.get(&format!("/v26.0/{PAGE}/feed?{window}")).await;
    assert_eq!(some.texts("message"), ["3", "2"]);
    assert_eq!(some.body["data"][0]["created_time"], "2026-11-01T10:03:00+0000");
    assert_eq!(
        stage.get(&format!("/v26.0/{PAGE}/feed?since=soon")).await.error(),
        (400, 100, None)
    );
}

#[tokio::test]
async fn too_much_is_refused_and_a_wrong_field_fails_the_whole_call() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let ask = async |query: &str| stage.get(&format!("/v26.0/{PAGE}/feed?{query}")).await.error();
    assert_eq!(ask("limit=101").await, (400, 100, None));
    assert_eq!(ask("limit=100&fields=comments.limit(100){id}").await, (500, 1, None));
    assert_eq!(ask("fields=id,(").await, (400, 2500, None));
    let wrong = stage.get(&format!("/v26.0/{post}?fields=id,from{{shoe_size}}")).await;
    assert_eq!(wrong.error(), (400, 100, None));
    assert_eq!(
        wrong.body["error"]["message"],
        "(#100) Tried accessing nonexisting field (shoe_size) on node type (User)"
    );
    let own = stage.post(&format!("/v26.0/{PAGE}/feed"), &[("message", "news")]).await;
    let own = own.body["id"].as_str().unwrap();
    let page = stage.get(&format!("/v26.0/{own}?fields=from{{first_name}}")).await;
    assert!(
        page.body["error"]["message"]
            .as_str()
            .unwrap()
            .ends_with("(first_name) on node type (Page)")
    );
}

#[tokio::test]
async fn only_what_was_asked_for_is_answered() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let comment = stage.comments(&post, "first").await;
    stage.comments(&comment, "reply").await;
    let by_default = stage.get(&format!("/v26.0/{post}/comments")).await;
    let keys: Vec<_> = by_default.body["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["created_time", "from", "id", "message"]);
    let fields = "message,comments.limit(1).filter(stream).summary(true){message,parent{id}}";
    let feed = stage.get(&format!("/v26.0/{PAGE}/feed?fields={fields}")).await;
    let below = &feed.body["data"][0]["comments"];
    assert_eq!(
        below["data"],
        json!([{"id": comment, "message": "first"}]),
        "no parent at top level"
    );
    assert_eq!(below["summary"]["total_count"], 2);
    let next = below["paging"]["next"].as_str().unwrap();
    assert!(next.contains(&format!("/{post}/comments?")), "{next}");
    let next = send(stage.client.get(format!("{next}&appsecret_proof={}", proof(TOKEN)))).await;
    assert_eq!(next.body["data"][0]["parent"], json!({"id": comment}));
}

#[tokio::test]
async fn a_stream_holds_the_replies_too_in_the_order_asked_for() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let first = stage.comments(&post, "1").await;
    stage.comments(&first, "1.1").await;
    stage.comments(&post, "2").await;
    let ask = async |query: &str| {
        let answer = stage.get(&format!("/v26.0/{post}/comments?{query}")).await;
        answer.texts("message").join(" ")
    };
    assert_eq!(ask("").await, "1 2");
    assert_eq!(ask("filter=stream").await, "1 1.1 2");
    assert_eq!(ask("filter=stream&order=reverse_chronological").await, "2 1.1 1");
    stage.post(&format!("/v26.0/{first}"), &[("is_hidden", "true")]).await;
    assert_eq!(ask("").await, "2", "the default list is a filtered one");
    assert_eq!(ask("order=chronological").await, "1 2");
    let wrong = stage.get(&format!("/v26.0/{post}/comments?filter=all")).await;
    assert_eq!(wrong.error(), (400, 100, None));
}

#[tokio::test]
async fn slashes_and_umlauts_are_escaped_on_the_wire() {
    let stage = Stage::new().await;
    let post = stage.posts("Grüße").await;
    let path = format!("/v26.0/{post}?fields=permalink_url,message");
    let text = stage.page(Method::GET, &path).send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains(r"https:\/\/www.facebook.com\/") && text.contains(r"Gr\u00fc\u00dfe"),
        "{text}"
    );
}

#[tokio::test]
async fn the_narrower_feeds_tell_page_and_visitors_apart() {
    let stage = Stage::new().await;
    stage.posts("from outside").await;
    stage.writes(&format!("/pages/{PAGE}/posts"), (PAGE, "whoever"), "from inside").await;
    for (edge, expected) in [
        ("feed", vec!["from inside", "from outside"]),
        ("posts", vec!["from inside"]),
        ("published_posts", vec!["from inside"]),
        ("visitor_posts", vec!["from outside"]),
        ("tagged", vec![]),
    ] {
        let answer = stage.get(&format!("/v26.0/me/{edge}?fields=message,from")).await;
        assert_eq!(answer.texts("message"), expected, "{edge}");
    }
}

#[tokio::test]
async fn several_objects_are_read_by_one_call_unless_one_is_gone() {
    let stage = Stage::new().await;
    let (first, second) = (stage.posts("one").await, stage.posts("two").await);
    stage.comments(&second, "hello").await;
    let many = |ids: &str| {
        format!("/v26.0/?ids={ids}&fields=id,comments.limit(5).filter(stream){{message}}")
    };
    let answer = stage.get(&many(&format!("{first},{second}"))).await;
    assert_eq!(answer.body[&first], json!({ "id": first }));
    assert_eq!(answer.body[&second]["comments"]["data"][0]["message"], "hello");
    stage.delete(&format!("/v26.0/{first}")).await;
    assert_eq!(stage.get(&many(&format!("{first},{second}"))).await.error().1, 100);
    let many_ids = vec!["1"; 51].join(",");
    assert_eq!(stage.get(&many(&many_ids)).await.error(), (400, 100, None));
    assert_eq!(stage.get("/v26.0/").await.error().1, 100);
}

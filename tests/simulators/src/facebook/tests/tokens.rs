use super::*;

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_nothing_is_read() {
    let stage = Stage::new().await;
    let feed = format!("/v26.0/{PAGE}/feed");
    let none = send(stage.request(Method::GET, &feed)).await;
    assert_eq!(none.error(), (400, 104, None));
    let wrong = send(stage.request(Method::GET, &feed).bearer_auth("EAAnothing")).await;
    assert_eq!(wrong.error(), (400, 190, None));
    let trace = wrong.body["error"]["fbtrace_id"].as_str().unwrap();
    assert_eq!(wrong.headers["x-fb-request-id"], trace);
    let pages = json!({"pages": [{"id": PAGE, "name": "Acme", "token": "EAAnew"}]});
    stage.sim(Method::PUT, "/pages", pages).await;
    assert_eq!(stage.get(&feed).await.error(), (400, 190, Some(460)), "a token that was replaced");
}

#[tokio::test]
async fn a_token_may_stand_in_header_query_or_form() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let proof = proof(TOKEN);
    let query = format!("/{PAGE}?access_token={TOKEN}&appsecret_proof={proof}");
    assert_eq!(send(stage.request(Method::GET, &query)).await.body["name"], "Acme");
    let form = [("access_token", TOKEN), ("appsecret_proof", &proof), ("message", "hi")];
    let path = format!("/v26.0/{post}/comments");
    let answer = send(stage.request(Method::POST, &path).form(&form)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = json!({"access_token": TOKEN, "appsecret_proof": proof, "message": "hi again"});
    let answer = send(stage.request(Method::POST, &path).json(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn the_proof_is_demanded_in_either_form_and_is_good_for_five_minutes() {
    let stage = Stage::new().await;
    let ask = |query: Vec<(&'static str, String)>| {
        send(stage.request(Method::GET, "/v26.0/me").bearer_auth(TOKEN).query(&query))
    };
    let timed = |time: i64| {
        let proof = proof(&format!("{TOKEN}|{time}"));
        vec![("appsecret_proof", proof), ("appsecret_time", time.to_string())]
    };
    let none = ask(vec![]).await;
    assert_eq!(none.error(), (400, 100, None));
    assert!(none.body["error"]["message"].as_str().unwrap().contains("require an appsecret_proof"));
    assert_eq!(ask(vec![("appsecret_proof", proof("other"))]).await.error(), (400, 100, None));
    assert_eq!(ask(vec![("appsecret_proof", proof(TOKEN))]).await.status, 200);
    let now = stage.control.now().as_second();
    assert_eq!(ask(timed(now)).await.status, 200);
    assert_eq!(ask(timed(now - 400)).await.error(), (400, 100, None));
    stage.sim(Method::PUT, "/settings", json!({"require_proof": false})).await;
    assert_eq!(ask(vec![]).await.status, 200);
    assert_eq!(ask(vec![("appsecret_proof", proof("other"))]).await.error(), (400, 100, None));
}

#[tokio::test]
async fn another_pages_things_are_out_of_reach() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let ask = |method: Method, path: String| {
        let proof = [("appsecret_proof", proof(NORD_TOKEN))];
        send(
            stage
                .request(method, &path)
                .bearer_auth(NORD_TOKEN)
                .query(&proof)
                .form(&[("message", "hi")]),
        )
    };
    assert_eq!(ask(Method::GET, format!("/v26.0/{PAGE}/feed")).await.error(), (400, 100, None));
    assert_eq!(ask(Method::GET, format!("/v26.0/{post}")).await.error(), (400, 100, Some(33)));
    let comments = format!("/v26.0/{post}/comments");
    assert_eq!(ask(Method::POST, comments).await.error(), (400, 100, Some(33)));
    assert_eq!(ask(Method::POST, format!("/v26.0/{PAGE}/messages")).await.error(), (403, 10, None));
    assert_eq!(
        ask(Method::DELETE, format!("/v26.0/{PAGE}/subscribed_apps")).await.error(),
        (403, 10, None)
    );
    assert_eq!(ask(Method::GET, format!("/v26.0/{NORD}/feed")).await.status, 200);
}

#[tokio::test]
async fn the_answering_version_is_said_and_expired_ones_are_upgraded() {
    let stage = Stage::new().await;
    for (path, version) in [("/v26.0/me", "v26.0"), ("/v19.0/me", "v21.0"), ("/me", "v21.0")] {
        let answer = stage.get(path).await;
        assert_eq!(answer.body, json!({"id": PAGE, "name": "Acme"}), "{path}");
        assert_eq!(answer.headers["facebook-api-version"], version, "{path}");
        let usage = answer.headers["x-business-use-case-usage"].to_str().unwrap();
        let usage: Value = serde_json::from_str(usage).unwrap();
        assert_eq!(usage[PAGE][0]["type"], "pages");
    }
    assert_eq!(stage.get("/v26.0/me/nothing").await.error(), (400, 100, None));
    assert_eq!(stage.get("/v26.0/me/feed/more").await.error(), (400, 2500, None));
}

#[tokio::test]
async fn only_a_page_sees_who_wrote() {
    let stage = Stage::new().await;
    let post = stage.posts("hello").await;
    let app = format!("{}|{}", seed::APP_ID, seed::APP_SECRET);
    let path = format!("/v26.0/{post}?fields=message,from");
    let by_app = send(stage.request(Method::GET, &path).bearer_auth(&app)).await;
    assert_eq!(by_app.body, json!({"id": post, "message": "hello"}));
    let from = json!({"id": "7001", "name": "Ann Bee"});
    assert_eq!(stage.get(&path).await.body, json!({"id": post, "message": "hello", "from": from}));
    let debug = format!("/debug_token?input_token={TOKEN}");
    let debug = send(stage.request(Method::GET, &debug).bearer_auth(&app)).await;
    assert_eq!(debug.body["data"]["profile_id"], PAGE);
}

#[tokio::test]
async fn a_request_is_counted_by_its_edge_and_reset_forgets() {
    let stage = Stage::new().await;
    stage.posts("hello").await;
    stage.get(&format!("/v26.0/{PAGE}/feed")).await;
    let counts = stage.sim(Method::GET, "/requests", Value::Null).await;
    assert_eq!(counts.body["routes"]["GET /v26.0/{object}/feed"], 1);
    let unknown = stage
        .sim(Method::POST, "/objects/1_2/comments", json!({"author": {"id": 1}, "message": "x"}))
        .await;
    assert_eq!(
        (unknown.status, &unknown.body["error"]),
        (404, &json!("there is no post or comment 1_2"))
    );
    assert_eq!(stage.sim(Method::GET, "/pages/12/tree", Value::Null).await.status, 404);
    assert_eq!(stage.sim(Method::GET, "/nothing", Value::Null).await.status, 404);
    stage.sim(Method::POST, "/reset", Value::Null).await;
    assert_eq!(stage.get(&format!("/v26.0/{PAGE}/feed")).await.body, json!({"data": []}));
}

//! A person wants to be deleted: what Facebook is answered, what the person reads, what is remembered.

use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use social_core::forgetting::{Requests, Settled};

use super::{cloud::Cloud, *};

const PATH: &str = "/facebook/data-deletion";

fn signed_request(secret: &str, user_id: &str) -> String {
    let payload =
        json!({ "algorithm": "HMAC-SHA256", "issued_at": 1_795_348_800, "user_id": user_id });
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload.to_string());
    format!("{}.{payload}", BASE64_URL_SAFE_NO_PAD.encode(mac(secret, &payload)))
}

async fn asks(cloud: &Cloud, body: String) -> (StatusCode, Value) {
    let request = Request::post(PATH)
        .header("host", "abc.execute-api.example")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (status, _, body) = answer(cloud.app(), request.body(Body::from(body)).unwrap()).await;
    (status, serde_json::from_str(&body).unwrap_or_default())
}

async fn reads(cloud: &Cloud, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = cloud.app().oneshot(request).await.unwrap();
    let headers = response.headers();
    if response.status() == StatusCode::OK {
        assert!(headers[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["content-security-policy"], "default-src 'none'");
    }
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_person_is_told_a_code_and_reads_under_it_what_became_of_the_request() {
    let cloud = Cloud::new(&["now", "before"]);
    let form = format!("signed_request={}", signed_request("before", "218471"));
    let (status, told) = asks(&cloud, form.clone()).await;
    assert_eq!(status, StatusCode::OK);
    let code = told["confirmation_code"].as_str().unwrap();
    let url = told["url"].as_str().unwrap();
    assert_eq!(url, format!("https://abc.execute-api.example{PATH}/{code}"));
    let path = format!("{PATH}/{code}");
    let (status, page) = reads(&cloud, &path).await;
    assert_eq!(status, StatusCode::OK);
    for words in [code, "It waits for a person", "by hand", "Back-ups"] {
        assert!(page.contains(words), "no “{words}” in {page}");
    }
    // Whoever reads the page learns no id.
    assert!(!page.contains("218471") && !page.contains('{'), "{page}");

    // Facebook may ask again, and somebody may have listened.
    for _ in 0..3 {
        assert_eq!(asks(&cloud, form.clone()).await, (StatusCode::OK, told.clone()));
    }
    let padded = form.replace('.', "=.");
    assert_eq!(asks(&cloud, padded).await.1["confirmation_code"], code);
    let remembered: Value = serde_json::from_str(&cloud.state()).unwrap();
    assert_eq!(remembered["Count"], 1, "{remembered}");

    let state = cloud.state_table();
    let settled = Settled { at: "2026-11-23T09:00:00Z".parse().unwrap(), conversations: 2 };
    assert!(state.settle(code, &settled).await.unwrap());
    let (_, page) = reads(&cloud, &path).await;
    assert!(
        page.contains("Settled on 23 November 2026: what you wrote was erased, in 2"),
        "{page}"
    );
    assert!(page.contains("If something of yours is left"), "{page}");
    assert!(!page.contains("needs your help") && !page.contains('{'), "{page}");
    assert!(!cloud.state().contains("218471"), "the id is not needed any more");
}

#[rstest]
#[case::forged(format!("signed_request={}", signed_request("never", "218471")), StatusCode::UNAUTHORIZED)]
#[case::empty_secret(format!("signed_request={}", signed_request("", "218471")), StatusCode::UNAUTHORIZED)]
#[case::altered(format!("signed_request={}x", signed_request("now", "218471")), StatusCode::UNAUTHORIZED)]
#[case::no_signature("signed_request=eyJhIjoxfQ".to_owned(), StatusCode::UNAUTHORIZED)]
#[case::nobody(format!("signed_request={}", signed_request("now", "")), StatusCode::BAD_REQUEST)]
#[case::another_field("signed=x".to_owned(), StatusCode::UNPROCESSABLE_ENTITY)]
#[case::too_large(format!("signed_request={}", "x".repeat(20_000)), StatusCode::PAYLOAD_TOO_LARGE)]
#[tokio::test]
async fn a_forged_request_has_no_effect(#[case] body: String, #[case] expected: StatusCode) {
    let cloud = Cloud::new(&["now", ""]);
    let (status, told) = asks(&cloud, body).await;
    assert_eq!((status, told), (expected, Value::Null));
    assert!(
        cloud.calls().iter().all(|call| call == "AmazonSSM.GetParameter"),
        "{:?}",
        cloud.calls()
    );
}

#[rstest]
#[case::unknown(&"0".repeat(32))]
#[case::short("00")]
#[case::no_code("..%2f..%2fconversation")]
#[case::long(&"0".repeat(4_000))]
#[tokio::test]
async fn there_is_no_status_without_its_code(#[case] code: &str) {
    let cloud = Cloud::new(&["now"]);
    let (status, body) = reads(&cloud, &format!("{PATH}/{code}")).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, ""));
}

//! What an administrator has to mend is told once, by name, and is over when the page is read again.

use rstest::rstest;

use super::*;

#[rstest]
#[case::expired(json!({ "code": 190, "error_subcode": 463 }), &["page_token"])]
#[case::app_removed(json!({ "code": 190, "error_subcode": 458 }), &["page_token"])]
#[case::session(json!({ "code": 102 }), &["page_token"])]
#[case::proof(json!({ "code": 100, "message": "Invalid appsecret_proof provided" }), &["app_secret"])]
#[case::permission(json!({ "code": 200 }), &["permissions"])]
#[case::blocked(json!({ "code": 368 }), &["page_id"])]
#[case::transient(json!({ "code": 2 }), &[])]
#[case::limit(json!({ "code": 32 }), &[])]
#[tokio::test]
async fn it_is_told_by_the_field_to_mend(#[case] error: Value, #[case] fields: &[&str]) {
    let mut world = World::started(json!({})).await;
    world.server.reset().await;
    world.answers("feed", None, json!({ "error": error })).await;
    for _ in 0..2 {
        world.try_pass().await.unwrap_err();
        assert_eq!(world.troubles.fields(), fields);
    }
    world.hands.set("12:59:00");
    world.shows_feed(json!([post("1", "42", "12:01:00", &[])])).await;
    assert_eq!(world.pass().await, ["1029384756_1"], "what came meanwhile is taken");
    assert!(world.troubles.fields().is_empty());
}

/// The token of before, then the new one.
#[derive(Clone)]
struct Replaced(std::sync::Arc<std::sync::atomic::AtomicU32>);

impl Credentials for Replaced {
    async fn facebook(&self, _: &str) -> Result<Arc<FacebookCredential>, Failure> {
        let asked = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let page_token = if asked == 0 { "dead" } else { "new" }.into();
        Ok(Arc::new(FacebookCredential { page_token, app_secret: "secret-sauce".into() }))
    }

    async fn twitter(
        &self,
        _: &str,
    ) -> Result<Arc<social_core::credential::TwitterCredential>, Failure> {
        unreachable!("nothing here is Twitter's")
    }
}

#[tokio::test]
async fn a_replaced_token_is_used_by_the_very_next_pass() {
    let (server, hands) = (MockServer::start().await, Hands::noon());
    let dead = ResponseTemplate::new(400).set_body_json(json!({ "error": { "code": 190 } }));
    Mock::given(wiremock::matchers::header("authorization", "Bearer dead"))
        .respond_with(dead)
        .mount(&server)
        .await;
    Mock::given(wiremock::matchers::header("authorization", "Bearer new"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [] })))
        .mount(&server)
        .await;
    let troubles = Troubles::default();
    let ports = PollPorts {
        graph: graph(&server, &hands),
        credentials: Replaced(Arc::default()),
        seen: Ledger::default(),
        troubles: troubles.clone(),
    };
    let poll = FacebookPoll::new(ports, channel(json!({ "include": ["mentions"] }))).unwrap();
    assert_eq!(poll.pass(None).await.unwrap_err().verdict(), Verdict::WAIT);
    assert_eq!(troubles.fields(), ["page_token"]);
    poll.pass(None).await.unwrap();
    assert_eq!(troubles.fields(), ["subscribed_apps"], "it has none, and the token is well");
}

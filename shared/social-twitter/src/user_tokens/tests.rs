use rstest::rstest;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::fixture::{Keys, LeaseTable, TestClock, answer, api, credential, secret};

const NAME: &str = "/social/twitter/acme";
const TOKEN: &str = "/2/oauth2/token";
const NOON: &str = "2026-11-22T12:00:00Z";

fn keys(refresh_token: &str) -> Keys {
    let oauth2 = OAuth2Keys {
        client_id: "client".to_owned(),
        client_secret: secret("client-secret"),
        refresh_token: secret(refresh_token),
    };
    Keys(Some(Arc::new(TwitterCredential { oauth2: Some(oauth2), ..(*credential()).clone() })))
}

/// X turns one refresh token into a pair.
async fn rotates(server: &MockServer, spent: &str, number: u32) {
    let pair = json!({
        "token_type": "bearer", "expires_in": 7_200, "access_token": format!("access{number}"),
        "refresh_token": format!("refresh{number}"), "scope": "tweet.read",
    });
    Mock::given(matchers::method("POST"))
        .and(matchers::path(TOKEN))
        .and(matchers::body_string_contains(format!("refresh_token={spent}&")))
        .and(matchers::header("authorization", "Basic Y2xpZW50OmNsaWVudC1zZWNyZXQ="))
        .respond_with(ResponseTemplate::new(200).set_body_json(pair))
        .expect(1)
        .mount(server)
        .await;
}

struct Scene {
    server: MockServer,
    clock: TestClock,
    leases: LeaseTable,
}

impl Scene {
    async fn new() -> Self {
        Self {
            server: MockServer::start().await,
            clock: TestClock::at(NOON),
            leases: LeaseTable::default(),
        }
    }

    /// A function's, as its environment starts.
    fn tokens(&self, refresh_token: &str) -> UserTokens<Keys, &LeaseTable, &TestClock> {
        UserTokens::new(keys(refresh_token), &self.leases, api(&self.server.uri()), &self.clock)
    }
}

async fn token(tokens: &UserTokens<Keys, &LeaseTable, &TestClock>) -> Option<String> {
    let credential = tokens.twitter(NAME).await.unwrap();
    credential.user_token.as_ref().map(|token| token.expose_secret().to_owned())
}

#[tokio::test]
async fn a_token_is_replaced_before_its_end_and_each_refresh_token_is_spent_once() {
    let scene = Scene::new().await;
    rotates(&scene.server, "given", 1).await;
    let publisher = scene.tokens("given");
    assert_eq!(token(&publisher).await.as_deref(), Some("access1"));
    assert_eq!(token(&publisher).await.as_deref(), Some("access1"));
    // Another function, and one that starts later, find it stored.
    let poller = scene.tokens("given");
    assert_eq!(token(&poller).await.as_deref(), Some("access1"));
    scene.clock.set("2026-11-22T13:56:00Z");
    rotates(&scene.server, "refresh1", 2).await;
    assert_eq!(token(&poller).await.as_deref(), Some("access2"));
    assert_eq!(token(&publisher).await.as_deref(), Some("access2"));
}

#[tokio::test]
async fn of_many_that_refresh_at_once_one_does() {
    let scene = Scene::new().await;
    rotates(&scene.server, "given", 1).await;
    let functions: Vec<_> = (0..8).map(|_| scene.tokens("given")).collect();
    let told = futures::future::join_all(functions.iter().map(token)).await;
    assert!(told.iter().all(|token| token.as_deref() == Some("access1")), "{told:?}");
}

/// Without the pair on record nobody could ever refresh again.
#[tokio::test]
async fn a_new_pair_is_on_record_before_it_is_used() {
    let scene = Scene::new().await;
    rotates(&scene.server, "given", 1).await;
    scene.leases.fail_writes(2);
    assert_eq!(token(&scene.tokens("given")).await.as_deref(), Some("access1"));
    assert!(scene.leases.stored(&format!("oauth2#{NAME}")).unwrap().contains("refresh1"));
}

#[tokio::test]
async fn what_cannot_be_put_on_record_is_not_used() {
    let scene = Scene::new().await;
    rotates(&scene.server, "given", 1).await;
    scene.leases.fail_writes(u32::MAX);
    let tokens = scene.tokens("given");
    assert_eq!(token(&tokens).await, None);
    // It is kept until it can be, and the spent one is not spent again.
    scene.leases.fail_writes(0);
    assert_eq!(token(&tokens).await.as_deref(), Some("access1"));
}

/// The account must be authorised anew; X is asked once, whoever starts later.
#[rstest]
#[case::spent(400, json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."}))]
#[case::client(401, json!({"error": "unauthorized_client"}))]
#[tokio::test]
async fn a_refused_refresh_token_is_dead_until_another_one_is_given(
    #[case] status: u16,
    #[case] body: Value,
) {
    let scene = Scene::new().await;
    answer(&scene.server, "POST", TOKEN, status, body, 1).await;
    for _ in 0..2 {
        assert_eq!(token(&scene.tokens("given")).await, None);
    }
    scene.server.reset().await;
    rotates(&scene.server, "another", 1).await;
    assert_eq!(token(&scene.tokens("another")).await.as_deref(), Some("access1"));
}

/// What fails for a moment costs nothing while the old token holds.
#[tokio::test]
async fn while_x_is_away_the_old_token_serves_to_its_end() {
    let scene = Scene::new().await;
    rotates(&scene.server, "given", 1).await;
    let tokens = scene.tokens("given");
    token(&tokens).await.unwrap();
    scene.server.reset().await;
    answer(&scene.server, "POST", TOKEN, 503, json!({}), 2).await;
    scene.clock.set("2026-11-22T13:58:00Z");
    assert_eq!(token(&tokens).await.as_deref(), Some("access1"));
    scene.clock.set("2026-11-22T14:00:00Z");
    assert_eq!(token(&tokens).await, None);
    scene.server.reset().await;
    rotates(&scene.server, "refresh1", 2).await;
    assert_eq!(token(&tokens).await.as_deref(), Some("access2"));
}

#[tokio::test]
async fn a_key_set_without_oauth_2_passes_as_it_is() {
    let scene = Scene::new().await;
    let api = api(&scene.server.uri());
    let tokens = UserTokens::new(Keys::good(), &scene.leases, api, &scene.clock);
    assert!(tokens.twitter(NAME).await.unwrap().user_token.is_none());
    assert_eq!(scene.server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_call_in_the_users_name_bears_the_token() {
    let scene = Scene::new().await;
    rotates(&scene.server, "given", 1).await;
    Mock::given(matchers::path("/2/users/me"))
        .and(matchers::header("authorization", "Bearer access1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": {"id": "42"}})))
        .expect(1)
        .mount(&scene.server)
        .await;
    let credential = scene.tokens("given").twitter(NAME).await.unwrap();
    assert_eq!(api(&scene.server.uri()).me(&credential).await.unwrap().id, "42");
}

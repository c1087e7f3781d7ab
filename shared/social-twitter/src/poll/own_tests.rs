use serde_json::{Value, json};
use wiremock::MockServer;

use super::{budget_tests::Ledger, *};
use crate::fixture::{TestClock, answer, api, channel, credential, parameter, queries, watch};

const SEARCH: &str = "/2/tweets/search/recent";
const MENTIONS: &str = "/2/users/42/mentions";

fn poll<'a>(
    server: &MockServer,
    clock: &'a TestClock,
    channels: Vec<Arc<Channel>>,
) -> TwitterPoll<&'a TestClock> {
    let owner = TwitterCredential {
        owns_app: true,
        monthly_budget_usd: Some(1.0),
        ..(*credential()).clone()
    };
    TwitterPoll::new(
        api(&server.uri()),
        "acme",
        owner.into(),
        channels,
        PollSettings::default(),
        clock,
    )
}

fn channels() -> Vec<Arc<Channel>> {
    vec![channel(json!({"keywords": ["router"]})), watch(json!({}))]
}

async fn x(username: &str, mentions: Value) -> MockServer {
    let server = MockServer::start().await;
    let me = json!({"data": {"id": "42", "name": "Acme", "username": username}});
    answer(&server, "GET", "/2/users/me", 200, me, 0..=1).await;
    answer(&server, "GET", MENTIONS, 200, mentions, 0..).await;
    answer(&server, "GET", SEARCH, 200, json!({"meta": {"result_count": 0}}), 0..).await;
    let zoe = json!({"data": [{"id": "7", "name": "Zoë", "username": "zoe"}]});
    answer(&server, "GET", "/2/users", 200, zoe, 0..).await;
    server
}

fn mention() -> Value {
    let id = crate::snowflake::at("2026-11-22T12:00:01Z".parse().unwrap()).to_string();
    json!({
        "id": id, "text": "@acme hello", "author_id": "7", "created_at": "2026-11-22T12:00:01Z",
        "entities": {"mentions": [{"username": "acme"}]},
    })
}

/// The texts of the searches so far.
async fn searched(server: &MockServer) -> Vec<String> {
    let searches = queries(server, SEARCH).await;
    searches.iter().map(|q| parameter(q, "query").unwrap().to_owned()).collect()
}

/// Contract B3: own mentions by the timeline, everything else by the search, each paid for once.
#[tokio::test]
async fn own_mentions_are_read_where_they_are_cheaper() {
    let server = x("Acme", json!({"data": [mention()], "meta": {"result_count": 1}})).await;
    let clock = TestClock::at("2026-11-22T12:00:00Z");
    let ledger = Ledger::default();
    let poll = poll(&server, &clock, channels()).with_budgets(&ledger, Prices::default());
    let pass = poll.pass(None).await.unwrap();
    assert_eq!(pass.messages.len(), 1);
    assert_eq!(searched(&server).await, ["(@rival OR router) -is:retweet"]);
    // One tweet of one's own, and its author.
    assert_eq!(ledger.0.lock().unwrap().0.amount, 1_000 + 10_000);
    clock.set("2026-11-22T12:10:00Z");
    poll.pass(Some(&pass.checkpoint)).await.unwrap();
    let timeline = queries(&server, MENTIONS).await;
    assert_eq!(parameter(&timeline[0], "query"), None);
    assert!(parameter(&timeline[1], "since_id").is_some());
}

/// The token is another account's: the search finds the mentions, in its old place.
#[tokio::test]
async fn another_accounts_timeline_is_not_read() {
    let server = x("acme_uk", json!({})).await;
    let clock = TestClock::at("2026-11-22T12:00:00Z");
    poll(&server, &clock, channels()).pass(None).await.unwrap();
    assert_eq!(searched(&server).await, ["(@acme) -is:retweet", "(@rival OR router) -is:retweet"]);
    assert_eq!(queries(&server, MENTIONS).await.len(), 0);
}

/// A dead user token costs nothing but the better price.
#[tokio::test]
async fn where_the_timeline_is_refused_the_search_serves() {
    let server = MockServer::start().await;
    let me = json!({"data": {"id": "42", "name": "Acme", "username": "acme"}});
    answer(&server, "GET", "/2/users/me", 200, me, 1).await;
    answer(&server, "GET", MENTIONS, 401, json!({"title": "Unauthorized"}), 1).await;
    let found = json!({"data": [mention()], "meta": {"result_count": 1}});
    answer(&server, "GET", SEARCH, 200, found, 0..).await;
    let zoe = json!({"data": [{"id": "7", "name": "Zoë", "username": "zoe"}]});
    answer(&server, "GET", "/2/users", 200, zoe, 0..).await;
    let clock = TestClock::at("2026-11-22T12:00:00Z");
    let poll = poll(&server, &clock, channels());
    let pass = poll.pass(None).await.unwrap();
    assert_eq!(pass.messages.len(), 1);
    poll.pass(Some(&pass.checkpoint)).await.unwrap();
}

#[tokio::test]
async fn several_replying_handles_are_searched_for() {
    let server = x("acme", json!({})).await;
    let clock = TestClock::at("2026-11-22T12:00:00Z");
    let uk = json!({"channel_id": "uk", "handles": ["@acme_uk"], "reply_handle": "@acme_uk"});
    let both = vec![channel(json!({})), channel(uk)];
    poll(&server, &clock, both).pass(None).await.unwrap();
    assert_eq!(searched(&server).await, ["(@acme OR @acme_uk) -is:retweet"]);
}

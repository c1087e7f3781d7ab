use serde_json::{Value, json};
use social_core::{Verdict, message::Answerable, store::Leases};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::{
    fixture::{TestClock, answer, api, channel, credential, parameter, queries, watch},
    rest::{Reading, let_rest},
    snowflake,
};
use jiff::Timestamp;

pub(super) const SEARCH: &str = "/2/tweets/search/recent";
const NOON: &str = "2026-11-22T12:00:00Z";

/// An id of so many seconds after noon.
pub(super) fn id(seconds: i64) -> String {
    let noon: Timestamp = NOON.parse().unwrap();
    let time = Timestamp::from_millisecond(noon.as_millisecond() + seconds * 1_000).unwrap();
    snowflake::at(time).to_string()
}

/// A tweet that mentions the brand, written so many seconds after noon.
pub(super) fn tweet(seconds: i64, more: Value) -> Value {
    let id = id(seconds);
    let time = snowflake::time_of(id.parse().unwrap()).to_string();
    let mut tweet = json!({
        "id": id, "text": "hello @acme", "edit_history_tweet_ids": [id], "author_id": "7",
        "created_at": time, "conversation_id": id, "lang": "en",
        "entities": {"mentions": [{"start": 6, "end": 11, "username": "acme", "id": "42"}]},
    });
    let Value::Object(more) = more else { panic!("no object") };
    for (name, value) in more {
        tweet[name] = value;
    }
    tweet
}

pub(super) fn page(tweets: &[Value], next: Option<&str>) -> Value {
    let newest = tweets.first().map(|tweet| tweet["id"].clone());
    let mut meta = json!({"result_count": tweets.len()});
    let mut page = json!({});
    if let Some(newest) = newest {
        meta["newest_id"] = newest;
        page["data"] = tweets.into();
    }
    if let Some(next) = next {
        meta["next_token"] = next.into();
    }
    page["meta"] = meta;
    page
}

fn zoe() -> Value {
    json!({"data": [{"id": "7", "name": "Zoë", "username": "zoe"}]})
}

pub(super) struct World {
    pub(super) server: MockServer,
    pub(super) clock: TestClock,
}

impl World {
    pub(super) async fn new() -> Self {
        Self { server: MockServer::start().await, clock: TestClock::at(NOON) }
    }

    pub(super) fn poll(&self, channels: Vec<Arc<Channel>>) -> TwitterPoll<&TestClock> {
        let name = "/social/twitter/acme";
        let settings = PollSettings::default();
        TwitterPoll::new(
            api(&self.server.uri()),
            name,
            credential(),
            channels,
            settings,
            &self.clock,
        )
    }

    /// What the search answers from now on.
    pub(super) async fn finds(&self, page: Value) {
        self.server.reset().await;
        answer(&self.server, "GET", SEARCH, 200, page, 0..).await;
        answer(&self.server, "GET", "/2/users", 200, zoe(), 0..).await;
    }

    async fn searches(&self) -> Vec<Vec<(String, String)>> {
        queries(&self.server, SEARCH).await
    }
}

#[tokio::test]
async fn the_first_pass_imports_no_history() {
    let world = World::new().await;
    world.finds(page(&[tweet(1, json!({})), tweet(-30, json!({}))], None)).await;
    let poll = world.poll(vec![channel(json!({}))]);
    assert_eq!(poll.name(), "twitter#/social/twitter/acme");
    let pass = poll.pass(None).await.unwrap();
    let ids: Vec<&str> = pass.messages.iter().map(|m| m.message.id.as_str()).collect();
    assert_eq!(ids, [id(1)]);
    let search = &world.searches().await[0];
    assert_eq!(parameter(search, "since_id"), Some(id(-180).as_str()));
    assert_eq!(parameter(search, "query"), Some("(@acme) -is:retweet"));
    assert_eq!(parameter(search, "max_results"), Some("100"));
    assert!(parameter(search, "tweet.fields").unwrap().contains("note_tweet"));
    assert_eq!(parameter(search, "expansions"), None);
}

/// Contract E9: an empty result keeps `since_id`.
#[tokio::test]
async fn e9_an_empty_pass_keeps_the_checkpoint_and_costs_one_call() {
    let world = World::new().await;
    world.finds(page(&[tweet(10, json!({}))], None)).await;
    let poll = world.poll(vec![channel(json!({}))]);
    let first = poll.pass(None).await.unwrap().checkpoint;
    world.clock.set("2026-11-22T12:10:00Z");
    world.finds(page(&[], None)).await;
    // The overlap is given up, once.
    let second = poll.pass(Some(&first)).await.unwrap();
    let third = poll.pass(Some(&second.checkpoint)).await.unwrap();
    assert_eq!(third, Pass { messages: vec![], checkpoint: second.checkpoint });
    assert_eq!(parameter(&world.searches().await[1], "since_id"), Some(id(10).as_str()));
    assert_eq!(world.server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_overlap_finds_late_tweets_and_queues_none_again() {
    let world = World::new().await;
    world.finds(page(&[tweet(100, json!({})), tweet(50, json!({}))], None)).await;
    let poll = world.poll(vec![channel(json!({}))]);
    world.clock.set("2026-11-22T12:02:00Z");
    let started = poll.pass(None).await.unwrap().checkpoint;
    let first = poll.pass(Some(&started)).await.unwrap();
    assert_eq!(first.messages.len(), 0);
    assert_eq!(first.checkpoint, started);
    world.clock.set("2026-11-22T12:03:00Z");
    let late = page(&[tweet(120, json!({})), tweet(100, json!({})), tweet(50, json!({}))], None);
    world.finds(late).await;
    let second = poll.pass(Some(&first.checkpoint)).await.unwrap();
    let ids: Vec<&str> = second.messages.iter().map(|m| m.message.id.as_str()).collect();
    assert_eq!(ids, [id(120)]);
    let third = poll.pass(Some(&second.checkpoint)).await.unwrap();
    assert_eq!(third.messages, []);
    assert_eq!(third.checkpoint, second.checkpoint);
}

/// Contract E9: `since_id` is the first page's `newest_id`.
#[tokio::test]
async fn e9_since_id_stays_while_paging_and_moves_to_the_first_pages_newest() {
    let world = World::new().await;
    world.finds(json!({})).await;
    let poll = world.poll(vec![channel(json!({"start": NOON}))]);
    let start = poll.pass(None).await.unwrap().checkpoint;
    world.server.reset().await;
    world.clock.set("2026-11-22T13:00:00Z");
    answer(&world.server, "GET", "/2/users", 200, zoe(), 1).await;
    Mock::given(matchers::query_param("next_token", "page2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page(&[tweet(20, json!({}))], None)))
        .with_priority(1)
        .mount(&world.server)
        .await;
    answer(&world.server, "GET", SEARCH, 200, page(&[tweet(60, json!({}))], Some("page2")), 1)
        .await;
    let pass = poll.pass(Some(&start)).await.unwrap();
    assert_eq!(pass.messages.len(), 2);
    let searches = world.searches().await;
    assert_eq!(parameter(&searches[0], "since_id"), parameter(&searches[1], "since_id"));
    world.finds(page(&[], None)).await;
    poll.pass(Some(&pass.checkpoint)).await.unwrap();
    assert_eq!(parameter(&world.searches().await[0], "since_id"), Some(id(60).as_str()));
}

/// Contract E9: a crash between pages; every page and fault in `tests/search`.
#[tokio::test]
async fn e9_a_page_that_fails_fails_the_pass() {
    let world = World::new().await;
    Mock::given(matchers::query_param("next_token", "page2"))
        .respond_with(ResponseTemplate::new(503))
        .with_priority(1)
        .mount(&world.server)
        .await;
    answer(&world.server, "GET", SEARCH, 200, page(&[tweet(60, json!({}))], Some("page2")), 1)
        .await;
    let error = world.poll(vec![channel(json!({}))]).pass(None).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::RETRY);
}

#[tokio::test]
async fn one_tweet_goes_to_every_channel_that_it_matches() {
    let world = World::new().await;
    world.finds(page(&[tweet(1, json!({"text": "@acme or a RivalPhone?"}))], None)).await;
    let rival = watch(json!({"keywords": ["rivalphone"]}));
    let blocking = channel(json!({"channel_id": "b", "blocked_authors": ["@Zoe"]}));
    let poll = world.poll(vec![channel(json!({})), rival, blocking]);
    let pass = poll.pass(None).await.unwrap();
    let told: Vec<(&str, Answerable)> = pass
        .messages
        .iter()
        .map(|incoming| (incoming.channel_id.as_str(), incoming.message.answerable))
        .collect();
    assert_eq!(told, [("acme-brand", Answerable::Yes), ("rival-watch", Answerable::ReadOnly)]);
    assert_eq!(world.server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_author_is_looked_up_once() {
    let world = World::new().await;
    world.finds(page(&[tweet(1, json!({}))], None)).await;
    let poll = world.poll(vec![channel(json!({}))]);
    let first = poll.pass(None).await.unwrap();
    world.finds(page(&[tweet(2, json!({}))], None)).await;
    let second = poll.pass(Some(&first.checkpoint)).await.unwrap();
    assert_eq!(second.messages[0].message.author, first.messages[0].message.author);
    assert_eq!(queries(&world.server, "/2/users").await.len(), 0);
    world.clock.set("2026-11-23T12:00:01Z");
    world.finds(page(&[tweet(90_000, json!({}))], None)).await;
    poll.pass(Some(&second.checkpoint)).await.unwrap();
    assert_eq!(queries(&world.server, "/2/users").await.len(), 1);
}

#[tokio::test]
async fn new_terms_begin_where_the_old_ones_stood() {
    let world = World::new().await;
    world.finds(page(&[tweet(-60, json!({}))], None)).await;
    let before = world.poll(vec![channel(json!({"start": "2026-11-22T11:00:00Z"}))]);
    let stored = before.pass(None).await.unwrap().checkpoint;
    world.clock.set("2026-11-22T12:30:00Z");
    world.finds(page(&[tweet(600, json!({"text": "acme @acme"}))], None)).await;
    let both = vec![
        channel(json!({"start": "2026-11-22T11:00:00Z"})),
        watch(json!({"keywords": ["acme"]})),
    ];
    let pass = world.poll(both).pass(Some(&stored)).await.unwrap();
    assert_eq!(parameter(&world.searches().await[0], "since_id"), Some(id(-180).as_str()));
    // The channel that is new takes nothing from before it.
    let channels: Vec<&str> = pass.messages.iter().map(|m| m.channel_id.as_str()).collect();
    assert_eq!(channels, ["acme-brand"]);
}

/// The tweet of a channel that was away is the others' alone.
#[tokio::test]
async fn a_channel_that_is_switched_on_again_begins_now() {
    let world = World::new().await;
    let both = || vec![channel(json!({})), watch(json!({"handles": ["@acme"]}))];
    let told = |pass: &Pass| -> Vec<String> {
        pass.messages.iter().map(|incoming| incoming.channel_id.to_string()).collect()
    };
    world.finds(page(&[tweet(1, json!({}))], None)).await;
    let first = world.poll(both()).pass(None).await.unwrap();
    assert_eq!(told(&first), ["acme-brand", "rival-watch"]);
    world.clock.set("2026-11-22T12:01:00Z");
    world.finds(page(&[], None)).await;
    let alone = world.poll(vec![channel(json!({}))]).pass(Some(&first.checkpoint)).await.unwrap();
    world.clock.set("2026-11-22T12:10:00Z");
    world.finds(page(&[tweet(601, json!({})), tweet(300, json!({}))], None)).await;
    let again = world.poll(both()).pass(Some(&alone.checkpoint)).await.unwrap();
    assert_eq!(told(&again), ["acme-brand", "acme-brand", "rival-watch"]);
}

/// The same where nobody else reads with the credential meanwhile.
#[tokio::test]
async fn searches_that_rested_begin_now() {
    let world = World::new().await;
    let leases = crate::fixture::LeaseTable::default();
    let name = "twitter#/social/twitter/acme";
    let lease = (&leases).take(name, Duration::from_secs(9)).await.unwrap().unwrap();
    world.finds(page(&[tweet(1, json!({}))], None)).await;
    let first = world.poll(vec![channel(json!({}))]).pass(None).await.unwrap();
    (&leases).save_checkpoint(&lease, &first.checkpoint).await.unwrap();
    // Not before the last reader is done.
    assert!(!let_rest(&&leases, "/social/twitter/acme", Reading::Searches).await.unwrap());
    (&leases).release(&lease).await.unwrap();
    assert!(let_rest(&&leases, "/social/twitter/acme", Reading::Searches).await.unwrap());

    world.clock.set("2026-11-22T18:00:00Z");
    world.finds(page(&[tweet(21_601, json!({})), tweet(300, json!({}))], None)).await;
    let stored = leases.stored(name);
    let again = world.poll(vec![channel(json!({}))]).pass(stored.as_deref()).await.unwrap();
    let ids: Vec<&str> = again.messages.iter().map(|m| m.message.id.as_str()).collect();
    assert_eq!(ids, [id(21_601)]);
    let since = parameter(&world.searches().await[0], "since_id").unwrap().to_owned();
    assert_eq!(since, id(21_600 - 180));
}

#[tokio::test]
async fn a_week_old_checkpoint_searches_by_time() {
    let world = World::new().await;
    world.finds(page(&[], None)).await;
    let poll = world.poll(vec![channel(json!({}))]);
    let stored = poll.pass(None).await.unwrap().checkpoint;
    world.clock.set("2026-11-30T12:00:00Z");
    world.finds(page(&[tweet(691_100, json!({}))], None)).await;
    assert_eq!(poll.pass(Some(&stored)).await.unwrap().messages.len(), 1);
    let search = &world.searches().await[0];
    assert_eq!(parameter(search, "since_id"), None);
    assert_eq!(parameter(search, "start_time"), Some("2026-11-23T12:01:00Z"));
}

/// Contract E9: a stale `since_id` is answered 400.
#[tokio::test]
async fn e9_where_x_calls_since_id_too_old_the_search_begins_where_it_says() {
    let world = World::new().await;
    let message = format!(
        "'since_id' must be a tweet id created after 2026-11-22T11:59Z. Please use a 'since_id' that is larger than {}",
        id(0)
    );
    let refusal = json!({"errors": [{"message": message}], "type": "https://api.x.com/2/problems/invalid-request"});
    let larger = (id(0).parse::<u64>().unwrap() + 1).to_string();
    Mock::given(matchers::query_param("since_id", larger))
        .respond_with(ResponseTemplate::new(200).set_body_json(page(&[], None)))
        .with_priority(1)
        .expect(1)
        .mount(&world.server)
        .await;
    answer(&world.server, "GET", SEARCH, 400, refusal, 1).await;
    world.poll(vec![channel(json!({}))]).pass(None).await.unwrap();
}

#[tokio::test]
async fn an_unreadable_checkpoint_waits_for_somebody() {
    let world = World::new().await;
    let error = world.poll(vec![channel(json!({}))]).pass(Some("{")).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::WAIT);
}

/// A tweet of two searches: the later one is cut around it once, and not again in each pass for as
/// long as late tweets are looked for.
#[tokio::test]
async fn a_tweet_of_another_search_is_cut_out_once() {
    let world = World::new().await;
    world.clock.set("2026-11-22T12:01:00Z");
    let keywords: Vec<String> = (0..100).map(|number| format!("keyword{number:02}")).collect();
    // All but the last query are full: there is no room for a negation.
    let text = keywords.join(" ");
    let both = tweet(10, json!({"text": text, "entities": {}}));
    let brand = channel(json!({"keywords": keywords, "start": NOON}));
    let poll = world.poll(vec![brand]);
    assert_eq!(poll.searches(), 3);
    world.finds(page(&[both], None)).await;
    // On both sides of the cut there is nothing.
    let above = format!("since_id={}", id(10));
    let around = move |request: &wiremock::Request| {
        let query = request.url.query().unwrap_or_default();
        query.contains("until_id") || query.contains(&above)
    };
    Mock::given(around)
        .respond_with(ResponseTemplate::new(200).set_body_json(page(&[], None)))
        .with_priority(1)
        .mount(&world.server)
        .await;
    let first = poll.pass(None).await.unwrap();
    assert_eq!(first.messages.len(), 1);
    let cuts = |searches: &[Vec<(String, String)>]| {
        searches.iter().filter(|search| parameter(search, "until_id").is_some()).count()
    };
    assert_ne!(cuts(&world.searches().await), 0);
    world.finds(page(&[], None)).await;
    poll.pass(Some(&first.checkpoint)).await.unwrap();
    assert_eq!(cuts(&world.searches().await), 0);
}

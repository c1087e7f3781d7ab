//! What goes wrong at each page of a five-page pass: nothing is skipped and nothing comes twice,
//! and what X delivered before the failure is not read a second time.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::SignedDuration;
use rstest::rstest;
use search::World;
use serde_json::{Value, json};
use simulators::twitter::Settings;
use social_core::{Channel, polling::Source};
use social_twitter::PollSettings;

const TWEETS: usize = 410;

fn channel(post_limit: u32) -> Arc<Channel> {
    let entry = json!({
        "channel_id": "acme-brand", "network": "twitter", "workgroup": "Social Support",
        "credential": "/social/twitter/acme", "handles": ["@acme"], "reply_handle": "@acme",
        "start": "2020-01-01T00:00:00Z", "post_limit": post_limit,
    });
    Arc::new(Channel::from_entry(entry).unwrap())
}

fn settings() -> PollSettings {
    PollSettings { index_lag: Duration::ZERO, ..PollSettings::default() }
}

/// An X with that many mentions of the brand, oldest first.
async fn world(tweets: usize) -> (World, Vec<String>) {
    let world = World::new(Settings::default()).await;
    let begin = world.control.now() - SignedDuration::from_hours(2);
    let mut ids = Vec::new();
    for number in 0..tweets {
        let at = begin + SignedDuration::from_secs(i64::try_from(number * 3).unwrap());
        ids.push(world.write(&format!("@acme number {number}"), at, json!({})).await);
    }
    world.forget_counts().await;
    (world, ids)
}

/// A fault at a page: the ones before it go well.
async fn fails_at(world: &World, page: u64, fault: &Value) {
    let search = json!({"method": "GET", "path": "/2/tweets/search/recent"});
    if page > 1 {
        let fine = json!({"match": search, "fault": "delay", "delay_ms": 0, "times": page - 1});
        world.fails(fine).await;
    }
    let mut fault = fault.clone();
    fault["match"] = search;
    world.fails(fault).await;
}

#[rstest]
#[case::rate_limit(json!({"fault": "status", "status": 429, "headers": {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1"}, "body": {"title": "Too Many Requests", "status": 429}}), 0)]
#[case::unavailable(json!({"fault": "status", "status": 503}), 0)]
#[case::bad_gateway(json!({"fault": "status", "status": 502, "body": "<html>bad gateway</html>"}), 0)]
#[case::unreadable(json!({"fault": "body", "body": "<html>sorry</html>"}), 0)]
#[case::connection_lost(json!({"fault": "reset"}), 0)]
#[case::time_out(json!({"fault": "timeout", "delay_ms": 2_500}), 0)]
// X delivered the page and we did not get it: it is read again.
#[case::answer_lost(json!({"fault": "apply_then_drop"}), 1)]
#[tokio::test]
async fn a_failure_at_a_page_skips_nothing_and_doubles_nothing(
    #[case] fault: Value,
    #[case] lost_pages: u64,
    #[values(1, 2, 3, 4, 5)] page: u64,
) {
    let (world, ids) = world(TWEETS).await;
    let poll = world.poll(vec![channel(5_000)], settings());
    fails_at(&world, page, &fault).await;
    let error = poll.pass(None).await.unwrap_err();
    assert_ne!(error.verdict(), social_core::Verdict::Reject);
    let pass = poll.pass(None).await.unwrap();
    let mut messages: Vec<_> = pass.messages.iter().map(|incoming| &incoming.message).collect();
    messages.sort_by_key(|message| message.at);
    let taken: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    assert!(taken == ids, "{} of {} messages", taken.len(), ids.len());
    let idle = poll.pass(Some(&pass.checkpoint)).await.unwrap();
    assert_eq!(idle.messages, []);
    let page_size = if page == 5 { 10 } else { 100 };
    assert_eq!(world.delivered().await, 410 + lost_pages * page_size);
}

/// Everything that was not queued comes again, from memory.
#[tokio::test]
async fn a_pass_that_was_not_queued_is_repeated_without_reading_it_again() {
    let (world, _) = world(150).await;
    let poll = world.poll(vec![channel(5_000)], settings());
    let first = poll.pass(None).await.unwrap();
    let again = poll.pass(None).await.unwrap();
    assert_eq!((first.messages.len(), again.messages.len()), (150, 150));
    let after = poll.pass(Some(&again.checkpoint)).await.unwrap();
    assert_eq!(after.messages, []);
    assert_eq!(world.delivered().await, 150);
}

/// A backlog larger than a pass takes: each pass goes on where the one before ended, oldest first.
#[rstest]
#[case::same_process(false)]
#[case::each_pass_in_a_new_process(true)]
#[tokio::test]
async fn a_backlog_is_read_in_slices_oldest_first(#[case] forgetful: bool) {
    let (world, ids) = world(TWEETS).await;
    let mut poll = world.poll(vec![channel(100)], settings());
    let mut checkpoint: Option<String> = None;
    let (mut taken, mut seen) = (Vec::new(), BTreeMap::new());
    for number in 0..30 {
        let pass = poll.pass(checkpoint.as_deref()).await.unwrap();
        let mut messages: Vec<_> = pass.messages.into_iter().map(|m| m.message).collect();
        messages.sort_by_key(|message| message.at);
        assert!(messages.len() <= 200, "{} in one pass", messages.len());
        for message in messages {
            assert_eq!(seen.insert(message.id.clone(), number), None, "{}", message.id);
            taken.push(message.id.to_string());
        }
        let idle = checkpoint.as_ref() == Some(&pass.checkpoint);
        if taken.len() < TWEETS {
            assert!(!idle, "pass {number} made no progress after {}", taken.len());
        }
        checkpoint = Some(pass.checkpoint);
        if forgetful {
            poll = world.poll(vec![channel(100)], settings());
        }
        if idle {
            break;
        }
    }
    assert_eq!(taken.len(), ids.len());
    assert!(taken == ids, "out of order");
    if !forgetful {
        assert_eq!(world.delivered().await, 410);
    }
}

/// A search that X refuses keeps no other search from its tweets.
#[tokio::test]
async fn a_refused_search_leaves_the_others_alone() {
    let (world, ids) = world(3).await;
    let many: Vec<String> = (0..60).map(|number| format!("somebody else {number}")).collect();
    let entry = json!({
        "channel_id": "watch", "network": "twitter", "workgroup": "Market Watch",
        "credential": "/social/twitter/acme", "keywords": many, "start": "2020-01-01T00:00:00Z",
    });
    let watch = Arc::new(Channel::from_entry(entry).unwrap());
    let poll = world.poll(vec![channel(100), watch], settings());
    assert!(poll.searches().await > 1);
    let refusal = json!({"fault": "status", "status": 400, "body": {"title": "Invalid Request", "detail": "no"}});
    let mut found = 0;
    let mut checkpoint = None;
    for search in 1..=poll.searches().await {
        fails_at(&world, u64::try_from(search).unwrap(), &refusal).await;
        let pass = poll.pass(checkpoint.as_deref()).await.unwrap();
        found += pass.messages.len();
        checkpoint = Some(pass.checkpoint);
    }
    assert_eq!(found, ids.len());
}

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{RngSeed, TestRunner},
};
use serde_json::json;

use super::*;
use crate::testing::{Log, TestClock, assert_send, channels_table};

async fn put(client: &Client, entry: Value) {
    let item = serde_dynamo::to_item(entry).unwrap();
    client.put_item().table_name("channels").set_item(Some(item)).send().await.unwrap();
}

fn page(channel_id: &str) -> Value {
    json!({
        "channel_id": channel_id, "network": "facebook", "workgroup": "Social Support",
        "page_id": "1029384756", "credential": "/social/facebook/acme",
        "include": ["visitor_posts", "comments"], "attributes": { "Region": "EMEA" },
        "routing_contexts": [{ "context": "Product", "category": "Router" }],
        "poll_interval_seconds": 60, "idle_close_hours": 0.5, "private_workgroup": null,
    })
}

fn ids(set: &ChannelSet) -> Vec<&str> {
    set.channels.iter().map(|channel| channel.id.as_str()).collect()
}

#[tokio::test]
async fn an_invalid_entry_never_stops_the_others() {
    let client = channels_table().await;
    let log = Log::default();
    let _guard = log.record();
    put(&client, page("acme-page")).await;
    put(&client, json!({ "channel_id": "typo", "network": "facebook", "workgruop": "x" })).await;
    let binary = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"x"));
    let set = AttributeValue::Ss(vec!["@acme".to_owned()]);
    let brand = json!({
        "channel_id": "brand", "network": "twitter", "workgroup": "w", "credential": "/c",
    });
    let brand = serde_dynamo::to_item(brand).unwrap();
    let put_item = client.put_item().table_name("channels").set_item(Some(brand));
    put_item.clone().item("handles", set).send().await.unwrap();
    let odd = put_item.item("channel_id", AttributeValue::S("odd".to_owned()));
    odd.item("handles", binary).send().await.unwrap();

    let clock = TestClock::new();
    let table = ChannelTable::new(&client, "channels", clock, Duration::from_secs(30));
    let set = table.all().await.unwrap();
    assert_eq!(ids(&set), ["acme-page", "brand"]);
    assert_eq!(set.channels[0].poll_interval_seconds, Some(60));
    let invalid: Vec<_> = set.invalid.iter().map(|error| error.channel_id.as_str()).collect();
    assert_eq!(invalid, ["odd", "typo"]);
    let told = log.take("ChannelInvalid");
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("channel_id=typo field=workgruop problem="), "{told:?}");
}

#[tokio::test]
async fn a_change_is_seen_after_the_refresh_and_told_once() {
    let client = channels_table().await;
    let log = Log::default();
    let _guard = log.record();
    let clock = TestClock::new();
    let table = ChannelTable::new(&client, "channels", clock.clone(), Duration::from_secs(30));
    put(&client, page("a")).await;
    assert_eq!(ids(&table.all().await.unwrap()), ["a"]);
    put(&client, page("b")).await;
    put(&client, json!({ "channel_id": "typo" })).await;
    clock.advance(Duration::from_secs(29));
    assert_eq!(ids(&table.all().await.unwrap()), ["a"]);
    for told in [1, 0, 0] {
        clock.advance(Duration::from_secs(30));
        assert_eq!(ids(&table.clone().all().await.unwrap()), ["a", "b"]);
        assert_eq!(log.take("ChannelInvalid").len(), told);
    }
}

#[tokio::test]
async fn the_last_reading_serves_for_a_while() {
    let client = channels_table().await;
    let log = Log::default();
    let _guard = log.record();
    put(&client, page("a")).await;
    let clock = TestClock::new();
    let table = ChannelTable::new(&client, "channels", clock.clone(), Duration::from_secs(30));
    assert_eq!(ids(&table.all().await.unwrap()), ["a"]);
    client.delete_table().table_name("channels").send().await.unwrap();
    for told in [1, 0] {
        clock.advance(Duration::from_mins(4));
        assert_eq!(ids(&table.all().await.unwrap()), ["a"]);
        assert_eq!(log.take("ChannelsUnread").len(), told);
    }
    clock.advance(Duration::from_mins(4));
    assert_eq!(table.all().await.unwrap_err().error_type(), "aws_not_found");
    assert_send(table.all());
}

#[tokio::test]
async fn every_page_is_read() {
    let client = channels_table().await;
    for number in 0..6 {
        let mut entry = page(&number.to_string());
        entry["blocked_authors"] = json!(["x".repeat(300_000)]);
        put(&client, entry).await;
    }
    let table = ChannelTable::new(&client, "channels", TestClock::new(), Duration::from_secs(30));
    assert_eq!(table.all().await.unwrap().channels.len(), 6);
}

#[tokio::test]
async fn the_emergency_switch_is_known_within_a_minute() {
    let client = channels_table().await;
    put(&client, page("a")).await;
    let clock = TestClock::new();
    let refresh = ChannelTable::<TestClock>::REFRESH;
    let table = ChannelTable::new(&client, "channels", clock.clone(), refresh);
    assert!(table.all().await.unwrap().channels[0].publishing);
    let mut off = page("a");
    off["publishing"] = json!(false);
    put(&client, off).await;
    clock.advance(Duration::from_secs(60));
    assert!(!table.all().await.unwrap().channels[0].publishing);
}

/// What an administrator may write, right or wrong, in the table's own types.
fn written() -> impl Strategy<Value = Value> {
    let network = select(&["facebook", "twitter"][..]);
    let words = || vec(prop_oneof!["[a-z@# \"]{0,9}", any::<char>().prop_map(String::from)], 0..3);
    let numbers = (option::of(0..200_u32), option::of(0.0..100.0_f64), option::of(0..40_u32));
    let switches = (any::<bool>(), any::<bool>(), option::of(any::<bool>()));
    let more = (option::of(words()), option::of(words()), option::of(".{0,9}"), any::<u8>());
    ("[a-z]{0,6}", network, words(), numbers, switches, more).prop_map(
        |(id, network, excluded, (limit, idle, fold), (enabled, publishing, reposts), more)| {
            let (handles, keywords, language, odd) = more;
            let mut entry = json!({ "channel_id": format!("c{id}"), "network": network, "workgroup": "w",
                "credential": "/c", "exclude_keywords": excluded, "enabled": enabled,
                "publishing": publishing, "language": language, "idle_close_hours": idle,
                "fold_above_per_minute": fold, "attributes": { "Region": id },
                "routing_contexts": [{ "context": "Product", "category": network }] });
            let optional = if network == "facebook" {
                json!({ "page_id": odd.to_string(), "include": (odd > 99).then_some(["comments"]) })
            } else {
                json!({ "handles": handles, "keywords": keywords, "include_reposts": reposts })
            };
            let fields = entry.as_object_mut().unwrap();
            fields.extend(optional.as_object().unwrap().clone());
            fields.extend(limit.map(|limit| ("post_limit".to_owned(), json!(limit))));
            entry
        },
    )
}

#[test]
fn any_entry_is_the_same_by_the_table_and_by_a_file() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(channels_table());
    let table = ChannelTable::new(&client, "channels", TestClock::new(), Duration::ZERO);
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::with_cases(32)
    };
    let tried = TestRunner::new(config).run(&written(), |entry| {
        runtime.block_on(async {
            put(&client, entry.clone()).await;
            let id = entry["channel_id"].clone();
            let read = table.all().await.unwrap();
            let key = AttributeValue::S(id.as_str().unwrap().to_owned());
            client
                .delete_item()
                .table_name("channels")
                .key("channel_id", key)
                .send()
                .await
                .unwrap();
            prop_assert_eq!(&*read, &ChannelSet::from_entries([entry]));
            Ok(())
        })
    });
    tried.unwrap_or_else(|failed| panic!("{failed}"));
}

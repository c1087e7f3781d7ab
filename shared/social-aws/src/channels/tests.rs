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

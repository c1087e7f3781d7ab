//! 200 channels, 5,000 terms that overlap, 10,000 tweets: every channel its tweets, and as few
//! deliveries as can be. `docs/adr/0017-packed-search.md` says what is guaranteed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use search::{
    World,
    town::{Belongings, Dice, Town},
};
use serde_json::json;
use simulators::twitter::Settings;
use social_core::{Failure, polling::Source};
use social_twitter::PollSettings;

struct Outcome {
    taken: Belongings,
    twice: usize,
    passes: u32,
}

/// Polls until nothing comes any more.
async fn poll_all(world: &World, town: &Town, settings: PollSettings) -> Result<Outcome, Failure> {
    let poll = world.poll(town.parsed(), settings);
    let mut outcome = Outcome { taken: Belongings::new(), twice: 0, passes: 0 };
    let mut checkpoint: Option<String> = None;
    for _ in 0..40 {
        let pass = poll.pass(checkpoint.as_deref()).await?;
        outcome.passes += 1;
        for incoming in &pass.messages {
            let belongs = (incoming.channel_id.to_string(), incoming.message.id.to_string());
            outcome.twice += usize::from(!outcome.taken.insert(belongs));
        }
        let idle = pass.messages.is_empty() && checkpoint.as_ref() == Some(&pass.checkpoint);
        checkpoint = Some(pass.checkpoint);
        if idle {
            break;
        }
    }
    Ok(outcome)
}

/// Writes tweets, one every two seconds up to an hour ago; text by id.
async fn talk(world: &World, town: &Town, tweets: u32, terms: usize) -> BTreeMap<String, String> {
    let mut dice = Dice::new(7);
    let end = world.control.now() - SignedDuration::from_hours(1);
    let mut written = BTreeMap::new();
    for number in 0..tweets {
        let text = town.tweet(&mut dice, terms);
        let at: Timestamp = end - SignedDuration::from_secs(2 * i64::from(tweets - number));
        let (id, username) = (8_000 + number % 300, format!("visitor{}", number % 300));
        let author = json!({"author": {"id": id.to_string(), "username": username}});
        written.insert(world.write(&text, at, author).await, text);
    }
    written
}

/// How large a town is, and what it talks of.
struct Size {
    channels: usize,
    terms: usize,
    tweets: u32,
    terms_per_tweet: usize,
    query_length: usize,
}

/// What a town cost: tweets that match some channel, deliveries, searches.
struct Cost {
    matching: u64,
    delivered: u64,
    searches: u64,
}

#[expect(clippy::print_stdout, reason = "the figures are what the test is run for")]
async fn measure(size: Size, cuts: usize) -> Cost {
    let Size { channels, terms, tweets, terms_per_tweet, query_length } = size;
    let town = Town::new(42, terms, channels);
    let mut world = World::new(Settings { query_length, ..Settings::default() }).await;
    world.patience = Duration::from_mins(1);
    let written = talk(&world, &town, tweets, terms_per_tweet).await;
    world.forget_counts().await;
    let settings = PollSettings {
        query_length,
        index_lag: Duration::ZERO,
        pass_time: Duration::from_mins(5),
        cuts,
        ..PollSettings::default()
    };
    let began = Instant::now();
    let outcome = poll_all(&world, &town, settings).await.unwrap();
    let took = began.elapsed();
    let expected = town.belongings(&written);
    let wrong: Vec<_> = outcome.taken.symmetric_difference(&expected).take(5).collect();
    assert!(wrong.is_empty(), "some channel has a tweet too many or too few: {wrong:?}");
    assert_eq!(outcome.twice, 0);
    let matching: BTreeSet<&String> = expected.iter().map(|(_, id)| id).collect();
    let matching = u64::try_from(matching.len()).unwrap();
    let (delivered, searches) = (world.delivered().await, world.searches().await);
    println!(
        "{channels} channels, {terms} terms, {tweets} tweets with {terms_per_tweet} each, \
         {query_length} characters, {cuts} cuts: {matching} match, {delivered} delivered, \
         {searches} searches, {} passes, {took:?}",
        outcome.passes
    );
    Cost { matching, delivered, searches }
}

const TOWN: Size =
    Size { channels: 20, terms: 500, tweets: 600, terms_per_tweet: 1, query_length: 512 };

/// Terms overlap as brands do: the name, the name with a product, the hashtag, the handle. X
/// delivers each tweet once.
#[tokio::test]
async fn each_tweet_is_delivered_once_where_it_talks_of_one_brand() {
    let cost = measure(TOWN, 0).await;
    assert_eq!(cost.delivered, cost.matching);
}

/// Two brands of different queries in each tweet: cuts buy single deliveries with searches.
#[tokio::test]
async fn each_tweet_is_delivered_once_where_there_are_searches_enough() {
    let size = || Size { tweets: 150, terms_per_tweet: 2, ..TOWN };
    let bought = measure(size(), 1_000).await;
    assert_eq!(bought.delivered, bought.matching);
    let plain = measure(size(), 0).await;
    assert!(plain.delivered > plain.matching);
    assert!(plain.searches < bought.searches);
}

/// The size that is promised; `tests/it` plays it with the real functions.
#[tokio::test]
async fn the_whole_town_is_read_once_and_every_channel_gets_its_tweets() {
    let whole = Size { channels: 200, terms: 5_000, tweets: 10_000, ..TOWN };
    let cost = measure(whole, 0).await;
    assert_eq!(cost.delivered, cost.matching);
}

//! Tweets that no channel takes are paid for all the same, until searches leave them out.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use rstest::rstest;
use search::World;
use serde_json::{Value, json};
use simulators::twitter::Settings;
use social_core::{Channel, polling::Source};
use social_twitter::{PollSettings, TwitterPoll};

fn channel(id: &str, keyword: &str, more: Value) -> Arc<Channel> {
    let mut entry = json!({
        "channel_id": id, "network": "twitter", "workgroup": "Market Watch",
        "credential": "/social/twitter/acme", "keywords": [keyword], "post_limit": 500,
        "start": "2020-01-01T00:00:00Z",
    });
    if let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) {
        entry.extend(more);
    }
    Arc::new(Channel::from_entry(entry).unwrap())
}

/// A word watched in English, without giveaways, and another one in German.
fn channels() -> Vec<Arc<Channel>> {
    vec![
        channel("en", "acme", json!({"languages": ["en"], "exclude_keywords": ["giveaway"]})),
        channel("de", "rivalphone", json!({"languages": ["de"]})),
    ]
}

/// The bridge, with everything that the channels should get and what they got.
struct Watch {
    world: World,
    poll: TwitterPoll<search::Clock>,
    checkpoint: Option<String>,
    /// Whether each pass is made by another process.
    forgetful: bool,
    expected: BTreeSet<(String, String)>,
    taken: BTreeSet<(String, String)>,
}

impl Watch {
    async fn begin(forgetful: bool) -> Self {
        let world = World::new(Settings::default()).await;
        let poll = world.poll(channels(), PollSettings::default());
        let (expected, taken) = (BTreeSet::new(), BTreeSet::new());
        Self { world, poll, checkpoint: None, forgetful, expected, taken }
    }

    /// A tweet, written so many seconds ago, that these channels should get.
    async fn write(&mut self, text: &str, lang: &str, ago: i64, takers: &[&str]) {
        let at = self.world.control.now() - SignedDuration::from_secs(ago);
        let id = self.world.write(text, at, json!({ "lang": lang })).await;
        self.expected.extend(takers.iter().map(|taker| ((*taker).to_owned(), id.clone())));
    }

    /// Polls once: each channel has its tweets, none of them twice. How many X delivered for that.
    async fn pass(&mut self) -> u64 {
        if self.forgetful {
            self.poll = self.world.poll(channels(), PollSettings::default());
        }
        self.world.forget_counts().await;
        let pass = self.poll.pass(self.checkpoint.as_deref()).await.unwrap();
        for incoming in pass.messages {
            let belongs = (incoming.channel_id.to_string(), incoming.message.id.to_string());
            assert!(self.taken.insert(belongs.clone()), "{belongs:?} came twice");
        }
        self.checkpoint = Some(pass.checkpoint);
        assert_eq!(self.taken, self.expected);
        self.world.delivered().await
    }

    /// Ten minutes in which most is in vain.
    async fn noise(&mut self) {
        self.world.wait(SignedDuration::from_mins(11)).await;
        for number in 0..60 {
            let ago = 600 - number * 9;
            self.write("acme is fine", "en", ago, &["en"]).await;
            self.write("acme ist gut", "de", ago, &[]).await;
            self.write("le rivalphone", "fr", ago, &[]).await;
            self.write("acme giveaway!", "en", ago, &[]).await;
        }
    }
}

#[rstest]
#[case::same_process(false)]
#[case::each_pass_in_a_new_process(true)]
#[tokio::test]
async fn what_no_channel_takes_is_left_out_once_it_costs_and_no_tweet_is_lost_or_doubled(
    #[case] forgetful: bool,
) {
    let mut watch = Watch::begin(forgetful).await;
    watch.noise().await;
    assert_eq!(watch.pass().await, 240);
    // Late in X's index, from before the change.
    watch.write("acme was late", "en", 100, &["en"]).await;
    watch.write("rivalphone kam verspätet", "de", 100, &["de"]).await;
    watch.write("acme kam verspätet", "de", 100, &[]).await;
    watch.pass().await;
    watch.world.wait(SignedDuration::from_mins(10)).await;
    watch.pass().await;

    watch.noise().await;
    watch.write("rivalphone auf Deutsch", "de", 9, &["de"]).await;
    watch.write("acme!", "und", 8, &["en"]).await;
    watch.write("acme 🔥", "qme", 7, &["en"]).await;
    watch.write("acme rivalphone", "und", 6, &["en", "de"]).await;
    assert_eq!(watch.poll.searches().await, 2);
    // Of 244 only what some channel takes, once.
    assert_eq!(watch.pass().await, 64);
    watch.write("acme giveaway, rivalphone", "de", 2, &["de"]).await;
    watch.write("acme rivalphone?", "de", 1, &["de"]).await;
    watch.write("acme rivalphone!", "en", 1, &["en"]).await;
    watch.pass().await;
}

/// X may not understand what is left out.
#[tokio::test]
async fn a_search_that_x_refuses_for_what_it_leaves_out_is_made_without_it() {
    let mut watch = Watch::begin(false).await;
    watch.noise().await;
    watch.pass().await;
    watch.pass().await;
    assert_eq!(watch.poll.searches().await, 2);
    let search = json!({"method": "GET", "path": "/2/tweets/search/recent"});
    let body = json!({"title": "Invalid Request", "detail": "no"});
    watch
        .world
        .fails(json!({"match": search, "fault": "status", "status": 400, "body": body}))
        .await;
    let pass = watch.poll.pass(watch.checkpoint.as_deref()).await.unwrap();
    watch.checkpoint = Some(pass.checkpoint);
    watch.noise().await;
    watch.write("acme, where were you?", "en", 1, &["en"]).await;
    watch.pass().await;
    assert_eq!(watch.poll.searches().await, 1);
    watch.noise().await;
    watch.pass().await;
    watch.pass().await;
    assert_eq!(watch.poll.searches().await, 1);
}

/// One search after the change as before it, where all channels refuse the same.
#[tokio::test]
async fn channels_of_one_language_stay_together() {
    let mut watch = Watch::begin(false).await;
    let german =
        ["acme", "rivalphone"].map(|word| channel(word, word, json!({"languages": ["de"]})));
    watch.poll = watch.world.poll(german.to_vec(), PollSettings::default());
    for number in 0..100 {
        watch.write("acme is fine", "en", 600 - number, &[]).await;
        watch.write("acme ist gut", "de", 600 - number, &["acme"]).await;
    }
    assert_eq!(watch.pass().await, 200);
    watch.world.wait(SignedDuration::from_mins(10)).await;
    watch.write("rivalphone is fine", "en", 1, &[]).await;
    watch.write("das rivalphone", "de", 1, &["rivalphone"]).await;
    assert_eq!(watch.pass().await, 1);
    assert_eq!(watch.poll.searches().await, 1);
}

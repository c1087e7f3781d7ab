//! A town that talks: 200 channels with 5,000 terms that overlap, and 10,000 tweets.
//!
//! What is looked at is `inbound.fifo` itself, with the router kept from it: the surest place, because
//! every message that the poll makes is there, and the fastest, because no chat has to be opened for it.
//! The tweets are said in a few long threads, so that a queue message holds many.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use libtest_mimic::Trial;
use reqwest::{Client, Response};
use search::town::{Belongings, Dice, Town};
use serde_json::{Value, json};
use simulators::seed::twitter::{BEARER_TOKEN, CONSUMER_KEY, CONSUMER_SECRET};
use social_core::inbound::{Change, InboundBatch};

use crate::{
    floor::UNROUTED,
    outside,
    story::{Outcome, Story, story_on},
};

const CHANNELS: usize = 200;
const TERMS: usize = 5_000;
const TWEETS: usize = 10_000;
const THREADS: usize = 4;
/// Of the town's own.
const CREDENTIAL: &str = "/social/twitter/town";
/// How long nothing may happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn all() -> Vec<Trial> {
    vec![story_on(&UNROUTED, "town::every_channel_gets_its_tweets_and_x_delivers_each_once", whole)]
}

async fn whole(story: &Story) -> Outcome {
    let town = Town::new(42, TERMS, CHANNELS);
    let x = X { http: outside::client()?, url: format!("{}/_sim", story.stack.twitter_url) };
    let (aws, stack) = (&story.aws, story.stack);
    aws.unplug(stack, "router").await?;
    aws.put_parameter(CREDENTIAL, &app_only()).await?;
    aws.put_channels(stack, &town.entries(CREDENTIAL)).await?;
    let expected = town.belongings(&x.talk(&town).await?);
    let matching: BTreeSet<&String> = expected.iter().map(|(_, tweet)| tweet).collect();

    aws.invoke(stack, "poll-twitter").await?;
    let taken = gather(story, expected.len()).await?;
    let wrong: Vec<_> = taken.symmetric_difference(&expected).take(5).collect();
    assert!(wrong.is_empty(), "some channel has a tweet too many or too few: {wrong:?}");

    let searches = x.count("/routes/GET ~12~1tweets~1search~1recent").await?;
    story
        .until("further searches", PATIENCE, async || {
            let more = x.count("/routes/GET ~12~1tweets~1search~1recent").await?;
            Ok((more >= searches + 20).then_some(()))
        })
        .await?;
    let more = aws.take(&stack.queues.inbound).await?;
    assert!(more.is_empty(), "{} messages came again", more.len());
    let delivered = x.count("/tweets_delivered").await?;
    assert_eq!(delivered, u64::try_from(matching.len())?, "X delivered some tweet again");
    Ok(())
}

/// Takes messages from the queue until so many have come.
async fn gather(story: &Story, many: usize) -> Outcome<Belongings> {
    let mut taken = Belongings::new();
    while taken.len() < many {
        let awaited = format!("the rest of {many} messages, after {}", taken.len());
        let bodies = story
            .until(&awaited, PATIENCE, async || {
                let bodies = story.aws.take(&story.stack.queues.inbound).await?;
                Ok((!bodies.is_empty()).then_some(bodies))
            })
            .await?;
        for body in bodies {
            let batch: InboundBatch = serde_json::from_str(&body)?;
            for change in batch.changes {
                let Change::Message(message) = change else { continue };
                let (channel, tweet) = (batch.channel_id.to_string(), message.id.to_string());
                assert!(taken.insert((channel, tweet)), "something came twice: {}", message.id);
            }
        }
    }
    Ok(taken)
}

/// Reads, and never answers.
fn app_only() -> String {
    let keys = json!({
        "bearer_token": BEARER_TOKEN, "consumer_key": CONSUMER_KEY,
        "consumer_secret": CONSUMER_SECRET,
    });
    keys.to_string()
}

/// The simulated X, as the town uses it.
struct X {
    http: Client,
    url: String,
}

impl X {
    /// Writes all tweets, one every two seconds up to an hour ago; text by id.
    async fn talk(&self, town: &Town) -> Outcome<BTreeMap<String, String>> {
        let mut dice = Dice::new(7);
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            threads.push(self.write("Hear, hear!", None, 0, TWEETS).await?);
        }
        let mut written = BTreeMap::new();
        let tweets = (0..TWEETS).zip(threads.iter().cycle());
        for (number, thread) in tweets {
            let text = town.tweet(&mut dice, 1);
            let id = self.write(&text, Some(thread), number % 300, TWEETS - number).await?;
            written.insert(id, text);
        }
        let counts = format!("{}/requests/counts", self.url);
        self.http.delete(counts).send().await.and_then(Response::error_for_status)?;
        Ok(written)
    }

    async fn write(
        &self,
        text: &str,
        thread: Option<&String>,
        visitor: usize,
        before: usize,
    ) -> Outcome<String> {
        let before = SignedDuration::from_secs(3_600 + 2 * i64::try_from(before)?);
        let (id, username) = ((8_000 + visitor).to_string(), format!("visitor{visitor}"));
        let tweet = json!({
            "author": { "id": id, "username": username }, "text": text,
            "in_reply_to": thread, "auto_mention": false, "created_at": now() - before,
        });
        let request = self.http.post(format!("{}/tweets", self.url)).json(&tweet);
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        let id = answer.get("id").and_then(Value::as_str);
        Ok(id.ok_or("a tweet without an id")?.to_owned())
    }

    /// A number of those that the simulator keeps.
    async fn count(&self, pointer: &str) -> Outcome<u64> {
        let shown = self.http.get(format!("{}/requests", self.url)).send().await?;
        let shown: Value = shown.error_for_status()?.json().await?;
        Ok(shown.pointer(pointer).and_then(Value::as_u64).unwrap_or_default())
    }
}

#[expect(clippy::disallowed_methods, reason = "visitors write when they like")]
fn now() -> Timestamp {
    Timestamp::now()
}

//! What is delivered when something happens to the brand, in either shape (contract B8).

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Style;
use crate::{
    seed::twitter::BRAND,
    twitter::{
        fields::Selection,
        render,
        state::{State, Tweet},
        text::{entities, weigh},
    },
};

/// Something that the app subscribed to.
pub(crate) enum Happened {
    Written(u64),
    Deleted(Box<Tweet>),
}

/// The bodies to send; none where the brand has no part in it.
pub(super) fn bodies(
    state: &State,
    happened: &Happened,
    style: Style,
    now: Timestamp,
) -> Vec<Value> {
    match (happened, style) {
        (Happened::Written(id), _) => {
            let Some(tweet) = state.tweets.get(id) else { return Vec::new() };
            let kinds = kinds(state, tweet);
            match style {
                Style::Xaa => kinds.iter().map(|kind| activity(state, tweet, kind)).collect(),
                Style::Aaa if kinds.is_empty() => Vec::new(),
                Style::Aaa => vec![json!({
                    "for_user_id": BRAND.id,
                    "user_has_blocked": "false",
                    "tweet_create_events": [old_tweet(state, tweet)],
                })],
            }
        }
        (Happened::Deleted(tweet), _) if tweet.author != BRAND.id => Vec::new(),
        (Happened::Deleted(tweet), Style::Xaa) => vec![deletion(state, tweet)],
        (Happened::Deleted(tweet), Style::Aaa) => vec![json!({
            "for_user_id": BRAND.id,
            "tweet_delete_events": [{
                "status": {"id": tweet.id.to_string(), "user_id": tweet.author},
                "timestamp_ms": now.as_millisecond().to_string(),
            }],
        })],
    }
}

/// Which events of the brand a tweet is. A mention counts only where its author typed it.
fn kinds(state: &State, tweet: &Tweet) -> Vec<&'static str> {
    let by_brand = |id: Option<u64>| {
        id.and_then(|id| state.tweets.get(&id)).is_some_and(|other| other.author == BRAND.id)
    };
    if tweet.author == BRAND.id {
        return vec!["post.create"];
    }
    let facts = [
        ("post.mention.create", entities::find(&tweet.text).mentions(BRAND.username)),
        ("post.reply.create", by_brand(tweet.in_reply_to)),
        ("post.quote.create", by_brand(tweet.quoted)),
        ("post.repost.create", by_brand(tweet.retweeted)),
    ];
    facts.into_iter().filter(|(_, holds)| *holds).map(|(kind, _)| kind).collect()
}

fn activity(state: &State, tweet: &Tweet, kind: &str) -> Value {
    let rendered = render::tweets(state, &Selection::everything(), &[tweet]);
    event(kind, rendered.data.first(), &rendered.includes.into())
}

fn event(kind: &str, payload: Option<&Value>, includes: &Value) -> Value {
    // Half of the real ones are negative.
    let (high, low) = Uuid::new_v4().as_u64_pair();
    let uuid = (high ^ low).cast_signed();
    json!({"data": {
        "event_uuid": uuid.to_string(),
        "filter": {"user_id": BRAND.id},
        "event_type": kind,
        "tag": format!("{} {kind}", BRAND.username),
        "payload": payload,
        "includes": includes,
    }})
}

fn deletion(state: &State, tweet: &Tweet) -> Value {
    let users: Vec<Value> = state
        .accounts
        .get(&tweet.author)
        .map(|account| json!({"data": render::user_json(account, &Selection::default())}))
        .into_iter()
        .collect();
    let payload = json!({"id": tweet.id.to_string(), "author_id": tweet.author});
    event("post.delete", Some(&payload), &json!({"users": users}))
}

/// A tweet as version 1.1 had it.
fn old_tweet(state: &State, tweet: &Tweet) -> Value {
    let full = tweet.full_text();
    let long = weigh::weigh(&tweet.text).length > weigh::LIMIT;
    let delivered = entities::deliver(&full, long.then_some(140));
    let name = |user: &String| state.accounts.get(user).map(|account| account.username.clone());
    let mention = |found: &entities::Found| {
        let id = state.by_username(&found.value).map(|account| account.id.clone());
        json!({"screen_name": found.value, "id_str": id, "indices": [found.start, found.end]})
    };
    let mentions: Vec<Value> = delivered.entities.mentions.iter().map(mention).collect();
    let text = |id: Option<u64>| id.map(|id| id.to_string());
    let author = state.accounts.get(&tweet.author);
    let mut out = json!({
        "created_at": tweet.created_at.strftime("%a %b %d %H:%M:%S +0000 %Y").to_string(),
        "timestamp_ms": tweet.created_at.as_millisecond().to_string(),
        "id": tweet.id,
        "id_str": tweet.id.to_string(),
        "text": delivered.text,
        "truncated": long,
        "lang": tweet.lang,
        "user": {
            "id": tweet.author.parse::<u64>().ok(),
            "id_str": tweet.author,
            "name": author.map(|author| author.name.clone()),
            "screen_name": author.map(|author| author.username.clone()),
        },
        "in_reply_to_status_id": tweet.in_reply_to,
        "in_reply_to_status_id_str": text(tweet.in_reply_to),
        "in_reply_to_user_id_str": tweet.in_reply_to_user,
        "in_reply_to_screen_name": tweet.in_reply_to_user.as_ref().and_then(name),
        "is_quote_status": tweet.quoted.is_some(),
        "entities": {"user_mentions": mentions},
    });
    if long {
        let full = entities::deliver(&full, None).text;
        render::set(&mut out, "extended_tweet", json!({"full_text": full}));
    }
    if let Some(quoted) = tweet.quoted {
        render::set(&mut out, "quoted_status_id", quoted);
        render::set(&mut out, "quoted_status_id_str", quoted.to_string());
    }
    out
}

//! Turns tweets and users into the JSON that X answers with (contract B2).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    fields::{Selection, Vocabulary},
    id, problem,
    state::{Account, State, Tweet},
    text::{
        entities::{self, Entities, Found},
        weigh::{LIMIT, weigh},
    },
};

/// The longest text of a retweet.
const RETWEET_LIMIT: usize = 139;

/// Answers with tweets: data, what they refer to, what is missing, and how much of it is billed.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) data: Vec<Value>,
    pub(crate) includes: Map<String, Value>,
    pub(crate) errors: Vec<Value>,
    pub(crate) users: usize,
    pub(crate) included_tweets: usize,
}

/// Renders tweets with everything that was selected.
pub(crate) fn tweets(state: &State, selection: &Selection, tweets: &[&Tweet]) -> Rendered {
    let renderer = Renderer { state, selection };
    let data = tweets.iter().map(|tweet| renderer.tweet(tweet)).collect();
    let mut includes = Includes::default();
    for tweet in tweets {
        renderer.expand(tweet, &mut includes);
    }
    let mut map = Map::new();
    let (users, included_tweets) = (includes.users.len(), includes.tweets.len());
    let key = match selection.vocabulary {
        Vocabulary::Tweet => "tweets",
        Vocabulary::Post => "posts",
    };
    for (key, list) in
        [("users", includes.users), (key, includes.tweets), ("media", includes.media)]
    {
        if !list.is_empty() {
            map.insert(key.to_owned(), list.into_values().collect());
        }
    }
    let errors = includes.errors.into_values().collect();
    Rendered { data, includes: map, errors, users, included_tweets }
}

#[derive(Default)]
struct Includes {
    users: BTreeMap<String, Value>,
    tweets: BTreeMap<String, Value>,
    media: BTreeMap<String, Value>,
    errors: BTreeMap<String, Value>,
}

struct Renderer<'a> {
    state: &'a State,
    selection: &'a Selection,
}

impl Renderer<'_> {
    fn tweet(&self, tweet: &Tweet) -> Value {
        let full = self.full_text(tweet);
        let long = tweet.retweeted.is_none() && weigh(&tweet.text).length > LIMIT;
        let limit = match tweet.retweeted {
            Some(_) => Some(RETWEET_LIMIT),
            None => long.then(|| LIMIT + tweet.prefix.chars().count()),
        };
        let mut delivered = entities::deliver(&full, limit);
        if tweet.retweeted.is_some() && full.chars().count() > RETWEET_LIMIT {
            delivered.text.push('…');
        }
        let ids: Vec<String> = tweet.history.iter().map(ToString::to_string).collect();
        let mut out = json!({"id": tweet.id.to_string(), "text": delivered.text});
        set(&mut out, self.name("edit_history_tweet_ids", "edit_history_post_ids"), json!(ids));
        let mut set = |field: &str, name: &str, value: Option<Value>| {
            if let (true, Some(value)) = (self.selection.wants(field), value) {
                set(&mut out, name, value);
            }
        };
        set("author_id", "author_id", Some(json!(tweet.author)));
        set("created_at", "created_at", Some(json!(time(tweet.created_at))));
        set("conversation_id", "conversation_id", Some(json!(tweet.conversation_id.to_string())));
        set("lang", "lang", Some(json!(tweet.lang)));
        set("reply_settings", "reply_settings", Some(json!("everyone")));
        set("possibly_sensitive", "possibly_sensitive", Some(json!(false)));
        set(
            "in_reply_to_user_id",
            "in_reply_to_user_id",
            tweet.in_reply_to_user.clone().map(Value::from),
        );
        let referenced = self.name("referenced_tweets", "referenced_posts");
        set("referenced_tweets", referenced, references(tweet));
        set("entities", "entities", self.entities(&delivered.entities));
        let media = tweet.photo_url.as_ref().map(|_| json!({"media_keys": [media_key(tweet)]}));
        set("attachments", "attachments", media);
        let metrics = self.selection.wants("public_metrics").then(|| self.metrics(tweet));
        set("public_metrics", "public_metrics", metrics);
        let note = self.name("note_tweet", "note_post");
        set("note_tweet", note, long.then(|| self.note(&full)));
        let start = tweet.prefix.chars().count();
        set(
            "display_text_range",
            "display_text_range",
            Some(json!([start, delivered.text.chars().count()])),
        );
        out
    }

    /// The vocabulary's name for something.
    fn name(&self, tweet: &'static str, post: &'static str) -> &'static str {
        match self.selection.vocabulary {
            Vocabulary::Tweet => tweet,
            Vocabulary::Post => post,
        }
    }

    /// A retweet carries the text of what it repeats.
    fn full_text(&self, tweet: &Tweet) -> String {
        let repeated = tweet.retweeted.and_then(|id| self.state.tweets.get(&id));
        repeated.map_or_else(
            || tweet.full_text(),
            |repeated| {
                let author = self.state.accounts.get(&repeated.author);
                let username = author.map(|author| author.username.as_str()).unwrap_or_default();
                format!("RT @{username}: {}", repeated.full_text())
            },
        )
    }

    fn note(&self, full: &str) -> Value {
        let whole = entities::deliver(full, None);
        let mut note = json!({"text": whole.text});
        if let Some(entities) = self.entities(&whole.entities) {
            set(&mut note, "entities", entities);
        }
        note
    }

    fn metrics(&self, tweet: &Tweet) -> Value {
        let count = |wanted: &dyn Fn(&Tweet) -> bool| {
            self.state.newest_first().filter(|tweet| wanted(tweet)).count()
        };
        let reposts = self.name("retweet_count", "repost_count");
        let mut metrics = json!({"like_count": 0, "bookmark_count": 0, "impression_count": 0});
        set(&mut metrics, reposts, json!(count(&|other| other.retweeted == Some(tweet.id))));
        set(
            &mut metrics,
            "reply_count",
            json!(count(&|other| other.in_reply_to == Some(tweet.id))),
        );
        set(&mut metrics, "quote_count", json!(count(&|other| other.quoted == Some(tweet.id))));
        metrics
    }

    fn entities(&self, found: &Entities) -> Option<Value> {
        let mut out = Map::new();
        let mut list = |name: &str, items: Vec<Value>| {
            if !items.is_empty() {
                out.insert(name.to_owned(), items.into());
            }
        };
        let mention = |found: &Found| {
            let mut mention = spot(found, "username");
            if let Some(account) = self.state.by_username(&found.value) {
                set(&mut mention, "id", json!(account.id));
            }
            mention
        };
        list("mentions", found.mentions.iter().map(mention).collect());
        list("hashtags", found.hashtags.iter().map(|found| spot(found, "tag")).collect());
        list("cashtags", found.cashtags.iter().map(|found| spot(found, "tag")).collect());
        list("urls", found.urls.iter().map(url).collect());
        (!out.is_empty()).then_some(Value::Object(out))
    }

    fn expand(&self, tweet: &Tweet, includes: &mut Includes) {
        let selection = self.selection;
        if selection.expands("author_id") {
            self.include_user("author_id", &tweet.author, includes);
        }
        if let Some(user) = &tweet.in_reply_to_user
            && selection.expands("in_reply_to_user_id")
        {
            self.include_user("in_reply_to_user_id", user, includes);
        }
        if selection.expands("entities.mentions.username") {
            for mention in tweet.entities().mentions {
                match self.state.by_username(&mention.value) {
                    Some(account) => {
                        self.include_user("entities.mentions.username", &account.id, includes);
                    }
                    None => {
                        note_missing(
                            "user",
                            "entities.mentions.username",
                            &mention.value,
                            includes,
                        );
                    }
                }
            }
        }
        if let Some(link) = &tweet.photo_url
            && selection.expands("attachments.media_keys")
        {
            let mut media = json!({"media_key": media_key(tweet), "type": "photo"});
            if selection.media_fields.contains("url") {
                set(&mut media, "url", json!(link));
            }
            includes.media.insert(media_key(tweet), media);
        }
        self.expand_references(tweet, includes);
    }

    fn expand_references(&self, tweet: &Tweet, includes: &mut Includes) {
        let authors = self.selection.expands("referenced_tweets.id.author_id");
        if !authors && !self.selection.expands("referenced_tweets.id") {
            return;
        }
        let parameter = self.name("referenced_tweets.id", "referenced_posts");
        for id in [tweet.in_reply_to, tweet.quoted, tweet.retweeted].into_iter().flatten() {
            match self.state.tweets.get(&id) {
                None => note_missing("tweet", parameter, &id.to_string(), includes),
                Some(referenced) => {
                    includes.tweets.insert(id.to_string(), self.tweet(referenced));
                    if authors {
                        self.include_user(
                            "referenced_tweets.id.author_id",
                            &referenced.author,
                            includes,
                        );
                    }
                }
            }
        }
    }

    fn include_user(&self, parameter: &str, user: &str, includes: &mut Includes) {
        match self.state.accounts.get(user) {
            None => note_missing("user", parameter, user, includes),
            Some(account) if account.suspended || account.protected => {
                let error = problem::withheld(parameter, user, account.suspended);
                includes.errors.insert(format!("{parameter} {user}"), error);
            }
            Some(account) => {
                includes.users.insert(user.to_owned(), user_json(account, self.selection));
            }
        }
    }
}

fn note_missing(kind: &str, parameter: &str, value: &str, includes: &mut Includes) {
    let error = problem::missing(kind, parameter, value);
    includes.errors.insert(format!("{parameter} {value}"), error);
}

fn media_key(tweet: &Tweet) -> String {
    format!("3_{}", tweet.id)
}

fn references(tweet: &Tweet) -> Option<Value> {
    let kinds = [
        ("retweeted", tweet.retweeted),
        ("quoted", tweet.quoted),
        ("replied_to", tweet.in_reply_to),
    ];
    let list: Vec<Value> = kinds
        .into_iter()
        .filter_map(|(kind, id)| id.map(|id| json!({"type": kind, "id": id.to_string()})))
        .collect();
    (!list.is_empty()).then(|| list.into())
}

fn spot(found: &Found, name: &str) -> Value {
    let mut spot = json!({"start": found.start, "end": found.end});
    set(&mut spot, name, json!(found.value));
    spot
}

fn url(found: &Found) -> Value {
    let lower = found.value.to_ascii_lowercase();
    let bare = lower.starts_with("http://") || lower.starts_with("https://");
    let expanded = if bare { found.value.clone() } else { format!("http://{}", found.value) };
    let display = expanded.split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    json!({
        "start": found.start,
        "end": found.end,
        "url": entities::short_link(&found.value),
        "expanded_url": expanded,
        "display_url": display.strip_prefix("www.").unwrap_or(&display),
    })
}

/// A user, with what was asked for.
pub(crate) fn user_json(account: &Account, selection: &Selection) -> Value {
    let mut user = json!({"id": account.id, "username": account.username, "name": account.name});
    let count = match selection.vocabulary {
        Vocabulary::Tweet => "tweet_count",
        Vocabulary::Post => "post_count",
    };
    let mut metrics = json!({"following_count": 10, "listed_count": 0});
    set(&mut metrics, "followers_count", account.followers);
    set(&mut metrics, count, 10);
    let image = "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png";
    let extra = [
        ("protected", json!(account.protected)),
        ("verified", json!(false)),
        ("verified_type", json!("none")),
        ("description", json!("")),
        ("profile_image_url", json!(image)),
        ("created_at", json!(born(account))),
        ("public_metrics", metrics),
    ];
    for (field, value) in extra {
        if selection.user_fields.contains(field) {
            set(&mut user, field, value);
        }
    }
    user
}

/// Accounts with a snowflake are as old as it says; the others are from before.
fn born(account: &Account) -> String {
    let old = Timestamp::UNIX_EPOCH;
    let id = id::parse(&account.id).unwrap_or_default();
    time(Timestamp::from_millisecond(id::millis(id)).unwrap_or(old))
}

/// Puts a value into an object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value.into());
    }
}

/// An answer; what is empty is left out.
pub(crate) fn answer(data: Vec<Value>, includes: Map<String, Value>, errors: Vec<Value>) -> Value {
    let parts =
        [("data", Value::from(data)), ("includes", includes.into()), ("errors", errors.into())];
    let empty = |value: &Value| *value == json!([]) || *value == json!({});
    let full = parts.into_iter().filter(|(_, value)| !empty(value));
    Value::Object(full.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The same with the only item of `data` in place of the list.
pub(crate) fn only(mut answer: Value) -> Value {
    if let Some(only) = answer.pointer("/data/0").cloned() {
        set(&mut answer, "data", only);
    }
    answer
}

/// A time as X writes it, with milliseconds.
pub(crate) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

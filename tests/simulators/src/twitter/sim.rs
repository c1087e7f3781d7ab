//! The control interface of the simulated X: what visitors do, and what goes wrong.

use axum::{
    Json,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Twitter, id, render,
    state::{Account, Draft, FOLLOWERS, Refusal, State},
    webhooks::{self, Happened},
};

/// An author as the control interface names one.
#[derive(Deserialize)]
pub(crate) struct Author {
    id: Value,
    username: String,
    name: Option<String>,
    followers: Option<u64>,
}

/// A tweet to write.
#[derive(Deserialize)]
pub(crate) struct NewTweet {
    author: Author,
    text: String,
    in_reply_to: Option<Value>,
    quoted: Option<Value>,
    retweet_of: Option<Value>,
    created_at: Option<Timestamp>,
    lang: Option<String>,
    photo_url: Option<String>,
    auto_mention: Option<bool>,
}

type Answer = Result<Response, (StatusCode, Json<Value>)>;

fn refuse(status: StatusCode, message: impl Into<String>) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"error": message.into()})))
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// `POST /_sim/tweets`.
pub(crate) async fn create(Shared(twitter): Shared<Twitter>, Json(new): Json<NewTweet>) -> Answer {
    let now = twitter.now();
    let mut state = twitter.state();
    if new.created_at.is_some_and(|time| time.as_millisecond() <= id::EPOCH_MS) {
        return Err(refuse(StatusCode::BAD_REQUEST, "created_at lies before the first snowflake"));
    }
    let reference = |name: &str, value: &Option<Value>| match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let id = id::parse(&word(value)).filter(|id| state.tweets.contains_key(id));
            let message = format!("{name} names tweet {}, which does not exist", word(value));
            id.map(Some).ok_or_else(|| refuse(StatusCode::NOT_FOUND, message))
        }
    };
    let in_reply_to = reference("in_reply_to", &new.in_reply_to)?;
    let quoted = reference("quoted", &new.quoted)?;
    let retweeted = reference("retweet_of", &new.retweet_of)?;
    let author = enter(&mut state, &new.author);
    let draft = Draft {
        author,
        text: new.text,
        in_reply_to,
        quoted,
        retweeted,
        created_at: new.created_at,
        lang: new.lang,
        photo_url: new.photo_url,
        mentions_those_answered: new.auto_mention.unwrap_or(true),
        unmentioned: Vec::new(),
    };
    let id = state.write(draft, now);
    webhooks::announce(&twitter, &mut state, &Happened::Written(id));
    Ok((StatusCode::CREATED, Json(json!({"id": id.to_string()}))).into_response())
}

/// Brings an author into the world, or changes what is said of them.
pub(crate) fn enter(state: &mut State, author: &Author) -> String {
    let id = word(&author.id);
    let username = author.username.trim_start_matches('@').to_owned();
    let name = author.name.clone().unwrap_or_else(|| username.clone());
    let fresh = Account {
        id: id.clone(),
        username: String::new(),
        name: String::new(),
        followers: FOLLOWERS,
        suspended: false,
        protected: false,
    };
    let account = state.accounts.entry(id.clone()).or_insert(fresh);
    account.username = username;
    account.name = name;
    account.followers = author.followers.unwrap_or(account.followers);
    id
}

/// `GET /_sim/tweets`: all there are, oldest first, each in its latest version.
pub(crate) async fn list(Shared(twitter): Shared<Twitter>) -> Json<Value> {
    let state = twitter.state();
    let mut tweets: Vec<Value> = state
        .newest_first()
        .map(|tweet| {
            let author = state.accounts.get(&tweet.author).map(|account| {
                json!({"id": account.id, "username": account.username, "name": account.name})
            });
            json!({
                "id": tweet.id.to_string(),
                "author": author,
                "text": tweet.text,
                "conversation_id": tweet.conversation_id.to_string(),
                "in_reply_to": tweet.in_reply_to.map(|id| id.to_string()),
                "quoted": tweet.quoted.map(|id| id.to_string()),
                "created_at": render::time(tweet.created_at),
                "delivered_text": tweet.full_text(),
            })
        })
        .collect();
    tweets.reverse();
    Json(tweets.into())
}

/// `DELETE /_sim/tweets/{id}`.
pub(crate) async fn remove(Shared(twitter): Shared<Twitter>, Path(tweet): Path<String>) -> Answer {
    let mut state = twitter.state();
    let deleted = id::parse(&tweet).and_then(|id| state.delete(id));
    let deleted = deleted.ok_or_else(|| unknown(&tweet))?;
    webhooks::announce(&twitter, &mut state, &Happened::Deleted(Box::new(deleted)));
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn unknown(tweet: &str) -> (StatusCode, Json<Value>) {
    refuse(StatusCode::NOT_FOUND, format!("there is no tweet {tweet}"))
}

/// What an edit holds.
#[derive(Deserialize)]
pub(crate) struct Edit {
    text: String,
}

/// `PATCH /_sim/tweets/{id}`: a new version with an id of its own.
pub(crate) async fn edit(
    Shared(twitter): Shared<Twitter>,
    Path(tweet): Path<String>,
    Json(edit): Json<Edit>,
) -> Answer {
    let now = twitter.now();
    let id = id::parse(&tweet).ok_or_else(|| unknown(&tweet))?;
    let mut state = twitter.state();
    match state.edit(id, edit.text, now) {
        Ok(id) => {
            webhooks::announce(&twitter, &mut state, &Happened::Written(id));
            Ok(Json(json!({"id": id.to_string()})).into_response())
        }
        Err(Refusal::Unknown) => Err(unknown(&tweet)),
        Err(Refusal::TooLate) => {
            Err(refuse(StatusCode::CONFLICT, "a tweet can be edited for 30 minutes only"))
        }
        Err(Refusal::TooOften) => {
            Err(refuse(StatusCode::CONFLICT, "a tweet can be edited five times only"))
        }
    }
}

/// What can be changed about an account.
#[derive(Deserialize)]
pub(crate) struct UserChange {
    username: Option<String>,
    name: Option<String>,
    suspended: Option<bool>,
    protected: Option<bool>,
}

/// `PUT /_sim/users/{id}`: makes or changes an account.
pub(crate) async fn set_user(
    Shared(twitter): Shared<Twitter>,
    Path(user): Path<String>,
    Json(change): Json<UserChange>,
) -> Answer {
    let mut state = twitter.state();
    let username =
        change.username.or_else(|| state.accounts.get(&user).map(|a| a.username.clone()));
    let Some(username) = username else {
        return Err(refuse(
            StatusCode::NOT_FOUND,
            format!("there is no user {user}; name a username"),
        ));
    };
    let name = change.name.or_else(|| state.accounts.get(&user).map(|a| a.name.clone()));
    enter(&mut state, &Author { id: json!(user), username, name, followers: None });
    if let Some(account) = state.accounts.get_mut(&user) {
        account.suspended = change.suspended.unwrap_or(account.suspended);
        account.protected = change.protected.unwrap_or(account.protected);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// How many resources may still be read or written; `null` lifts the limit.
#[derive(Deserialize)]
pub(crate) struct Credits {
    remaining: Option<u64>,
}

/// `PUT /_sim/credits`.
pub(crate) async fn set_credits(
    Shared(twitter): Shared<Twitter>,
    Json(credits): Json<Credits>,
) -> StatusCode {
    twitter.state().credits = credits.remaining;
    StatusCode::NO_CONTENT
}

/// `GET /_sim/credits`.
pub(crate) async fn show_credits(Shared(twitter): Shared<Twitter>) -> Json<Value> {
    Json(json!({"remaining": twitter.state().credits}))
}

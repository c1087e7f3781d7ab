//! `POST /2/tweets` and `DELETE /2/tweets/:id` (contract B1, B5, B6).

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
};
use bytes::Bytes;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{
    Settings, Twitter,
    auth::Caller,
    id,
    problem::{DUPLICATE, Issue, NOT_SUMMONED, Problem, TARGET_GONE, TOO_LONG},
    state::{Draft, State, Tweet},
    text::{
        entities,
        weigh::{LIMIT, weigh},
    },
    webhooks::{self, Happened},
};

/// What a body may hold (the specification's `additionalProperties: false`).
const PROPERTIES: &[&str] = &[
    "card_uri",
    "community_id",
    "direct_message_deep_link",
    "edit_options",
    "for_super_followers_only",
    "geo",
    "made_with_ai",
    "media",
    "nullcast",
    "paid_partnership",
    "poll",
    "quote_post_id",
    "quote_tweet_id",
    "reply",
    "reply_settings",
    "share_with_followers",
    "text",
];
const REPLY: &[&str] =
    &["auto_populate_reply_metadata", "exclude_reply_user_ids", "in_reply_to_tweet_id"];
const MEDIA: &[&str] = &["media_ids", "tagged_user_ids"];

/// Publishes a tweet.
pub(crate) async fn create(
    Shared(twitter): Shared<Twitter>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Caller::User(author) = caller else { return Err(Problem::app_only()) };
    let draft = Draft { author, ..read(&body)? };
    let now = twitter.now();
    let mut state = twitter.state();
    allow(&state, twitter.settings(), &draft, now)?;
    let id = state.write(draft, now);
    state.spend(1);
    webhooks::announce(&twitter, &mut state, &Happened::Written(id));
    let text = state.tweets.get(&id).map(|tweet| entities::deliver(&tweet.full_text(), None).text);
    let id = id.to_string();
    let data = json!({"data": {"id": id, "text": text, "edit_history_tweet_ids": [id]}});
    Ok((StatusCode::CREATED, Json(data)))
}

fn read(body: &[u8]) -> Result<Draft, Problem> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return Err(Problem::parameter("body", "", "Requests with bodies must be a JSON object"));
    };
    let mut issues = Vec::new();
    only(&body, "$", PROPERTIES, &mut issues);
    let inner = |name: &str| body.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let (reply, media) = (inner("reply"), inner("media"));
    only(&reply, "$.reply", REPLY, &mut issues);
    only(&media, "$.media", MEDIA, &mut issues);
    let text = string(&body, "$", "text", &mut issues);
    let target = string(&reply, "$.reply", "in_reply_to_tweet_id", &mut issues);
    let quote = string(&body, "$", "quote_tweet_id", &mut issues)
        .or_else(|| string(&body, "$", "quote_post_id", &mut issues));
    let mut number = |path: &str, text: Option<String>| {
        let text = text?;
        let number = id::parse(&text);
        if number.is_none() {
            let message = format!("[{path}: does not match the regex pattern ^[0-9]{{1,19}}$]");
            issues.push(Issue { parameter: path.to_owned(), value: text, message });
        }
        number
    };
    let in_reply_to = number("$.reply.in_reply_to_tweet_id", target);
    let quoted = number("$.quote_tweet_id", quote);
    if body.contains_key("reply") && in_reply_to.is_none() && issues.is_empty() {
        issues.push(missing("$.reply.in_reply_to_tweet_id"));
    }
    let empty = text.as_deref().is_none_or(|text| text.trim().is_empty());
    if empty && media.is_empty() && !body.contains_key("poll") {
        issues.push(missing("$.text"));
    }
    if !issues.is_empty() {
        return Err(Problem::invalid(issues));
    }
    let excluded = reply.get("exclude_reply_user_ids").and_then(Value::as_array);
    let unmentioned = excluded.into_iter().flatten().filter_map(Value::as_str);
    Ok(Draft {
        text: text.unwrap_or_default(),
        in_reply_to,
        quoted,
        mentions_those_answered: true,
        unmentioned: unmentioned.map(ToOwned::to_owned).collect(),
        ..Draft::default()
    })
}

fn only(object: &Map<String, Value>, path: &str, allowed: &[&str], issues: &mut Vec<Issue>) {
    for (name, value) in object.iter().filter(|(name, _)| !allowed.contains(&name.as_str())) {
        let message = format!(
            "[{path}.{name}: is not defined in the schema and the schema does not allow additional \
             properties]"
        );
        issues.push(Issue {
            parameter: format!("{path}.{name}"),
            value: value.to_string(),
            message,
        });
    }
}

fn string(
    object: &Map<String, Value>,
    path: &str,
    name: &str,
    issues: &mut Vec<Issue>,
) -> Option<String> {
    let value = object.get(name)?;
    let text = value.as_str().map(ToOwned::to_owned);
    if text.is_none() {
        let message = format!("[{path}.{name}: is missing or not of type string]");
        issues.push(Issue {
            parameter: format!("{path}.{name}"),
            value: value.to_string(),
            message,
        });
    }
    text
}

fn missing(path: &str) -> Issue {
    let message = format!("[{path}: is missing but it is required]");
    Issue { parameter: path.to_owned(), value: String::new(), message }
}

/// Every reason for which X takes no tweet.
fn allow(
    state: &State,
    settings: &Settings,
    draft: &Draft,
    now: jiff::Timestamp,
) -> Result<(), Problem> {
    if !draft.text.is_empty() {
        let weight = weigh(&draft.text);
        if weight.length > LIMIT {
            return Err(Problem::forbidden(TOO_LONG));
        }
        if !weight.valid {
            return Err(Problem::forbidden(
                "Your Tweet text holds characters that are not allowed.",
            ));
        }
    }
    if !settings.enterprise && draft.quoted.is_some() {
        return Err(Problem::forbidden("Quoting posts is not permitted with your access level."));
    }
    if !settings.enterprise && entities::find(&draft.text).cashtags.len() > 1 {
        return Err(Problem::forbidden("A post may hold at most one cashtag."));
    }
    if let Some(target) = draft.in_reply_to {
        let Some(target) = state.tweets.get(&target).filter(|tweet| visible(state, tweet)) else {
            return Err(Problem::forbidden(TARGET_GONE));
        };
        if !settings.enterprise && !summoned(state, settings, target, &draft.author) {
            return Err(Problem::forbidden(NOT_SUMMONED));
        }
    }
    let window = SignedDuration::try_from(settings.duplicate_window).unwrap_or_default();
    let duplicate = !draft.text.is_empty()
        && state.newest_first().any(|tweet| {
            tweet.author == draft.author
                && tweet.text.trim() == draft.text.trim()
                && now.duration_since(tweet.created_at) < window
        });
    if duplicate { Err(Problem::forbidden(DUPLICATE)) } else { Ok(()) }
}

fn visible(state: &State, tweet: &Tweet) -> bool {
    state.accounts.get(&tweet.author).is_some_and(|author| !author.suspended && !author.protected)
}

/// Whether the author of `target` called `account` by a mention or a quote. One's own may be answered.
fn summoned(state: &State, settings: &Settings, target: &Tweet, account: &str) -> bool {
    let Some(account) = state.accounts.get(account) else { return false };
    let text =
        if settings.explicit_mentions_only { target.text.clone() } else { target.full_text() };
    let quotes = target
        .quoted
        .and_then(|quoted| state.tweets.get(&quoted))
        .is_some_and(|quoted| quoted.author == account.id);
    target.author == account.id || quotes || entities::find(&text).mentions(&account.username)
}

/// Deletes a tweet of one's own.
pub(crate) async fn remove(
    Shared(twitter): Shared<Twitter>,
    Extension(caller): Extension<Caller>,
    Path(tweet): Path<String>,
) -> Result<Json<Value>, Problem> {
    let Caller::User(author) = caller else { return Err(Problem::app_only()) };
    let Some(id) = id::parse(&tweet) else {
        let message =
            format!("The `id` query parameter value [{tweet}] does not match ^[0-9]{{1,19}}$");
        return Err(Problem::parameter("id", &tweet, message));
    };
    let mut state = twitter.state();
    match state.tweets.get(&id).map(|tweet| tweet.author == author) {
        None => Err(Problem::not_found()),
        Some(false) => Err(Problem::forbidden("You are not authorized to delete this Tweet.")),
        Some(true) => {
            if let Some(deleted) = state.delete(id) {
                webhooks::announce(&twitter, &mut state, &Happened::Deleted(Box::new(deleted)));
            }
            Ok(Json(json!({"data": {"deleted": true}})))
        }
    }
}

//! `GET /2/tweets/search/recent` (contract B2).

use axum::{
    Json,
    extract::{RawQuery, State as Shared},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    Twitter,
    fields::{self, Selection},
    id,
    params::Params,
    problem::Problem,
    query::{self, Expression},
    render,
    state::{State, Tweet},
    timelines::{self, Page, Range},
};

/// How far back recent search goes.
const REACH: SignedDuration = SignedDuration::from_hours(7 * 24);

const PARAMETERS: &[&str] = &[
    "query",
    "start_time",
    "end_time",
    "since_id",
    "until_id",
    "max_results",
    "next_token",
    "pagination_token",
    "sort_order",
];

/// Answers a search.
pub(crate) async fn recent(
    Shared(twitter): Shared<Twitter>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let mut params = Params::read(raw.as_deref(), &[PARAMETERS, fields::PARAMETERS]);
    let now = twitter.now();
    let lag = SignedDuration::try_from(twitter.settings().index_lag).unwrap_or_default();
    let selection = Selection::of_tweets(&mut params, twitter.settings().answers_in);
    params.list("sort_order", &["recency", "relevancy"]);
    let expression = expression(&mut params, twitter.settings().query_length);
    let range = range(&mut params, now, lag);
    let mut page = Page::read(&mut params, 10, 100, 10);
    page.read_token(&mut params, &["next_token", "pagination_token"], &fingerprint(raw.as_deref()));
    params.finish()?;
    let Some(expression) = expression else { return Err(Problem::not_found()) };

    let state = twitter.state();
    let indexed = now.checked_sub(lag).unwrap_or(now);
    let found = state.newest_first().filter(|tweet| {
        tweet.created_at <= indexed && range.holds(tweet) && is_match(&state, &expression, tweet)
    });
    let (tweets, next) = page.cut(found);
    let rendered = render::tweets(&state, &selection, &tweets);
    let (count, meta) = (tweets.len(), meta(&tweets, next));
    drop(state);
    twitter.bill(count, rendered.users, rendered.included_tweets);
    Ok(Json(timelines::answer(rendered, meta)))
}

fn is_match(state: &State, expression: &Expression, tweet: &Tweet) -> bool {
    let protected = state.accounts.get(&tweet.author).is_some_and(|author| author.protected);
    let retweet = tweet.retweeted.is_some() && !query::wants_retweets(expression);
    !retweet && !protected && query::matches(expression, &state.subject(tweet))
}

/// What a page token belongs to: the same search.
fn fingerprint(raw: Option<&str>) -> String {
    let pairs = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
    let fixed = ["query", "since_id", "until_id", "start_time", "end_time"];
    pairs.filter(|(name, _)| fixed.contains(&name.as_ref())).map(|(_, value)| value).collect()
}

fn expression(params: &mut Params, longest: usize) -> Option<Expression> {
    let Some(text) = params.text("query").filter(|text| !text.trim().is_empty()) else {
        params.refuse("query", "", "The `query` query parameter can not be empty");
        return None;
    };
    let length = text.chars().count();
    if length > longest {
        let message =
            format!("Query length exceeds the maximum of {longest} characters: [{length}]");
        params.refuse("query", &text, message);
        return None;
    }
    match query::parse(&text) {
        Ok(expression) => Some(expression),
        Err(message) => {
            params.refuse("query", &text, message);
            None
        }
    }
}

/// The window of a search, with every rule about its ends.
fn range(params: &mut Params, now: Timestamp, lag: SignedDuration) -> Range {
    let range = Range::read(params);
    let oldest = now.checked_sub(REACH).unwrap_or(now);
    for (name, bound) in [("since_id", range.since), ("until_id", range.until)] {
        if let Some(bound) = bound
            && bound < id::at(oldest)
        {
            let minute = oldest.strftime("%Y-%m-%dT%H:%MZ");
            let message = format!(
                "'{name}' must be a tweet id created after {minute}. Please use a '{name}' that is \
                 larger than {}",
                id::at(oldest)
            );
            params.refuse(name, &bound.to_string(), message);
        }
    }
    if let Some(since) = range.since
        && (range.start.is_some() || range.end.is_some())
    {
        let message = "Invalid use of 'since_id'. 'since_id' cannot be used in conjunction with \
                       'start_time' or 'end_time'";
        params.refuse("since_id", &since.to_string(), message);
    }
    check_times(params, &range, now, oldest, lag);
    range
}

fn check_times(
    params: &mut Params,
    range: &Range,
    now: Timestamp,
    oldest: Timestamp,
    lag: SignedDuration,
) {
    let (start_text, end_text) = (
        params.text("start_time").unwrap_or_default(),
        params.text("end_time").unwrap_or_default(),
    );
    if range.start.is_some_and(|start| start < oldest) {
        let earliest = oldest.strftime("%Y-%m-%dT%H:%MZ");
        let message = format!(
            "Invalid 'start_time':'{start_text}'. 'start_time' must be on or after {earliest}"
        );
        params.refuse("start_time", &start_text, message);
    }
    let margin = lag.min(SignedDuration::from_secs(10));
    let latest = now.checked_sub(margin).unwrap_or(now);
    if range.end.is_some_and(|end| end > latest) {
        let message = format!(
            "Invalid 'end_time':'{end_text}'. 'end_time' must be a minimum of 10 seconds prior to \
             the request time."
        );
        params.refuse("end_time", &end_text, message);
    }
    if range.end.is_some_and(|end| end < oldest) {
        let message = format!("Invalid 'end_time':'{end_text}'. 'end_time' is too long ago");
        params.refuse("end_time", &end_text, message);
    }
    let until = range.end.unwrap_or(now);
    if range.start.is_some_and(|start| start >= until) {
        let message =
            format!("Invalid 'start_time':'{start_text}'. 'start_time' must be before 'end_time'");
        params.refuse("start_time", &start_text, message);
    }
}

/// `meta` of a page.
pub(crate) fn meta(tweets: &[&Tweet], next: Option<String>) -> Value {
    let mut meta = json!({"result_count": tweets.len()});
    let ids = tweets.iter().map(|tweet| tweet.id);
    if let (Some(newest), Some(oldest)) = (ids.clone().max(), ids.min()) {
        render::set(&mut meta, "newest_id", json!(newest.to_string()));
        render::set(&mut meta, "oldest_id", json!(oldest.to_string()));
    }
    if let Some(next) = next {
        render::set(&mut meta, "next_token", json!(next));
    }
    meta
}

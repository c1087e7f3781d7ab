//! Mentions and tweets of a user, and the paging that they share with search (contract B2, B3).

use axum::{
    Json,
    extract::{Path, RawQuery, State as Shared},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Twitter,
    fields::{self, Selection},
    params::Params,
    problem::{self, Problem},
    render::{self, Rendered},
    search,
    state::Tweet,
};

/// How many mentions, and how many tweets of a user, can be reached at all.
const MENTIONS: usize = 800;
const TWEETS: usize = 3_200;

const PARAMETERS: &[&str] =
    &["start_time", "end_time", "since_id", "until_id", "max_results", "pagination_token"];

/// Which tweets are asked for: `since` and `until` are exclusive, `start` is not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Range {
    pub(crate) since: Option<u64>,
    pub(crate) until: Option<u64>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
}

impl Range {
    /// Reads the parameters.
    pub(crate) fn read(params: &mut Params) -> Self {
        Self {
            since: params.id("since_id"),
            until: params.id("until_id"),
            start: params.time("start_time"),
            end: params.time("end_time"),
        }
    }

    /// Whether a tweet lies inside.
    pub(crate) fn holds(&self, tweet: &Tweet) -> bool {
        self.since.is_none_or(|since| tweet.id > since)
            && self.until.is_none_or(|until| tweet.id < until)
            && self.start.is_none_or(|start| tweet.created_at >= start)
            && self.end.is_none_or(|end| tweet.created_at < end)
    }
}

/// Where a page begins and how long it is.
pub(crate) struct Page {
    size: usize,
    below: Option<u64>,
    mark: String,
}

impl Page {
    /// Reads `max_results`.
    pub(crate) fn read(params: &mut Params, least: usize, most: usize, default: usize) -> Self {
        let size = params.number("max_results", least, most, default);
        Self { size, below: None, mark: String::new() }
    }

    /// Reads a page token, which holds only for the request that it came from.
    pub(crate) fn read_token(&mut self, params: &mut Params, names: &[&str], request: &str) {
        let sum = request.bytes().fold(7_u64, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        self.mark = format!("{:08x}", sum & 0xFFFF_FFFF);
        for name in names {
            let Some(token) = params.text(name) else { continue };
            let below = token
                .strip_prefix("b26v")
                .and_then(|rest| rest.strip_suffix(&self.mark))
                .and_then(|id| u64::from_str_radix(id, 16).ok());
            if below.is_none() {
                params.refuse(name, &token, format!("'{name}' is not valid for this request"));
            }
            self.below = below;
        }
    }

    /// Takes the page out of everything that was found, and the token of the next one.
    pub(crate) fn cut<'a>(
        &self,
        found: impl Iterator<Item = &'a Tweet>,
    ) -> (Vec<&'a Tweet>, Option<String>) {
        let mut rest = found.filter(|tweet| self.below.is_none_or(|below| tweet.id < below));
        let page: Vec<&Tweet> = rest.by_ref().take(self.size).collect();
        let more = rest.next().is_some();
        let next =
            page.last().filter(|_| more).map(|last| format!("b26v{:x}{}", last.id, self.mark));
        (page, next)
    }
}

/// Puts an answer with tweets together.
pub(crate) fn answer(rendered: Rendered, meta: Value) -> Value {
    let mut answer = render::answer(rendered.data, rendered.includes, rendered.errors);
    render::set(&mut answer, "meta", meta);
    answer
}

/// `GET /2/users/:id/mentions`.
pub(crate) async fn mentions(
    Shared(twitter): Shared<Twitter>,
    Path(user): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    timeline(&twitter, Kind::Mentions, &user, raw.as_deref())
}

/// `GET /2/users/by/username/:username/mentions`.
pub(crate) async fn mentions_by_username(
    Shared(twitter): Shared<Twitter>,
    Path(username): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let account = twitter.state().by_username(&username).map(|account| account.id.clone());
    match account {
        Some(user) => timeline(&twitter, Kind::Mentions, &user, raw.as_deref()),
        None => Ok(Json(json!({"errors": [problem::missing("user", "username", &username)]}))),
    }
}

/// `GET /2/users/:id/tweets`.
pub(crate) async fn tweets(
    Shared(twitter): Shared<Twitter>,
    Path(user): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    timeline(&twitter, Kind::Tweets, &user, raw.as_deref())
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Mentions,
    Tweets,
}

fn timeline(
    twitter: &Twitter,
    kind: Kind,
    user: &str,
    raw: Option<&str>,
) -> Result<Json<Value>, Problem> {
    let exclude: &[&str] = if kind == Kind::Tweets { &["exclude"] } else { &[] };
    let mut params = Params::read(raw, &[PARAMETERS, exclude, fields::PARAMETERS]);
    let selection = Selection::of_tweets(&mut params, twitter.settings().answers_in);
    let excluded = params.list("exclude", &["replies", "retweets"]);
    let range = Range::read(&mut params);
    let mut page = Page::read(&mut params, 5, 100, 10);
    page.read_token(&mut params, &["pagination_token"], user);
    params.finish()?;

    let state = twitter.state();
    let Some(account) = state.accounts.get(user) else {
        return Ok(Json(json!({"errors": [problem::missing("user", "id", user)]})));
    };
    if account.suspended {
        return Ok(Json(json!({"errors": [problem::withheld("id", user, true)]})));
    }
    let leaves_out = |what: &str| excluded.iter().any(|word| word == what);
    let (no_replies, no_retweets) = (leaves_out("replies"), leaves_out("retweets"));
    let belongs = |tweet: &&Tweet| match kind {
        Kind::Mentions => {
            tweet.retweeted.is_none()
                && tweet.author != account.id
                && tweet.entities().mentions(&account.username)
        }
        Kind::Tweets => {
            tweet.author == account.id
                && !(no_replies && tweet.in_reply_to.is_some())
                && !(no_retweets && tweet.retweeted.is_some())
        }
    };
    let reach = if kind == Kind::Mentions { MENTIONS } else { TWEETS };
    let found = state.newest_first().filter(belongs).take(reach).filter(|tweet| range.holds(tweet));
    let (tweets, next) = page.cut(found);
    let rendered = render::tweets(&state, &selection, &tweets);
    let (count, meta) = (tweets.len(), search::meta(&tweets, next));
    drop(state);
    twitter.bill(count, rendered.users, rendered.included_tweets);
    Ok(Json(answer(rendered, meta)))
}

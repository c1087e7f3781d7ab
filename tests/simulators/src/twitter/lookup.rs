//! `GET /2/tweets/:id` and `GET /2/tweets?ids=`; what is missing is an error inside a 200 (contract B5).

use axum::{
    Json,
    extract::{Path, RawQuery, State as Shared},
};
use serde_json::Value;

use super::{
    Twitter,
    fields::{self, Selection},
    id,
    params::Params,
    problem::{self, Problem},
    render,
    state::Tweet,
};

/// One tweet.
pub(crate) async fn one(
    Shared(twitter): Shared<Twitter>,
    Path(tweet): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let mut params = Params::read(raw.as_deref(), &[fields::PARAMETERS]);
    let selection = Selection::of_tweets(&mut params, twitter.settings().answers_in);
    if id::parse(&tweet).is_none() {
        let message =
            format!("The `id` query parameter value [{tweet}] does not match ^[0-9]{{1,19}}$");
        params.refuse("id", &tweet, message);
    }
    params.finish()?;
    Ok(Json(render::only(look_up(&twitter, &selection, "id", &[tweet]))))
}

/// Up to a hundred tweets.
pub(crate) async fn several(
    Shared(twitter): Shared<Twitter>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let mut params = Params::read(raw.as_deref(), &[&["ids"], fields::PARAMETERS]);
    let selection = Selection::of_tweets(&mut params, twitter.settings().answers_in);
    let ids = params.values("ids", |id| id::parse(id).is_some(), "^[0-9]{1,19}$");
    params.finish()?;
    Ok(Json(look_up(&twitter, &selection, "ids", &ids)))
}

fn look_up(twitter: &Twitter, selection: &Selection, parameter: &str, ids: &[String]) -> Value {
    let state = twitter.state();
    let mut found: Vec<&Tweet> = Vec::new();
    let mut errors = Vec::new();
    for id in ids {
        match id::parse(id).and_then(|id| state.tweets.get(&id)) {
            Some(tweet) => found.push(tweet),
            None => errors.push(problem::missing("tweet", parameter, id)),
        }
    }
    let rendered = render::tweets(&state, selection, &found);
    let count = found.len();
    drop(state);
    twitter.bill(count, rendered.users, rendered.included_tweets);
    errors.extend(rendered.errors);
    render::answer(rendered.data, rendered.includes, errors)
}

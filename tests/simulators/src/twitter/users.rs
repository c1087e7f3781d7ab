//! Looking users up, by id, by username, or oneself (contract B3, B5).

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
};
use serde_json::Value;

use super::{
    Twitter,
    auth::Caller,
    fields::{self, Selection},
    params::Params,
    problem::{self, Problem},
    render,
    state::{Account, State},
};

/// `GET /2/users/me`.
pub(crate) async fn me(
    Shared(twitter): Shared<Twitter>,
    Extension(caller): Extension<Caller>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    let Caller::User(user) = caller else { return Err(Problem::app_only()) };
    one(&twitter, raw.as_deref(), "id", &user)
}

/// `GET /2/users/:id`.
pub(crate) async fn by_id(
    Shared(twitter): Shared<Twitter>,
    Path(user): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    one(&twitter, raw.as_deref(), "id", &user)
}

/// `GET /2/users/by/username/:username`.
pub(crate) async fn by_username(
    Shared(twitter): Shared<Twitter>,
    Path(username): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    one(&twitter, raw.as_deref(), "username", &username)
}

/// `GET /2/users?ids=`.
pub(crate) async fn by_ids(
    Shared(twitter): Shared<Twitter>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    several(&twitter, raw.as_deref(), "ids", "^[0-9]{1,19}$")
}

/// `GET /2/users/by?usernames=`.
pub(crate) async fn by_usernames(
    Shared(twitter): Shared<Twitter>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, Problem> {
    several(&twitter, raw.as_deref(), "usernames", "^[A-Za-z0-9_]{1,15}$")
}

fn one(
    twitter: &Twitter,
    raw: Option<&str>,
    parameter: &str,
    value: &str,
) -> Result<Json<Value>, Problem> {
    let mut params = Params::read(raw, &[fields::USER_PARAMETERS]);
    let selection = Selection::of_users(&mut params, twitter.settings().answers_in);
    if parameter == "username" && !is_username(value) {
        let message = format!(
            "The `username` query parameter value [{value}] does not match ^[A-Za-z0-9_]{{1,15}}$"
        );
        params.refuse(parameter, value, message);
    }
    params.finish()?;
    Ok(Json(render::only(look_up(twitter, &selection, parameter, &[value.to_owned()]))))
}

fn several(
    twitter: &Twitter,
    raw: Option<&str>,
    parameter: &str,
    pattern: &str,
) -> Result<Json<Value>, Problem> {
    let mut params = Params::read(raw, &[&[parameter], fields::USER_PARAMETERS]);
    let selection = Selection::of_users(&mut params, twitter.settings().answers_in);
    let valid = |value: &str| {
        if parameter == "ids" { is_id(&twitter.state(), value) } else { is_username(value) }
    };
    let values = params.values(parameter, valid, pattern);
    params.finish()?;
    Ok(Json(look_up(twitter, &selection, parameter, &values)))
}

/// Digits, or whatever the control interface was told to call somebody.
fn is_id(state: &State, value: &str) -> bool {
    super::id::parse(value).is_some() || state.accounts.contains_key(value)
}

fn is_username(value: &str) -> bool {
    (1..=15).contains(&value.len()) && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn look_up(twitter: &Twitter, selection: &Selection, parameter: &str, values: &[String]) -> Value {
    let state = twitter.state();
    let by_name = parameter.starts_with("username");
    let mut data: Vec<Value> = Vec::new();
    let mut errors = Vec::new();
    for value in values {
        let account: Option<&Account> =
            if by_name { state.by_username(value) } else { state.accounts.get(value) };
        match account {
            None => errors.push(problem::missing("user", parameter, value)),
            Some(account) if account.suspended => {
                errors.push(problem::withheld(parameter, value, true));
            }
            Some(account) => data.push(render::user_json(account, selection)),
        }
    }
    drop(state);
    twitter.bill(0, data.len(), 0);
    render::answer(data, serde_json::Map::new(), errors)
}

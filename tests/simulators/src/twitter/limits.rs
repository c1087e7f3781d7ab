//! The gate before every route: who calls, how often, and whether there is credit (contract B4, B5).

use std::collections::BTreeMap;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use uuid::Uuid;

use super::{
    Twitter,
    auth::{self, Caller},
    problem::Problem,
};

const QUARTER: i64 = 15 * 60;
const DAY: i64 = 24 * 60 * 60;
const PRIVATE: &str = "/2/dm_conversations/with/{id}/messages";
/// Private messages that an account may send in a day.
const PRIVATE_24_USER: u64 = 1_440;
const HOUR_24_APP: u64 = 10_000;
const HOUR_24_USER: u64 = 10_000;

/// What a route allows in fifteen minutes; no number for the app means that it needs a user.
struct Rule {
    method: Method,
    route: &'static str,
    app: Option<u64>,
    user: u64,
}

const fn rule(method: Method, route: &'static str, app: Option<u64>, user: u64) -> Rule {
    Rule { method, route, app, user }
}

static RULES: [Rule; 20] = [
    rule(Method::GET, "/2/tweets/search/recent", Some(450), 300),
    rule(Method::GET, "/2/tweets", Some(3_500), 5_000),
    rule(Method::POST, "/2/tweets", None, 100),
    rule(Method::GET, "/2/tweets/{id}", Some(450), 900),
    rule(Method::DELETE, "/2/tweets/{id}", None, 50),
    rule(Method::GET, "/2/users", Some(300), 900),
    rule(Method::GET, "/2/users/me", None, 75),
    rule(Method::GET, "/2/users/by", Some(300), 900),
    rule(Method::GET, "/2/users/by/username/{username}", Some(300), 900),
    rule(Method::GET, "/2/users/by/username/{username}/mentions", Some(450), 180),
    rule(Method::GET, "/2/users/{id}", Some(300), 900),
    rule(Method::GET, "/2/users/{id}/mentions", Some(450), 300),
    rule(Method::GET, "/2/users/{id}/tweets", Some(10_000), 900),
    rule(Method::GET, "/2/dm_events", None, 15),
    rule(Method::GET, "/2/dm_conversations/with/{id}/dm_events", None, 15),
    rule(Method::POST, PRIVATE, None, 15),
    rule(Method::GET, "/2/webhooks", Some(450), 450),
    rule(Method::POST, "/2/webhooks", Some(450), 450),
    rule(Method::PUT, "/2/webhooks/{id}", Some(450), 450),
    rule(Method::DELETE, "/2/webhooks/{id}", Some(450), 450),
];

/// One limit's window: when it ends, and how often it was used.
#[derive(Clone, Copy, Debug)]
struct Window {
    ends: i64,
    used: u64,
}

/// All windows, by what they limit.
#[derive(Default)]
pub(crate) struct Windows(BTreeMap<String, Window>);

/// How a limit stands after a request.
#[derive(Clone, Copy)]
struct Standing {
    limit: u64,
    remaining: u64,
    reset: i64,
    exceeded: bool,
}

impl Windows {
    fn use_one(&mut self, key: String, limit: u64, length: i64, now: i64) -> Standing {
        let window = self.0.entry(key).or_insert(Window { ends: now + length, used: 0 });
        if now >= window.ends || window.ends > now + length {
            *window = Window { ends: now + length, used: 0 };
        }
        let exceeded = window.used >= limit;
        window.used += u64::from(!exceeded);
        Standing { limit, remaining: limit - window.used, reset: window.ends, exceeded }
    }
}

/// Lets a request through, or says why not; adds X's headers to every answer.
pub(crate) async fn gate(
    State(twitter): State<Twitter>,
    mut request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let rule = RULES
        .iter()
        .find(|rule| rule.method == *request.method() && Some(rule.route) == route.as_deref());
    let mut response = match rule {
        None => next.run(request).await,
        Some(rule) => {
            let caller =
                auth::identify(&twitter, request.method(), request.uri(), request.headers());
            match caller {
                None => Problem::unauthorized().into_response(),
                Some(Caller::App) if rule.app.is_none() => Problem::app_only().into_response(),
                Some(caller) => {
                    let standings = standings(&twitter, rule, &caller);
                    request.extensions_mut().insert(caller);
                    admit(&twitter, &standings, request, next).await
                }
            }
        }
    };
    let transaction: String = Uuid::new_v4().simple().to_string().chars().take(16).collect();
    add(&mut response, "x-transaction-id", &transaction);
    response
}

async fn admit(
    twitter: &Twitter,
    standings: &[(&'static str, Standing)],
    request: Request,
    next: Next,
) -> Response {
    let exceeded = standings.iter().any(|(_, standing)| standing.exceeded);
    let mut response = if exceeded && twitter.settings().rate_limits {
        Problem::blank(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests").into_response()
    } else if twitter.state().credits == Some(0) {
        Problem::credits_depleted().into_response()
    } else {
        next.run(request).await
    };
    for (name, standing) in standings {
        add(&mut response, &format!("{name}-limit"), &standing.limit.to_string());
        add(&mut response, &format!("{name}-remaining"), &standing.remaining.to_string());
        add(&mut response, &format!("{name}-reset"), &standing.reset.to_string());
    }
    response
}

fn standings(twitter: &Twitter, rule: &Rule, caller: &Caller) -> Vec<(&'static str, Standing)> {
    let now = twitter.now().as_second();
    let windows = &mut twitter.state().windows;
    let limit = match caller {
        Caller::App => rule.app.unwrap_or_default(),
        Caller::User(_) => rule.user,
    };
    let route = format!("{} {}", rule.method, rule.route);
    let key = format!("{route} {}", caller.key());
    let quarter = windows.use_one(key, limit, QUARTER, now);
    let mut standings = vec![("x-rate-limit", quarter)];
    if rule.route == "/2/tweets" && rule.method == Method::POST && !quarter.exceeded {
        let app = windows.use_one(format!("{route} day app"), HOUR_24_APP, DAY, now);
        let user = format!("{route} day {}", caller.key());
        let user = windows.use_one(user, HOUR_24_USER, DAY, now);
        standings.extend([("x-app-limit-24hour", app), ("x-user-limit-24hour", user)]);
    }
    if rule.route == PRIVATE && !quarter.exceeded {
        let user = format!("{route} day {}", caller.key());
        let user = windows.use_one(user, PRIVATE_24_USER, DAY, now);
        standings.push(("x-user-limit-24hour", user));
    }
    standings
}

fn add(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}

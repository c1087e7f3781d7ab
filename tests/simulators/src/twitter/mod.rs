//! X API v2 as a strict, stateful server: search, timelines, look-ups, publishing, limits and credits.
//!
//! Follows section B of the contract of the social networks; `/_sim` follows the local stack's.

mod auth;
mod fields;
mod id;
mod limits;
mod lookup;
mod params;
mod private;
mod problem;
mod publish;
mod query;
mod render;
mod search;
mod sim;
mod state;
mod text;
mod timelines;
mod users;
mod webhooks;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router, middleware,
    routing::{delete, get, post, put},
};
use jiff::Timestamp;

pub use auth::oauth2::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};
pub use fields::Vocabulary;

use crate::control::{Control, controlled, locked};
use state::State;

/// How strict the simulated X is. The default is as strict as the real one on a self-serve tier.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a tweet stays out of search; takes the place of `end_time`'s default (contract B2).
    pub index_lag: Duration,
    /// The most characters that a search query may have.
    pub query_length: usize,
    /// Enterprise tiers are exempt from the summoned rule (contract B1).
    pub enterprise: bool,
    /// Only a mention that the author typed summons; the `@` that X puts before a reply does not.
    pub explicit_mentions_only: bool,
    /// How long the same text by the same account counts as a duplicate.
    pub duplicate_window: Duration,
    /// Answers in one vocabulary, whichever was asked for.
    pub answers_in: Option<Vocabulary>,
    /// Whether requests over a limit are refused. They are counted in any case.
    pub rate_limits: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            index_lag: Duration::from_secs(30),
            query_length: 512,
            enterprise: false,
            explicit_mentions_only: false,
            duplicate_window: Duration::from_hours(24),
            answers_in: None,
            rate_limits: true,
        }
    }
}

/// The simulated X. Clones share one world.
#[derive(Clone)]
pub struct Twitter(Arc<World>);

struct World {
    control: Control,
    settings: Settings,
    state: Mutex<State>,
    /// Deliveries to the webhook take turns.
    sending: tokio::sync::Mutex<()>,
}

impl Twitter {
    /// A world with the seeded accounts and no tweets.
    pub fn new(control: Control, settings: Settings) -> Self {
        let (state, sending) = (Mutex::new(State::seeded()), tokio::sync::Mutex::default());
        let twitter = Self(Arc::new(World { control, settings, state, sending }));
        twitter.zero_tallies();
        twitter
    }

    /// The network's contract, and `/_sim` beside it.
    pub fn router(&self) -> Router {
        let contract = Router::new()
            .route("/2/tweets/search/recent", get(search::recent))
            .route("/2/tweets", get(lookup::several).post(publish::create))
            .route("/2/tweets/{id}", get(lookup::one).delete(publish::remove))
            .route("/2/users", get(users::by_ids))
            .route("/2/users/me", get(users::me))
            .route("/2/users/by", get(users::by_usernames))
            .route("/2/users/by/username/{username}", get(users::by_username))
            .route("/2/users/by/username/{username}/mentions", get(timelines::mentions_by_username))
            .route("/2/users/{id}", get(users::by_id))
            .route("/2/users/{id}/mentions", get(timelines::mentions))
            .route("/2/users/{id}/tweets", get(timelines::tweets))
            .route("/2/dm_events", get(private::events))
            .route("/2/dm_conversations/with/{id}/dm_events", get(private::events_with))
            .route("/2/dm_conversations/with/{id}/messages", post(private::send))
            .route("/2/webhooks", get(webhooks::list).post(webhooks::create))
            .route("/2/webhooks/{id}", put(webhooks::validate).delete(webhooks::remove))
            .route("/2/oauth2/token", post(auth::oauth2::token))
            .fallback(async || problem::Problem::not_found())
            .layer(middleware::from_fn_with_state(self.clone(), limits::gate))
            .with_state(self.clone());
        let sim = Router::new()
            .route("/tweets", get(sim::list).post(sim::create))
            .route("/tweets/{id}", delete(sim::remove).patch(sim::edit))
            .route("/private_messages", get(private::show).post(private::create))
            .route("/users/{id}", put(sim::set_user))
            .route("/credits", put(sim::set_credits).get(sim::show_credits))
            .route("/webhooks", get(webhooks::show).put(webhooks::control))
            .with_state(self.clone());
        let world = self.clone();
        controlled(contract, sim, &self.0.control, move || world.reset())
    }

    fn reset(&self) {
        *self.state() = State::seeded();
        self.zero_tallies();
    }

    fn zero_tallies(&self) {
        for name in ["tweets_delivered", "users_delivered", "included_tweets_delivered"] {
            self.0.control.tally(name, 0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.0.state)
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn now(&self) -> Timestamp {
        self.0.control.now()
    }

    /// Counts private messages that a read handed out.
    fn bill_private(&self, messages: usize) {
        self.0.control.tally("private_messages_delivered", messages as u64);
        self.state().spend(messages);
    }

    /// Counts what a read handed out, and takes it off the credits (contract B9).
    fn bill(&self, tweets: usize, users: usize, included: usize) {
        let control = &self.0.control;
        control.tally("tweets_delivered", tweets as u64);
        control.tally("users_delivered", users as u64);
        control.tally("included_tweets_delivered", included as u64);
        self.state().spend(tweets + users + included);
    }
}

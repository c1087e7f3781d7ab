//! The world around the bridge, as its visitors and agents do and see it: a typed client of the
//! simulators' control interface. It never asks the bridge itself.

mod cic;
mod control;
mod error;
mod facebook;
mod patience;
mod people;
mod picture;
mod twitter;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub use cic::{Cic, Entry, EntryKind, Header, Interaction, State, Status};
pub use control::{Control, Fault, FaultKind};
pub use error::WorldError;
pub use facebook::{Facebook, FacebookAuthor, PageObject};
pub use patience::{PACE, eventually};
pub use people::{Agent, Mark, Visitor};
pub use twitter::{Tweet, TweetAuthor, Twitter};

/// Where the simulators listen. Reads the file `target/local/stack.json`, whose other fields it skips.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Addresses {
    /// The Graph API.
    pub facebook_url: String,
    /// The X API.
    pub twitter_url: String,
    /// The switchover pair; the first is active at the start.
    pub cic_urls: [String; 2],
}

/// The simulated networks and contact centre of one stack. Clones share their connections.
#[derive(Clone)]
pub struct World {
    /// Pages, posts, comments.
    pub facebook: Facebook,
    /// Tweets.
    pub twitter: Twitter,
    /// The switchover pair: primary and backup. Both show the same interactions.
    pub cic: [Cic; 2],
    mark: Option<Arc<str>>,
}

impl World {
    /// Reaches the world at `addresses`. Asks nothing yet.
    pub fn new(addresses: &Addresses) -> Result<Self, WorldError> {
        let http = control::client()?;
        let control = |url: &str| Control::new(http.clone(), url);
        let [primary, backup] = &addresses.cic_urls;
        Ok(Self {
            facebook: Facebook::new(control(&addresses.facebook_url)),
            twitter: Twitter::new(control(&addresses.twitter_url)),
            cic: [Cic::new(control(primary)), Cic::new(control(backup))],
            mark: None,
        })
    }

    /// The same world, whose failures tell only what bears `mark`: others may be busy in it.
    #[must_use]
    pub fn marked(&self, mark: &Mark) -> Self {
        Self { mark: Some(Arc::from(mark.as_str())), ..self.clone() }
    }

    /// A person who writes on the networks, with an account of their own on each.
    pub fn visitor(&self, name: &str) -> Visitor {
        Visitor::new(self, name)
    }

    /// A page as an author: what it posts is its own.
    pub fn page(&self, page_id: &str, name: &str) -> Visitor {
        Visitor::page(self, page_id, name)
    }

    /// An agent at the primary CIC server.
    pub fn agent(&self, name: &str) -> Agent {
        let [primary, _] = &self.cic;
        primary.agent(name)
    }

    /// Every interaction that CIC holds, ended ones included.
    pub async fn interactions(&self) -> Result<Vec<Interaction>, WorldError> {
        let [primary, _] = &self.cic;
        primary.interactions().await
    }

    /// The posts of a page, with their comments nested under them.
    pub async fn page_tree(&self, page_id: &str) -> Result<Vec<PageObject>, WorldError> {
        self.facebook.tree(page_id).await
    }

    /// Every tweet, oldest first.
    pub async fn tweets(&self) -> Result<Vec<Tweet>, WorldError> {
        self.twitter.tweets().await
    }

    /// Asks `condition` again and again until it gives a value or `limit` has passed.
    ///
    /// Too late, the failure says what was awaited and what the world held instead.
    pub async fn eventually<T>(
        &self,
        awaited: &str,
        limit: Duration,
        condition: impl AsyncFnMut() -> Result<Option<T>, WorldError>,
    ) -> Result<T, WorldError> {
        match eventually(limit, condition).await? {
            Some(value) => Ok(value),
            None => Err(WorldError::TooLate {
                awaited: awaited.to_owned(),
                limit,
                held: self.picture().await,
            }),
        }
    }

    /// What the world holds, for people to read: of the marked lines only, where there is a mark.
    pub async fn picture(&self) -> String {
        picture::of(self, self.mark.as_deref()).await
    }
}

#[cfg(test)]
mod tests;

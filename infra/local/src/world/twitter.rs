//! Twitter as its visitors see it.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Control, WorldError};

/// The simulated Twitter.
#[derive(Clone)]
pub struct Twitter {
    control: Control,
}

/// Who wrote a tweet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TweetAuthor {
    /// Of the account.
    pub id: String,
    /// The handle, without its `@`.
    #[serde(default)]
    pub username: String,
    /// As it is displayed.
    #[serde(default)]
    pub name: String,
}

/// A tweet.
#[derive(Clone, Debug, Deserialize)]
pub struct Tweet {
    /// The network's id.
    pub id: String,
    /// Who wrote it.
    pub author: TweetAuthor,
    /// What it says.
    pub text: String,
    /// The tweet that its thread began with.
    #[serde(default)]
    pub conversation_id: Option<String>,
    /// The tweet that it answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
}

impl Twitter {
    pub(super) fn new(control: Control) -> Self {
        Self { control }
    }

    /// Faults, counts and clock.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Tweets, in answer to a tweet where one is named, and gives the tweet's id.
    pub async fn tweet(
        &self,
        author: &TweetAuthor,
        text: &str,
        in_reply_to: Option<&str>,
    ) -> Result<String, WorldError> {
        let mut tweet = json!({ "author": author, "text": text });
        if let (Some(fields), Some(answered)) = (tweet.as_object_mut(), in_reply_to) {
            fields.insert("in_reply_to".to_owned(), answered.into());
        }
        self.control.create("/tweets", &tweet).await
    }

    /// Deletes a tweet.
    pub async fn delete(&self, tweet_id: &str) -> Result<(), WorldError> {
        self.control.tell(Method::DELETE, &format!("/tweets/{tweet_id}"), None::<&()>).await
    }

    /// Every tweet, oldest first.
    pub async fn tweets(&self) -> Result<Vec<Tweet>, WorldError> {
        self.control.get("/tweets").await
    }
}

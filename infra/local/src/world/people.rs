//! The people of the scenes: visitors who write on the networks, and agents who answer them.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
};

use serde_json::json;

use super::{Cic, Facebook, FacebookAuthor, Interaction, TweetAuthor, Twitter, World, WorldError};

/// A random number, seeded by the operating system: enough to tell people and runs apart.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A word that nobody else writes, so that scenes can share a stack and play again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// A mark that was never used.
    pub fn new() -> Self {
        Self(word())
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Mark {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Eight letters. No digits: a mark never looks like a number, nor like any channel's keyword.
fn word() -> String {
    let mut rest = random();
    std::iter::repeat_with(|| {
        let letter = b"bcdfghjklmnpqrstvwxz".get(usize::try_from(rest % 20).unwrap_or_default());
        rest /= 20;
        letter.map_or('z', |letter| char::from(*letter))
    })
    .take(8)
    .collect()
}

/// Somebody who writes on the networks.
#[derive(Clone)]
pub struct Visitor {
    facebook: Facebook,
    twitter: Twitter,
    on_facebook: FacebookAuthor,
    on_twitter: TweetAuthor,
}

impl Visitor {
    pub(super) fn new(world: &World, name: &str) -> Self {
        // Sixteen digits, as both networks' ids may have.
        let id = (1_000_000_000_000_000 + random() % 8_000_000_000_000_000).to_string();
        Self::with_id(world, id, name)
    }

    pub(super) fn page(world: &World, page_id: &str, name: &str) -> Self {
        Self::with_id(world, page_id.to_owned(), name)
    }

    fn with_id(world: &World, id: String, name: &str) -> Self {
        let username = format!("v_{}", word());
        Self {
            facebook: world.facebook.clone(),
            twitter: world.twitter.clone(),
            on_facebook: FacebookAuthor { id: id.clone(), name: name.to_owned() },
            on_twitter: TweetAuthor { id, username, name: name.to_owned() },
        }
    }

    /// As it is displayed on both networks.
    pub fn name(&self) -> &str {
        &self.on_facebook.name
    }

    /// The handle on Twitter, without its `@`.
    pub fn handle(&self) -> &str {
        &self.on_twitter.username
    }

    /// Posts on a page, and gives the post's id.
    pub async fn posts_on(&self, page_id: &str, text: &str) -> Result<String, WorldError> {
        self.facebook.post(page_id, &self.on_facebook, text).await
    }

    /// Posts a picture without a word, and gives the post's id.
    pub async fn shows_on(&self, page_id: &str, url: &str) -> Result<String, WorldError> {
        self.facebook.picture(page_id, &self.on_facebook, url).await
    }

    /// Comments on a post or a comment, and gives the comment's id.
    pub async fn comments_on(&self, object_id: &str, text: &str) -> Result<String, WorldError> {
        self.facebook.comment(object_id, &self.on_facebook, text).await
    }

    /// Sends a page a private message, and gives its id.
    pub async fn writes_to(&self, page_id: &str, text: &str) -> Result<String, WorldError> {
        self.facebook.message(page_id, &self.on_facebook, text).await
    }

    /// Tweets, and gives the tweet's id.
    pub async fn tweets(&self, text: &str) -> Result<String, WorldError> {
        self.twitter.tweet(&self.on_twitter, text, None).await
    }

    /// Answers a tweet, and gives the answer's id.
    pub async fn answers(&self, tweet_id: &str, text: &str) -> Result<String, WorldError> {
        self.twitter.tweet(&self.on_twitter, text, Some(tweet_id)).await
    }
}

/// Somebody who works at the contact centre.
#[derive(Clone)]
pub struct Agent {
    cic: Cic,
    name: String,
}

impl Agent {
    pub(super) fn new(cic: &Cic, name: &str) -> Self {
        Self { cic: cic.clone(), name: name.to_owned() }
    }

    /// Picks an offered interaction up.
    pub async fn picks_up(&self, interaction: &Interaction) -> Result<(), WorldError> {
        let agent = json!({ "agent": self.name });
        self.cic.command(interaction, "pickup", Some(&agent)).await
    }

    /// Writes a line, and joins the chat for it if somebody else has picked it up.
    pub async fn writes(&self, interaction: &Interaction, text: &str) -> Result<(), WorldError> {
        let line = json!({ "text": text, "agent": self.name });
        self.cic.command(interaction, "messages", Some(&line)).await
    }

    /// Puts it on hold.
    pub async fn holds(&self, interaction: &Interaction) -> Result<(), WorldError> {
        self.cic.command(interaction, "hold", None).await
    }

    /// Takes it off hold.
    pub async fn unholds(&self, interaction: &Interaction) -> Result<(), WorldError> {
        self.cic.command(interaction, "unhold", None).await
    }

    /// Hands it to another workgroup.
    pub async fn transfers(
        &self,
        interaction: &Interaction,
        workgroup: &str,
    ) -> Result<(), WorldError> {
        let target = json!({ "workgroup": workgroup });
        self.cic.command(interaction, "transfer", Some(&target)).await
    }

    /// Ends it.
    pub async fn disconnects(&self, interaction: &Interaction) -> Result<(), WorldError> {
        self.cic.command(interaction, "disconnect", None).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_differ_and_are_plain_words() {
        let marks: std::collections::BTreeSet<_> =
            std::iter::repeat_with(word).take(1000).collect();
        assert_eq!(marks.len(), 1000);
        assert!(marks.iter().all(|mark| mark.len() == 8));
        assert!(marks.iter().flat_map(|mark| mark.chars()).all(|c| c.is_ascii_lowercase()));
    }
}

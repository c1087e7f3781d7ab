//! A reply of several tweets: each answers the one before. All of them, or none as far as X allows.

use social_core::{
    budget::Budgets,
    credential::Credentials,
    reply::{Fingerprint, OwnMessage, PublishError, Refusal, Target},
};

use super::{Account, TwitterPublisher, written};
use crate::{error::TwitterError, normal, snowflake, splitting::numbered, wire::Tweet};

impl<C: Credentials, B: Budgets> TwitterPublisher<C, B> {
    /// Publishes a thread, and goes on where an earlier try was broken off: what stands already is
    /// never posted again. The id of its first tweet.
    pub(super) async fn publish_thread(
        &self,
        account: Account<'_>,
        target: &Target,
        parts: &[String],
    ) -> Result<String, PublishError> {
        let standing = self.standing(account, target, parts).await;
        let mut standing = standing.map_err(|error| PublishError::NotPublished(error.into()))?;
        for part in parts.iter().skip(standing.len()) {
            let under = standing.last().map_or(target.reply_under.as_str(), String::as_str);
            match self.post(account, under, part).await {
                Ok(id) => standing.push(id),
                // It may stand: it is looked for before anything else is done.
                Err(error @ PublishError::Unknown(_)) => return Err(error),
                Err(error) => return Err(self.take_back(account, standing, parts, error).await),
            }
        }
        standing.into_iter().next().ok_or(PublishError::Refused(Refusal::Empty))
    }

    /// The tweets of the thread that are on X, from the first one on.
    async fn standing(
        &self,
        account: Account<'_>,
        target: &Target,
        parts: &[String],
    ) -> Result<Vec<String>, TwitterError> {
        let Account { name, credential } = account;
        let user = self.account(name, credential).await?;
        let under = target.reply_under.as_str();
        let since = snowflake::time_of(snowflake::parse(under).unwrap_or_default());
        let tweets = self.api.timeline(credential, &user, since, self.settings.vocabulary).await?;
        let mut standing: Vec<String> = Vec::new();
        for part in parts {
            let under = standing.last().map_or(under, String::as_str);
            let part = Fingerprint::of(part);
            let is_it = |tweet: &&Tweet| {
                tweet.reference("replied_to") == Some(under)
                    && Fingerprint::of(&written(tweet)) == part
            };
            let Some(tweet) = tweets.iter().find(is_it) else { break };
            standing.push(tweet.id.clone());
        }
        Ok(standing)
    }

    /// Deletes a reply with the parts that follow it, the last one first.
    pub(super) async fn delete_thread(
        &self,
        account: Account<'_>,
        first: &str,
    ) -> Result<(), TwitterError> {
        let Account { name, credential } = account;
        let user = self.account(name, credential).await?;
        let since = snowflake::time_of(snowflake::parse(first).unwrap_or_default());
        let tweets = self.api.timeline(credential, &user, since, self.settings.vocabulary).await?;
        let is_first = |tweet: &&Tweet| tweet.id == first || tweet.first_id() == first;
        let parts = tweets.iter().find(is_first).map(|tweet| following(tweet, &tweets));
        for (tweet, _) in parts.unwrap_or_default().iter().rev() {
            self.api.delete(credential, &tweet.id).await?;
        }
        self.api.delete(credential, first).await
    }

    /// The rest is not to be had: what stands goes, from the last one on. What cannot be deleted is
    /// told to the agent.
    async fn take_back(
        &self,
        account: Account<'_>,
        mut standing: Vec<String>,
        parts: &[String],
        error: PublishError,
    ) -> PublishError {
        while let Some(last) = standing.last() {
            if self.api.delete(account.credential, last).await.is_err() {
                let reason = match error {
                    PublishError::Refused(refusal) => refusal.to_string(),
                    PublishError::NotPublished(failure) | PublishError::Unknown(failure) => {
                        failure.to_string()
                    }
                };
                let published = standing.len();
                return PublishError::Refused(Refusal::PartlyPublished {
                    published,
                    parts: parts.len(),
                    reason,
                });
            }
            standing.pop();
        }
        error
    }
}

/// One of our replies as its agent wrote it: where it is the first tweet of a whole thread, all of it.
pub(super) fn joined(first: &Tweet, tweets: &[Tweet]) -> OwnMessage {
    let text = written(first);
    let whole = whole(first, &text, tweets).unwrap_or(text);
    OwnMessage {
        id: first.first_id().into(),
        fingerprint: Fingerprint::of(&whole),
        at: normal::created_at(first),
    }
}

fn whole(first: &Tweet, text: &str, tweets: &[Tweet]) -> Option<String> {
    let (piece, _, count) = numbered(text)?;
    let following = following(first, tweets);
    let pieces = following.iter().map(|(_, piece)| piece.as_str());
    let whole: Vec<&str> = std::iter::once(piece).chain(pieces).collect();
    (whole.len() == count).then(|| whole.join(" "))
}

/// The parts behind the first one of a thread, each without its number, as far as they stand.
fn following<'a>(first: &'a Tweet, tweets: &'a [Tweet]) -> Vec<(&'a Tweet, String)> {
    let text = written(first);
    let Some((_, 1, count)) = numbered(&text) else { return Vec::new() };
    let mut parts: Vec<(&Tweet, String)> = Vec::new();
    for number in 2..=count {
        let last = parts.last().map_or(first, |(tweet, _)| tweet);
        let next = tweets.iter().find_map(|tweet| {
            let follows = tweet.reference("replied_to") == Some(last.id.as_str());
            let text = written(tweet);
            let (piece, which, of) = numbered(&text)?;
            (follows && (which, of) == (number, count)).then(|| (tweet, piece.to_owned()))
        });
        let Some(next) = next else { break };
        parts.push(next);
    }
    parts
}

#[cfg(test)]
mod tests;

//! Publishes replies as the replying handle (contract B5, B6), and looks for them afterwards.

mod private;
mod thread;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use social_core::{
    Channel, MessageId,
    budget::{Budgets, Spending},
    channel::{LongReplies, TwitterSource},
    command::Command,
    credential::{Credentials, TwitterCredential},
    message::Kind,
    reply::{OwnMessage, PublishError, Publisher, Refusal, Target},
    verdict::Failure,
};
use social_failpoints::{Call, passing};
use social_http::HttpError;

use crate::{
    api::{Api, Vocabulary},
    budget::{Prices, Purse, Uncounted},
    error::TwitterError,
    length::{self, DEFAULT_MAX_LENGTH, DEFAULT_PRIVATE_LENGTH},
    snowflake, splitting, text,
    wire::Tweet,
};

/// How far X's clock may be behind ours.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// How replies are published.
#[derive(Debug, Clone)]
pub struct PublishSettings {
    /// Most that a tweet may weigh; paying accounts may write more.
    pub max_length: usize,
    /// Most characters of a private message: X does not say.
    pub private_length: usize,
    /// How long after an attempt X may still show it for the first time.
    pub settle_time: Duration,
    /// The names in which fields are asked for.
    pub vocabulary: Vocabulary,
}

impl Default for PublishSettings {
    fn default() -> Self {
        Self {
            max_length: DEFAULT_MAX_LENGTH,
            private_length: DEFAULT_PRIVATE_LENGTH,
            settle_time: Duration::from_mins(3),
            vocabulary: Vocabulary::default(),
        }
    }
}

/// Publishes in the name of each channel's credential.
#[derive(Debug)]
pub struct TwitterPublisher<C, B = Uncounted> {
    api: Api,
    credentials: C,
    settings: PublishSettings,
    /// Where replies are counted, and what they cost.
    budgets: Option<(B, Prices)>,
    /// Whose access token a credential holds, by the credential's name.
    accounts: Mutex<BTreeMap<String, String>>,
}

/// A credential and its name.
#[derive(Debug, Clone, Copy)]
struct Account<'a> {
    name: &'a str,
    credential: &'a TwitterCredential,
}

impl<C: Credentials> TwitterPublisher<C> {
    /// Takes keys from `credentials`.
    pub fn new(api: Api, credentials: C, settings: PublishSettings) -> Self {
        Self { api, credentials, settings, budgets: None, accounts: Mutex::default() }
    }

    /// Counts what replies cost, for credentials that have a monthly budget. A reply is never kept
    /// back for it.
    #[must_use]
    pub fn with_budgets<B: Budgets>(self, budgets: B, prices: Prices) -> TwitterPublisher<C, B> {
        TwitterPublisher {
            api: self.api,
            credentials: self.credentials,
            settings: self.settings,
            budgets: Some((budgets, prices)),
            accounts: self.accounts,
        }
    }
}

impl<C: Credentials, B: Budgets> TwitterPublisher<C, B> {
    /// Counts a reply that is on X.
    async fn pay(&self, name: &str, credential: &TwitterCredential, posted: &str, text: &str) {
        let Some((budgets, prices)) = &self.budgets else { return };
        let at = snowflake::time_of(snowflake::parse(posted).unwrap_or_default());
        let purse = Purse::new(Some(budgets), name, credential, *prices);
        purse.pay(prices.of_reply(text), at).await;
    }

    /// Counts a private message that was sent.
    async fn pay_private(&self, name: &str, credential: &TwitterCredential, sent: &str) {
        let Some((budgets, prices)) = &self.budgets else { return };
        let at = snowflake::time_of(snowflake::parse(sent).unwrap_or_default());
        let purse = Purse::new(Some(budgets), name, credential, *prices);
        let spending = Spending { posts: 1, amount: prices.private_send, ..Spending::default() };
        purse.pay(spending, at).await;
    }

    /// The tweets of a thread, where the channel wants one and the text is too long for one tweet.
    fn thread(&self, channel: &Channel, text: &str) -> Vec<String> {
        let wants = |source: &TwitterSource| source.long_replies == LongReplies::Thread;
        if channel.twitter().is_some_and(wants) {
            splitting::parts(text, self.settings.max_length)
        } else {
            Vec::new()
        }
    }

    /// What can be said without asking X.
    fn check(&self, channel: &Channel, text: &str) -> Result<(), Refusal> {
        let limit = self.settings.max_length;
        if channel.is_read_only() {
            return Err(Refusal::ReadOnly);
        }
        if text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        if length::has_invalid_characters(text) {
            return Err(Refusal::Network {
                reason: "X takes no text with U+FEFF in it".to_owned(),
            });
        }
        let length = length::weighted_length(text);
        if length > limit && self.thread(channel, text).is_empty() {
            return Err(Refusal::TooLong { length, limit });
        }
        Ok(())
    }

    /// Posts one tweet, and counts it.
    async fn post(
        &self,
        account: Account<'_>,
        under: &str,
        text: &str,
    ) -> Result<String, PublishError> {
        let Account { name, credential } = account;
        let posted = self.api.reply(credential, under, text).await;
        let posted = posted.map_err(|error| self.outcome(error, text))?;
        self.pay(name, credential, &posted, text).await;
        Ok(posted)
    }

    /// The user id of the credential's account, asked once.
    async fn account(
        &self,
        name: &str,
        credential: &TwitterCredential,
    ) -> Result<String, TwitterError> {
        let remembered =
            self.accounts.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(id) = remembered {
            return Ok(id);
        }
        let id = self.api.me(credential).await?.id;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(name.to_owned(), id.clone());
        Ok(id)
    }

    /// What an answer means for the reply: not on X for certain, refused for good, or unknown.
    fn outcome(&self, error: TwitterError, text: &str) -> PublishError {
        let refused = PublishError::Refused;
        match error {
            TwitterError::NotMentioned => refused(Refusal::NotMentioned),
            TwitterError::Deleted => refused(Refusal::Deleted),
            TwitterError::Closed => refused(Refusal::Closed),
            TwitterError::TooLong => refused(Refusal::TooLong {
                length: length::weighted_length(text),
                limit: self.settings.max_length,
            }),
            TwitterError::Forbidden { detail } | TwitterError::Invalid { detail } => {
                refused(Refusal::Network { reason: detail.0 })
            }
            TwitterError::Http(HttpError::Connect(_) | HttpError::Malformed(_))
            | TwitterError::RateLimited { .. }
            | TwitterError::CreditsDepleted
            | TwitterError::Unauthorized
            | TwitterError::NotEnrolled { .. }
            | TwitterError::NotFound
            | TwitterError::RefreshRefused
            | TwitterError::NoUserToken => PublishError::NotPublished(error.into()),
            TwitterError::Http(HttpError::NoAnswer(_) | HttpError::TooLarge)
            | TwitterError::Duplicate
            | TwitterError::SinceTooOld { .. }
            | TwitterError::Unavailable { .. }
            | TwitterError::Unexpected { .. }
            | TwitterError::Unreadable => PublishError::Unknown(error.into()),
        }
    }
}

impl<C: Credentials, B: Budgets> Publisher for TwitterPublisher<C, B> {
    async fn publish(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let private = target.kind == Kind::PrivateMessage;
        let fits = if private {
            private::check(text, self.settings.private_length)
        } else {
            self.check(channel, text)
        };
        fits.map_err(PublishError::Refused)?;
        let credential = self
            .credentials
            .twitter(&channel.credential)
            .await
            .map_err(PublishError::NotPublished)?;
        let account = Account { name: &channel.credential, credential: &credential };
        let _passing = passing(Call::Publish);
        if private {
            return self.send_private(account, target, text).await.map(MessageId);
        }
        let parts = self.thread(channel, text);
        if parts.is_empty() {
            return self.post(account, target.reply_under.as_str(), text).await.map(MessageId);
        }
        self.publish_thread(account, target, &parts).await.map(MessageId)
    }

    fn parts(&self, channel: &Channel, text: &str) -> Vec<String> {
        self.thread(channel, text)
    }

    /// Reads the account's own timeline, which is there before the search's index is.
    async fn own_messages(
        &self,
        channel: &Channel,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure> {
        let name = &channel.credential;
        let credential = self.credentials.twitter(name).await?;
        let account = self.account(name, &credential).await?;
        let vocabulary = self.settings.vocabulary;
        let since = snowflake::before(since, CLOCK_SKEW);
        if target.kind == Kind::PrivateMessage {
            return Ok(self.own_private(&account, &credential, target, since).await?);
        }
        let tweets = self.api.timeline(&credential, &account, since, vocabulary).await?;
        let targets = [Some(target.reply_under.as_str()), Some(target.message_id.as_str())];
        let replies =
            tweets.iter().filter(|tweet| targets.contains(&tweet.reference("replied_to")));
        let mut own: Vec<OwnMessage> =
            replies.map(|tweet| thread::joined(tweet, &tweets)).collect();
        own.sort_by_key(|message| (message.at, snowflake::parse(message.id.as_str())));
        Ok(own)
    }

    fn settle_time(&self) -> Duration {
        self.settings.settle_time
    }

    /// A private message to the tweet's author; X refuses it where that person takes none from strangers.
    async fn private_reply(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let target = Target { kind: Kind::PrivateMessage, ..target.clone() };
        self.publish(channel, &target, text).await
    }

    /// Deletes what the account wrote; nothing else is open to programs on self-serve tiers (contract B1).
    async fn moderate(
        &self,
        channel: &Channel,
        message_id: &MessageId,
        command: Command,
    ) -> Result<(), PublishError> {
        if command != Command::Delete {
            return Err(PublishError::Refused(Refusal::Unsupported));
        }
        let credential = self.credentials.twitter(&channel.credential).await;
        let credential = credential.map_err(PublishError::NotPublished)?;
        let account = Account { name: &channel.credential, credential: &credential };
        let threads = |source: &TwitterSource| source.long_replies == LongReplies::Thread;
        let deleted = if channel.twitter().is_some_and(threads) {
            self.delete_thread(account, message_id.as_str()).await
        } else {
            // What is gone already was deleted by an attempt whose answer was lost, or by hand.
            self.api.delete(&credential, message_id.as_str()).await
        };
        deleted.map_err(|error| self.outcome(error, ""))
    }
}

/// The text without the handles that X puts before a reply: nobody wrote them.
fn written(tweet: &Tweet) -> String {
    let shown = text::shown(tweet);
    let Some((start, _)) = tweet.display_text_range else {
        let words = shown.split_inclusive(char::is_whitespace);
        return words.skip_while(|word| word.starts_with('@')).collect();
    };
    let prefix: String = tweet.text.chars().take(start).collect();
    shown.strip_prefix(prefix.as_str()).map_or(shown.clone(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests;

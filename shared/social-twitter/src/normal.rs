//! Makes a message of a tweet: what the rest of the bridge knows of X.

use social_core::{
    Author, Message,
    message::{Answerable, Kind, Media, Owner, Thread, Verb},
};

use crate::{
    matching::Reader,
    snowflake, text,
    wire::{Tweet, User},
};

/// A tweet, and what had to be looked up about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) tweet: &'a Tweet,
    /// Absent where X tells none: suspended or protected since.
    pub(crate) author: Option<&'a User>,
    /// Who wrote the tweet that this one quotes, where it was asked.
    pub(crate) quoted: Option<&'a User>,
}

/// The message that a tweet is for a channel.
pub(crate) fn message(known: Known<'_>, reader: &Reader) -> Message {
    let tweet = known.tweet;
    let username = known.author.map(|author| author.username.as_str());
    let own = reader.is_own(tweet.author_id.as_deref(), username);
    let permalink = permalink(username, &tweet.id);
    Message {
        id: tweet.first_id().into(),
        kind: if reposted(tweet).is_some() { Kind::Repost } else { Kind::Tweet },
        verb: verb(tweet),
        author: author(known),
        own,
        text: text::shown(tweet),
        media: media(tweet, &permalink),
        permalink: Some(permalink),
        at: created_at(tweet),
        thread: thread(tweet, own),
        answerable: answerable(known, reader),
        also_in: vec![],
    }
}

/// An edit is a tweet with an id of its own (contract B2); all versions are one message.
fn verb(tweet: &Tweet) -> Verb {
    if tweet.first_id() == tweet.id { Verb::Add } else { Verb::Edit { revision: tweet.id.clone() } }
}

fn author(known: Known<'_>) -> Option<Author> {
    known.tweet.author_id.clone().map(|id| described(id, known.author))
}

/// An account with what X told of it, if it told anything.
pub(crate) fn described(id: String, user: Option<&User>) -> Author {
    match user {
        Some(user) => Author {
            id,
            name: user.name.clone(),
            link: Some(format!("https://x.com/{}", user.username)),
            handle: Some(user.username.clone()),
            picture: user.profile_image_url.clone(),
            followers: user.followers(),
        },
        None => Author { id, ..Author::default() },
    }
}

/// `https://x.com/{username}/status/{id}`; X redirects from `i` where the username is not known.
fn permalink(username: Option<&str>, id: &str) -> String {
    format!("https://x.com/{}/status/{id}", username.unwrap_or("i"))
}

/// Pictures and videos by the tweet's own pages: their files' addresses would be billed (contract B9).
fn media(tweet: &Tweet, permalink: &str) -> Vec<Media> {
    let keys = tweet.attachments.media_keys.iter().enumerate();
    keys.map(|(index, key)| {
        let kind = if key.starts_with("3_") { "photo" } else { "video" };
        Media { kind: kind.to_owned(), url: format!("{permalink}/{kind}/{}", index + 1) }
    })
    .collect()
}

/// The network's time; the id's own where the field is missing.
pub(crate) fn created_at(tweet: &Tweet) -> jiff::Timestamp {
    let told = tweet.created_at.as_deref().and_then(|time| time.parse().ok());
    told.unwrap_or_else(|| snowflake::time_of(snowflake::parse(&tweet.id).unwrap_or_default()))
}

/// The id of the tweet that this one only repeats.
fn reposted(tweet: &Tweet) -> Option<&str> {
    tweet.reference("retweeted")
}

fn thread(tweet: &Tweet, own: bool) -> Thread {
    if let Some(original) = reposted(tweet) {
        let conversation_id = original.into();
        return Thread::Tweets { conversation_id, in_reply_to: None, owner: None };
    }
    let first = tweet.first_id();
    let conversation_id = tweet.conversation_id.as_deref().unwrap_or(first);
    let is_root = conversation_id == first || conversation_id == tweet.id;
    let owner = if own { Owner::Company } else { Owner::Visitor };
    Thread::Tweets {
        conversation_id: conversation_id.into(),
        in_reply_to: tweet.reference("replied_to").map(Into::into),
        owner: is_root.then_some(owner),
    }
}

/// Self-serve tiers may reply only where the author mentions or quotes the replying account
/// (contract B1).
fn answerable(known: Known<'_>, reader: &Reader) -> Answerable {
    let Some(handle) = &reader.source.reply_handle else { return Answerable::ReadOnly };
    if reposted(known.tweet).is_some() {
        return Answerable::Closed;
    }
    let quotes = known.quoted.is_some_and(|user| handle.is(&user.username));
    if quotes || known.tweet.mentions(|name| handle.is(name)) {
        Answerable::Yes
    } else {
        Answerable::NotMentioned
    }
}

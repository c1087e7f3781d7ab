//! X's JSON, in both vocabularies (contract B1): `tweet.*` until August 2026, `post.*` since.
//! Only what is read; anything more is ignored.

use jiff::Timestamp;
use serde::Deserialize;

use crate::snowflake;

/// An answer with tweets. `errors[]` beside `data` is a warning and is not read (contract B2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    pub(crate) data: Vec<Tweet>,
    pub(crate) includes: Includes,
    pub(crate) meta: Meta,
}

/// What an answer brings along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Includes {
    pub(crate) users: Vec<User>,
}

/// Where a page stands. Without a match there is no `newest_id`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Meta {
    pub(crate) newest_id: Option<String>,
    pub(crate) next_token: Option<String>,
}

/// A tweet, as far as its fields were asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tweet {
    pub(crate) id: String,
    pub(crate) text: String,
    /// All versions, oldest first.
    #[serde(alias = "edit_history_post_ids")]
    pub(crate) edit_history_tweet_ids: Vec<String>,
    pub(crate) author_id: Option<String>,
    pub(crate) created_at: Option<String>,
    pub(crate) conversation_id: Option<String>,
    #[serde(alias = "referenced_posts")]
    pub(crate) referenced_tweets: Vec<Reference>,
    pub(crate) entities: Entities,
    pub(crate) lang: Option<String>,
    /// The whole of a text of more than 280 characters.
    #[serde(rename = "note_tweet", alias = "note_post")]
    pub(crate) note: Option<Note>,
    pub(crate) attachments: Attachments,
    /// Where the text begins behind the handles that X put before a reply.
    pub(crate) display_text_range: Option<(usize, usize)>,
}

/// What a tweet refers to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reference {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) id: String,
}

/// A long text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Note {
    pub(crate) text: String,
    pub(crate) entities: Entities,
}

/// What X recognised in a text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entities {
    pub(crate) mentions: Vec<Mention>,
    pub(crate) hashtags: Vec<Tag>,
    pub(crate) cashtags: Vec<Tag>,
    pub(crate) urls: Vec<Link>,
}

/// A handle that X recognised as one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Mention {
    pub(crate) username: String,
}

/// A hashtag or cashtag without its sign.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tag {
    pub(crate) tag: String,
}

/// A link, which stands in the text as `t.co`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) expanded_url: Option<String>,
    pub(crate) display_url: Option<String>,
    /// Present where the link stands for a picture or video of the tweet.
    pub(crate) media_key: Option<String>,
}

/// What hangs on a tweet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attachments {
    pub(crate) media_keys: Vec<String>,
}

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) profile_image_url: Option<String>,
    pub(crate) public_metrics: Option<Metrics>,
}

/// An account in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Metrics {
    pub(crate) followers_count: Option<u64>,
}

impl User {
    /// How many follow the account, where X tells.
    pub(crate) fn followers(&self) -> Option<u64> {
        self.public_metrics.as_ref()?.followers_count
    }
}

/// An answer with users.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Users {
    pub(crate) data: Vec<User>,
}

/// An answer with one thing.
#[derive(Debug, Deserialize)]
pub(crate) struct One<T> {
    pub(crate) data: T,
}

/// What the token endpoint answers.
#[derive(Deserialize)]
pub(crate) struct Granted {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// Seconds.
    #[serde(default = "two_hours")]
    pub(crate) expires_in: u64,
}

fn two_hours() -> u64 {
    7_200
}

/// An answer with events of private messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PrivatePage {
    pub(crate) data: Vec<PrivateEvent>,
    pub(crate) meta: Meta,
}

/// A private message, or that somebody joined or left.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PrivateEvent {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) event_type: Option<String>,
    pub(crate) created_at: Option<String>,
    pub(crate) dm_conversation_id: Option<String>,
    pub(crate) sender_id: Option<String>,
    pub(crate) attachments: Attachments,
}

impl PrivateEvent {
    /// Its id as a number; they grow with time.
    pub(crate) fn number(&self) -> u64 {
        snowflake::parse(&self.id).unwrap_or_default()
    }

    /// The network's time; the id's own where the field is missing.
    pub(crate) fn at(&self) -> Timestamp {
        let told = self.created_at.as_deref().and_then(|time| time.parse().ok());
        told.unwrap_or_else(|| snowflake::time_of(self.number()))
    }

    /// With whom the account talks: `{smaller}-{larger}` names both of a conversation of two.
    pub(crate) fn other_than(&self, account: &str) -> Option<String> {
        let (one, other) = self.dm_conversation_id.as_deref()?.split_once('-')?;
        let other = if one == account { other } else { (other == account).then_some(one)? };
        Some(other.to_owned())
    }
}

/// What sending a private message answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) dm_event_id: String,
}

/// What `POST /2/tweets` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Posted {
    pub(crate) id: String,
}

impl Tweet {
    /// The id of the first version: what the tweet is known by through all its edits.
    pub(crate) fn first_id(&self) -> &str {
        self.edit_history_tweet_ids.first().map_or(&self.id, |first| first)
    }

    /// The id of what the tweet refers to in this way: `replied_to`, `quoted`, `retweeted`.
    pub(crate) fn reference(&self, kind: &str) -> Option<&str> {
        let reference = self.referenced_tweets.iter().find(|reference| reference.kind == kind);
        reference.map(|reference| reference.id.as_str())
    }

    /// The text as X delivers it, whole.
    pub(crate) fn whole_text(&self) -> &str {
        match &self.note {
            Some(note) if !note.text.is_empty() => &note.text,
            _ => &self.text,
        }
    }

    /// Entities of the text and of the long text.
    pub(crate) fn all_entities(&self) -> impl Iterator<Item = &Entities> {
        std::iter::once(&self.entities).chain(self.note.iter().map(|note| &note.entities))
    }

    /// Whether X recognised the handle in the text.
    pub(crate) fn mentions(&self, is: impl Fn(&str) -> bool) -> bool {
        self.all_entities().any(|entities| entities.mentions.iter().any(|who| is(&who.username)))
    }
}

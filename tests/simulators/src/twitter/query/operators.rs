//! The operators with a name, and which values each takes.

use super::{Clause, Kind, Part, Words};
use crate::twitter::id;

/// Reads `name:value`.
pub(super) fn read(name: &str, value: &str) -> Result<Clause, String> {
    let bad = || format!("invalid value '{value}' for operator '{name}'");
    match name {
        "from" | "to" => {
            let handle = value.strip_prefix('@').unwrap_or(value);
            let valid = handle.len() <= 19
                && !handle.is_empty()
                && handle.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let clause = if name == "from" { Clause::From } else { Clause::To };
            valid.then(|| clause(handle.to_owned())).ok_or_else(bad)
        }
        "lang" => {
            let letters = value.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
            let valid = letters && (2..=5).contains(&value.len());
            valid.then(|| Clause::Lang(value.to_ascii_lowercase())).ok_or_else(bad)
        }
        "url" => Ok(Clause::Url(Words::of(value))),
        "conversation_id" => id::parse(value).map(Clause::Conversation).ok_or_else(bad),
        "in_reply_to_tweet_id" => id::parse(value).map(Clause::ReplyTo).ok_or_else(bad),
        "quotes_of_tweet_id" => id::parse(value).map(Clause::QuoteOf).ok_or_else(bad),
        "is" => kind(value).map(Clause::Is).ok_or_else(bad),
        "has" => part(value).map(Clause::Has).ok_or_else(bad),
        "min_likes" | "min_replies" | "min_reposts" => {
            value.parse().map(Clause::AtLeast).map_err(|_| bad())
        }
        _ => Err(format!(
            "Reference to invalid operator '{name}'. Operator is not available in current product \
             or product packaging. Please refer to complete available operator list at \
             http://t.co/operators."
        )),
    }
}

fn kind(value: &str) -> Option<Kind> {
    Some(match value.to_ascii_lowercase().as_str() {
        "retweet" => Kind::Retweet,
        "reply" => Kind::Reply,
        "quote" => Kind::Quote,
        "verified" => Kind::Verified,
        _ => return None,
    })
}

fn part(value: &str) -> Option<Part> {
    Some(match value.to_ascii_lowercase().as_str() {
        "links" => Part::Links,
        "mentions" => Part::Mentions,
        "hashtags" => Part::Hashtags,
        "cashtags" => Part::Cashtags,
        "media" | "images" | "video_link" | "videos" => Part::Media,
        "geo" => Part::Geo,
        _ => return None,
    })
}

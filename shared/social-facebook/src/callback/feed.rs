//! `changes`: posts and comments of the page, and mentions of it elsewhere.

use serde::Deserialize;
use serde_json::Value;
use social_core::message::{Answerable, Media, Verb};

use super::{Entry, Read, What, messaging};
use crate::{
    normalise::{self, Public},
    wire::{From, Id, Moment, if_readable},
};

/// A change that is none of a post or a comment, and that nobody needs.
const IGNORED_FIELDS: &[&str] = &[
    "about",
    "affiliation",
    "attire",
    "awards",
    "bio",
    "birthday",
    "category",
    "checkins",
    "company_overview",
    "conversations",
    "culinary_team",
    "current_location",
    "description",
    "email",
    "founded",
    "general_info",
    "general_manager",
    "hometown",
    "hours",
    "inbox_labels",
    "invoice_access_invoice_change",
    "leadgen",
    "leadgen_fat",
    "live_videos",
    "location",
    "members",
    "mission",
    "name",
    "page_about_story",
    "page_change_proposal",
    "page_upcoming_change",
    "parking",
    "payment_options",
    "personal_info",
    "personal_interests",
    "phone",
    "picture",
    "price_range",
    "product_review",
    "products",
    "public_transit",
    "publisher_subscriptions",
    "ratings",
    "registration",
    "videos",
    "website",
];
const POSTS: [&str; 7] = ["post", "status", "photo", "video", "share", "link", "note"];
const IGNORED_ITEMS: &[&str] = &[
    "like",
    "reaction",
    "rating",
    "lead",
    "album",
    "event",
    "milestone",
    "life_event",
    "coupon",
    "offer",
    "poll",
    "group",
    "profile_photo",
    "cover_photo",
];
/// Fields of Messenger: the app dashboard's test button sends their events among the changes.
const MESSENGER_FIELDS: [&str; 2] = ["message", "messaging_"];
/// What becomes of a video while it is processed.
const IGNORED_VERBS: &[&str] = &["block", "unblock", "mute", "unmute", "update", "follow"];

#[derive(Deserialize)]
struct FeedChange {
    field: String,
    #[serde(default)]
    value: Value,
}

/// The value of a change. Its parts come and go between versions.
#[derive(Deserialize)]
struct Feed {
    #[serde(default, deserialize_with = "if_readable")]
    item: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    verb: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    from: Option<From>,
    /// Before `from` there were these two.
    #[serde(default, deserialize_with = "if_readable")]
    sender_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    sender_name: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    post_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    post: Option<Post>,
    /// Where there is no `post_id`, the post is known by what it shows.
    #[serde(default, deserialize_with = "if_readable")]
    photo_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    video_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    share_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    comment_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    parent_id: Option<Id>,
    #[serde(default, deserialize_with = "if_readable")]
    created_time: Option<Moment>,
    #[serde(default, deserialize_with = "if_readable")]
    message: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    permalink_url: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    photo: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    photos: Option<Vec<String>>,
    #[serde(default, deserialize_with = "if_readable")]
    video: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    link: Option<String>,
    /// A number or a bool.
    #[serde(default)]
    published: Value,
}

#[derive(Deserialize)]
struct Post {
    id: Option<Id>,
    permalink_url: Option<String>,
}

/// Reads one of `changes`.
pub(super) fn read(entry: &Entry<'_>, change: &Value) -> Read {
    let change = FeedChange::deserialize(change).ok()?;
    let mention = match change.field.as_str() {
        "feed" => false,
        "mention" => true,
        field if MESSENGER_FIELDS.iter().any(|messenger| field.starts_with(messenger)) => {
            return messaging::read(entry, &change.value);
        }
        field => return ignored(IGNORED_FIELDS, field),
    };
    let value = Feed::deserialize(change.value).ok()?;
    let item = value.item.clone()?;
    match item.as_str() {
        "comment" => value.into_change(entry, mention, true),
        item if POSTS.contains(&item) => value.into_change(entry, mention, false),
        item => ignored(IGNORED_ITEMS, item),
    }
}

fn ignored(known: &[&'static str], name: &str) -> Read {
    super::ignored(known, name).map(|what| (false, what))
}

/// When it was told: the only thing that tells one hiding from the next.
fn told_at(entry: &Entry<'_>) -> String {
    entry.time.as_ref().map_or_else(String::new, |Moment(at)| at.as_second().to_string())
}

impl Feed {
    fn into_change(self, entry: &Entry<'_>, mention: bool, is_comment: bool) -> Read {
        if self.is_unpublished() {
            return Some((false, What::Ignored("unpublished")));
        }
        let text = self.message.clone().unwrap_or_default();
        let verb = match self.verb.as_deref()? {
            "add" => Verb::Add,
            "edit" | "edited" => normalise::edit(&text),
            "remove" => Verb::Delete,
            "hide" => Verb::Hide { revision: told_at(entry) },
            "unhide" => Verb::Unhide { revision: told_at(entry) },
            verb => return ignored(IGNORED_VERBS, verb),
        };
        let media = self.media();
        let shown = self.photo_id.or(self.video_id).or(self.share_id);
        let shown = shown.map(|Id(id)| Id(format!("{}_{id}", entry.page_id)));
        let post_id = self.post_id.or_else(|| self.post.as_ref()?.id.clone());
        let Id(post_id) = post_id.or_else(|| shown.filter(|_| !is_comment))?;
        let comment_id = if is_comment { Some(self.comment_id?.0) } else { None };
        let from = self.from.and_then(From::into_author);
        let author = from.or_else(|| normalise::author(self.sender_id, self.sender_name));
        let Moment(at) = self.created_time.or(entry.time)?;
        let of_post = self.post.and_then(|post| post.permalink_url);
        let message = Public {
            page_id: &entry.page_id,
            post_id: &post_id,
            comment_id: comment_id.as_deref(),
            parent_id: self.parent_id.as_ref().map(|Id(id)| id.as_str()),
            parent_author: None,
            owner: None,
            author,
            verb,
            text,
            media,
            permalink: self.permalink_url.or(of_post),
            at,
            answerable: Answerable::Yes,
        };
        let mention = mention || (!is_comment && normalise::is_elsewhere(&entry.page_id, &post_id));
        Some((mention, What::Message(Box::new(message.into_message()))))
    }

    /// A photo that waits for its post.
    fn is_unpublished(&self) -> bool {
        self.published == 0 || self.published == false
    }

    fn media(&self) -> Vec<Media> {
        let of_item = self.item.as_deref().unwrap_or_default();
        let photos = self.photos.iter().flatten().chain(&self.photo).map(|url| ("photo", url));
        let videos = self.video.iter().map(|url| ("video", url));
        let links = self.link.iter().map(|url| (of_item, url));
        photos.chain(videos).chain(links).map(|(kind, url)| normalise::media(kind, url)).collect()
    }
}

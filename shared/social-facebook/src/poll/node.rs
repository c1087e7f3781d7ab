//! Posts and comments as nodes of the graph: which fields are asked for, and the messages that they are.

use serde::Deserialize;
use social_core::{
    Message,
    message::{Answerable, Media, Owner, Verb},
};

use crate::{
    graph::{List, Parameters},
    normalise::{self, Public},
    wire::{From, Id, Moment, if_readable},
};

/// Comments that are shown under each post of the feed.
const NESTED: u32 = 10;
/// Comments that are shown with each of several posts.
const COMMENTS_OF_MANY: u32 = 10;
/// All levels in one list (contract A3).
const FILTER: &str = "stream";
const ORDER: &str = "reverse_chronological";
const ATTACHMENT: &str = "type,url,media";
const ATTACHMENTS: &str = "media_type,type,url,unshimmed_url,media,subattachments";

#[derive(Deserialize)]
pub(super) struct Post {
    pub(super) id: Id,
    pub(super) from: Option<From>,
    message: Option<String>,
    pub(super) created_time: Moment,
    permalink_url: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    attachments: Option<List<Attachment>>,
    pub(super) comments: Option<List<Comment>>,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: Id,
    from: Option<From>,
    message: Option<String>,
    pub(super) created_time: Moment,
    permalink_url: Option<String>,
    #[serde(rename = "can_comment")]
    takes_replies: Option<bool>,
    /// Of replies only.
    parent: Option<Parent>,
    #[serde(default, deserialize_with = "if_readable")]
    attachment: Option<Attachment>,
}

#[derive(Deserialize)]
struct Parent {
    id: Id,
    from: Option<From>,
}

#[derive(Deserialize)]
struct Attachment {
    media_type: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
    unshimmed_url: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    media: Option<Picture>,
    #[serde(default, deserialize_with = "if_readable")]
    subattachments: Option<List<Attachment>>,
}

#[derive(Deserialize)]
struct Picture {
    image: Option<Image>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Image {
    src: Option<String>,
}

fn comment_fields() -> String {
    format!(
        "id,from{{id,name}},message,created_time,permalink_url,can_comment,\
         parent{{id,from{{id}}}},attachment{{{ATTACHMENT}}}"
    )
}

/// A post of which only the comments were asked for.
#[derive(Deserialize)]
pub(super) struct Talk {
    pub(super) comments: Option<List<Comment>>,
}

/// Parameters of several posts' newest comments, by one call (Meta: "Reading", multiple ids).
pub(super) fn many(post_ids: &[String]) -> Parameters {
    let comments = format!("id,{}", nested_comments(COMMENTS_OF_MANY));
    vec![("ids", post_ids.join(",")), ("fields", comments)]
}

fn nested_comments(limit: u32) -> String {
    let fields = comment_fields();
    format!("comments.limit({limit}).filter({FILTER}).order({ORDER}){{{fields}}}")
}

/// Parameters of the feed, with the newest comments of each post where they are wanted.
pub(super) fn feed(size: u32, comments: bool) -> Parameters {
    let nested = size.min(NESTED);
    let comments = if comments { format!(",{}", nested_comments(nested)) } else { String::new() };
    let fields = format!(
        "id,from{{id,name}},message,created_time,permalink_url,\
         attachments{{{ATTACHMENTS}}}{comments}"
    );
    vec![("fields", fields), ("limit", size.to_string())]
}

/// Parameters of a post's comments.
pub(super) fn comments(size: u32) -> Parameters {
    vec![
        ("fields", comment_fields()),
        ("filter", FILTER.to_owned()),
        ("order", ORDER.to_owned()),
        ("limit", size.to_string()),
    ]
}

impl Post {
    pub(super) fn at(&self) -> i64 {
        self.created_time.0.as_second()
    }

    pub(super) fn into_message(self, page_id: &str) -> Message {
        let attachments = self.attachments.map(|list| list.data).unwrap_or_default();
        let public = Public {
            page_id,
            post_id: &self.id.0,
            comment_id: None,
            parent_id: None,
            parent_author: None,
            owner: None,
            author: self.from.and_then(From::into_author),
            verb: Verb::Add,
            text: self.message.unwrap_or_default(),
            media: attachments.into_iter().flat_map(Attachment::into_media).collect(),
            permalink: self.permalink_url,
            at: self.created_time.0,
            answerable: Answerable::Yes,
        };
        public.into_message()
    }
}

impl Comment {
    pub(super) fn at(&self) -> i64 {
        self.created_time.0.as_second()
    }

    pub(super) fn into_message(
        self,
        page_id: &str,
        post_id: &str,
        owner: Option<Owner>,
    ) -> Message {
        let (parent_id, parent_from) = self.parent.map(|parent| (parent.id.0, parent.from)).unzip();
        let parent_author = parent_from.flatten().and_then(|from| from.id).map(|Id(id)| id);
        let closed = self.takes_replies == Some(false);
        let public = Public {
            page_id,
            post_id,
            comment_id: Some(&self.id.0),
            parent_id: parent_id.as_deref(),
            parent_author,
            owner,
            author: self.from.and_then(From::into_author),
            verb: Verb::Add,
            text: self.message.unwrap_or_default(),
            media: self.attachment.into_iter().flat_map(Attachment::into_media).collect(),
            permalink: self.permalink_url,
            at: self.created_time.0,
            answerable: if closed { Answerable::Closed } else { Answerable::Yes },
        };
        public.into_message()
    }
}

impl Attachment {
    /// An album is its pictures.
    fn into_media(self) -> Vec<Media> {
        if let Some(parts) = self.subattachments.filter(|parts| !parts.data.is_empty()) {
            return parts.data.into_iter().flat_map(Self::into_media).collect();
        }
        let kind = self.media_type.or(self.kind).unwrap_or_default();
        let shown = self.media.and_then(|media| {
            let image = media.image.and_then(|image| image.src);
            if kind.starts_with("video") { media.source } else { image }
        });
        let linked = self.unshimmed_url.or(self.url);
        let is_link = normalise::media(&kind, "").kind == "link";
        let url = if is_link { linked.or(shown) } else { shown.or(linked) };
        url.map(|url| normalise::media(&kind, &url)).into_iter().collect()
    }
}

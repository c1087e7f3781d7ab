//! One message out of what Facebook tells, by whichever road it came: equal ids, threads and keys.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use social_core::{
    Author, Message, MessageId,
    message::{Answerable, Kind, Media, Owner, Thread, Verb},
};

use crate::wire::{From, Id};

/// Bytes of a text's hash that tell one edit from the next.
const REVISION_BYTES: usize = 8;

/// A post or comment, before it is put in the bridge's words.
pub(crate) struct Public<'a> {
    pub(crate) page_id: &'a str,
    /// As Facebook writes it.
    pub(crate) post_id: &'a str,
    /// A comment's; `None` is the post itself.
    pub(crate) comment_id: Option<&'a str>,
    /// What a comment hangs under; the post, or a comment.
    pub(crate) parent_id: Option<&'a str>,
    pub(crate) parent_author: Option<String>,
    pub(crate) owner: Option<Owner>,
    pub(crate) author: Option<Author>,
    pub(crate) verb: Verb,
    pub(crate) text: String,
    pub(crate) media: Vec<Media>,
    pub(crate) permalink: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) answerable: Answerable,
}

impl Public<'_> {
    /// The message. `own` is by the page itself; the company's other accounts are told apart by a channel.
    pub(crate) fn into_message(self) -> Message {
        let own = self.author.as_ref().is_some_and(|author| author.id == self.page_id);
        let kind = if self.comment_id.is_some() { Kind::Comment } else { Kind::Post };
        let owner = match kind {
            Kind::Post => self.author.as_ref().map(|_| owner(own)),
            _ => self.owner,
        };
        let id = self.comment_id.map_or(self.post_id, |id| comment_id(self.page_id, id));
        let top_level = self
            .parent_id
            .map(|parent| (parent, comment_id(self.page_id, parent)))
            .filter(|(raw, parent)| *raw != self.post_id && *parent != id)
            .map(|(_, parent)| MessageId::from(parent))
            .filter(|_| kind == Kind::Comment);
        Message {
            id: id.into(),
            kind,
            verb: self.verb,
            author: self.author,
            own,
            text: self.text,
            media: self.media,
            permalink: Some(self.permalink.unwrap_or_else(|| link(self.post_id, self.comment_id))),
            at: self.at,
            thread: Thread::Post {
                post_id: self.post_id.into(),
                top_level_author: self.parent_author.filter(|_| top_level.is_some()),
                top_level,
                owner,
            },
            answerable: self.answerable,
            also_in: vec![],
        }
    }
}

/// Callbacks seldom tell a permalink. Facebook leads these addresses to the post and the comment.
fn link(post_id: &str, comment_id: Option<&str>) -> String {
    let comment = comment_id.map(|id| id.rsplit_once('_').map_or(id, |(_, number)| number));
    match comment {
        Some(number) => format!("https://www.facebook.com/{post_id}?comment_id={number}"),
        None => format!("https://www.facebook.com/{post_id}"),
    }
}

/// Whose post it is.
pub(crate) fn owner(own: bool) -> Owner {
    if own { Owner::Company } else { Owner::Visitor }
}

/// `{post}_{comment}`; the obsolete `{page}_{post}_{comment}` is the same comment (contract A3).
pub(crate) fn comment_id<'a>(page_id: &str, id: &'a str) -> &'a str {
    let rest = id.strip_prefix(page_id).and_then(|rest| rest.strip_prefix('_'));
    rest.filter(|rest| rest.contains('_')).unwrap_or(id)
}

/// Whether a post stands elsewhere and only names the page: posts on the page begin with its id.
pub(crate) fn is_elsewhere(page_id: &str, post_id: &str) -> bool {
    post_id.split_once('_').is_some_and(|(place, _)| place != page_id)
}

/// The author, where there is an id to know them by.
pub(crate) fn author(id: Option<Id>, name: Option<String>) -> Option<Author> {
    id.map(|Id(id)| Author { id, name: name.unwrap_or_default(), ..Author::default() })
}

impl From {
    /// The author, where there is an id to know them by.
    pub(crate) fn into_author(self) -> Option<Author> {
        author(self.id, self.name)
    }
}

/// An edit is known by what it made of the text: Facebook numbers none.
pub(crate) fn edit(text: &str) -> Verb {
    Verb::Edit { revision: revision(text) }
}

/// What tells one text from another.
pub(crate) fn revision(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    hex::encode(digest.get(..REVISION_BYTES).unwrap_or_default())
}

/// A picture, video or file; Facebook's word for it in the bridge's.
pub(crate) fn media(kind: &str, url: &str) -> Media {
    let kind = match kind {
        "image" | "photo" | "album" => "photo",
        "animated_image_share" | "animated_image_video" | "sticker" => "sticker",
        kind if kind.starts_with("video") => "video",
        "audio" => "audio",
        "file" => "file",
        _ => "link",
    };
    Media { kind: kind.to_owned(), url: url.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_obsolete_comment_id_is_the_same_comment() {
        assert_eq!(comment_id("10", "10_20_30"), "20_30");
        assert_eq!(comment_id("10", "20_30"), "20_30");
        assert_eq!(comment_id("10", "10_30"), "10_30");
        assert_eq!(comment_id("10", "100_20_30"), "100_20_30");
    }

    #[test]
    fn a_post_elsewhere_begins_with_another_id() {
        assert!(is_elsewhere("10", "44_1"));
        assert!(!is_elsewhere("10", "10_1"));
        assert!(!is_elsewhere("10", "1"));
    }

    #[test]
    fn an_edit_is_known_by_its_text() {
        assert_eq!(edit("a"), edit("a"));
        assert_ne!(edit("a"), edit("b"));
    }
}

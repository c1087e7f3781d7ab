//! The ledger: pages, and what people wrote on them (contract A2, A3, A5).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::threads::Thread;
use crate::seed::facebook as seed;

/// Where ids begin; the real ones of these years look alike.
const FIRST_ID: u64 = 122_131_676_912_594_941;
const ID_STEP: u64 = 6_007;

/// Someone on Facebook, as one page sees them: a person or a page.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Author {
    #[serde(deserialize_with = "super::people::id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

/// Whether the app hears of a page's changes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subscription {
    /// Never touched: everything, as soon as the app has a callback address.
    Default,
    /// As `POST /{page}/subscribed_apps` asked.
    Fields(BTreeSet<String>),
    Removed,
}

#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) token: String,
    pub(super) dead_tokens: Vec<String>,
    pub(super) subscription: Subscription,
}

/// A post, or a comment on one.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) id: String,
    pub(super) page: String,
    /// The post that a comment stands under; `None` for a post.
    pub(super) post: Option<String>,
    /// The top-level comment that a reply stands under.
    pub(super) parent: Option<String>,
    /// What the author replied to, which may be a reply itself.
    pub(super) target: String,
    pub(super) author: Author,
    pub(super) message: String,
    pub(super) photo_url: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) hidden: bool,
    pub(super) liked_by_page: bool,
    /// When the page sent its one private reply.
    pub(super) answered_privately: Option<Timestamp>,
    pub(super) by_app: bool,
}

/// What someone is about to write.
pub(super) struct Draft {
    pub(super) author: Author,
    pub(super) message: String,
    pub(super) photo_url: Option<String>,
    pub(super) created: Timestamp,
    /// Written through the Graph API, not by hand.
    pub(super) by_app: bool,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) pages: Vec<Page>,
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) threads: Vec<Thread>,
    ids: u64,
}

impl Object {
    pub(super) fn is_comment(&self) -> bool {
        self.post.is_some()
    }

    pub(super) fn is_by_page(&self) -> bool {
        self.author.id == self.page
    }

    /// The part of the id behind the underscore.
    pub(super) fn own_part(&self) -> &str {
        own_part(&self.id)
    }
}

/// The part of an id behind its underscore.
pub(super) fn own_part(id: &str) -> &str {
    id.rsplit_once('_').map_or(id, |(_, own)| own)
}

impl Page {
    /// The page as an author.
    pub(super) fn author(&self) -> Author {
        Author { id: self.id.clone(), name: self.name.clone() }
    }

    /// Whether changes of `field` reach the app, given that it has a callback address.
    pub(super) fn tells(&self, field: &str) -> bool {
        match &self.subscription {
            Subscription::Default => true,
            Subscription::Fields(fields) => fields.contains(field),
            Subscription::Removed => false,
        }
    }
}

impl World {
    pub(super) fn seeded() -> Self {
        let mut world = Self::default();
        for page in seed::PAGES {
            world.put_page(page.id, page.name, page.token);
        }
        world
    }

    /// Adds a page; of one that is there, changes name and token. The old token is dead from then on.
    pub(super) fn put_page(&mut self, id: &str, name: &str, token: &str) {
        if let Some(page) = self.pages.iter_mut().find(|page| page.id == id) {
            name.clone_into(&mut page.name);
            if page.token != token {
                let old = std::mem::replace(&mut page.token, token.to_owned());
                page.dead_tokens.retain(|dead| dead != token);
                page.dead_tokens.push(old);
            }
        } else {
            self.pages.push(Page {
                id: id.to_owned(),
                name: name.to_owned(),
                token: token.to_owned(),
                dead_tokens: Vec::new(),
                subscription: Subscription::Default,
            });
        }
    }

    pub(super) fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    pub(super) fn page_mut(&mut self, id: &str) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.id == id)
    }

    /// A number that no id has yet.
    pub(super) fn next_id(&mut self) -> u64 {
        self.ids += 1;
        FIRST_ID + self.ids * ID_STEP
    }

    /// Writes a post on a page.
    pub(super) fn add_post(&mut self, page: &str, draft: Draft) -> Object {
        let id = format!("{page}_{}", self.next_id());
        let mut object = draft.into_object(id, page.to_owned());
        object.target.clone_from(&object.page);
        self.objects.insert(object.id.clone(), object.clone());
        object
    }

    /// Writes a comment on a post or on a comment; there are two levels only, so that a reply to a reply stands
    /// under the top-level comment (A5).
    pub(super) fn add_comment(&mut self, target: &str, draft: Draft) -> Option<Object> {
        let target = self.objects.get(target)?.clone();
        let post = target.post.clone().unwrap_or_else(|| target.id.clone());
        let id = format!("{}_{}", own_part(&post), self.next_id());
        let mut object = draft.into_object(id, target.page.clone());
        object.parent =
            target.is_comment().then(|| target.parent.unwrap_or_else(|| target.id.clone()));
        object.post = Some(post.clone());
        object.target = target.id;
        if let Some(post) = self.objects.get_mut(&post) {
            post.updated = post.updated.max(object.created);
        }
        self.objects.insert(object.id.clone(), object.clone());
        Some(object)
    }

    /// Deletes a post or comment with all that stands under it.
    pub(super) fn remove(&mut self, id: &str) -> Option<Object> {
        let gone = self.objects.remove(id)?;
        self.objects.retain(|_, object| {
            object.post.as_deref() != Some(id) && object.parent.as_deref() != Some(id)
        });
        Some(gone)
    }

    /// A page's posts, oldest first.
    pub(super) fn posts(&self, page: &str) -> Vec<&Object> {
        self.below(page).into_iter().filter(|object| !object.is_comment()).collect()
    }

    /// Every comment under a post, replies too, oldest first.
    pub(super) fn comments_of_post(&self, post: &str) -> Vec<&Object> {
        let mut comments = self.below(own_part(post));
        comments.retain(|object| object.post.as_deref() == Some(post));
        comments
    }

    /// The replies under a top-level comment, oldest first.
    pub(super) fn replies(&self, comment: &Object) -> Vec<&Object> {
        let mut replies = self.comments_of_post(comment.post.as_deref().unwrap_or_default());
        replies.retain(|object| object.parent.as_deref() == Some(comment.id.as_str()));
        replies
    }

    /// Objects whose id begins with `part`, by time and id.
    fn below(&self, part: &str) -> Vec<&Object> {
        let prefix = format!("{part}_");
        let from = self.objects.range(prefix.clone()..);
        let mut found: Vec<_> =
            from.take_while(|(id, _)| id.starts_with(&prefix)).map(|(_, object)| object).collect();
        found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        found
    }
}

impl Draft {
    fn into_object(self, id: String, page: String) -> Object {
        Object {
            id,
            page,
            post: None,
            parent: None,
            target: String::new(),
            author: self.author,
            message: self.message,
            photo_url: self.photo_url,
            created: self.created,
            updated: self.created,
            hidden: false,
            liked_by_page: false,
            answered_privately: None,
            by_app: self.by_app,
        }
    }
}

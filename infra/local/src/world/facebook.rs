//! Facebook as its visitors see it: pages with posts, and comments under them.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Control, WorldError};

/// The simulated Facebook.
#[derive(Clone)]
pub struct Facebook {
    control: Control,
    /// Pages that somebody used: what a failure has to tell of.
    pages: Arc<Mutex<BTreeSet<String>>>,
}

/// Who wrote a post or a comment: a person, or a page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FacebookAuthor {
    /// Of the person, or of the page.
    pub id: String,
    /// As it is displayed.
    #[serde(default)]
    pub name: String,
}

/// A post or a comment, with the comments under it.
#[derive(Clone, Debug, Deserialize)]
pub struct PageObject {
    /// The network's id.
    pub id: String,
    /// Missing where privacy hides it.
    #[serde(default)]
    pub author: Option<FacebookAuthor>,
    /// Missing where there is only a picture.
    #[serde(default)]
    pub message: Option<String>,
    /// Hidden from the public.
    #[serde(default)]
    pub hidden: bool,
    /// As the network writes it.
    #[serde(default)]
    pub created_time: Option<String>,
    /// Oldest first.
    #[serde(default)]
    pub comments: Vec<PageObject>,
}

/// How the app's callbacks stand.
#[derive(Deserialize)]
struct Callbacks {
    waiting: u64,
}

impl PageObject {
    /// Whether `author_id` wrote exactly `text` here.
    pub fn is_by(&self, author_id: &str, text: &str) -> bool {
        self.author.as_ref().is_some_and(|author| author.id == author_id)
            && self.message.as_deref() == Some(text)
    }

    /// This object and everything under it, depth first.
    pub fn thread(&self) -> Vec<&PageObject> {
        let below = self.comments.iter().flat_map(PageObject::thread);
        std::iter::once(self).chain(below).collect()
    }
}

impl Facebook {
    pub(super) fn new(control: Control) -> Self {
        Self { control, pages: Arc::default() }
    }

    /// Faults, counts and clock.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Posts on a page, and gives the post's id.
    pub async fn post(
        &self,
        page_id: &str,
        author: &FacebookAuthor,
        message: &str,
    ) -> Result<String, WorldError> {
        self.remember(page_id);
        let post = json!({ "author": author, "message": message });
        self.control.create(&format!("/pages/{page_id}/posts"), &post).await
    }

    /// Posts a picture without a word, and gives the post's id.
    pub async fn picture(
        &self,
        page_id: &str,
        author: &FacebookAuthor,
        url: &str,
    ) -> Result<String, WorldError> {
        self.remember(page_id);
        let post = json!({ "author": author, "message": "", "photo_url": url });
        self.control.create(&format!("/pages/{page_id}/posts"), &post).await
    }

    /// Comments on a post or a comment, and gives the comment's id.
    pub async fn comment(
        &self,
        object_id: &str,
        author: &FacebookAuthor,
        message: &str,
    ) -> Result<String, WorldError> {
        let comment = json!({ "author": author, "message": message });
        self.control.create(&format!("/objects/{object_id}/comments"), &comment).await
    }

    /// Sends the page a private message, and gives its id.
    pub async fn message(
        &self,
        page_id: &str,
        author: &FacebookAuthor,
        text: &str,
    ) -> Result<String, WorldError> {
        let message = json!({ "author": author, "text": text });
        self.control.create(&format!("/pages/{page_id}/messages"), &message).await
    }

    /// Changes the text of a post or a comment.
    pub async fn edit(&self, object_id: &str, message: &str) -> Result<(), WorldError> {
        let change = json!({ "message": message });
        self.control.tell(Method::PATCH, &format!("/objects/{object_id}"), Some(&change)).await
    }

    /// Deletes a post or a comment.
    pub async fn delete(&self, object_id: &str) -> Result<(), WorldError> {
        self.control.tell(Method::DELETE, &format!("/objects/{object_id}"), None::<&()>).await
    }

    /// The posts of a page, with their comments nested under them.
    pub async fn tree(&self, page_id: &str) -> Result<Vec<PageObject>, WorldError> {
        self.remember(page_id);
        self.control.get(&format!("/pages/{page_id}/tree")).await
    }

    /// Says where callbacks go, signed with what, and how often each change is told.
    pub async fn set_callbacks(
        &self,
        url: &str,
        app_secret: &str,
        times: u32,
    ) -> Result<(), WorldError> {
        let callbacks = json!({ "url": url, "app_secret": app_secret, "times": times });
        self.control.tell(Method::PUT, "/callbacks", Some(&callbacks)).await
    }

    /// Changes that wait to be told.
    pub async fn untold(&self) -> Result<u64, WorldError> {
        let callbacks: Callbacks = self.control.get("/callbacks").await?;
        Ok(callbacks.waiting)
    }

    pub(super) fn used_pages(&self) -> Vec<String> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn remember(&self, page_id: &str) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if !pages.contains(page_id) {
            pages.insert(page_id.to_owned());
        }
    }
}

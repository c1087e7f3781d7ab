//! Where visitors write, and where the company's answers stand.

use crate::{
    scenes::{ACME, ACME_NORD, BRAND, SamplePage, Stage},
    world::{PageObject, Visitor, WorldError},
};

/// Visitors write at each in turn: a page that calls back, one that is only polled, and Twitter.
pub(super) const PLACES: [Place; 3] = [Place::Page(ACME), Place::Page(ACME_NORD), Place::Twitter];

/// Where a conversation goes on.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// Under a post of the visitor's.
    Page(SamplePage),
    /// In answer to a tweet of the visitor's. Each names the brand, or X would take no answer to it.
    Twitter,
}

impl Place {
    /// What a visitor writes here.
    pub(super) fn line(self, stage: &Stage, text: &str) -> String {
        match self {
            Self::Page(_) => stage.line(text),
            Self::Twitter => stage.line(&format!("@{BRAND} {text}")),
        }
    }

    /// A visitor begins a conversation. What it begins with has an id.
    pub(super) async fn begin(self, visitor: &Visitor, text: &str) -> Result<String, WorldError> {
        match self {
            Self::Page(page) => visitor.posts_on(page.id, text).await,
            Self::Twitter => visitor.tweets(text).await,
        }
    }

    /// The visitor goes on.
    pub(super) async fn go_on(
        self,
        visitor: &Visitor,
        begun_with: &str,
        text: &str,
    ) -> Result<(), WorldError> {
        match self {
            Self::Page(_) => visitor.comments_on(begun_with, text).await.map(drop),
            Self::Twitter => visitor.answers(begun_with, text).await.map(drop),
        }
    }

    /// Everything of the company's that says one of `texts`, in order.
    pub(super) async fn public(
        self,
        stage: &Stage,
        texts: &[String],
    ) -> Result<Vec<String>, WorldError> {
        let is_one = |says: &dyn Fn(&str) -> bool| texts.iter().find(|text| says(text)).cloned();
        match self {
            Self::Page(page) => {
                let tree = stage.world.page_tree(page.id).await?;
                let mut comments: Vec<&PageObject> =
                    tree.iter().flat_map(PageObject::thread).collect();
                // The network counts objects, and tells only whole seconds.
                comments.sort_by_key(|comment| (comment.id.len(), comment.id.clone()));
                let comments = comments.into_iter();
                Ok(comments
                    .filter_map(|comment| is_one(&|text| comment.is_by(page.id, text)))
                    .collect())
            }
            Self::Twitter => {
                let tweets = stage.world.tweets().await?.into_iter();
                let own = tweets.filter(|tweet| tweet.author.username == BRAND);
                Ok(own.filter_map(|tweet| is_one(&|text| tweet.text == text)).collect())
            }
        }
    }
}

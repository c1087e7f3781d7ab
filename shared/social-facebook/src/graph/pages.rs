//! Lists, page by page, in both of Facebook's styles (contract A4; Meta: "Paginated Results").
//!
//! `paging.next` holds the token and lacks the proof, and its host could be anybody's: it is never followed,
//! only looked at for whether there is more and where. Its absence is the only sign of the end.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use social_core::Clock;
use url::Url;

use super::{GraphError, Page, Parameters};

/// Pages that one list is followed at the most: 20,000 comments.
const MAX_PAGES: usize = 200;
/// What of `next` is copied, in the style that goes by time.
const TIME_STYLE: [&str; 3] = ["until", "__paging_token", "__previous"];

/// One page of a list. An element that cannot be read does not hide its neighbours.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(crate) struct List<T> {
    #[serde(default = "Vec::new", deserialize_with = "readable")]
    pub(crate) data: Vec<T>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

fn readable<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned,
    D: serde::Deserializer<'de>,
{
    let elements = Vec::<Value>::deserialize(deserializer)?;
    let all = elements.len();
    let read: Vec<T> =
        elements.into_iter().filter_map(|element| serde_json::from_value(element).ok()).collect();
    if read.len() < all {
        let count = all - read.len();
        tracing::warn!(error_type = "graph_odd_element", count, "elements that cannot be read");
    }
    Ok(read)
}

impl<T> List<T> {
    /// Whether there are further pages.
    pub(crate) fn has_more(&self) -> bool {
        self.paging.as_ref().is_some_and(|paging| paging.next.is_some())
    }

    /// The parameters of the next page; `None` is the end.
    fn next(&self) -> Result<Option<Vec<(String, String)>>, GraphError> {
        let Some(paging) = &self.paging else { return Ok(None) };
        let Some(next) = &paging.next else { return Ok(None) };
        if let Some(after) = paging.cursors.as_ref().and_then(|cursors| cursors.after.as_ref()) {
            return Ok(Some(vec![("after".to_owned(), after.clone())]));
        }
        let copied: Vec<(String, String)> = Url::parse(next)
            .iter()
            .flat_map(Url::query_pairs)
            .filter(|(name, value)| {
                !value.is_empty() && (name == "after" || TIME_STYLE.contains(&name.as_ref()))
            })
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if copied.is_empty() {
            return Err(GraphError::Undecodable { path: "paging.next".to_owned() });
        }
        Ok(Some(copied))
    }
}

impl<C: Clock> Page<'_, C> {
    /// Reads a list until `enough` says so of a page, or to its end.
    ///
    /// `parameters` are those for a page size, which is halved where Facebook finds it too much.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        size: u32,
        parameters: impl Fn(u32) -> Parameters,
        enough: impl Fn(&List<T>) -> bool,
    ) -> Result<Vec<T>, GraphError> {
        let mut size = size;
        let mut place: Vec<(String, String)> = Vec::new();
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let page: List<T> = match self.list_page(path, &parameters(size), &place).await {
                Err(GraphError::TooMuch(_)) if size > 1 => {
                    size /= 2;
                    continue;
                }
                other => other?,
            };
            let (done, next) = (enough(&page), page.next()?);
            all.extend(page.data);
            match next {
                Some(next) if !done && next != place => place = next,
                _ => return Ok(all),
            }
        }
        let pages = MAX_PAGES;
        tracing::warn!(error_type = "graph_endless_list", pages, "a list has too many pages");
        Ok(all)
    }

    async fn list_page<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Parameters,
        place: &[(String, String)],
    ) -> Result<List<T>, GraphError> {
        let parameters = parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let place = place.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = parameters.chain(place).collect();
        self.call(http::Method::GET, path, |request| request.query(&all)).await
    }
}

//! Lists below a node: feeds, comments, likes; asked for by path or inside of `fields` (contract A2 to A4).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    errors::GraphError,
    fields::Field,
    members::set,
    nodes::{View, Wanted},
    paging::{self, Edge, Listed, Style},
    world::{Object, Page},
};

/// More than this many posts at once are refused; more comments are not, but this many come.
const MOST: usize = 100;

type Params = BTreeMap<String, String>;

impl Listed for &Object {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }
}

impl View<'_> {
    /// A page's feed, or one of its narrower relatives; newest first.
    pub(super) fn feed(
        &self,
        (page, name): (&Page, &str),
        params: &Params,
        wanted: Wanted,
    ) -> Result<Value, GraphError> {
        let limit = paging::limit(params)?;
        if limit > MOST {
            return Err(GraphError::parameter("The parameter limit should not exceed 100"));
        }
        self.check_size(limit, wanted)?;
        let tag = format!("@{}", page.name);
        let include_hidden = params.get("include_hidden").is_some_and(|value| value == "true");
        let mut posts = self.world.posts(&page.id);
        posts.retain(|post| match name {
            "posts" | "published_posts" => post.is_by_page(),
            "visitor_posts" => !post.is_by_page(),
            "tagged" => !post.is_by_page() && post.message.contains(&tag),
            _ => true,
        });
        posts.retain(|post| include_hidden || !post.hidden);
        posts.reverse();
        let edge = self.edge(&page.id, name, params, limit, "newest");
        edge.since(&mut posts)?;
        edge.until(&mut posts)?;
        let (posts, paging) = match self.settings.paging {
            Style::Cursor => edge.by_cursor(posts)?,
            Style::Time => edge.by_time(posts)?,
        };
        let data =
            posts.into_iter().map(|post| self.node(post, wanted)).collect::<Result<_, _>>()?;
        Ok(list(data, paging, None))
    }

    /// The comments on a post, or the replies to a comment.
    pub(super) fn comments(
        &self,
        object: &Object,
        params: &Params,
        wanted: Wanted,
    ) -> Result<Value, GraphError> {
        let stream = choice(params, "filter", ["toplevel", "stream"])? == Some("stream");
        let order = choice(params, "order", ["chronological", "reverse_chronological"])?;
        let limit = paging::limit(params)?.min(MOST);
        let mut comments = if object.is_comment() {
            self.world.replies(object)
        } else {
            self.world.comments_of_post(&object.id)
        };
        comments.retain(|comment| stream || object.is_comment() || comment.parent.is_none());
        if !stream && order.is_none() {
            // The default list is a filtered one.
            comments.retain(|comment| !comment.hidden);
        }
        let total = comments.len();
        if order == Some("reverse_chronological") {
            comments.reverse();
        }
        let order = order.unwrap_or("chronological");
        let edge = self.edge(&object.id, "comments", params, limit, &format!("{stream}{order}"));
        edge.since(&mut comments)?; // there is no `until` on comments
        let (comments, paging) = edge.by_cursor(comments)?;
        let data = comments
            .into_iter()
            .map(|comment| self.node(comment, wanted))
            .collect::<Result<_, _>>()?;
        let summary = summarised(params)
            .then(|| json!({ "order": order, "total_count": total, "can_comment": true }));
        Ok(list(data, paging, summary))
    }

    /// Likes; the page's own is the only one there can be.
    pub(super) fn likes(&self, object: &Object, params: &Params) -> Value {
        let liker = object.liked_by_page.then(|| self.world.page(&object.page)).flatten();
        let data: Vec<_> =
            liker.into_iter().map(|page| json!({ "id": page.id, "name": page.name })).collect();
        let summary = json!({
            "total_count": data.len(), "can_like": true, "has_liked": object.liked_by_page,
        });
        list(data, None, summarised(params).then_some(summary))
    }

    /// `comments{…}` inside of `fields`; left out when there are none.
    pub(super) fn nested_comments(
        &self,
        object: &Object,
        field: &Field,
    ) -> Result<Option<Value>, GraphError> {
        let params = nested_params(field);
        self.comments(object, &params, field.fields.as_deref()).map(unless_empty)
    }

    pub(super) fn nested_likes(&self, object: &Object, field: &Field) -> Option<Value> {
        unless_empty(self.likes(object, &nested_params(field)))
    }

    pub(super) fn nested_feed(
        &self,
        page: &Page,
        field: &Field,
    ) -> Result<Option<Value>, GraphError> {
        let params = nested_params(field);
        self.feed((page, &field.name), &params, field.fields.as_deref()).map(unless_empty)
    }

    pub(super) fn edge<'b>(
        &'b self,
        object: &str,
        name: &str,
        params: &'b Params,
        limit: usize,
        view: &str,
    ) -> Edge<'b> {
        Edge {
            url: format!("{}/{object}/{name}", self.call.root()),
            token: &self.call.token,
            params,
            limit,
            view: format!("{name}{view}"),
        }
    }

    /// Posts times their nested comments may not be too many.
    fn check_size(&self, limit: usize, wanted: Wanted) -> Result<(), GraphError> {
        let comments = wanted.unwrap_or_default().iter().find(|field| field.name == "comments");
        let Some(comments) = comments else { return Ok(()) };
        let below = paging::limit(&comments.modifiers)?;
        if limit.saturating_mul(below) > self.settings.too_much_data {
            return Err(GraphError::too_much_data());
        }
        Ok(())
    }
}

/// `{"data":[…],"paging"?,"summary"?}`.
pub(super) fn list(data: Vec<Value>, paging: Option<Value>, summary: Option<Value>) -> Value {
    let mut list = json!({});
    set(&mut list, "data", data);
    if let Some(paging) = paging {
        set(&mut list, "paging", paging);
    }
    if let Some(summary) = summary {
        set(&mut list, "summary", summary);
    }
    list
}

/// The modifiers of a nested list, and its fields again for `paging.next`.
pub(super) fn nested_params(field: &Field) -> Params {
    let mut params = field.modifiers.clone();
    if let Some(source) = &field.source {
        params.insert("fields".to_owned(), source.clone());
    }
    params
}

fn unless_empty(list: Value) -> Option<Value> {
    let empty = list.get("data").and_then(Value::as_array).is_none_or(Vec::is_empty)
        && list.get("summary").is_none();
    (!empty).then_some(list)
}

fn summarised(params: &Params) -> bool {
    params.get("summary").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

fn choice<'a>(
    params: &'a Params,
    name: &str,
    choices: [&str; 2],
) -> Result<Option<&'a str>, GraphError> {
    let Some(chosen) = params.get(name).map(String::as_str).filter(|chosen| !chosen.is_empty())
    else {
        return Ok(None);
    };
    if choices.contains(&chosen) {
        return Ok(Some(chosen));
    }
    let message = format!("Param {name} must be one of {{{}}}", choices.join(", ").to_uppercase());
    Err(GraphError::parameter(&message))
}

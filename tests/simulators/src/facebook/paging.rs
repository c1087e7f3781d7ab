//! Both ways in which Facebook pages a list: by cursor and by time (contract A4).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{errors::GraphError, members::set, time};

/// Parameters that `paging.next` sets itself, or, as the proof, leaves out.
const OWN: [&str; 8] = [
    "access_token",
    "appsecret_proof",
    "appsecret_time",
    "limit",
    "after",
    "before",
    "__paging_token",
    "__previous",
];

/// How feeds are paged. Comments are always paged by cursor.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `cursors` and `after`.
    #[default]
    Cursor,
    /// `until`, `since` and `__paging_token`, without cursors.
    Time,
}

/// Something that stands in a list.
pub(super) trait Listed {
    fn id(&self) -> &str;
    fn created(&self) -> Timestamp;
}

/// A list that is asked for a page: where it is, and with which parameters.
pub(super) struct Edge<'a> {
    /// `http://host/v26.0/{object}/{edge}`.
    pub(super) url: String,
    pub(super) token: &'a str,
    pub(super) params: &'a BTreeMap<String, String>,
    pub(super) limit: usize,
    /// What a cursor depends on: it is good for this filter and order only.
    pub(super) view: String,
}

impl Edge<'_> {
    fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, GraphError> {
        self.param(name).map(|text| moment(name, text)).transpose()
    }

    /// Keeps what was created at `since` or later, in whole seconds.
    pub(super) fn since<T: Listed>(&self, items: &mut Vec<T>) -> Result<(), GraphError> {
        let since = self.moment("since")?.map_or(i64::MIN, Timestamp::as_second);
        items.retain(|item| item.created().as_second() >= since);
        Ok(())
    }

    /// Keeps what was created at `until` or earlier, in whole seconds.
    pub(super) fn until<T: Listed>(&self, items: &mut Vec<T>) -> Result<(), GraphError> {
        let until = self.moment("until")?.map_or(i64::MAX, Timestamp::as_second);
        items.retain(|item| item.created().as_second() <= until);
        Ok(())
    }

    /// One page by cursor: the items and what `paging` says. An empty page has no `paging`.
    pub(super) fn by_cursor<T: Listed>(
        &self,
        mut items: Vec<T>,
    ) -> Result<(Vec<T>, Option<Value>), GraphError> {
        let all = items.len();
        let (start, end) = match (self.param("after"), self.param("before")) {
            (Some(after), _) => {
                let start = self.position(&items, after)? + 1;
                (start, start.saturating_add(self.limit).min(all))
            }
            (None, Some(before)) => {
                let end = self.position(&items, before)?;
                (end.saturating_sub(self.limit), end)
            }
            (None, None) => (0, self.limit.min(all)),
        };
        items.truncate(end);
        let page: Vec<T> = items.drain(start.min(end)..).collect();
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok((page, None));
        };
        let (before, after) = (self.cursor(first.id()), self.cursor(last.id()));
        let mut paging = json!({ "cursors": { "before": before, "after": after } });
        if end < all {
            set(&mut paging, "next", self.address(&format!("&after={after}"), false));
        }
        if start > 0 {
            set(&mut paging, "previous", self.address(&format!("&before={before}"), false));
        }
        Ok((page, Some(paging)))
    }

    /// One page of a list that is sorted newest first, by time.
    pub(super) fn by_time<T: Listed>(
        &self,
        mut items: Vec<T>,
    ) -> Result<(Vec<T>, Option<Value>), GraphError> {
        let mut more = false;
        match (self.param("__paging_token").map(Place::read).transpose()?, self.param("__previous"))
        {
            (Some(place), Some("1")) => {
                items.retain(|item| Place::of(item) > place);
                more = !items.is_empty();
                items = items.split_off(items.len().saturating_sub(self.limit));
            }
            (Some(place), _) => items.retain(|item| Place::of(item) < place),
            (None, _) => {}
        }
        more |= items.len() > self.limit;
        items.truncate(self.limit);
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            return Ok((items, None));
        };
        let since = self.param("since").map(|since| format!("={since}")).unwrap_or_default();
        let newer = format!(
            "&__previous=1&since={}&until&__paging_token={}",
            first.created().as_second(),
            Place::of(first).write()
        );
        let older = format!(
            "&until={}&since{since}&__paging_token={}&__previous",
            last.created().as_second(),
            Place::of(last).write()
        );
        let mut paging = json!({ "previous": self.address(&newer, true) });
        if more {
            set(&mut paging, "next", self.address(&older, true));
        }
        Ok((items, Some(paging)))
    }

    fn cursor(&self, id: &str) -> String {
        BASE64.encode(format!("{}|{id}", self.view))
    }

    /// Where a cursor points. It dies with its item, and is of no use in another view.
    fn position<T: Listed>(&self, items: &[T], cursor: &str) -> Result<usize, GraphError> {
        items
            .iter()
            .position(|item| self.cursor(item.id()) == cursor)
            .ok_or_else(|| GraphError::parameter("Invalid cursor"))
    }

    /// An absolute address of this list: with the token, without the proof.
    fn address(&self, place: &str, timed: bool) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("access_token", self.token).append_pair("pretty", "0");
        for (name, value) in self.params {
            let replaced = timed && matches!(name.as_str(), "since" | "until");
            if !OWN.contains(&name.as_str()) && name != "pretty" && !replaced {
                query.append_pair(name, value);
            }
        }
        query.append_pair("limit", &self.limit.to_string());
        format!("{}?{}{place}", self.url, query.finish())
    }
}

/// Reads a moment that a parameter names.
pub(super) fn moment(name: &str, text: &str) -> Result<Timestamp, GraphError> {
    time::parse(text).ok_or_else(|| {
        GraphError::parameter(&format!("Param {name} must be a valid date or timestamp"))
    })
}

/// Reads `limit`; 25 without one.
pub(super) fn limit(params: &BTreeMap<String, String>) -> Result<usize, GraphError> {
    let Some(text) = params.get("limit").filter(|text| !text.is_empty()) else { return Ok(25) };
    text.parse().map_err(|_| GraphError::parameter("Param limit must be a non-negative integer"))
}

/// What a `__paging_token` holds. Unlike a cursor it outlives its item.
#[derive(PartialEq, PartialOrd)]
struct Place(Timestamp, String);

impl Place {
    fn of(item: &impl Listed) -> Self {
        Self(item.created(), item.id().to_owned())
    }

    fn write(&self) -> String {
        BASE64.encode(format!("{}|{}", self.0, self.1))
    }

    fn read(token: &str) -> Result<Self, GraphError> {
        let read = || {
            let text = String::from_utf8(BASE64.decode(token).ok()?).ok()?;
            let (created, id) = text.split_once('|')?;
            Some(Self(created.parse().ok()?, id.to_owned()))
        };
        read().ok_or_else(|| GraphError::parameter("Invalid paging token"))
    }
}

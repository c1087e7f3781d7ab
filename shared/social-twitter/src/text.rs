//! A tweet's text as people see it: whole, unescaped, with links where X put `t.co`.

use crate::wire::{Link, Tweet};

/// The text, unescaped once, each link as it was written, as far as X tells. Links that stand for
/// the tweet's own pictures and videos are left out: those are its media.
pub(crate) fn shown(tweet: &Tweet) -> String {
    let mut text = unescaped(tweet.whole_text());
    for link in tweet.all_entities().flat_map(|entities| &entities.urls) {
        if link.url.is_empty() {
            continue;
        }
        if link.media_key.is_some() {
            text = text.replace(&link.url, "");
            text.truncate(text.trim_end().len());
        } else if let Some(written) = as_written(link) {
            text = text.replace(&link.url, &written);
        }
    }
    text
}

/// X adds a scheme to a link that was written without one.
fn as_written(link: &Link) -> Option<String> {
    let expanded = link.expanded_url.as_deref()?;
    let display = link.display_url.as_deref().unwrap_or_default();
    let bare = expanded.strip_prefix("http://").unwrap_or_default();
    let schemeless = !bare.is_empty() && bare.trim_start_matches("www.") == display;
    Some(if schemeless { bare.to_owned() } else { expanded.to_owned() })
}

/// `&lt;`, `&gt;` and `&amp;`, once.
pub(crate) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

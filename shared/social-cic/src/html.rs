//! HTML of agents' rich text, as the plain text that is published.

use crate::entities::entity;

/// Elements that begin a new line, at their start or at their end.
const BLOCKS: [&str; 12] =
    ["br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "blockquote"];

/// Elements whose contents are no text.
const SILENT: [&str; 4] = ["script", "style", "head", "title"];

/// The text of `html`: tags stripped, entities resolved, line breaks where a browser breaks lines,
/// and the target of a link behind its words.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '<' => match tag(rest) {
                Some((name, inside, after)) => {
                    text.tag(name, inside);
                    skip_silent(name, after)
                }
                None => text.take(next, rest),
            },
            '&' => match entity(rest) {
                Some((character, after)) => {
                    text.character(character);
                    after
                }
                None => text.take(next, rest),
            },
            _ => text.take(next, rest),
        };
    }
    text.end_link();
    text.text.trim().to_owned()
}

#[derive(Default)]
struct Text {
    text: String,
    /// The link that is open: its target, and where its words begin.
    link: Option<(String, usize)>,
}

impl Text {
    /// Writes `next`, the first character of `rest`, and answers what follows. White space collapses.
    fn take<'a>(&mut self, next: char, rest: &'a str) -> &'a str {
        if !next.is_ascii_whitespace() {
            self.text.push(next);
        } else if !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
        rest.get(next.len_utf8()..).unwrap_or_default()
    }

    /// Writes what an entity stood for.
    fn character(&mut self, character: char) {
        self.text.push(if character == '\u{a0}' { ' ' } else { character });
    }

    fn tag(&mut self, name: &str, inside: &str) {
        let name = name.to_ascii_lowercase();
        let (name, closing) =
            name.strip_prefix('/').map_or((name.as_str(), false), |name| (name, true));
        if name == "a" {
            self.end_link();
            self.link = target(inside).filter(|_| !closing).map(|to| (to, self.text.len()));
        }
        if !BLOCKS.contains(&name) {
            return;
        }
        let breaks = name == "br" || closing || !self.text.ends_with('\n');
        if breaks && !self.text.is_empty() {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    /// Writes the target of the link that ends here, unless its words are the target already.
    fn end_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let words = self.text.get(start..).unwrap_or_default().trim();
        if bare(words) == bare(&target) {
            return;
        }
        if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
        self.text.push_str(&target);
    }
}

/// A URL as people write it.
fn bare(url: &str) -> &str {
    let url = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    url.trim_end_matches('/')
}

/// The target of a link that leads to a page; others, such as scripts and mail, lead nowhere.
fn target(inside: &str) -> Option<String> {
    let to = attribute(inside, "href")?;
    let mut text = Text::default();
    let mut rest = to.trim();
    while let Some(next) = rest.chars().next() {
        rest = match entity(rest) {
            Some((character, after)) => {
                text.character(character);
                after
            }
            None => text.take(next, rest),
        };
    }
    let scheme = text.text.split_once("://")?.0;
    ["https", "http"].iter().any(|it| scheme.eq_ignore_ascii_case(it)).then_some(text.text)
}

/// The value of an attribute, in quotes or bare.
fn attribute<'a>(inside: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = inside.split_once(|c: char| c.is_ascii_whitespace())?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, after) = match after.chars().next()? {
            quote @ ('"' | '\'') => after.get(1..)?.split_once(quote)?,
            _ => after.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((after, "")),
        };
        // A name without a value may stand before it.
        if key.split_ascii_whitespace().next_back()?.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// The name of the tag that `html` begins with, a `/` before it where it closes; all that is in it,
/// and what follows. A `<` that begins no tag is text.
fn tag(html: &str) -> Option<(&str, &str, &str)> {
    if let Some(comment) = html.strip_prefix("<!--") {
        return Some(("!", "", comment.split_once("-->").map_or("", |(_, after)| after)));
    }
    let inside = html.strip_prefix('<')?;
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    if !inside.starts_with(begins) {
        return None;
    }
    let (tag, after) = split_at_end(inside)?;
    let name = tag.split(|c: char| c.is_ascii_whitespace()).next()?;
    Some((name.trim_end_matches('/'), tag, after))
}

/// Splits behind the `>` that ends a tag: not one within an attribute's quotes.
fn split_at_end(inside: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// What follows an element whose contents are no text; `after` itself for any other.
fn skip_silent<'a>(name: &str, after: &'a str) -> &'a str {
    let name = name.to_ascii_lowercase();
    if !SILENT.contains(&name.as_str()) {
        return after;
    }
    let end = after.to_ascii_lowercase().find(&format!("</{name}"));
    end.and_then(|at| after.get(at..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("plain", "plain")]
    #[case::entities("a &lt;b&gt; &amp;amp; &#39;c&#x27; &euro;", "a <b> &amp; 'c' €")]
    #[case::breaks("one<br>two<BR/>three<br />four", "one\ntwo\nthree\nfour")]
    #[case::paragraphs("<p>one</p><p class=\"a>b\">two</p>", "one\ntwo")]
    #[case::divisions("first<div>second</div><div>third</div>", "first\nsecond\nthird")]
    #[case::blank_line("one<br><br>two", "one\n\ntwo")]
    #[case::inline("<b>bold</b> and <i>slanted</i>", "bold and slanted")]
    #[case::link(
        "see <a class=x href='https://x.test/?a>b&amp;c'>here</a>.",
        "see here https://x.test/?a>b&c."
    )]
    #[case::link_of_itself("<a href=\"https://x.test/\">x.test</a>!", "x.test!")]
    #[case::link_around_nothing("<a href=https://x.test/a></a>", "https://x.test/a")]
    #[case::link_to_a_script("<a href='javascript:alert(1)'>a</a> <a>b</a>", "a b")]
    #[case::link_to_mail("<a href='mailto:a@x.test'>a@x.test</a>", "a@x.test")]
    #[case::link_not_closed("<a nofollow href='https://x.test'>a", "a https://x.test")]
    #[case::more_entities(
        "&Alpha;&thetasym;&rarr;&zwnj;&iexcl;&para;&ensp;x",
        "Αϑ→\u{200c}¡¶\u{2002}x"
    )]
    #[case::windows_numbers("it&#146;s 5 &#128;", "it’s 5 €")]
    #[case::white_space("one \n  two&nbsp;&nbsp;three", "one two  three")]
    #[case::script("a<script>alert('<br>')</script>b<style>x</style>", "ab")]
    #[case::comment("a<!-- <br> -->b", "ab")]
    #[case::not_a_tag("1 < 2 && 3 <4 <3", "1 < 2 && 3 <4 <3")]
    #[case::cut_off("a <b", "a <b")]
    #[case::unknown_entity("&foo; &#0; &#xD800; AT&T;x", "&foo; &#0; &#xD800; AT&T;x")]
    #[case::emoji("<p>👋🏽 &#128075;</p>", "👋🏽 👋")]
    fn html_becomes_text(#[case] html: &str, #[case] text: &str) {
        assert_eq!(to_text(html), text);
    }
}

//! HTML of agents' rich text, as the plain text that is published.

/// Elements that begin a new line, at their start or at their end.
const BLOCKS: [&str; 12] =
    ["br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "blockquote"];

/// Elements whose contents are no text.
const SILENT: [&str; 4] = ["script", "style", "head", "title"];

/// Longest entity that is looked for, in bytes between `&` and `;`.
const LONGEST_ENTITY: usize = 10;

/// The text of `html`: tags stripped, entities resolved, line breaks where a browser breaks lines.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '<' => match tag(rest) {
                Some((name, after)) => {
                    text.tag(name);
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
    text.0.trim().to_owned()
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// Writes `next`, the first character of `rest`, and answers what follows. White space collapses.
    fn take<'a>(&mut self, next: char, rest: &'a str) -> &'a str {
        if !next.is_ascii_whitespace() {
            self.0.push(next);
        } else if !self.0.ends_with([' ', '\n']) {
            self.0.push(' ');
        }
        rest.get(next.len_utf8()..).unwrap_or_default()
    }

    /// Writes what an entity stood for.
    fn character(&mut self, character: char) {
        self.0.push(if character == '\u{a0}' { ' ' } else { character });
    }

    fn tag(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        let (name, closing) =
            name.strip_prefix('/').map_or((name.as_str(), false), |name| (name, true));
        if !BLOCKS.contains(&name) {
            return;
        }
        let breaks = name == "br" || closing || !self.0.ends_with('\n');
        if breaks && !self.0.is_empty() {
            self.0.truncate(self.0.trim_end_matches(' ').len());
            self.0.push('\n');
        }
    }
}

/// The name of the tag that `html` begins with, a `/` before it where it closes; and what follows.
/// A `<` that begins no tag is text.
fn tag(html: &str) -> Option<(&str, &str)> {
    if let Some(comment) = html.strip_prefix("<!--") {
        return Some(("!", comment.split_once("-->").map_or("", |(_, after)| after)));
    }
    let inside = html.strip_prefix('<')?;
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    if !inside.starts_with(begins) {
        return None;
    }
    let (tag, after) = split_at_end(inside)?;
    let name = tag.split(|c: char| c.is_ascii_whitespace()).next()?;
    Some((name.trim_end_matches('/'), after))
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

/// The character that `html` begins with as an entity, and what follows.
fn entity(html: &str) -> Option<(char, &str)> {
    let (name, after) = html.strip_prefix('&')?.split_once(';')?;
    if name.len() > LONGEST_ENTITY {
        return None;
    }
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|&c| c != '\0')
    };
    let character = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hex) => number(hex, 16)?,
            None => number(digits, 10)?,
        },
        None => named(name)?,
    };
    Some((character, after))
}

/// The entities that editors write; all others stay as they are.
fn named(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "agrave" => 'à',
        "eacute" => 'é',
        "egrave" => 'è',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        "euro" => '€',
        "pound" => '£',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        _ => return None,
    })
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
    #[case::inline("<b>bold</b> and <a href='https://x.test/?a>b'>link</a>", "bold and link")]
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

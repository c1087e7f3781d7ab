//! Visitors: who writes in a conversation, as far as their messages told.

use std::fmt::Write as _;

use super::{Conversation, Line, Shown, Who};
use crate::{message::Author, text};

/// Visitors that a conversation remembers.
const REMEMBERED_VISITORS: usize = 20;
/// Visitors that one answer to `/who` tells of.
const TOLD_AT_ONCE: usize = 5;

impl Conversation {
    /// Remembers what a message told of its author.
    pub fn meet(&mut self, author: &Author) {
        self.visitors.retain(|known| known.id != author.id);
        self.visitors.push(author.clone());
        let surplus = self.visitors.len().saturating_sub(REMEMBERED_VISITORS);
        self.visitors.drain(..surplus);
    }

    /// What is known of the visitor with that id, or of those who wrote lately, in words for the agent.
    pub fn profiles(&self, author_id: Option<&str>) -> String {
        let wanted = |author: &&Author| author_id.is_none_or(|wanted| author.id == wanted);
        let told = self.visitors.iter().rev().filter(wanted).take(TOLD_AT_ONCE);
        let told: Vec<String> = told.map(|author| self.profile(author)).collect();
        if told.is_empty() {
            return "the network does not tell who the visitor is".to_owned();
        }
        told.join("\n")
    }

    fn profile(&self, author: &Author) -> String {
        let mut profile = format!("{}\n    id {}", text::author_name(Some(author)), author.id);
        let written: Vec<(&Line, &Shown)> = self.lines_of(author).collect();
        if let (Some((first, _)), Some((_, last))) = (written.first(), written.last()) {
            let since = first.at.strftime("%d %b %H:%M");
            // Writing into a String cannot fail.
            write!(profile, "\n    {} here since {since}", messages(written.len())).ok();
            if let Some(link) = &last.permalink {
                write!(profile, "\n    {}", text::clean_inline(link)).ok();
            }
        }
        profile
    }

    fn lines_of<'c>(&'c self, author: &'c Author) -> impl Iterator<Item = (&'c Line, &'c Shown)> {
        self.lines.iter().filter_map(|line| match &line.who {
            Who::Visitor(shown) if shown.author_id.as_deref() == Some(&author.id) => {
                Some((line, shown))
            }
            _ => None,
        })
    }
}

fn messages(count: usize) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

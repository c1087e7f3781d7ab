//! Visitors: who writes in a conversation, as far as their messages told.

use super::{Conversation, Line, Shown, Who};
use crate::{message::Author, text};

/// Visitors that a conversation remembers.
const REMEMBERED_VISITORS: usize = 20;
/// Visitors that one answer to `/who` tells of.
const TOLD_AT_ONCE: usize = 5;

impl Conversation {
    /// Remembers what a message told of its author, beside what earlier ones told.
    pub fn meet(&mut self, author: &Author) {
        let known = self.visitors.iter().position(|known| known.id == author.id);
        let mut author = author.clone();
        if let Some(known) = known.map(|index| self.visitors.remove(index)) {
            author.handle = author.handle.or(known.handle);
            author.link = author.link.or(known.link);
            author.picture = author.picture.or(known.picture);
            author.followers = author.followers.or(known.followers);
        }
        self.visitors.push(author);
        let surplus = self.visitors.len().saturating_sub(REMEMBERED_VISITORS);
        self.visitors.drain(..surplus);
    }

    /// What an earlier message told of this visitor.
    pub fn known_visitor(&self, author_id: &str) -> Option<&Author> {
        self.visitors.iter().find(|known| known.id == author_id && !known.name.is_empty())
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
        let written: Vec<(&Line, &Shown)> = self.lines_of(author).collect();
        let since = written.first().map(|(first, _)| first.at.strftime("%d %b %H:%M"));
        let newest = written.last().and_then(|(_, shown)| shown.permalink.as_deref());
        let link = |link: &str| text::clean_inline(link);
        let told = [
            Some(format!("id {}", text::clean_inline(&author.id))),
            author.followers.map(|count| format!("{count} followers")),
            author.link.as_deref().map(link),
            since.map(|since| format!("{} here since {since}", messages(written.len()))),
            newest.map(link),
        ];
        let lines = told.into_iter().flatten().map(|line| format!("\n    {line}"));
        format!("{}{}", text::author_name(Some(author)), lines.collect::<String>())
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

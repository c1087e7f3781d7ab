//! Forgetting: what a conversation holds of one author is erased, and nobody else's.

use super::{Conversation, Folded, Line, State, Who};
use crate::text;

/// Stands where a text was.
pub(crate) const ERASED: &str = "(deleted)";

/// How much of an author was in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Lines with a name and a text.
    pub lines: usize,
    /// What was known of the author: name, handle, addresses.
    pub profiles: usize,
    /// Replies to the author that waited for a person.
    pub replies: usize,
}

impl Conversation {
    /// Whether it holds anything of the author.
    pub fn holds(&self, author_id: &str) -> bool {
        self.clone().forget(author_id) != Erased::default()
    }

    /// Erases names, texts and addresses of the author, and of the answers where nobody else wrote.
    /// Numbers and message ids stay: the interaction may be open.
    pub fn forget(&mut self, author_id: &str) -> Erased {
        let theirs = |line: &Line| line.is_of(author_id);
        let lines = self.lines.iter().filter(|line| theirs(line)).count();
        let known = self.visitors.iter().filter(|known| known.id == author_id).count();
        let to_them = |author: Option<&str>| author == Some(author_id);
        let answers = self.undecided.iter().filter(|kept| to_them(kept.answers()));
        let mut erased = Erased { lines, profiles: known, replies: answers.count() };
        if erased == Erased::default() {
            return erased;
        }
        self.visitors.retain(|known| known.id != author_id);
        let alone = self.visitors.is_empty()
            && self
                .lines
                .iter()
                .all(|line| !line.is_a_visitors() || theirs(line) || line.is_erased());
        if alone {
            erased.lines = self.lines.iter().filter(|line| !line.is_erased()).count();
            erased.replies = self.undecided.len();
            self.undecided.clear();
            self.folded = Folded::default();
        }
        self.undecided.retain(|kept| !to_them(kept.answers()));
        self.lines.iter_mut().filter(|line| alone || theirs(line)).for_each(Line::erase);
        erased
    }

    /// Whether nothing is left in it that anybody could miss.
    pub fn is_spent(&self) -> bool {
        self.state == State::Closed
            && self.lines.iter().all(Line::is_erased)
            && self.visitors.is_empty()
            && self.undecided.is_empty()
            && self.folded.is_empty()
            && self.detoured == 0
    }
}

impl Line {
    fn is_a_visitors(&self) -> bool {
        matches!(self.who, Who::Visitor(_))
    }

    fn is_of(&self, author_id: &str) -> bool {
        matches!(&self.who, Who::Visitor(shown) if shown.author_id.as_deref() == Some(author_id))
    }

    fn is_erased(&self) -> bool {
        self.text == ERASED
            && match &self.who {
                Who::Visitor(shown) => shown.author_id.is_none(),
                Who::Agent | Who::Colleague | Who::Moderator => true,
            }
    }

    fn erase(&mut self) {
        ERASED.clone_into(&mut self.text);
        if let Who::Visitor(shown) = &mut self.who {
            text::NOBODY.clone_into(&mut self.name);
            (shown.author_id, shown.permalink, shown.deleted) = (None, None, true);
        }
    }
}

//! Targeting: which visitor's message an agent's text answers, fixed when the text is collected.

use super::{Refusal, Target};
use crate::{
    conversation::{Conversation, Line, Shown, Who},
    message::Answerable,
};

/// A visitor's words of so many characters do not stand in an answer by chance.
const SURELY_A_QUOTE: usize = 16;

/// The target of an agent's text, and the text without `>n` and quotations.
///
/// With one visitor it is the newest message shown; with several the agent names a line: `>3 thanks`.
pub(crate) fn target(conversation: &Conversation, text: &str) -> (Result<Target, Refusal>, String) {
    let text = text.trim();
    if text.lines().any(|line| line.trim_start().starts_with('/')) {
        return (Err(Refusal::UnknownCommand), text.to_owned());
    }
    let (number, rest) = named_line(text);
    let body = without_quotes(rest);
    let shown = match number {
        Some(number) => by_number(conversation, number),
        None => the_only_visitors_newest(conversation),
    };
    let target = match (shown, body.is_empty()) {
        (_, true) if text.is_empty() => Err(Refusal::Empty),
        (Ok(_), false) if quotes(conversation, &body) => Err(Refusal::Quote),
        (Ok(_), true) => Err(Refusal::OnlyAQuote),
        (Ok(shown), false) => answer_to(shown),
        (Err(refusal), _) => Err(refusal),
    };
    // What is refused comes back whole, so that the agent loses no word.
    let text = if target.is_ok() { body } else { text.to_owned() };
    (target, text)
}

/// Splits `>3 thank you` into the number and the rest.
fn named_line(text: &str) -> (Option<u32>, &str) {
    let Some(after) = text.strip_prefix('>') else { return (None, text) };
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let (number, rest) = after.split_at(digits);
    let separated = rest.is_empty() || rest.starts_with(char::is_whitespace);
    match number.parse() {
        Ok(number) if separated => (Some(number), rest.trim_start()),
        _ => (None, text),
    }
}

/// Drops lines that quote the visitor: a quotation mark of e-mail, as the desk's quote button writes it.
fn without_quotes(text: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('>')).collect();
    kept.join("\n").trim().to_owned()
}

/// Whether the text holds a line as the desk shows it, or words of a visitor long enough to be theirs.
fn quotes(conversation: &Conversation, text: &str) -> bool {
    let header = |line: &str| {
        let number = line.trim_start().split_once(" · ").map(|(number, _)| number);
        number
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let repeated = |line: &Line| {
        matches!(line.who, Who::Visitor(_))
            && line.text.chars().count() >= SURELY_A_QUOTE
            && text.contains(line.text.as_str())
    };
    text.lines().any(header) || conversation.lines.iter().any(repeated)
}

fn by_number(conversation: &Conversation, number: u32) -> Result<&Shown, Refusal> {
    let mut lines = conversation.shown().filter(|shown| shown.number == number);
    let first = lines.next().ok_or(Refusal::UnknownLine { number })?;
    if lines.any(|other| other.message_id != first.message_id) {
        // Two workers numbered at once. A guess could answer the wrong visitor.
        return Err(Refusal::NameOne { example: conversation.last_number });
    }
    Ok(first)
}

fn the_only_visitors_newest(conversation: &Conversation) -> Result<&Shown, Refusal> {
    let newest = conversation.shown().next_back().ok_or(Refusal::NothingToAnswer)?;
    let alone = conversation
        .shown()
        .all(|shown| shown.author_id.is_some() && shown.author_id == newest.author_id)
        || conversation.shown().count() == 1;
    if alone { Ok(newest) } else { Err(Refusal::NameOne { example: newest.number }) }
}

fn answer_to(shown: &Shown) -> Result<Target, Refusal> {
    if shown.deleted {
        return Err(Refusal::Deleted);
    }
    match shown.answerable {
        Answerable::Yes => Ok(Target {
            message_id: shown.message_id.clone(),
            kind: shown.kind,
            reply_under: shown.reply_under.clone(),
            author_id: shown.author_id.clone(),
        }),
        Answerable::NotMentioned => Err(Refusal::NotMentioned),
        Answerable::ReadOnly => Err(Refusal::ReadOnly),
        Answerable::Closed => Err(Refusal::Closed),
    }
}

#[cfg(test)]
mod tests;

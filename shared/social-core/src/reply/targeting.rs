//! Targeting: which visitor's message an agent's text answers, fixed when the text is collected.

use super::{Refusal, Target};
use crate::{
    command::{Command, Written, has_slash_line},
    conversation::{Conversation, Line, Shown, Who},
    message::{Answerable, MessageId},
};

/// A visitor's words of so many characters do not stand in an answer by chance.
const SURELY_A_QUOTE: usize = 16;

/// What an agent's message comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) command: Option<Command>,
    pub(crate) target: Result<Target, Refusal>,
    /// To be published, or what follows the command; whole where the message is refused.
    pub(crate) text: String,
}

/// Reads an agent's message: a plain answer, a command, or neither.
pub(crate) fn read(conversation: &Conversation, text: &str) -> Meaning {
    match Written::read(text) {
        Written::Plain(text) => {
            let (target, text) = target(conversation, text);
            Meaning { command: None, target, text }
        }
        Written::Command(command, rest) if command.has_text() => {
            let (target, text) = spoken(conversation, command, rest);
            Meaning { command: Some(command), target, text }
        }
        Written::Command(command, rest) => {
            let target = pointed_at(conversation, command, rest);
            Meaning { command: Some(command), target, text: rest.to_owned() }
        }
        Written::Unreadable => Meaning {
            command: None,
            target: Err(Refusal::UnknownCommand),
            text: text.trim().to_owned(),
        },
    }
}

/// The same reply again, to another line if one is named. The text is as the agent wrote it.
pub(crate) fn read_again(
    conversation: &Conversation,
    command: Option<Command>,
    text: &str,
    number: Option<u32>,
) -> (Result<Target, Refusal>, String) {
    let text = match number {
        Some(number) => format!(">{number} {}", named_line(text).1),
        None => text.to_owned(),
    };
    match command {
        Some(command) => spoken(conversation, command, &text),
        None => target(conversation, &text),
    }
}

/// As the target of a text that answers that message, if it was shown.
pub(crate) fn answering(conversation: &Conversation, message_id: &MessageId) -> Option<Target> {
    let mut shown = conversation.shown();
    shown.find(|shown| shown.message_id == *message_id).map(target_of)
}

/// The number of a line: `3` or `>3`, and nothing else.
pub(crate) fn number(text: &str) -> Option<u32> {
    text.strip_prefix('>').unwrap_or(text).parse().ok()
}

/// What a command with a text answers. A private answer needs nobody's permission to comment.
fn spoken(
    conversation: &Conversation,
    command: Command,
    text: &str,
) -> (Result<Target, Refusal>, String) {
    aimed(conversation, text, |shown| match command {
        Command::Private if shown.deleted => Err(Refusal::Deleted),
        Command::Private => Ok(target_of(shown)),
        _ => answer_to(shown),
    })
}

/// What a command without a text is about: the line that it names, or the only visitor's newest.
fn pointed_at(
    conversation: &Conversation,
    command: Command,
    rest: &str,
) -> Result<Target, Refusal> {
    let shown = match (number(rest), command) {
        (None, _) if !rest.is_empty() && command != Command::Help => {
            return Err(Refusal::ExcessWords);
        }
        (None, Command::Hide | Command::Unhide | Command::Like) => {
            the_only_visitors_newest(conversation)?
        }
        (None, _) => return Err(Refusal::NoneNamed),
        (Some(number), _) => by_number(conversation, number)?,
    };
    Ok(target_of(shown))
}

/// The target of an agent's text, and the text without `>n` and quotations.
///
/// With one visitor it is the newest message shown; with several the agent names a line: `>3 thanks`.
pub(crate) fn target(conversation: &Conversation, text: &str) -> (Result<Target, Refusal>, String) {
    aimed(conversation, text, answer_to)
}

/// The target that `allow` makes of the line that a text answers, and the text to be published. What is
/// refused comes back whole, so that the agent loses no word.
fn aimed(
    conversation: &Conversation,
    text: &str,
    allow: impl Fn(&Shown) -> Result<Target, Refusal>,
) -> (Result<Target, Refusal>, String) {
    let text = text.trim();
    match aim(conversation, text).and_then(|(shown, body)| Ok((allow(shown)?, body))) {
        Ok((target, body)) => (Ok(target), body),
        Err(refusal) => (Err(refusal), text.to_owned()),
    }
}

fn aim<'c>(conversation: &'c Conversation, text: &str) -> Result<(&'c Shown, String), Refusal> {
    let (number, rest) = named_line(text);
    if has_slash_line(text) || has_slash_line(rest) {
        return Err(Refusal::UnknownCommand);
    }
    if rest.is_empty() {
        return Err(Refusal::Empty);
    }
    let body = without_quotes(rest);
    let shown = match number {
        Some(number) => by_number(conversation, number)?,
        None => the_only_visitors_newest(conversation)?,
    };
    if body.is_empty() {
        return Err(Refusal::OnlyAQuote);
    }
    if quotes(conversation, &body) { Err(Refusal::Quote) } else { Ok((shown, body)) }
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
        Answerable::Yes => Ok(target_of(shown)),
        Answerable::NotMentioned => Err(Refusal::NotMentioned),
        Answerable::ReadOnly => Err(Refusal::ReadOnly),
        Answerable::Closed => Err(Refusal::Closed),
    }
}

fn target_of(shown: &Shown) -> Target {
    Target {
        message_id: shown.message_id.clone(),
        kind: shown.kind,
        reply_under: shown.reply_under.clone(),
        author_id: shown.author_id.clone(),
    }
}

#[cfg(test)]
mod tests;

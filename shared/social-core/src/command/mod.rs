//! Commands: what an agent may ask of the bridge in the chat, by a message that begins with `/`.

use serde::{Deserialize, Serialize};

use crate::message::Network;

/// A command. None is ever published as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Who the visitor is, as far as their messages told.
    Who,
    /// Answers a public message privately; never becomes public.
    Private,
    /// Sends the newest reply that came back again.
    Retry,
    /// Forgets the newest reply that came back or waits for approval.
    Discard,
    /// Lists what is allowed in the channel.
    Help,
    /// A second person lets a reply of a colleague's be published.
    Approve,
    /// Hides a visitor's message from the public.
    Hide,
    /// Shows it again.
    Unhide,
    /// Likes a visitor's message.
    Like,
    /// Deletes a reply of ours from the network.
    Delete,
    /// Answers with a picture.
    Image,
}

impl Command {
    /// All of them, in the order in which agents read them.
    pub const ALL: [Self; 11] = [
        Self::Who,
        Self::Private,
        Self::Retry,
        Self::Discard,
        Self::Help,
        Self::Approve,
        Self::Hide,
        Self::Unhide,
        Self::Like,
        Self::Delete,
        Self::Image,
    ];

    /// What a channel allows whose entry names none, as far as its network can.
    pub const BY_DEFAULT: [Self; 4] = [Self::Who, Self::Private, Self::Retry, Self::Discard];

    /// The word behind the `/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Private => "private",
            Self::Retry => "retry",
            Self::Discard => "discard",
            Self::Help => "help",
            Self::Approve => "approve",
            Self::Hide => "hide",
            Self::Unhide => "unhide",
            Self::Like => "like",
            Self::Delete => "delete",
            Self::Image => "image",
        }
    }

    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name().eq_ignore_ascii_case(name))
    }

    /// One line of `/help`.
    pub fn help(self) -> &'static str {
        match self {
            Self::Who => "/who [>3]: who the visitor is",
            Self::Private => "/private [>3] text: answer privately; never public, once per message",
            Self::Retry => "/retry [>3]: send the reply that came back again",
            Self::Discard => "/discard: forget the reply that came back or waits",
            Self::Help => "/help: this list",
            Self::Approve => "/approve: publish a colleague's reply that waits",
            Self::Hide => "/hide [>3]: hide the visitor's message from the public",
            Self::Unhide => "/unhide [>3]: show it again",
            Self::Like => "/like [>3]: like the visitor's message",
            Self::Delete => "/delete [>3]: delete our newest reply, or our newest one to line 3",
            Self::Image => "/image [>3] https://… [text]: answer with a picture",
        }
    }

    /// Whether it is answered in the chat alone: nothing of it reaches the network.
    pub fn stays_in_the_chat(self) -> bool {
        matches!(self, Self::Who | Self::Retry | Self::Discard | Self::Help | Self::Approve)
    }

    /// Whether it changes what stands on the network without saying anything there. Done twice it
    /// does no more than once.
    pub fn moderates(self) -> bool {
        matches!(self, Self::Hide | Self::Unhide | Self::Like | Self::Delete)
    }

    /// Whether an agent writes a text after it that is to be read by a visitor.
    pub fn has_text(self) -> bool {
        matches!(self, Self::Private | Self::Image)
    }

    /// Whether the network offers it to programs such as this one.
    pub fn works_on(self, network: Network) -> bool {
        match network {
            Network::Facebook => true,
            Network::Twitter => {
                self.stays_in_the_chat() || matches!(self, Self::Private | Self::Delete)
            }
        }
    }
}

/// A message of an agent's, as far as its first character tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written<'t> {
    /// To be published.
    Plain(&'t str),
    /// A command, and what follows it.
    Command(Command, &'t str),
    /// Begins with `/`, here or in a later line, and is no command: refused whole.
    Unreadable,
}

impl<'t> Written<'t> {
    /// Reads a message.
    pub fn read(text: &'t str) -> Self {
        let text = text.trim();
        let Some(order) = text.strip_prefix('/') else {
            return if has_slash_line(text) { Self::Unreadable } else { Self::Plain(text) };
        };
        let (name, rest) = order.split_at(order.find(char::is_whitespace).unwrap_or(order.len()));
        match Command::named(name) {
            Some(command) if !has_slash_line(rest) => Self::Command(command, rest.trim()),
            _ => Self::Unreadable,
        }
    }
}

/// Whether a line begins with `/`.
pub(crate) fn has_slash_line(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with('/'))
}

#[cfg(test)]
mod tests;

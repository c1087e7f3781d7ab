//! Activity that X pushes: events of the X Activity API and of the older Account Activity API
//! (contract B8), made into the messages that the search would find too, under the same ids.

mod account;
mod envelope;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;
use social_core::{
    Channel, Message,
    channel::Start,
    inbound::Incoming,
    message::{Answerable, Kind, Owner, Thread, Verb},
};

use crate::{
    inbox::Said,
    matching::{Matcher, Reader, Subject},
    normal::{self, Known},
    webhook::Signed,
    wire::{Tweet, User},
};

/// What a callback tells of.
#[derive(Debug)]
pub enum Event {
    Tweet(Box<Heard>),
    Deleted(Gone),
    Private(Box<Whispered>),
    /// A kind that is known and that the bridge does not need.
    Ignored {
        kind: &'static str,
    },
    /// A reply whose thread the event does not name: the search finds it with its thread.
    LeftToSearch,
    /// A kind that nobody described, or a shape that cannot be read: to be parked in full.
    Unknown {
        kind: String,
        event: String,
    },
}

/// A tweet, and what came along with it.
#[derive(Debug, Default)]
pub struct Heard {
    pub(crate) tweet: Tweet,
    pub(crate) users: Vec<User>,
    /// Who wrote the tweets that this one refers to.
    pub(crate) wrote: BTreeMap<String, String>,
    /// Whose subscription it is: an account of the company.
    pub(crate) subscriber: Option<String>,
}

/// A private message, and whose it is.
#[derive(Debug)]
pub struct Whispered {
    pub(crate) said: Said,
    pub(crate) visitor: Option<User>,
    /// The account's handle; where no event tells it, the poll brings the message.
    pub(crate) account: Option<String>,
}

impl Whispered {
    fn messages(&self, matcher: &Matcher) -> Vec<Incoming> {
        let Some(account) = &self.account else { return Vec::new() };
        let readers = matcher
            .readers()
            .iter()
            .filter(|reader| reader.source.private_messages && reader.answers_as(account));
        readers.filter_map(|reader| self.said.incoming(reader, self.visitor.as_ref())).collect()
    }
}

/// A tweet that was deleted.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone {
    pub(crate) id: String,
    pub(crate) author_id: Option<String>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) subscriber: Option<String>,
}

/// Reads a callback; one odd event leaves its neighbours alone.
pub fn parse(callback: Signed<'_>) -> Vec<Event> {
    let body: Value = serde_json::from_slice(callback.body()).unwrap_or_default();
    if body.pointer("/data/event_type").is_some() {
        return vec![envelope::event(&body)];
    }
    let events = account::events(&body);
    if events.is_empty() {
        let event = String::from_utf8_lossy(callback.body()).into_owned();
        return vec![Event::Unknown { kind: "unknown".to_owned(), event }];
    }
    events
}

/// The messages of each channel, by the same rules as the search's. `received` stands in for a time
/// that an event does not tell.
pub fn messages(events: &[Event], channels: &[Arc<Channel>], received: Timestamp) -> Vec<Incoming> {
    let heard =
        |event: &&Event| matches!(event, Event::Tweet(_) | Event::Deleted(_) | Event::Private(_));
    if !events.iter().any(|event| heard(&event)) {
        return Vec::new();
    }
    let matcher = Matcher::new(channels.to_vec());
    let of = |event: &Event| match event {
        Event::Tweet(heard) => heard.messages(&matcher),
        Event::Deleted(gone) => gone.messages(&matcher, received),
        Event::Private(whispered) => whispered.messages(&matcher),
        _ => Vec::new(),
    };
    events.iter().flat_map(of).collect()
}

impl Heard {
    fn messages(&self, matcher: &Matcher) -> Vec<Incoming> {
        let user =
            |id: Option<&String>| id.and_then(|id| self.users.iter().find(|user| user.id == *id));
        let author_id = self.tweet.author_id.as_ref();
        let quoted = self.tweet.reference("quoted").and_then(|id| self.wrote.get(id));
        let known = Known { tweet: &self.tweet, author: user(author_id), quoted: user(quoted) };
        let username = known.author.map(|author| author.username.as_str());
        let by_company = author_id.is_some() && author_id == self.subscriber.as_ref();
        let subject = Subject::of(&self.tweet);
        let matching = matcher.takers(&subject, &matcher.found(&subject));
        let id = author_id.map(String::as_str);
        let is_own = |reader: &Reader| by_company || reader.is_own(id, username);
        let takes = |reader: &&Reader| {
            let found = matching.iter().any(|one| one.channel.id == reader.channel.id);
            // What the company wrote settles a reply, whatever its words are.
            let answers = reader.source.reply_handle.is_some() && is_own(reader);
            (found || answers) && !reader.blocks(id, known.author) && self.is_after_start(reader)
        };
        let message = |reader: &Reader| {
            let mut message = normal::message(known, reader);
            if is_own(reader) && !message.own {
                message = owned(message);
            }
            Incoming { channel_id: reader.channel.id.clone(), message }
        };
        matcher.readers().iter().filter(takes).map(message).collect()
    }

    fn is_after_start(&self, reader: &Reader) -> bool {
        match reader.channel.start {
            Start::Now => true,
            Start::At(start) => normal::created_at(&self.tweet).as_second() >= start.as_second(),
        }
    }
}

/// Marks what an account of the company wrote, where only the subscription tells.
fn owned(mut message: Message) -> Message {
    message.own = true;
    if let Thread::Tweets { owner: Some(owner), .. } = &mut message.thread {
        *owner = Owner::Company;
    }
    message
}

impl Gone {
    /// For every channel that answers: which of them showed it, their ledgers know.
    fn messages(&self, matcher: &Matcher, received: Timestamp) -> Vec<Incoming> {
        let answering =
            matcher.readers().iter().filter(|reader| reader.source.reply_handle.is_some());
        let message = |reader: &Reader| Message {
            id: self.id.as_str().into(),
            kind: Kind::Tweet,
            verb: Verb::Delete,
            author: None,
            own: self.author_id.is_some() && self.author_id == self.subscriber
                || reader.is_own(self.author_id.as_deref(), None),
            text: String::new(),
            media: Vec::new(),
            permalink: None,
            at: self.at.unwrap_or(received),
            thread: Thread::Tweets {
                conversation_id: self.id.as_str().into(),
                in_reply_to: None,
                owner: None,
            },
            answerable: Answerable::Closed,
            also_in: vec![],
        };
        let incoming = |reader: &Reader| Incoming {
            channel_id: reader.channel.id.clone(),
            message: message(reader),
        };
        answering.map(incoming).collect()
    }
}

#[cfg(test)]
mod tests;

//! Private messages of the replying account: the legacy ones that are not encrypted (contract B8).
//!
//! X tells all events of thirty days, newest first, and takes no `since_id`: a pass reads pages until it
//! meets what it knows. Fifteen calls in fifteen minutes are allowed, so a run makes one pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use social_core::{
    Channel, ChannelId, Clock, Message,
    budget::Budgets,
    channel::Start,
    credential::TwitterCredential,
    inbound::Incoming,
    message::{Answerable, Kind, Thread, Verb},
    polling::{Pass, Source},
    verdict::{Classify, Failure, Verdict},
};

use crate::{
    api::Api,
    authors::Authors,
    budget::{Prices, Purse, Uncounted},
    error::TwitterError,
    matching::{Matcher, Reader},
    normal, snowflake,
    text::unescaped,
    wire::{PrivateEvent, User},
};

/// Pages that one pass reads: more than half of X's window would leave nothing for looking replies up.
const PAGES: usize = 8;

/// Why a pass came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InboxError {
    #[error("the checkpoint of the private messages cannot be read")]
    Checkpoint,
    #[error("more private messages wait than one pass reads")]
    TooMany,
    #[error(transparent)]
    X(#[from] TwitterError),
}

impl Classify for InboxError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Checkpoint => Verdict::WAIT,
            Self::TooMany => Verdict::RETRY,
            Self::X(error) => error.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Checkpoint => "twitter_private_checkpoint",
            Self::TooMany => "twitter_private_too_many",
            Self::X(error) => error.error_type(),
        }
    }
}

/// How far the events are read.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    /// The newest event that was read.
    since: u64,
    /// Since when each channel takes private messages in.
    channels: BTreeMap<ChannelId, Timestamp>,
}

/// The private messages of a credential's account.
#[derive(Debug)]
pub struct TwitterInbox<C, B = Uncounted> {
    api: Api,
    name: String,
    credential: Arc<TwitterCredential>,
    clock: C,
    purse: Purse<B>,
    channels: Vec<Arc<Channel>>,
    readers: Vec<Reader>,
    authors: Authors,
    /// The account, asked once.
    account: Mutex<Option<Arc<User>>>,
}

impl<C: Clock, B: Budgets> TwitterInbox<C, B> {
    /// `None` where no channel takes private messages in.
    pub fn new(
        api: Api,
        credential_name: &str,
        credential: Arc<TwitterCredential>,
        channels: &[Arc<Channel>],
        clock: C,
        budgets: Option<B>,
    ) -> Option<Self> {
        let readers = Matcher::new(channels.to_vec()).into_readers();
        let readers: Vec<Reader> =
            readers.into_iter().filter(|reader| reader.source.private_messages).collect();
        (!readers.is_empty()).then(|| Self {
            api,
            name: source_name(credential_name),
            purse: Purse::new(budgets, credential_name, &credential, Prices::default()),
            credential,
            clock,
            channels: channels.to_vec(),
            readers,
            authors: Authors::default(),
            account: Mutex::default(),
        })
    }

    /// Whether it was made of these channels: what it remembers is worth keeping then.
    pub fn is_of(&self, channels: &[Arc<Channel>]) -> bool {
        self.channels == channels
    }

    /// Goes on with the credential as it stands now.
    #[must_use]
    pub fn with_credential(mut self, credential: Arc<TwitterCredential>) -> Self {
        self.purse.set_limit(&credential);
        self.credential = credential;
        self
    }

    async fn account(&self) -> Result<Arc<User>, TwitterError> {
        let known = self.account.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(account) = known {
            return Ok(account);
        }
        let account = Arc::new(self.api.me(&self.credential).await?);
        let mut known = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.insert(account)))
    }

    /// Everything that was said since, newest first, and how many events X delivered.
    async fn read(&self, since: u64) -> Result<(Vec<PrivateEvent>, u64), InboxError> {
        let (mut events, mut billed) = (Vec::new(), 0);
        let mut next: Option<String> = None;
        for _ in 0..PAGES {
            let page = self.api.private_events(&self.credential, None, next.as_deref()).await?;
            billed += u64::try_from(page.data.len()).unwrap_or_default();
            let is_new = |event: &PrivateEvent| event.number() > since;
            let reached = page.data.iter().any(|event| !is_new(event));
            events.extend(page.data.into_iter().filter(is_new));
            next = page.meta.next_token;
            if reached || next.is_none() {
                return Ok((events, billed));
            }
        }
        Err(InboxError::TooMany)
    }

    /// The checkpoint that this pass goes on from.
    fn begin(&self, stored: Option<&str>, now: Timestamp) -> Result<Checkpoint, InboxError> {
        let stored = stored.map(serde_json::from_str::<Checkpoint>).transpose();
        let stored = stored.map_err(|_| InboxError::Checkpoint)?.unwrap_or_default();
        let start = |reader: &Reader| {
            let known = stored.channels.get(&reader.channel.id).copied();
            let start = match reader.channel.start {
                Start::Now => known.unwrap_or(now),
                Start::At(time) => time,
            };
            (reader.channel.id.clone(), start)
        };
        let channels: BTreeMap<ChannelId, Timestamp> = self.readers.iter().map(start).collect();
        let is_new = |id: &&ChannelId| !stored.channels.contains_key(*id);
        let earliest = channels.keys().filter(is_new).filter_map(|id| channels.get(id)).min();
        let earliest = earliest.map(|start| snowflake::at(*start).saturating_sub(1));
        let since = match (stored.since, earliest) {
            (0, earliest) => earliest.unwrap_or_default(),
            (since, earliest) => earliest.map_or(since, |earliest| earliest.min(since)),
        };
        Ok(Checkpoint { since, channels })
    }

    async fn pass_over(&self, stored: Option<&str>, now: Timestamp) -> Result<Pass, InboxError> {
        let mut checkpoint = self.begin(stored, now)?;
        let account = self.account().await?;
        let (events, billed) = self.read(checkpoint.since).await?;
        let said: Vec<Said> =
            events.iter().filter_map(|event| Said::of(event, &account.id)).collect();
        let ids: BTreeSet<String> = said.iter().map(|said| said.visitor_id.clone()).collect();
        let users = self.authors.users(&self.api, &self.credential, ids, now).await?;
        let (looked_up, _) = self.authors.take_billed();
        self.purse.pay(self.purse.prices.of_private(billed, looked_up), now).await;
        let answering = self.readers.iter().filter(|reader| reader.answers_as(&account.username));
        let messages = answering.flat_map(|reader| {
            let start = checkpoint.channels.get(&reader.channel.id).copied().unwrap_or(now);
            let users = &users;
            said.iter().filter(move |said| said.at.as_second() >= start.as_second()).filter_map(
                move |said| said.incoming(reader, users.get(&said.visitor_id).map(|user| &**user)),
            )
        });
        let messages: Vec<Incoming> = messages.collect();
        let newest = events.iter().map(PrivateEvent::number).max().unwrap_or_default();
        checkpoint.since = checkpoint.since.max(newest);
        let written = serde_json::to_string(&checkpoint).map_err(|_| InboxError::Checkpoint)?;
        Ok(Pass { messages, checkpoint: written })
    }
}

/// The name of a credential's private messages, for their lease and in logs.
pub(crate) fn source_name(credential: &str) -> String {
    format!("twitter-private#{credential}")
}

/// The checkpoint of private messages that nobody ever read.
pub(crate) fn nothing_read() -> Result<String, InboxError> {
    serde_json::to_string(&Checkpoint::default()).map_err(|_| InboxError::Checkpoint)
}

impl<C: Clock, B: Budgets> Source for TwitterInbox<C, B> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn pass(&self, stored: Option<&str>) -> Result<Pass, Failure> {
        Ok(self.pass_over(stored, self.clock.now()).await?)
    }
}

/// A private message, whichever road it came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    pub(crate) visitor_id: String,
    /// Written by the account.
    pub(crate) own: bool,
    /// Pictures, videos and files, which only the account itself may open.
    pub(crate) attachments: usize,
}

impl Said {
    /// `None` for what is no message between two: somebody joined a group, or a group talks.
    pub(crate) fn of(event: &PrivateEvent, account: &str) -> Option<Self> {
        if event.event_type.as_deref().is_some_and(|kind| kind != "MessageCreate") {
            return None;
        }
        let sender = event.sender_id.as_deref()?;
        let visitor_id = event.other_than(account)?;
        Some(Self {
            id: event.id.clone(),
            text: unescaped(&event.text),
            at: event.at(),
            own: sender == account,
            attachments: event.attachments.media_keys.len(),
            visitor_id,
        })
    }

    /// The message that it is for a channel; `None` where the channel blocks its author.
    pub(crate) fn incoming(&self, reader: &Reader, visitor: Option<&User>) -> Option<Incoming> {
        if reader.blocks(Some(&self.visitor_id), visitor) {
            return None;
        }
        let mut text = self.text.clone();
        if self.attachments > 0 {
            // Their addresses need the account's token: no link would help the agent.
            let note = format!("[{} attached; see the messages on X]", self.attachments);
            format!("{text}\n{note}").trim_start().clone_into(&mut text);
        }
        let author = normal::described(self.visitor_id.clone(), visitor);
        let message = Message {
            id: self.id.as_str().into(),
            kind: Kind::PrivateMessage,
            verb: Verb::Add,
            author: (!self.own).then_some(author),
            own: self.own,
            text,
            media: Vec::new(),
            permalink: None,
            at: self.at,
            thread: Thread::Private { visitor_id: self.visitor_id.clone() },
            answerable: Answerable::Yes,
            also_in: vec![],
        };
        Some(Incoming { channel_id: reader.channel.id.clone(), message })
    }
}

#[cfg(test)]
mod tests;

//! The poll of a page's private messages, where callbacks do not bring them (contract A6; Meta: "Conversations").

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use social_core::{
    Channel, Clock, Failure, Message, Verdict,
    channel::{Include, Start},
    credential::Credentials,
    inbound::Incoming,
    message::{Answerable, Kind, Media, Thread, Verb},
    polling::{Pass, Source},
    store::Seen,
};

use super::{Common, PollPorts, PollSettings, health::Health, tell_left};
use crate::{
    admission,
    graph::{GraphError, List, Page, Parameters},
    normalise,
    wire::{From, Id, Moment, if_readable},
};

/// Conversations on one page, and messages that are shown with each.
const CONVERSATIONS: u32 = 25;
const NESTED: u32 = 10;
/// Messages on one page of a conversation.
const MESSAGES: u32 = 50;
/// Ids that are remembered at the most. One that was forgotten is queued again, and known there.
const MAX_SEEN: usize = 1_000;

const FIELDS: &str = "id,from,to,message,created_time,sticker,\
    attachments{id,mime_type,file_url,image_data,video_data}";

/// The poll of one channel's private messages.
pub struct FacebookInbox<C, K, S>(Common<C, K, S>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Checkpoint {
    /// Nothing older is ever taken: the channel's start.
    floor: i64,
    /// The newest that was taken.
    watermark: i64,
    /// What was taken within the overlap, with its time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    seen: BTreeMap<String, i64>,
    #[serde(default, skip_serializing_if = "Health::is_unproven")]
    health: Health,
}

#[derive(Debug, thiserror::Error)]
#[error("the inbox's checkpoint cannot be read")]
struct Unreadable;

#[derive(Deserialize)]
struct Conversation {
    id: Id,
    updated_time: Moment,
    messages: Option<List<Written>>,
}

#[derive(Deserialize)]
struct Written {
    id: Id,
    created_time: Moment,
    from: Option<From>,
    #[serde(default, deserialize_with = "if_readable")]
    to: Option<List<From>>,
    message: Option<String>,
    sticker: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    attachments: Option<List<Attachment>>,
}

#[derive(Deserialize)]
struct Attachment {
    mime_type: Option<String>,
    file_url: Option<String>,
    image_data: Option<Data>,
    video_data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    url: Option<String>,
}

impl<C: Clock, K: Credentials, S: Seen> FacebookInbox<C, K, S> {
    /// The poll of a channel; `None` where it takes no private messages. Time is the graph's.
    pub fn new(ports: PollPorts<C, K, S>, channel: Arc<Channel>) -> Option<Self> {
        let common = Common::new(ports, channel, "#inbox")?;
        common.includes(Include::PrivateMessages).then_some(Self(common))
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_settings(self, settings: PollSettings) -> Self {
        Self(Common { settings, ..self.0 })
    }

    /// The same for a channel that is switched on since then. What a checkpoint from before says no longer counts.
    #[must_use]
    pub fn since(self, since: Option<Timestamp>) -> Self {
        Self(Common { since, ..self.0 })
    }

    fn stood(&self, checkpoint: Option<&str>) -> Result<Option<Checkpoint>, Failure> {
        self.0.stood(checkpoint, Checkpoint::read, |checkpoint| checkpoint.floor)
    }

    /// Conversations with something new come first.
    async fn read(&self, page: &Page<'_, C>, since: i64) -> Result<Vec<Message>, GraphError> {
        let page_id = &self.0.page_id;
        let older = |talk: &Conversation| talk.updated_time.0.as_second() < since;
        let enough = |page: &List<Conversation>| page.data.last().is_some_and(older);
        let path = [page_id.as_str(), "conversations"];
        let talks = page.list(&path, CONVERSATIONS, conversations, enough).await?;
        let mut all = Vec::new();
        for talk in talks.into_iter().filter(|talk| !older(talk)) {
            let messages = messages(page, talk, since).await?;
            all.extend(messages.into_iter().filter_map(|written| written.into_message(page_id)));
        }
        Ok(all)
    }

    fn incoming(&self, message: Message) -> Option<Incoming> {
        let message = admission::admit(&self.0.channel, false, message)?;
        Some(Incoming { channel_id: self.0.channel.id.clone(), message })
    }
}

/// The new messages of a conversation: those that came with it, unless there are more.
async fn messages<C: Clock>(
    page: &Page<'_, C>,
    talk: Conversation,
    since: i64,
) -> Result<Vec<Written>, GraphError> {
    let shown = talk.messages;
    let is_new = |last: &Written| last.created_time.0.as_second() >= since;
    let enough = |page: &List<Written>| page.data.last().is_some_and(|last| !is_new(last));
    match shown {
        Some(shown) if !shown.has_more() || enough(&shown) => Ok(shown.data),
        _ => {
            let path = [talk.id.0.as_str(), "messages"];
            let parameters =
                |size: u32| vec![("fields", FIELDS.to_owned()), ("limit", size.to_string())];
            page.list(&path, MESSAGES, parameters, enough).await
        }
    }
}

fn conversations(size: u32) -> Parameters {
    let nested = size.min(NESTED);
    vec![
        ("platform", "messenger".to_owned()),
        ("fields", format!("id,updated_time,messages.limit({nested}){{{FIELDS}}}")),
        ("limit", size.to_string()),
    ]
}

impl Written {
    /// `None` where nobody can be named whom an answer would go to.
    fn into_message(self, page_id: &str) -> Option<Message> {
        let author = self.from.and_then(From::into_author)?;
        let own = author.id == page_id;
        let to = self.to.into_iter().flat_map(|list| list.data).filter_map(From::into_author);
        let other = to.map(|to| to.id).find(|id| id != page_id);
        let visitor_id = if own { other? } else { author.id.clone() };
        let files = self.attachments.into_iter().flat_map(|list| list.data);
        let files = files.filter_map(Attachment::into_media);
        let sticker = self.sticker.map(|url| normalise::media("sticker", &url));
        Some(Message {
            id: self.id.0.into(),
            kind: Kind::PrivateMessage,
            verb: Verb::Add,
            author: Some(author),
            own,
            text: self.message.unwrap_or_default(),
            media: files.chain(sticker).collect(),
            permalink: None,
            at: self.created_time.0,
            thread: Thread::Private { visitor_id },
            answerable: Answerable::Yes,
            also_in: vec![],
        })
    }
}

impl Attachment {
    fn into_media(self) -> Option<Media> {
        let image = self.image_data.and_then(|image| image.url).map(|url| ("image", url));
        let video = self.video_data.and_then(|video| video.url).map(|url| ("video", url));
        let is_audio = self.mime_type.is_some_and(|kind| kind.starts_with("audio/"));
        let file = self.file_url.map(|url| (if is_audio { "audio" } else { "file" }, url));
        let (kind, url) = image.or(video).or(file)?;
        Some(normalise::media(kind, &url))
    }
}

impl Checkpoint {
    fn read(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text)
            .map_err(|_| Failure::new(Verdict::Reject, "checkpoint_unreadable", Unreadable))
    }

    fn write(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|_| Failure::new(Verdict::Reject, "checkpoint_unreadable", Unreadable))
    }

    fn since(&self, settings: &PollSettings) -> i64 {
        (self.watermark - settings.overlap_seconds()).max(self.floor)
    }

    fn take(&mut self, taken: &[Message], settings: &PollSettings) {
        for message in taken {
            let at = message.at.as_second();
            self.watermark = self.watermark.max(at);
            self.seen.insert(message.id.0.clone(), at);
        }
        let oldest = self.since(settings);
        self.seen.retain(|_, at| *at >= oldest);
        let mut times: Vec<i64> = self.seen.values().copied().collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        if let Some(cut) = times.get(MAX_SEEN) {
            let cut = *cut;
            self.seen.retain(|_, at| *at > cut);
        }
    }
}

impl<C: Clock, K: Credentials, S: Seen> Source for FacebookInbox<C, K, S> {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn due(&self, checkpoint: Option<&str>) -> Option<Timestamp> {
        self.stood(checkpoint).ok()??.health.due(&self.0.settings)
    }

    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure> {
        let Common { ports, channel, page_id, settings, .. } = &self.0;
        let stood = self.stood(checkpoint)?;
        let is_first = stood.is_none();
        let before = stood.unwrap_or_else(|| {
            let (floor, health) = (self.0.floor(), Health::default());
            Checkpoint { floor, watermark: floor, seen: BTreeMap::new(), health }
        });
        let credential = self.0.credential().await?;
        let page = ports.graph.page(page_id, &credential);
        let since = before.since(settings);
        let mut new = self.0.tell(self.read(&page, since).await)?;
        new.retain(|message| {
            message.at.as_second() >= since && !before.seen.contains_key(message.id.as_str())
        });
        new.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let starts_now = is_first && channel.start == Start::Now;
        let limit = usize::try_from(channel.post_limit).unwrap_or(usize::MAX);
        let left = if starts_now { 0 } else { new.len().saturating_sub(limit) };
        tell_left(channel, left);
        new.truncate(new.len() - left);
        let mut after = before.clone();
        after.take(&new, settings);
        let is_history = |message: &Message| is_first && self.0.is_history(message.at.as_second());
        let taken = new.into_iter().filter(|message| !is_history(message));
        let messages: Vec<Incoming> = taken.filter_map(|message| self.incoming(message)).collect();
        let evidence = self.0.judge(messages.iter().map(|incoming| &incoming.message)).await;
        after.health = before.health.after(evidence, left > 0, self.0.now().as_second());
        let checkpoint = match checkpoint {
            Some(unchanged) if after == before && !is_first => unchanged.to_owned(),
            _ => after.write()?,
        };
        Ok(Pass { messages, checkpoint })
    }
}

#[cfg(test)]
mod tests;

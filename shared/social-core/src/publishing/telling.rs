//! Telling: what became of a reply, as the agent reads it, and the trail of what was moderated.

use super::{Ports, Publishing, PublishingError};
use crate::{
    channel::Channel,
    command::Command,
    conversation::{Conversation, Needs},
    desk::DeskError,
    reply::{Refusal, Reply, ReplyRecord, ReplyState, Target},
    store::{Conversations, Replies},
    text,
};

/// Characters of a returned reply that the agent reads again.
const RETURNED_CHARS: usize = 4_000;

impl<P: Ports> Publishing<P> {
    pub(super) async fn load(&self, reply: &Reply) -> Result<Conversation, PublishingError> {
        let loaded = self.desk.store.load(&reply.channel_id, &reply.conversation).await;
        loaded.map_err(PublishingError::Store)
    }

    /// The whole reply comes back to its agent, with the reason, and waits to be sent again.
    pub(super) async fn give_back(
        &self,
        channel: Option<&Channel>,
        reply: &Reply,
        refusal: &Refusal,
    ) -> Result<(), PublishingError> {
        let mut conversation = self.load(reply).await?;
        if let Some(command @ (Command::Hide | Command::Unhide)) = reply.command {
            let still_hidden = command == Command::Unhide;
            self.amend(&mut conversation, |conversation| {
                conversation.set_hidden(reply, still_hidden);
            })
            .await?;
        }
        let kept = reply.speaks() && refusal.may_be_retried();
        let retry = kept && channel.is_none_or(|channel| channel.desk_rules.allow(Command::Retry));
        let notice = returned(&conversation, reply, refusal, retry, channel);
        let told = match self.desk.say(&mut conversation, &text::notice(&notice), |_| {}).await {
            Err(DeskError::Ended) => {
                let notice = returned(&conversation, reply, refusal, retry, channel);
                let id = format!("returned#{}", reply.id);
                self.desk.tell_later(&conversation, &id, &notice, None).await
            }
            other => other,
        };
        told.map_err(PublishingError::Desk)?;
        if !kept {
            return Ok(());
        }
        let confirmed = reply.confirmed || matches!(refusal, Refusal::AnsweredElsewhere { .. });
        let returned = Reply { confirmed, ..reply.clone() };
        self.amend(&mut conversation, |conversation| conversation.keep_returned(&returned)).await
    }

    /// Keeps the reply until a second person has read it.
    pub(super) async fn await_approval(
        &self,
        channel: &Channel,
        reply: &Reply,
        now: jiff::Timestamp,
    ) -> Result<(), PublishingError> {
        let mut conversation = self.load(reply).await?;
        let mut kept = Ok(());
        self.amend(&mut conversation, |conversation| kept = conversation.await_approval(reply))
            .await?;
        if let Err(waiting) = kept {
            let refusal = Refusal::TooManyWait { waiting };
            return self.refuse(Some(channel), reply, refusal, now).await;
        }
        let id = format!("approval#{}", reply.id);
        let told = self.desk.tell(&mut conversation, &id, &reply.awaits_approval()).await;
        told.map_err(PublishingError::Desk)
    }

    /// That it takes longer. A courtesy: what comes of the reply is told in any case.
    pub(super) async fn tell_delayed(&self, reply: &Reply, record: &ReplyRecord) {
        let why = match record.state {
            ReplyState::Unknown { .. } => {
                "the network gave no answer. The bridge looks for it there before anything is sent again"
            }
            _ => "the network does not take it just now. It is sent as soon as that changes",
        };
        let notice = format!("your reply is delayed: {why}. You need not do anything");
        if let Err(error) = self.say_if_open(reply, &notice).await {
            tracing::warn!(error = %error, "cannot tell the agent of a delay");
        }
    }

    /// That it is published, where the channel wants that or a delay was told of.
    pub(super) async fn tell_published(
        &self,
        channel: &Channel,
        reply: &Reply,
        record: &ReplyRecord,
    ) -> Result<(), PublishingError> {
        let published = matches!(record.state, ReplyState::Published { .. });
        if !published || !(record.delayed || channel.desk_rules.published_notices) {
            return Ok(());
        }
        let what = what(&self.load(reply).await?, reply);
        let delayed = if record.delayed { " now" } else { "" };
        self.say_if_open(reply, &format!("{what} is published{delayed}")).await?;
        if record.delayed {
            // Only now: who dies of the answer is followed by one who says it again, and hears.
            let told = ReplyRecord { delayed: false, ..record.clone() };
            self.advance(reply, record, &told).await?;
        }
        Ok(())
    }

    /// Says it to the agent who is there; nobody is called for it.
    pub(super) async fn say_if_open(
        &self,
        reply: &Reply,
        notice: &str,
    ) -> Result<(), PublishingError> {
        let mut conversation = self.load(reply).await?;
        match self.desk.say(&mut conversation, &text::notice(notice), |_| {}).await {
            Ok(()) | Err(DeskError::Ended) => Ok(()),
            Err(error) => Err(PublishingError::Desk(error)),
        }
    }

    pub(super) async fn amend(
        &self,
        conversation: &mut Conversation,
        change: impl FnMut(&mut Conversation),
    ) -> Result<(), PublishingError> {
        self.desk.amend(conversation, change).await.map_err(PublishingError::Desk)
    }

    /// What is about to be hidden or shown is our doing: when the network tells of it, it is no news.
    pub(super) async fn note_hiding(&self, reply: &Reply) -> Result<(), PublishingError> {
        let Some(command @ (Command::Hide | Command::Unhide)) = reply.command else {
            return Ok(());
        };
        let mut conversation = self.load(reply).await?;
        let hidden = command == Command::Hide;
        self.amend(&mut conversation, |conversation| conversation.set_hidden(reply, hidden)).await
    }

    /// Who did it and when, in the transcript and in the log; there by the participant's id, which
    /// CIC can resolve, because no names belong there.
    pub(super) async fn leave_a_trail(
        &self,
        reply: &Reply,
        target: &Target,
    ) -> Result<(), PublishingError> {
        let Some(command) = reply.command.filter(|command| command.moderates()) else {
            return Ok(());
        };
        tracing::info!(
            metric = "Moderated", channel_id = %reply.channel_id, command = command.name(),
            message_id = %target.message_id, participant_id = reply.participant_id,
            written_at = %reply.written_at, "an agent moderated"
        );
        if command == Command::Delete {
            self.mark_deleted(reply, target).await?;
        }
        let mut conversation = self.load(reply).await?;
        self.amend(&mut conversation, |conversation| conversation.note_moderated(reply, command))
            .await?;
        let done = conversation.moderated(reply, command);
        self.say_if_open(reply, &format!("done: {done}")).await
    }

    async fn mark_deleted(&self, reply: &Reply, target: &Target) -> Result<(), PublishingError> {
        let store = &self.desk.store;
        let replies = store.of(&reply.channel_id, &reply.conversation).await;
        for record in replies.map_err(PublishingError::Store)? {
            let ReplyState::Published { remote_id } = &record.state else { continue };
            if *remote_id == target.message_id {
                let state = ReplyState::Deleted { remote_id: remote_id.clone() };
                let deleted = record.with(state);
                // Where another worker was quicker, the record says the same by now.
                let (channel, key) = (&reply.channel_id, &reply.conversation);
                let advanced = store.advance(channel, key, &record, &deleted);
                advanced.await.map_err(PublishingError::Store)?;
            }
        }
        Ok(())
    }
}

/// Names what the agent wrote; by the agent's name where somebody else reads it.
fn what(conversation: &Conversation, reply: &Reply) -> String {
    let there = conversation.interaction().is_some() && conversation.generation == reply.generation;
    let agent = text::clean_inline(&reply.agent);
    match reply.command {
        Some(command) if !command.has_text() => format!("“{}”", reply.as_written()),
        command => {
            let noun = match command {
                Some(Command::Private) => "private reply",
                Some(_) => "picture",
                None => "reply",
            };
            if there { format!("your {noun}") } else { format!("the {noun} of {agent}") }
        }
    }
}

fn returned(
    conversation: &Conversation,
    reply: &Reply,
    refusal: &Refusal,
    retry: bool,
    channel: Option<&Channel>,
) -> String {
    let done = if reply.speaks() { "published" } else { "carried out" };
    let first = format!("{} was not {done}: {refusal}.", what(conversation, reply));
    let retry = match refusal {
        _ if !retry => String::new(),
        Refusal::NameOne { example } => format!(" /retry >{example} sends it to line {example}."),
        _ => " /retry sends it again.".to_owned(),
    };
    let commands = channel.filter(|_| *refusal == Refusal::UnknownCommand);
    let commands = commands.map(|channel| format!(" {}", channel.commands_in_words()));
    let written = if reply.speaks() { indented(&reply.as_written()) } else { String::new() };
    format!("{first}{retry}{}{written}", commands.unwrap_or_default())
}

fn indented(written: &str) -> String {
    let excerpt = text::excerpt(&text::clean(written), RETURNED_CHARS);
    format!("\n    {}", excerpt.replace('\n', "\n    "))
}

impl Channel {
    fn commands_in_words(&self) -> String {
        let names: Vec<String> =
            self.desk_rules.commands.iter().map(|command| format!("/{}", command.name())).collect();
        format!("Commands here: {}.", names.join(", "))
    }
}

impl Reply {
    /// As the agent wrote it: the command before its text.
    fn as_written(&self) -> String {
        match self.command {
            Some(command) if self.text.is_empty() => format!("/{}", command.name()),
            Some(command) => format!("/{} {}", command.name(), self.text),
            None => self.text.clone(),
        }
    }

    /// What a second person reads of it.
    pub(crate) fn awaits_approval(&self) -> String {
        let agent = text::clean_inline(&self.agent);
        let first = "waits for a second person: /approve publishes it, /discard takes it back";
        format!("the reply of {agent} {first}.{}", indented(&self.as_written()))
    }
}

impl Refusal {
    /// Whether the same text may be taken later, or elsewhere.
    fn may_be_retried(&self) -> bool {
        match self {
            Self::ReadOnly
            | Self::UnknownCommand
            | Self::ExcessWords
            | Self::NoneNamed
            | Self::NothingToDelete
            | Self::Unsupported
            | Self::AnsweredPrivately
            | Self::NotMentioned
            | Self::OnlyAQuote
            | Self::Quote
            | Self::Empty
            | Self::PartlyPublished { .. }
            | Self::TooLong { .. } => false,
            Self::PublishingOff
            | Self::Closed
            | Self::NameOne { .. }
            | Self::UnknownLine { .. }
            | Self::Deleted
            | Self::InDoubt
            | Self::NothingToAnswer
            | Self::AnsweredElsewhere { .. }
            | Self::TooManyWait { .. }
            | Self::TooOld { .. }
            | Self::Network { .. }
            | Self::Unknown => true,
        }
    }
}

impl Needs {
    /// What is said when it is forgotten.
    pub(super) fn forgotten(self) -> &'static str {
        match self {
            Self::Retry => "forgotten: the reply that came back",
            Self::Approval => "forgotten: the reply that waited for approval",
        }
    }
}

//! Showing: a visitor's message, its edits and its deletion, as the agent reads them.

use super::{Ports, RouteError, Router, opening::cannot_answer};
use crate::{
    channel::{Channel, Channels},
    chat::{ChatError, ChatEvent, ContactCenter, Happening, Party},
    clock::Clock,
    conversation::{Conversation, ERASED, REMEMBERED_CHARS, Shown, Who},
    desk::DeskError,
    message::{Answerable, Kind, Message, MessageId, Thread, Verb},
    store::{Claim, Ledger, ThreadOwners},
    text,
};

/// Added to a line of which nobody knows whether the agent has it already.
pub(super) const PERHAPS_SHOWN: &str = "perhaps shown before:";
/// The agent has read what was written after it.
const LATE: &str = "late";
/// The text is what it is now.
const EDITED: &str = "edited";

impl<P: Ports> Router<P> {
    /// Shows a message as the conversation's next line.
    pub(super) async fn show(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
        again: bool,
    ) -> Result<(), RouteError> {
        if conversation.shown().any(|shown| shown.message_id == message.id) {
            return if again { self.hear_what_was_answered(conversation).await } else { Ok(()) };
        }
        if self.fold(channel, conversation, message).await? {
            return Ok(());
        }
        let message = &self.introduced(channel, conversation, message).await;
        let number = conversation.last_number + 1;
        let line = text::visitor_line(number, message);
        let line = if conversation.is_late(message.at) { text::marked(&line, LATE) } else { line };
        let now = self.desk.clock.now();
        let name = text::author_name(message.author.as_ref());
        let shown = shown(number, message);
        let note = |conversation: &mut Conversation| {
            if conversation.shown().all(|other| other.message_id != shown.message_id) {
                conversation.remember(Who::Visitor(shown.clone()), &name, &message.text, now);
                conversation.showed_of(message.at);
            }
            if let Some(author) = &message.author {
                conversation.meet(author);
            }
        };
        let line = match (again, self.was_said(conversation, &line, again).await?) {
            (_, Some(true)) => {
                self.desk.amend(conversation, note).await.map_err(RouteError::Desk)?;
                return self.hear_what_was_answered(conversation).await;
            }
            (true, None) => format!("{PERHAPS_SHOWN}\n{line}"),
            _ => line,
        };
        let newly_unanswerable = conversation.interaction().is_some()
            && conversation.shown().all(|shown| shown.answerable == Answerable::Yes);
        let newly_shared = !message.also_in.is_empty() && !conversation.is_known_to_be_shared();
        self.say_in_an_open_chat(channel, conversation, Some(message), &line, note).await?;
        if newly_shared {
            self.tell_of_others(channel, conversation, message).await?;
        }
        match cannot_answer(channel, message.answerable) {
            Some(notice) if newly_unanswerable => {
                let notice = text::notice(&notice);
                self.say_in_an_open_chat(channel, conversation, None, &notice, |_| {}).await
            }
            _ => Ok(()),
        }
    }

    /// The message with its author's name and picture, which private messages do not tell. They are
    /// looked up once in a conversation; where that fails, the message goes on without.
    async fn introduced(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        message: &Message,
    ) -> Message {
        let mut message = message.clone();
        let author = message.author.as_mut().filter(|_| message.kind == Kind::PrivateMessage);
        let Some(author) = author.filter(|author| author.picture.is_none()) else { return message };
        let told = match conversation.known_visitor(&author.id) {
            Some(known) => Some(known.clone()),
            None => self.thread_owners.author(channel, author).await.ok().flatten(),
        };
        if let Some(told) = told.filter(|told| !told.name.is_empty()) {
            *author = told;
        }
        message
    }

    /// Agents of another channel have the same message before them, and may answer it.
    async fn tell_of_others(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
    ) -> Result<(), RouteError> {
        let channels = self.channels.all().await.map_err(RouteError::Channels)?;
        let others = message.also_in.iter().filter_map(|id| channels.find(id));
        let names: Vec<String> =
            others.map(|other| format!("“{}”", text::clean_inline(&other.name))).collect();
        if names.is_empty() {
            return Ok(());
        }
        let notice = text::notice(&format!("also open in {}", names.join(", ")));
        self.say_in_an_open_chat(channel, conversation, None, &notice, |_| {}).await
    }

    /// Whether an earlier worker said the line; `None` where CIC keeps no history, or no longer.
    pub(super) async fn was_said(
        &self,
        conversation: &Conversation,
        line: &str,
        again: bool,
    ) -> Result<Option<bool>, RouteError> {
        if !again {
            return Ok(Some(false));
        }
        // A chat that has ended since may have had it, and nobody can ask it any more.
        let not_in_this_one = conversation.ended.is_none().then_some(false);
        let Some(interaction) = conversation.interaction() else { return Ok(not_in_this_one) };
        let said = |event: &ChatEvent| {
            event.party == Party::Visitor
                && matches!(&event.what, Happening::Text(said) if without_number(said) == without_number(line))
        };
        match self.desk.contact_center.history(&interaction.chat).await {
            Ok(Some(history)) if history.iter().any(said) => Ok(Some(true)),
            Ok(Some(_)) => Ok(not_in_this_one),
            Ok(None) | Err(ChatError::Gone) => Ok(None),
            Err(error) => Err(RouteError::Desk(DeskError::Chat(error))),
        }
    }

    /// Whoever said a line before may have died of the answer, and of what it told.
    pub(super) async fn hear_what_was_answered(
        &self,
        conversation: &mut Conversation,
    ) -> Result<(), RouteError> {
        let Some(interaction) = conversation.interaction() else { return Ok(()) };
        let chat = interaction.chat.clone();
        let heard = self.desk.catch_up(conversation, &chat).await;
        heard.map(|_| ()).map_err(RouteError::Desk)
    }

    /// An edit of a message that was shown is shown as such; one that comes first stands for it.
    pub(super) async fn show_edit(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
        again: bool,
    ) -> Result<(), RouteError> {
        let known = conversation.shown().find(|shown| shown.message_id == message.id);
        let Some((number, deleted)) = known.map(|shown| (shown.number, shown.deleted)) else {
            return self.show_as_added(channel, conversation, message, again).await;
        };
        if deleted {
            // It comes late: what was deleted is not written down again.
            return Ok(());
        }
        let line = text::marked(&text::visitor_line(number, message), EDITED);
        let rewrite = |conversation: &mut Conversation| rewrite(conversation, message);
        if conversation.interaction().is_none() {
            return self.desk.amend(conversation, rewrite).await.map_err(RouteError::Desk);
        }
        self.said_or_noted(conversation, &line, rewrite).await
    }

    /// What may be said as long as the chat lives, and is only noted where it has just ended.
    pub(super) async fn said_or_noted(
        &self,
        conversation: &mut Conversation,
        line: &str,
        note: impl Fn(&mut Conversation),
    ) -> Result<(), RouteError> {
        match self.desk.say(conversation, line, &note).await {
            Err(DeskError::Ended) => {
                self.desk.amend(conversation, note).await.map_err(RouteError::Desk)
            }
            other => other.map_err(RouteError::Desk),
        }
    }

    async fn show_as_added(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
        mut again: bool,
    ) -> Result<(), RouteError> {
        let added = Message { verb: Verb::Add, ..message.clone() };
        let store = &self.desk.store;
        match store.claim(&channel.id, &added).await.map_err(RouteError::Store)? {
            Claim::Done => return Ok(()),
            Claim::Busy => return Err(RouteError::Busy),
            Claim::Granted { again: before, .. } => again |= before,
        }
        if let Err(error) = self.show(channel, conversation, &added, again).await {
            let released = store.release(&channel.id, &added, error.perhaps_done()).await;
            released.map_err(RouteError::Store)?;
            return Err(error);
        }
        let key = conversation.key.clone();
        store.complete(&channel.id, &added, Some(&key)).await.map_err(RouteError::Store)
    }

    /// A deletion is told and the remembered text erased; one that comes first keeps the message out.
    pub(super) async fn show_deletion(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
    ) -> Result<(), RouteError> {
        let Some(number) = number_of(conversation, &message.id) else {
            let added = Message { verb: Verb::Add, ..message.clone() };
            let store = &self.desk.store;
            return store.complete(&channel.id, &added, None).await.map_err(RouteError::Store);
        };
        let erase = |conversation: &mut Conversation| erase(conversation, &message.id);
        let is_known = |shown: &Shown| shown.message_id == message.id && shown.deleted;
        let no_news = conversation.shown().any(is_known);
        if conversation.interaction().is_none() || no_news {
            return self.desk.amend(conversation, erase).await.map_err(RouteError::Desk);
        }
        let notice = text::notice(&format!("line {number} was deleted by the visitor"));
        self.said_or_noted(conversation, &notice, erase).await
    }

    /// That a message was hidden, or can be read again, is told where the agent knows it otherwise.
    /// One that was never shown is shown when it comes itself, hidden or not: somebody wrote it.
    pub(super) async fn show_hidden(
        &self,
        conversation: &mut Conversation,
        message: &Message,
        hidden: bool,
    ) -> Result<(), RouteError> {
        let known = conversation.shown().find(|shown| shown.message_id == message.id);
        let Some(known) = known.filter(|shown| shown.hidden != hidden) else { return Ok(()) };
        let number = known.number;
        let mark = |conversation: &mut Conversation| {
            for shown in conversation.shown_mut().filter(|shown| shown.message_id == message.id) {
                shown.hidden = hidden;
            }
        };
        if conversation.interaction().is_none() {
            return self.desk.amend(conversation, mark).await.map_err(RouteError::Desk);
        }
        let notice = text::notice(&if hidden {
            format!("line {number} is hidden from the public now")
        } else {
            format!("line {number} can be read by everybody again")
        });
        self.said_or_noted(conversation, &notice, mark).await
    }
}

/// The edited text takes the place of the old one.
fn rewrite(conversation: &mut Conversation, message: &Message) {
    for line in &mut conversation.lines {
        if let Who::Visitor(shown) = &line.who
            && shown.message_id == message.id
        {
            line.text = text::excerpt(&text::clean(&message.text), REMEMBERED_CHARS);
        }
    }
}

fn shown(number: u32, message: &Message) -> Shown {
    let reply_under = match &message.thread {
        Thread::Post { top_level: Some(top_level), .. } => top_level.clone(),
        Thread::Tweets { conversation_id, .. } if message.kind == Kind::Repost => {
            conversation_id.clone()
        }
        _ => message.id.clone(),
    };
    Shown {
        number,
        message_id: message.id.clone(),
        kind: message.kind,
        author_id: message.author.as_ref().map(|author| author.id.clone()),
        reply_under,
        answerable: message.answerable,
        deleted: false,
        hidden: false,
        reposts: 0,
        permalink: message.permalink.clone(),
        also_in: message.also_in.clone(),
    }
}

fn number_of(conversation: &Conversation, message_id: &MessageId) -> Option<u32> {
    conversation.shown().find(|shown| shown.message_id == *message_id).map(|shown| shown.number)
}

fn erase(conversation: &mut Conversation, message_id: &MessageId) {
    for line in &mut conversation.lines {
        if let Who::Visitor(shown) = &mut line.who
            && shown.message_id == *message_id
        {
            shown.deleted = true;
            ERASED.clone_into(&mut line.text);
        }
    }
}

/// Two workers may have numbered the same line differently.
fn without_number(line: &str) -> &str {
    line.split_once(" · ").map_or(line, |(_, rest)| rest)
}

//! Showing: a visitor's message, its edits and its deletion, as the agent reads them.

use super::{RouteError, Router, opening::cannot_answer};
use crate::{
    channel::{Channel, Channels},
    chat::{ChatError, ChatEvent, ContactCenter, Happening, Party},
    clock::Clock,
    conversation::{Conversation, REMEMBERED_CHARS, Shown, Who},
    desk::DeskError,
    inbound::{DeadLetters, InboundQueue, OutboundQueue},
    message::{Answerable, Message, MessageId, Thread, Verb},
    store::{Claim, Conversations, Ledger, Replies, ThreadOwners, Threads},
    text,
};

/// Added to a line of which nobody knows whether the agent has it already.
const PERHAPS_SHOWN: &str = "perhaps shown before:";

impl<H, T, D, S, C, I, O, K> Router<H, T, D, S, C, I, O, K>
where
    H: Channels,
    T: ThreadOwners,
    D: DeadLetters,
    S: Conversations + Ledger + Replies + Threads,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Shows a message as the conversation's next line.
    pub(super) async fn show(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
        again: bool,
    ) -> Result<(), RouteError> {
        if conversation.shown().any(|shown| shown.message_id == message.id) {
            return Ok(());
        }
        let number = conversation.last_number + 1;
        let line = text::visitor_line(number, message);
        let now = self.desk.clock.now();
        let name = text::author_name(message.author.as_ref());
        let shown = shown(number, message);
        let note = |conversation: &mut Conversation| {
            if conversation.shown().all(|other| other.message_id != shown.message_id) {
                conversation.remember(Who::Visitor(shown.clone()), &name, &message.text, now);
            }
        };
        let line = match (again, self.was_said(conversation, &line, again).await?) {
            (_, Some(true)) => {
                return self.desk.amend(conversation, note).await.map_err(RouteError::Desk);
            }
            (true, None) => format!("{PERHAPS_SHOWN}\n{line}"),
            _ => line,
        };
        let newly_unanswerable = conversation.interaction().is_some()
            && conversation.shown().all(|shown| shown.answerable == Answerable::Yes);
        self.say_in_an_open_chat(channel, conversation, Some(message), &line, note).await?;
        match cannot_answer(channel, message.answerable) {
            Some(notice) if newly_unanswerable => {
                let notice = text::notice(&notice);
                self.say_in_an_open_chat(channel, conversation, None, &notice, |_| {}).await
            }
            _ => Ok(()),
        }
    }

    /// Whether an earlier worker said the line; `None` where CIC keeps no history, or no longer.
    async fn was_said(
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

    /// An edit of a message that was shown is shown as such; one that comes first stands for it.
    pub(super) async fn show_edit(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: &Message,
        again: bool,
    ) -> Result<(), RouteError> {
        let Some(number) = number_of(conversation, &message.id) else {
            return self.show_as_added(channel, conversation, message, again).await;
        };
        let body = text::visitor_line(number, message);
        let line = body.split_once('\n').map_or_else(
            || format!("{body} · edited"),
            |(header, rest)| format!("{header} · edited:\n{rest}"),
        );
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
        if conversation.interaction().is_none() {
            return self.desk.amend(conversation, erase).await.map_err(RouteError::Desk);
        }
        let notice = text::notice(&format!("line {number} was deleted by the visitor"));
        self.said_or_noted(conversation, &notice, erase).await
    }
}

/// The edited text takes the place of the old one; what was hidden and edited can be answered again.
fn rewrite(conversation: &mut Conversation, message: &Message) {
    for line in &mut conversation.lines {
        if let Who::Visitor(shown) = &mut line.who
            && shown.message_id == message.id
        {
            shown.deleted = false;
            line.text = text::excerpt(&text::clean(&message.text), REMEMBERED_CHARS);
        }
    }
}

fn shown(number: u32, message: &Message) -> Shown {
    let reply_under = match &message.thread {
        Thread::Post { top_level: Some(top_level), .. } => top_level.clone(),
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
        permalink: message.permalink.clone(),
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
            "(deleted)".clone_into(&mut line.text);
        }
    }
}

/// Two workers may have numbered the same line differently.
fn without_number(line: &str) -> &str {
    line.split_once(" · ").map_or(line, |(_, rest)| rest)
}

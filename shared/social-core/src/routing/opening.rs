//! Opening: one open interaction per conversation, however many workers want it at once.

use std::{collections::BTreeMap, time::Duration};

use futures::future;

use super::{Ports, RouteError, Router, attendance::Unattended};
use crate::{
    channel::Channel,
    chat::{ChatError, ContactCenter, Opening, Told},
    clock::Clock,
    conversation::{Begin, Conversation, Interaction, State},
    desk::DeskError,
    message::{Answerable, Author, Message},
    slots::{Slot, Slots, Token, Want},
    store::Conversations,
    text,
    verdict::Failure,
};

/// Until it is looked at again whether another worker has opened the chat.
const OPENING_PAUSE: Duration = Duration::from_secs(3);
/// Chats that end under our hands before we leave it to the next delivery.
const TRIES: usize = 3;

impl<P: Ports> Router<P> {
    /// Says a line in the conversation's chat, and opens one where there is none.
    ///
    /// `message` is what the conversation opens with; without it the bridge itself has to say something.
    pub(super) async fn say_in_an_open_chat(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: Option<&Message>,
        line: &str,
        note: impl Fn(&mut Conversation),
    ) -> Result<(), RouteError> {
        for _ in 0..TRIES {
            if conversation.interaction().is_none() {
                match self.open(channel, conversation, message).await {
                    Err(RouteError::Desk(DeskError::Ended)) => continue,
                    other => other?,
                }
            }
            match self.desk.say(conversation, line, &note).await {
                Err(DeskError::Ended) => {}
                other => return other.map_err(RouteError::Desk),
            }
        }
        Err(RouteError::Desk(DeskError::Ended))
    }

    /// Opens the next interaction, records it, and only then says the first word in it.
    async fn open(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: Option<&Message>,
    ) -> Result<(), RouteError> {
        let mut opening = opening(channel, conversation, message);
        let unattended = self.attendance(channel, &opening.workgroup).await?;
        if let Some(unattended) = unattended {
            let (name, value) = unattended.attribute();
            opening.attributes.insert(name.to_owned(), value.to_owned());
        }
        let token = Token::of(&channel.id, &conversation.key, conversation.generation + 1);
        let want = Want { token, channel_cap: channel.max_open_interactions };
        // Side by side: the slot costs no round trip of its own.
        let (begun, slot) =
            future::join(self.begin_opening(conversation), self.desk.store.take_slot(&want)).await;
        // Refused, the slot stays taken: it is that of the worker who opens.
        if !begun? {
            return Ok(());
        }
        if let Err(error) = self.await_turn(slot).await {
            self.give_up_opening(conversation).await?;
            return Err(error);
        }
        let told = match self.desk.contact_center.open(&opening).await {
            Ok(told) => told,
            Err(error) => {
                self.give_up_opening(conversation).await?;
                let first_in_line = matches!(error, ChatError::Throttled);
                let freed = self.desk.store.free_slot(&want.token, first_in_line).await;
                freed.map_err(RouteError::Store)?;
                if matches!(error, ChatError::UnknownWorkgroup) {
                    tracing::warn!(
                        metric = "WorkgroupUnknown", channel_id = %channel.id, workgroup = opening.workgroup,
                        "CIC knows no workgroup of this name; messages wait until it does"
                    );
                }
                return Err(RouteError::Desk(DeskError::Chat(error)));
            }
        };
        self.record(conversation, &told).await?;
        self.desk.take_in(conversation, &told, |_| {}).await?;
        self.say_first_words(channel, conversation, message, unattended).await
    }

    /// Waits until the chat may be started, if it has a slot.
    async fn await_turn(&self, slot: Result<Slot, Failure>) -> Result<(), RouteError> {
        match slot.map_err(RouteError::Store)? {
            Slot::Taken { turn } => {
                if !turn.is_zero() {
                    self.desk.clock.sleep(turn).await;
                }
                Ok(())
            }
            Slot::NotYet { after } => Err(RouteError::StartsTooFast { after }),
            Slot::Full { after } => Err(RouteError::NoSlot { after }),
        }
    }

    /// `false`: somebody else has opened a chat meanwhile.
    async fn begin_opening(&self, conversation: &mut Conversation) -> Result<bool, RouteError> {
        let now = self.desk.clock.now();
        conversation.state = match conversation.state.begin_opening(now) {
            Begin::IsOpen => return Ok(false),
            Begin::Busy { until } => {
                let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                return Err(RouteError::Opening { after: left.min(OPENING_PAUSE) });
            }
            Begin::Ours(opening) => opening,
        };
        match self.desk.store.save(conversation).await.map_err(RouteError::Store)? {
            None => Ok(true),
            Some(current) => {
                *conversation = current;
                if conversation.interaction().is_some() { Ok(false) } else { Err(RouteError::Busy) }
            }
        }
    }

    async fn give_up_opening(&self, conversation: &mut Conversation) -> Result<(), RouteError> {
        self.desk
            .amend(conversation, |conversation| {
                if matches!(conversation.state, State::Opening { .. }) {
                    conversation.state = State::Closed;
                }
            })
            .await
            .map_err(RouteError::Desk)
    }

    /// The chat exists; from here on it is polled. Until here it is an empty orphan that CIC drops.
    async fn record(&self, conversation: &mut Conversation, told: &Told) -> Result<(), RouteError> {
        let State::Opening { lease_until } = conversation.state else {
            return Err(RouteError::Busy);
        };
        loop {
            conversation.generation += 1;
            conversation.state = State::Open(Interaction::new(told.chat.clone()));
            let clash = self.desk.store.save(conversation).await.map_err(RouteError::Store)?;
            let Some(current) = clash else { return Ok(()) };
            // Somebody wrote something else into the item: the opening is still ours.
            let still_ours = current.state.is_opening_until(lease_until);
            *conversation = current;
            if !still_ours {
                // Our lease ran out and somebody else opened one. Leaving ours is a courtesy to ACD;
                // where it fails, CIC drops the unpolled chat by itself.
                self.desk.contact_center.exit(&told.chat).await.ok();
                return Err(RouteError::Busy);
            }
        }
    }

    async fn say_first_words(
        &self,
        channel: &Channel,
        conversation: &mut Conversation,
        message: Option<&Message>,
        unattended: Option<Unattended>,
    ) -> Result<(), RouteError> {
        let unattended = unattended.map(|unattended| unattended.notice().to_owned());
        let unanswerable = message.and_then(|message| cannot_answer(channel, message.answerable));
        let words = [conversation.tail(), unattended, unanswerable];
        for words in words.into_iter().flatten() {
            self.desk.say(conversation, &text::notice(&words), |_| {}).await?;
        }
        Ok(())
    }
}

/// Why a reply would be refused, said from the start.
pub(super) fn cannot_answer(channel: &Channel, answerable: Answerable) -> Option<String> {
    let handle = channel.twitter().and_then(|source| source.reply_handle.as_ref());
    match answerable {
        Answerable::Yes => None,
        Answerable::NotMentioned => Some(format!(
            "this tweet cannot be answered: it does not mention {}, and X lets us reply only to tweets that do",
            handle.map_or_else(|| "the company's account".to_owned(), ToString::to_string),
        )),
        Answerable::ReadOnly => Some(format!(
            "this cannot be answered: the channel “{}” only watches, nothing is published from it",
            text::clean_inline(&channel.name),
        )),
        Answerable::Closed => {
            Some("this cannot be answered: the network takes no comments there".to_owned())
        }
    }
}

fn opening(channel: &Channel, conversation: &Conversation, message: Option<&Message>) -> Opening {
    let workgroup = match message {
        Some(message) => channel.workgroup_for(message.kind),
        None if conversation.key.is_private() => {
            channel.workgroup_for(crate::message::Kind::PrivateMessage)
        }
        None => &channel.workgroup,
    };
    Opening {
        workgroup: workgroup.to_owned(),
        participant_name: participant_name(channel, conversation, message),
        language: channel.language.clone(),
        attributes: attributes(channel, conversation, message),
        routing_contexts: channel.routing_contexts.clone(),
    }
}

/// The visitor's name where only one can write, the channel's where several may.
fn participant_name(
    channel: &Channel,
    conversation: &Conversation,
    message: Option<&Message>,
) -> String {
    match message.and_then(|message| message.author.as_ref()) {
        Some(author) if conversation.key.has_one_visitor() => {
            text::attribute(&text::author_name(Some(author)))
        }
        _ => text::attribute(&channel.name),
    }
}

/// What handlers and screen pops can use; `docs/cic.md` lists them.
fn attributes(
    channel: &Channel,
    conversation: &Conversation,
    message: Option<&Message>,
) -> BTreeMap<String, String> {
    let mut attributes = channel.attributes.clone();
    let mut set = |name: &str, value: &str| {
        attributes.insert(name.to_owned(), text::attribute(value));
    };
    set("SocialNetwork", channel.network().as_str());
    set("SocialChannel", channel.id.as_str());
    set("SocialConversation", conversation.key.as_str());
    if let Some(message) = message {
        set("SocialMessage", message.id.as_str());
        set("SocialThread", message.thread.root());
        set("SocialKind", message.kind.label());
        set("SocialAuthor", &text::author_name(message.author.as_ref()));
        set("SocialPermalink", message.permalink.as_deref().unwrap_or_default());
        for (name, value) in message.author.iter().flat_map(profile) {
            set(name, &value);
        }
    } else if let Some((line, shown)) = conversation.last_shown() {
        set("SocialMessage", shown.message_id.as_str());
        set("SocialKind", shown.kind.label());
        set("SocialAuthor", &line.name);
        set("SocialPermalink", shown.permalink.as_deref().unwrap_or_default());
    }
    attributes
}

/// What the network told of the author beside the name.
fn profile(author: &Author) -> impl Iterator<Item = (&'static str, String)> {
    let followers = author.followers.map(|count| count.to_string());
    let profile = [
        ("SocialAuthorLink", author.link.clone()),
        ("SocialAuthorPicture", author.picture.clone()),
        ("SocialAuthorFollowers", followers),
    ];
    profile.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

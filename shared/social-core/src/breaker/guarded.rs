//! The ports behind a breaker.

use jiff::Timestamp;

use super::{Breaker, Breakers, Use};
use crate::{
    channel::Channel,
    chat::{Chat, ChatError, ChatEvent, ContactCenter, Opening, Told},
    clock::Clock,
    command::Command,
    message::{Author, Message, MessageId, Owner},
    polling::{Pass, Source},
    reply::{OwnMessage, PublishError, Publisher, Target},
    store::ThreadOwners,
    verdict::Failure,
};

/// The breaker of the pair of CIC servers: one of them works, or none.
const CIC: &str = "cic";

/// CIC behind a breaker.
#[derive(Debug)]
pub struct GuardedCic<C, B, K> {
    pub contact_center: C,
    pub breaker: Breaker<B, K>,
}

impl<C: ContactCenter, B: Breakers, K: Clock> ContactCenter for GuardedCic<C, B, K> {
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError> {
        self.breaker.guard(CIC, self.contact_center.open(opening)).await
    }

    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        self.breaker.guard(CIC, self.contact_center.say(chat, text)).await
    }

    async fn poll(&self, chat: &Chat) -> Result<Told, ChatError> {
        self.breaker.guard(CIC, self.contact_center.poll(chat)).await
    }

    async fn history(&self, chat: &Chat) -> Result<Option<Vec<ChatEvent>>, ChatError> {
        self.breaker.guard(CIC, self.contact_center.history(chat)).await
    }

    async fn exit(&self, chat: &Chat) -> Result<(), ChatError> {
        self.breaker.guard(CIC, self.contact_center.exit(chat)).await
    }

    async fn agents_available(&self, workgroup: &str) -> Result<Option<u32>, ChatError> {
        self.breaker.guard(CIC, self.contact_center.agents_available(workgroup)).await
    }
}

/// A network that takes replies, behind the breaker of each channel's credential.
#[derive(Debug, Clone)]
pub struct GuardedPublisher<P, B, K> {
    pub publisher: P,
    pub breaker: Breaker<B, K>,
}

impl<P: Publisher, B: Breakers, K: Clock> Publisher for GuardedPublisher<P, B, K> {
    async fn publish(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let name = Use::Writing.of(channel);
        self.breaker.guard(&name, self.publisher.publish(channel, target, text)).await
    }

    async fn own_messages(
        &self,
        channel: &Channel,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure> {
        let name = Use::Writing.of(channel);
        self.breaker.guard(&name, self.publisher.own_messages(channel, target, since)).await
    }

    fn settle_time(&self) -> std::time::Duration {
        self.publisher.settle_time()
    }

    fn parts(&self, channel: &Channel, text: &str) -> Vec<String> {
        self.publisher.parts(channel, text)
    }

    async fn private_reply(
        &self,
        channel: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let name = Use::Writing.of(channel);
        self.breaker.guard(&name, self.publisher.private_reply(channel, target, text)).await
    }

    async fn publish_image(
        &self,
        channel: &Channel,
        target: &Target,
        image: &str,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        let name = Use::Writing.of(channel);
        self.breaker.guard(&name, self.publisher.publish_image(channel, target, image, text)).await
    }

    async fn moderate(
        &self,
        channel: &Channel,
        message_id: &MessageId,
        command: Command,
    ) -> Result<(), PublishError> {
        let name = Use::Writing.of(channel);
        self.breaker.guard(&name, self.publisher.moderate(channel, message_id, command)).await
    }
}

/// Who tells whose thread it is, behind the breaker of each channel's credential.
#[derive(Debug, Clone)]
pub struct GuardedOwners<T, B, K> {
    pub owners: T,
    pub breaker: Breaker<B, K>,
}

impl<T: ThreadOwners, B: Breakers, K: Clock> ThreadOwners for GuardedOwners<T, B, K> {
    async fn look_up(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<Option<Owner>, Failure> {
        let name = Use::Reading.of(channel);
        self.breaker.guard(&name, self.owners.look_up(channel, message)).await
    }

    async fn author(&self, channel: &Channel, author: &Author) -> Result<Option<Author>, Failure> {
        let name = Use::Reading.of(channel);
        self.breaker.guard(&name, self.owners.author(channel, author)).await
    }
}

/// A source of messages behind the breaker of its credential.
#[derive(Debug)]
pub struct GuardedSource<'a, S, B, K> {
    pub source: &'a S,
    pub breaker: &'a Breaker<B, K>,
    /// As [`Use::of`] names it.
    pub name: String,
}

impl<S: Source, B: Breakers, K: Clock> Source for GuardedSource<'_, S, B, K> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn due(&self, checkpoint: Option<&str>) -> Option<Timestamp> {
        self.source.due(checkpoint)
    }

    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure> {
        self.breaker.guard(&self.name, self.source.pass(checkpoint)).await
    }
}

//! The ports of the use cases, as one process holds them: every call passes through its faults.

mod queues;

use std::{rc::Rc, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
pub use queues::OwnQueue;
use social_core::{
    Author, Channel, ChannelId, ChannelSet, Channels, ContactCenter, Failure, Message, MessageId,
    breaker::{Breakers, Outage, Probe},
    chat::{Chat, ChatError, ChatEvent, Opening, Told},
    conversation::{Conversation, ConversationKey},
    message::{InLedger, Network, Owner},
    polling::{Pass, Source},
    reply::{OwnMessage, PublishError, Publisher, ReplyRecord, Target},
    slots::{Occupancy, Slot, Slots, Token, Want},
    store::{
        Claim, Conversations, Forgotten, Lease, Leases, Ledger, OpenChat, Replies, ThreadOwners,
        Threads,
    },
};

use crate::{
    clock::VirtualClock,
    faults::{Away, Process},
    functions::SPARED_FROM,
    scenario::Flaw,
    world::{State, World},
};

/// Everything that a process of the bridge can reach.
#[derive(Debug)]
pub struct Ports<S> {
    pub world: Rc<World<S>>,
    pub process: Process,
    /// The bridge's state, as this process sees it by its own clock.
    pub store: S,
    pub clock: VirtualClock,
}

impl<S: Clone> Clone for Ports<S> {
    fn clone(&self) -> Self {
        Self {
            world: Rc::clone(&self.world),
            process: self.process.clone(),
            store: self.store.clone(),
            clock: self.clock,
        }
    }
}

impl<S: State> Ports<S> {
    /// What a process of that world reaches, one whose clock is right.
    pub fn new(world: &Rc<World<S>>, process: &Process) -> Self {
        Self {
            world: Rc::clone(world),
            process: process.clone(),
            store: world.store.clone(),
            clock: world.clock,
        }
    }

    fn needs_the_network(&self) -> Result<(), Failure> {
        if self.world.network.away.takes_a_call() {
            return Err(Away("network_away").into());
        }
        Ok(())
    }

    /// The same for one whose clock is wrong.
    #[must_use]
    pub fn with_skew(self, skew: SignedDuration) -> Self {
        let clock = self.clock.skewed(skew);
        Self { store: self.store.by(clock), clock, ..self }
    }
}

impl<S: State> Breakers for Ports<S> {
    async fn outage(&self, name: &str) -> Result<Option<Outage>, Failure> {
        self.process.call("outage", self.store.outage(name)).await
    }

    async fn note_down(&self, name: &str, probe_at: Timestamp) -> Result<Outage, Failure> {
        self.process.call("note_down", self.store.note_down(name, probe_at)).await
    }

    async fn take_probe(&self, name: &str, next: Timestamp) -> Result<Probe, Failure> {
        self.process.call("take_probe", self.store.take_probe(name, next)).await
    }

    async fn note_up(&self, name: &str) -> Result<(), Failure> {
        self.process.call("note_up", self.store.note_up(name)).await
    }
}

impl<S: State> Ledger for Ports<S> {
    async fn claim(&self, channel: &ChannelId, message: &impl InLedger) -> Result<Claim, Failure> {
        let work = async {
            let claim = self.store.claim(channel, message).await?;
            if matches!(claim, Claim::Granted { attempts, .. } if attempts >= SPARED_FROM) {
                self.process.spare();
            }
            Ok(claim)
        };
        let claim = self.process.call("claim", work).await?;
        if self.world.flaw == Some(Flaw::DoneBeforeShown) {
            self.store.complete(channel, message, None).await?;
        }
        Ok(claim)
    }

    async fn complete(
        &self,
        channel: &ChannelId,
        message: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        let work = self.store.complete(channel, message, conversation);
        self.process.call("complete", work).await
    }

    async fn release(
        &self,
        channel: &ChannelId,
        message: &impl InLedger,
        perhaps_done: bool,
    ) -> Result<(), Failure> {
        let work = Ledger::release(&self.store, channel, message, perhaps_done);
        self.process.call("release", work).await
    }

    async fn park(
        &self,
        channel: &ChannelId,
        message: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        let work = Ledger::park(&self.store, channel, message, conversation);
        self.process.call("park_change", work).await
    }

    async fn unpark(&self, channel: &ChannelId, message: &impl InLedger) -> Result<(), Failure> {
        self.process.call("unpark", self.store.unpark(channel, message)).await
    }

    async fn conversation_of(
        &self,
        channel: &ChannelId,
        message_id: &MessageId,
    ) -> Result<Option<ConversationKey>, Failure> {
        let work = self.store.conversation_of(channel, message_id);
        self.process.call("conversation_of", work).await
    }
}

impl<S: State> Conversations for Ports<S> {
    async fn load(
        &self,
        channel: &ChannelId,
        key: &ConversationKey,
    ) -> Result<Conversation, Failure> {
        self.process.call("load", self.store.load(channel, key)).await
    }

    async fn save(&self, conversation: &mut Conversation) -> Result<Option<Conversation>, Failure> {
        // A call whose answer is lost leaves the caller's copy as it was.
        let mut copy = conversation.clone();
        if self.world.flaw == Some(Flaw::WrittenBlindly) {
            let standing = self.store.load(&copy.channel_id, &copy.key).await?;
            copy.version = standing.version;
        }
        let clash = self.process.call("save", self.store.save(&mut copy)).await?;
        *conversation = copy;
        Ok(clash)
    }

    async fn open_chats(&self, shard: u32) -> Result<Vec<OpenChat>, Failure> {
        self.process.call("open_chats", self.store.open_chats(shard)).await
    }
}

impl<S: State> Slots for Ports<S> {
    async fn take_slot(&self, want: &Want) -> Result<Slot, Failure> {
        self.process.call("take_slot", self.store.take_slot(want)).await
    }

    async fn free_slot(&self, token: &Token, wait: bool) -> Result<(), Failure> {
        self.process.call("free_slot", self.store.free_slot(token, wait)).await
    }

    async fn tidy_slots(&self) -> Result<Occupancy, Failure> {
        self.process.call("tidy_slots", self.store.tidy_slots()).await
    }
}

impl<S: State> Forgotten for Ports<S> {
    async fn forgotten_at(
        &self,
        network: Network,
        author_id: &str,
    ) -> Result<Option<Timestamp>, Failure> {
        let work = self.store.forgotten_at(network, author_id);
        self.process.call("forgotten_at", work).await
    }
}

impl<S: State> Threads for Ports<S> {
    async fn owner(&self, channel: &ChannelId, root: &str) -> Result<Option<Owner>, Failure> {
        self.process.call("owner", self.store.owner(channel, root)).await
    }

    async fn remember(&self, channel: &ChannelId, root: &str, owner: Owner) -> Result<(), Failure> {
        self.process.call("remember", self.store.remember(channel, root, owner)).await
    }
}

impl<S: State> Replies for Ports<S> {
    async fn begin(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        record: &ReplyRecord,
    ) -> Result<Option<ReplyRecord>, Failure> {
        self.process.call("begin", self.store.begin(channel, conversation, record)).await
    }

    async fn advance(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        old: &ReplyRecord,
        new: &ReplyRecord,
    ) -> Result<bool, Failure> {
        let work = self.store.advance(channel, conversation, old, new);
        self.process.call("advance", work).await
    }

    async fn of(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
    ) -> Result<Vec<ReplyRecord>, Failure> {
        self.process.call("replies_of", self.store.of(channel, conversation)).await
    }
}

impl<S: State> Leases for Ports<S> {
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure> {
        self.process.call("take", self.store.take(name, length)).await
    }

    async fn take_over(&self, name: &str, length: Duration) -> Result<Lease, Failure> {
        self.process.call("take_over", self.store.take_over(name, length)).await
    }

    async fn holds(&self, lease: &Lease) -> Result<bool, Failure> {
        self.process.call("holds", self.store.holds(lease)).await
    }

    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        let work = self.store.save_checkpoint(lease, checkpoint);
        self.process.call("save_checkpoint", work).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Failure> {
        self.process.call("release_lease", Leases::release(&self.store, lease)).await
    }
}

impl<S: State> ContactCenter for Ports<S> {
    async fn open(&self, opening: &Opening) -> Result<Told, ChatError> {
        self.world.cic.open(&self.process, opening).await
    }

    async fn say(&self, chat: &Chat, text: &str) -> Result<Told, ChatError> {
        self.world.cic.say(&self.process, chat, text).await
    }

    async fn poll(&self, chat: &Chat) -> Result<Told, ChatError> {
        self.world.cic.poll(&self.process, chat).await
    }

    async fn history(&self, chat: &Chat) -> Result<Option<Vec<ChatEvent>>, ChatError> {
        self.world.cic.history(&self.process, chat).await
    }

    async fn exit(&self, chat: &Chat) -> Result<(), ChatError> {
        self.world.cic.exit(&self.process, chat).await
    }

    /// No channel of the town asks.
    async fn agents_available(&self, _: &str) -> Result<Option<u32>, ChatError> {
        Ok(None)
    }
}

impl<S: State> Channels for Ports<S> {
    async fn all(&self) -> Result<Arc<ChannelSet>, Failure> {
        Ok(Arc::clone(&self.world.channels))
    }
}

impl<S: State> ThreadOwners for Ports<S> {
    async fn look_up(&self, _: &Channel, _: &Message) -> Result<Option<Owner>, Failure> {
        self.needs_the_network()?;
        Ok(Some(Owner::Company))
    }

    async fn author(&self, _: &Channel, author: &Author) -> Result<Option<Author>, Failure> {
        self.needs_the_network()?;
        Ok(Some(author.clone()))
    }
}

impl<S: State> Publisher for Ports<S> {
    async fn publish(
        &self,
        _: &Channel,
        target: &Target,
        text: &str,
    ) -> Result<MessageId, PublishError> {
        self.world.network.publish(&self.process, target, text).await
    }

    async fn own_messages(
        &self,
        _: &Channel,
        target: &Target,
        since: Timestamp,
    ) -> Result<Vec<OwnMessage>, Failure> {
        self.world.network.own_messages(&self.process, target, since).await
    }

    fn parts(&self, _: &Channel, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn settle_time(&self) -> Duration {
        self.world.network.settle
    }
}

impl<S: State> Source for Ports<S> {
    fn name(&self) -> &'static str {
        "page"
    }

    async fn pass(&self, checkpoint: Option<&str>) -> Result<Pass, Failure> {
        let read: usize = checkpoint.and_then(|read| read.parse().ok()).unwrap_or_default();
        let there = || {
            let there = self.world.there.borrow();
            (there.iter().skip(read).cloned().collect(), there.len().to_string())
        };
        let (messages, checkpoint) = self.world.network.read(&self.process, there).await?;
        Ok(Pass { messages, checkpoint })
    }
}

//! The state table in memory, with the conditions of the real one: for runs of many messages.
//! That both answer alike is a test of its own.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use jiff::Timestamp;
use social_core::{
    ChannelId, Clock, Failure, MessageId,
    breaker::{Breakers, Outage, Probe},
    conversation::{Conversation, ConversationKey},
    message::{InLedger, Network, Owner},
    reply::ReplyRecord,
    slots::{Caps, Occupancy, Slate, Slot, Slots, Token, Want},
    store::{Claim, Conversations, Forgotten, Lease, Leases, Ledger, OpenChat, Replies, Threads},
};

use crate::{clock::VirtualClock, world::State};

const CLAIM_LEASE: Duration = Duration::from_mins(1);
const SLACK: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
struct Seen {
    done: bool,
    parked: bool,
    until: Timestamp,
    /// Claims since the last release that forgot who began.
    began: bool,
    attempts: u32,
    conversation: Option<ConversationKey>,
}

#[derive(Debug)]
struct Held {
    epoch: u64,
    until: Timestamp,
    checkpoint: Option<String>,
}

type Place = (ChannelId, ConversationKey);

#[derive(Debug, Default)]
struct Tables {
    ledger: BTreeMap<(ChannelId, String), Seen>,
    conversations: BTreeMap<Place, Conversation>,
    open: BTreeMap<String, Place>,
    threads: BTreeMap<(ChannelId, String), Owner>,
    replies: BTreeMap<Place, BTreeMap<String, ReplyRecord>>,
    leases: BTreeMap<String, Held>,
    slate: Slate,
    outages: BTreeMap<String, Outage>,
}

/// All of the bridge's state.
#[derive(Debug, Clone)]
pub struct Memory {
    tables: Rc<RefCell<Tables>>,
    clock: VirtualClock,
}

impl Memory {
    /// Empty tables.
    pub fn new(clock: VirtualClock) -> Self {
        Self { tables: Rc::default(), clock }
    }
}

impl State for Memory {
    fn by(&self, clock: VirtualClock) -> Self {
        Self { tables: Rc::clone(&self.tables), clock }
    }
}

impl Breakers for Memory {
    async fn outage(&self, name: &str) -> Result<Option<Outage>, Failure> {
        Ok(self.tables.borrow().outages.get(name).copied())
    }

    async fn note_down(&self, name: &str, probe_at: Timestamp) -> Result<Outage, Failure> {
        let fresh = Outage { since: self.clock.now(), probe_at };
        let mut tables = self.tables.borrow_mut();
        Ok(*tables.outages.entry(name.to_owned()).or_insert(fresh))
    }

    async fn take_probe(&self, name: &str, next: Timestamp) -> Result<Probe, Failure> {
        let mut tables = self.tables.borrow_mut();
        let Some(outage) = tables.outages.get_mut(name) else { return Ok(Probe::Needless) };
        if self.clock.now() < outage.probe_at {
            return Ok(Probe::Others(*outage));
        }
        outage.probe_at = next;
        Ok(Probe::Ours)
    }

    async fn note_up(&self, name: &str) -> Result<(), Failure> {
        self.tables.borrow_mut().outages.remove(name);
        Ok(())
    }
}

fn place(channel: &ChannelId, key: &ConversationKey) -> Place {
    (channel.clone(), key.clone())
}

fn change(channel: &ChannelId, change: &impl InLedger) -> (ChannelId, String) {
    let (about, what) = change.ledger_key();
    (channel.clone(), format!("{about}#{what}"))
}

impl Ledger for Memory {
    async fn claim(&self, channel: &ChannelId, message: &impl InLedger) -> Result<Claim, Failure> {
        let now = self.clock.now();
        let mut tables = self.tables.borrow_mut();
        let seen = tables
            .ledger
            .entry(change(channel, message))
            .or_insert_with(|| Seen { until: Timestamp::UNIX_EPOCH, ..Seen::default() });
        if seen.done || seen.parked {
            return Ok(Claim::Done);
        }
        if seen.until >= now {
            return Ok(Claim::Busy);
        }
        let again = std::mem::replace(&mut seen.began, true);
        seen.until = now + CLAIM_LEASE;
        seen.attempts += 1;
        Ok(Claim::Granted { again, attempts: seen.attempts })
    }

    async fn complete(
        &self,
        channel: &ChannelId,
        message: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        let mut tables = self.tables.borrow_mut();
        let seen = tables.ledger.entry(change(channel, message)).or_default();
        seen.done = true;
        if let Some(conversation) = conversation {
            seen.conversation = Some(conversation.clone());
        }
        Ok(())
    }

    async fn release(
        &self,
        channel: &ChannelId,
        message: &impl InLedger,
        perhaps_done: bool,
    ) -> Result<(), Failure> {
        let mut tables = self.tables.borrow_mut();
        let seen = tables.ledger.get_mut(&change(channel, message));
        let claimed = |seen: &&mut Seen| !seen.done && seen.until > Timestamp::UNIX_EPOCH;
        if let Some(seen) = seen.filter(claimed) {
            seen.until = Timestamp::UNIX_EPOCH;
            seen.attempts -= 1;
            seen.began &= perhaps_done;
        }
        Ok(())
    }

    async fn park(
        &self,
        channel: &ChannelId,
        message: &impl InLedger,
        _: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        let mut tables = self.tables.borrow_mut();
        tables.ledger.entry(change(channel, message)).or_default().parked = true;
        Ok(())
    }

    async fn unpark(&self, channel: &ChannelId, message: &impl InLedger) -> Result<(), Failure> {
        let mut tables = self.tables.borrow_mut();
        let seen = tables.ledger.get_mut(&change(channel, message));
        if let Some(seen) = seen.filter(|seen| seen.parked) {
            (seen.parked, seen.attempts, seen.until) = (false, 0, Timestamp::UNIX_EPOCH);
        }
        Ok(())
    }

    async fn conversation_of(
        &self,
        channel: &ChannelId,
        message_id: &MessageId,
    ) -> Result<Option<ConversationKey>, Failure> {
        let tables = self.tables.borrow();
        let seen = tables.ledger.get(&(channel.clone(), format!("{message_id}#add")));
        Ok(seen.and_then(|seen| seen.conversation.clone()))
    }
}

impl Conversations for Memory {
    async fn load(
        &self,
        channel: &ChannelId,
        key: &ConversationKey,
    ) -> Result<Conversation, Failure> {
        let stored = self.tables.borrow().conversations.get(&place(channel, key)).cloned();
        Ok(stored.unwrap_or_else(|| Conversation::new(channel.clone(), key.clone())))
    }

    async fn save(&self, conversation: &mut Conversation) -> Result<Option<Conversation>, Failure> {
        let place = place(&conversation.channel_id, &conversation.key);
        let mut tables = self.tables.borrow_mut();
        let tables = &mut *tables;
        let standing = tables.conversations.get(&place);
        if standing.map_or(0, |standing| standing.version) != conversation.version {
            return Ok(standing.cloned());
        }
        if let Some(closed) = standing.and_then(Conversation::interaction) {
            tables.open.remove(&closed.chat.chat_id);
        }
        conversation.version += 1;
        if let Some(open) = conversation.interaction() {
            tables.open.insert(open.chat.chat_id.clone(), place.clone());
        }
        tables.conversations.insert(place, conversation.clone());
        Ok(None)
    }

    async fn open_chats(&self, _: u32) -> Result<Vec<OpenChat>, Failure> {
        let tables = self.tables.borrow();
        let conversations = tables.open.values().filter_map(|at| tables.conversations.get(at));
        Ok(conversations.filter_map(OpenChat::of).collect())
    }
}

/// More than any run needs: what waits for a slot is the business of other tests.
const CAPS: Caps = Caps { open: 1_000, starts_per_second: 20 };

impl Slots for Memory {
    async fn take_slot(&self, want: &Want) -> Result<Slot, Failure> {
        Ok(self.tables.borrow_mut().slate.take(want, CAPS, self.clock.now()))
    }

    async fn free_slot(&self, token: &Token, wait: bool) -> Result<(), Failure> {
        self.tables.borrow_mut().slate.free(token, wait, self.clock.now());
        Ok(())
    }

    async fn tidy_slots(&self) -> Result<Occupancy, Failure> {
        let open = self.open_chats(0).await?.iter().map(Token::of_open).collect();
        let slate = &mut self.tables.borrow_mut().slate;
        slate.tidy(&open, self.clock.now());
        Ok(slate.occupancy(self.clock.now()))
    }
}

/// Nobody is forgotten here.
impl Forgotten for Memory {
    async fn forgotten_at(&self, _: Network, _: &str) -> Result<Option<Timestamp>, Failure> {
        Ok(None)
    }
}

impl Threads for Memory {
    async fn owner(&self, channel: &ChannelId, root: &str) -> Result<Option<Owner>, Failure> {
        let tables = self.tables.borrow();
        Ok(tables.threads.get(&(channel.clone(), root.to_owned())).copied())
    }

    async fn remember(&self, channel: &ChannelId, root: &str, owner: Owner) -> Result<(), Failure> {
        let key = (channel.clone(), root.to_owned());
        self.tables.borrow_mut().threads.insert(key, owner);
        Ok(())
    }
}

impl Replies for Memory {
    async fn begin(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        record: &ReplyRecord,
    ) -> Result<Option<ReplyRecord>, Failure> {
        let mut tables = self.tables.borrow_mut();
        let records = tables.replies.entry(place(channel, conversation)).or_default();
        let known = records.get(&record.id).cloned();
        if known.is_none() {
            records.insert(record.id.clone(), record.clone());
        }
        Ok(known)
    }

    async fn advance(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        old: &ReplyRecord,
        new: &ReplyRecord,
    ) -> Result<bool, Failure> {
        let mut tables = self.tables.borrow_mut();
        let records = tables.replies.entry(place(channel, conversation)).or_default();
        let unchanged = |at: &&mut ReplyRecord| {
            at.state == old.state && at.attempt == old.attempt && at.since == old.since
        };
        let Some(standing) = records.get_mut(&old.id).filter(unchanged) else { return Ok(false) };
        standing.clone_from(new);
        Ok(true)
    }

    async fn of(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
    ) -> Result<Vec<ReplyRecord>, Failure> {
        let tables = self.tables.borrow();
        let records = tables.replies.get(&place(channel, conversation));
        Ok(records.map(|records| records.values().cloned().collect()).unwrap_or_default())
    }
}

impl Leases for Memory {
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure> {
        let now = self.clock.now();
        let held =
            self.tables.borrow().leases.get(name).is_some_and(|held| held.until >= now - SLACK);
        if held { Ok(None) } else { self.take_over(name, length).await.map(Some) }
    }

    async fn take_over(&self, name: &str, length: Duration) -> Result<Lease, Failure> {
        let until = self.clock.now() + length;
        let mut tables = self.tables.borrow_mut();
        let new = || Held { epoch: 0, until, checkpoint: None };
        let held = tables.leases.entry(name.to_owned()).or_insert_with(new);
        (held.epoch, held.until) = (held.epoch + 1, until);
        let checkpoint = held.checkpoint.clone();
        Ok(Lease { name: name.to_owned(), epoch: held.epoch, until, checkpoint })
    }

    async fn holds(&self, lease: &Lease) -> Result<bool, Failure> {
        let tables = self.tables.borrow();
        Ok(tables.leases.get(&lease.name).is_some_and(|held| held.epoch == lease.epoch))
    }

    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        let mut tables = self.tables.borrow_mut();
        let held = tables.leases.get_mut(&lease.name).filter(|held| held.epoch == lease.epoch);
        Ok(held.map(|held| held.checkpoint = Some(checkpoint.to_owned())).is_some())
    }

    async fn release(&self, lease: &Lease) -> Result<(), Failure> {
        let mut tables = self.tables.borrow_mut();
        let held = tables.leases.get_mut(&lease.name).filter(|held| held.epoch == lease.epoch);
        if let Some(held) = held {
            held.until = Timestamp::UNIX_EPOCH;
        }
        Ok(())
    }
}

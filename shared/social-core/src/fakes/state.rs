//! The state table, in memory, with the conditions of the real one.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use jiff::Timestamp;

use super::{Broken, FakeClock};
use crate::{
    breaker::{Breakers, Outage, Probe},
    channel::ChannelId,
    clock::Clock,
    conversation::{Conversation, ConversationKey},
    message::{InLedger, MessageId, Network, Owner},
    reply::ReplyRecord,
    slots::{Caps, Occupancy, Slate, Slot, Slots, Token, Want},
    store::{Claim, Conversations, Forgotten, Lease, Leases, Ledger, OpenChat, Replies, Threads},
    verdict::{Failure, Verdict},
};

const CLAIM_LEASE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
enum Seen {
    Claimed { until: Timestamp, attempts: u32, again: bool },
    Done { conversation: Option<ConversationKey> },
    Parked,
}

#[derive(Debug, Default)]
struct Tables {
    ledger: BTreeMap<String, Seen>,
    conversations: BTreeMap<String, Conversation>,
    forgotten: BTreeMap<(Network, String), Timestamp>,
    threads: BTreeMap<String, Owner>,
    replies: BTreeMap<String, Vec<ReplyRecord>>,
    leases: BTreeMap<String, (u64, Timestamp, Option<String>)>,
    slate: Slate,
    outages: BTreeMap<String, Outage>,
}

#[derive(Debug, Clone)]
pub(crate) struct FakeState {
    tables: Rc<RefCell<Tables>>,
    caps: Rc<Cell<Caps>>,
    in_steps: Rc<Cell<bool>>,
    /// Until then no conversation can be read or written.
    away_until: Rc<Cell<Timestamp>>,
    clock: FakeClock,
}

impl FakeState {
    pub(crate) fn new(clock: FakeClock) -> Self {
        let caps = Rc::new(Cell::new(Caps { open: 1_000, starts_per_second: 1_000 }));
        let away_until = Rc::new(Cell::new(Timestamp::MIN));
        Self { tables: Rc::default(), caps, in_steps: Rc::default(), away_until, clock }
    }

    pub(crate) fn cap(&self, open: u32) {
        self.caps.set(Caps { open, ..self.caps.get() });
    }

    /// From now on every call takes its time, so that a worker can die before and after it.
    pub(crate) fn in_steps(&self) {
        self.in_steps.set(true);
    }

    /// From now on for so long no conversation can be read or written.
    pub(crate) fn go_away_for(&self, time: Duration) {
        self.away_until.set(self.clock.now() + time);
    }

    fn refuse_while_away(&self) -> Result<(), Failure> {
        if self.clock.now() < self.away_until.get() {
            return Err(Broken(Verdict::RETRY).into());
        }
        Ok(())
    }

    async fn step(&self) {
        if self.in_steps.get() {
            tokio::task::yield_now().await;
        }
    }

    /// An administrator has an author forgotten.
    pub(crate) fn forget(&self, network: Network, author_id: &str) {
        let author = (network, author_id.to_owned());
        self.tables.borrow_mut().forgotten.insert(author, self.clock.now());
    }

    pub(crate) fn slate(&self) -> Slate {
        self.tables.borrow().slate.clone()
    }

    /// All conversations, by their key.
    pub(crate) fn conversations(&self) -> Vec<Conversation> {
        self.tables.borrow().conversations.values().cloned().collect()
    }

    pub(crate) fn checkpoint(&self, name: &str) -> Option<String> {
        self.tables.borrow().leases.get(name).and_then(|(_, _, checkpoint)| checkpoint.clone())
    }

    /// All replies of all conversations.
    pub(crate) fn replies(&self) -> Vec<ReplyRecord> {
        self.tables.borrow().replies.values().flatten().cloned().collect()
    }
}

fn item(channel: &ChannelId, change: &impl InLedger) -> String {
    let (id, change) = change.ledger_key();
    format!("{channel}#{id}#{change}")
}

impl Ledger for FakeState {
    async fn claim(&self, channel: &ChannelId, change: &impl InLedger) -> Result<Claim, Failure> {
        self.step().await;
        let key = item(channel, change);
        let now = self.clock.now();
        let mut tables = self.tables.borrow_mut();
        let (attempts, again) = match tables.ledger.get(&key) {
            Some(Seen::Done { .. } | Seen::Parked) => return Ok(Claim::Done),
            Some(Seen::Claimed { until, .. }) if now < *until => return Ok(Claim::Busy),
            Some(Seen::Claimed { attempts, again, .. }) => (attempts + 1, *again || *attempts > 0),
            None => (1, false),
        };
        tables.ledger.insert(key, Seen::Claimed { until: now + CLAIM_LEASE, attempts, again });
        let claim = Claim::Granted { again, attempts };
        Ok(claim)
    }

    async fn complete(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        conversation: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        self.step().await;
        let key = item(channel, change);
        let done = Seen::Done { conversation: conversation.cloned() };
        self.tables.borrow_mut().ledger.insert(key, done);
        Ok(())
    }

    async fn release(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        perhaps_done: bool,
    ) -> Result<(), Failure> {
        self.step().await;
        let key = item(channel, change);
        if let Some(Seen::Claimed { until, attempts, again }) =
            self.tables.borrow_mut().ledger.get_mut(&key)
        {
            *until = Timestamp::MIN;
            *attempts -= 1;
            *again = perhaps_done;
        }
        Ok(())
    }

    async fn park(
        &self,
        channel: &ChannelId,
        change: &impl InLedger,
        _: Option<&ConversationKey>,
    ) -> Result<(), Failure> {
        self.step().await;
        self.tables.borrow_mut().ledger.insert(item(channel, change), Seen::Parked);
        Ok(())
    }

    async fn unpark(&self, channel: &ChannelId, change: &impl InLedger) -> Result<(), Failure> {
        self.step().await;
        let key = item(channel, change);
        let mut tables = self.tables.borrow_mut();
        if matches!(tables.ledger.get(&key), Some(Seen::Parked)) {
            tables.ledger.remove(&key);
        }
        Ok(())
    }

    async fn conversation_of(
        &self,
        channel: &ChannelId,
        message_id: &MessageId,
    ) -> Result<Option<ConversationKey>, Failure> {
        self.step().await;
        let key = format!("{channel}#{message_id}#add");
        Ok(match self.tables.borrow().ledger.get(&key) {
            Some(Seen::Done { conversation }) => conversation.clone(),
            _ => None,
        })
    }
}

fn place(channel: &ChannelId, key: &ConversationKey) -> String {
    format!("{channel}#{key}")
}

impl Conversations for FakeState {
    async fn load(
        &self,
        channel: &ChannelId,
        key: &ConversationKey,
    ) -> Result<Conversation, Failure> {
        self.step().await;
        self.refuse_while_away()?;
        let stored = self.tables.borrow().conversations.get(&place(channel, key)).cloned();
        Ok(stored.unwrap_or_else(|| Conversation::new(channel.clone(), key.clone())))
    }

    async fn save(&self, conversation: &mut Conversation) -> Result<Option<Conversation>, Failure> {
        self.step().await;
        self.refuse_while_away()?;
        let place = place(&conversation.channel_id, &conversation.key);
        let mut tables = self.tables.borrow_mut();
        if let Some(current) = tables.conversations.get(&place)
            && current.version != conversation.version
        {
            return Ok(Some(current.clone()));
        }
        conversation.version += 1;
        tables.conversations.insert(place, conversation.clone());
        Ok(None)
    }

    async fn open_chats(&self, _: u32) -> Result<Vec<OpenChat>, Failure> {
        self.step().await;
        let tables = self.tables.borrow();
        let open = tables.conversations.values().filter_map(OpenChat::of);
        Ok(open.collect())
    }
}

impl Breakers for FakeState {
    async fn outage(&self, name: &str) -> Result<Option<Outage>, Failure> {
        Ok(self.tables.borrow().outages.get(name).copied())
    }

    async fn note_down(&self, name: &str, probe_at: Timestamp) -> Result<Outage, Failure> {
        let mut tables = self.tables.borrow_mut();
        let fresh = Outage { since: self.clock.now(), probe_at };
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

impl Slots for FakeState {
    async fn take_slot(&self, want: &Want) -> Result<Slot, Failure> {
        self.step().await;
        Ok(self.tables.borrow_mut().slate.take(want, self.caps.get(), self.clock.now()))
    }

    async fn free_slot(&self, token: &Token, wait: bool) -> Result<(), Failure> {
        self.step().await;
        self.tables.borrow_mut().slate.free(token, wait, self.clock.now());
        Ok(())
    }

    async fn tidy_slots(&self) -> Result<Occupancy, Failure> {
        self.step().await;
        let open = self.open_chats(0).await?.iter().map(Token::of_open).collect();
        let slate = &mut self.tables.borrow_mut().slate;
        slate.tidy(&open, self.clock.now());
        Ok(slate.occupancy(self.clock.now()))
    }
}

impl Forgotten for FakeState {
    async fn forgotten_at(
        &self,
        network: Network,
        author_id: &str,
    ) -> Result<Option<Timestamp>, Failure> {
        self.step().await;
        Ok(self.tables.borrow().forgotten.get(&(network, author_id.to_owned())).copied())
    }
}

impl Threads for FakeState {
    async fn owner(&self, channel: &ChannelId, root: &str) -> Result<Option<Owner>, Failure> {
        self.step().await;
        Ok(self.tables.borrow().threads.get(&format!("{channel}#{root}")).copied())
    }

    async fn remember(&self, channel: &ChannelId, root: &str, owner: Owner) -> Result<(), Failure> {
        self.step().await;
        self.tables.borrow_mut().threads.insert(format!("{channel}#{root}"), owner);
        Ok(())
    }
}

impl Replies for FakeState {
    async fn begin(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
        record: &ReplyRecord,
    ) -> Result<Option<ReplyRecord>, Failure> {
        let mut tables = self.tables.borrow_mut();
        let records = tables.replies.entry(place(channel, conversation)).or_default();
        let known = records.iter().find(|known| known.id == record.id).cloned();
        if known.is_none() {
            records.push(record.clone());
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
        let Some(stored) = records.iter_mut().find(|stored| *stored == old) else {
            return Ok(false);
        };
        stored.clone_from(new);
        Ok(true)
    }

    async fn of(
        &self,
        channel: &ChannelId,
        conversation: &ConversationKey,
    ) -> Result<Vec<ReplyRecord>, Failure> {
        let tables = self.tables.borrow();
        Ok(tables.replies.get(&place(channel, conversation)).cloned().unwrap_or_default())
    }
}

impl Leases for FakeState {
    async fn take(&self, name: &str, length: Duration) -> Result<Option<Lease>, Failure> {
        let now = self.clock.now();
        let held = self.tables.borrow().leases.get(name).is_some_and(|(_, until, _)| now < *until);
        if held { Ok(None) } else { self.take_over(name, length).await.map(Some) }
    }

    async fn take_over(&self, name: &str, length: Duration) -> Result<Lease, Failure> {
        let until = self.clock.now() + length;
        let mut tables = self.tables.borrow_mut();
        let lease = tables.leases.entry(name.to_owned()).or_insert((0, until, None));
        (lease.0, lease.1) = (lease.0 + 1, until);
        Ok(Lease { name: name.to_owned(), epoch: lease.0, until, checkpoint: lease.2.clone() })
    }

    async fn holds(&self, lease: &Lease) -> Result<bool, Failure> {
        Ok(self.tables.borrow().leases.get(&lease.name).is_some_and(|held| held.0 == lease.epoch))
    }

    async fn save_checkpoint(&self, lease: &Lease, checkpoint: &str) -> Result<bool, Failure> {
        match self.tables.borrow_mut().leases.get_mut(&lease.name) {
            Some(held) if held.0 == lease.epoch => {
                held.2 = Some(checkpoint.to_owned());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), Failure> {
        if let Some(held) = self.tables.borrow_mut().leases.get_mut(&lease.name)
            && held.0 == lease.epoch
        {
            held.1 = Timestamp::MIN;
        }
        Ok(())
    }
}

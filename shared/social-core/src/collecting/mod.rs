//! Collecting: looks at every open chat often enough to keep it alive and to hear its agent soon.

mod closing;
mod succession;
mod watch;

use std::{cell::RefCell, time::Duration};

use futures::{StreamExt, future, stream::FuturesUnordered};
use jiff::Timestamp;

use crate::{
    breaker::HELD_BACK,
    chat::{Chat, ChatError, ContactCenter, Told},
    clock::Clock,
    conversation::Conversation,
    desk::{Desk, DeskError},
    inbound::{InboundQueue, OutboundQueue},
    slots::Occupancy,
    store::{Conversations, Leases, OpenChat},
    verdict::{Classify, Failure, Verdict},
};
pub use closing::IdleRules;
use succession::Succession;
use watch::{Due, Watch};

/// Looks that are under way at once.
const LOOKS_AT_ONCE: usize = 64;
/// Pauses between tries to store what a chat told.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a run goes on after its successor has taken over.
const OVERLAP: Duration = Duration::from_secs(6);
/// How often the slots of chats are tidied and counted.
const TIDY_EVERY: Duration = Duration::from_secs(60);
/// How often the loop wakes to see which chats are due.
const TICK: Duration = Duration::from_millis(200);

/// How the collector goes about its chats.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub shard: u32,
    /// Pause between two readings of the list of open chats.
    pub list_every: Duration,
    /// Least pause between two looks at a chat in which something happens.
    pub active: Duration,
    /// Greatest pause between two looks at any chat: CIC drops a chat that nobody polls.
    pub quiet: Duration,
    /// When the run ends, if no successor has taken over before.
    pub until: Timestamp,
    /// Until when it keeps what a chat told while the bridge's state is away: long after its end.
    pub keep_until: Timestamp,
}

/// Where nudges arrive: names of chats to look at now.
pub trait NudgeQueue {
    /// Waits up to `wait` for nudges.
    async fn receive(&self, wait: Duration) -> Result<Vec<String>, Failure>;
}

/// Why a look at a chat failed.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("CIC did not answer the look")]
    Chat(#[source] ChatError),
    #[error("what the chat told was not taken in")]
    Desk(#[source] DeskError),
    #[error("cannot read the conversation")]
    Store(#[source] Failure),
}

impl Classify for LookError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Chat(error) => error.verdict(),
            Self::Desk(error) => error.verdict(),
            Self::Store(failure) => failure.verdict(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Chat(error) => error.error_type(),
            Self::Desk(error) => error.error_type(),
            Self::Store(failure) => failure.error_type(),
        }
    }
}

impl LookError {
    /// Whether CIC may have told what nobody stored.
    fn lost_something(&self) -> bool {
        match self {
            Self::Chat(error) => error.perhaps_sent(),
            Self::Desk(_) | Self::Store(_) => true,
        }
    }
}

/// What a look told about how soon to look again.
struct Look {
    chat_id: String,
    chat: Option<Chat>,
    something_happened: bool,
    poll_after: Duration,
    /// Whether CIC told something that nobody stored; `None` where that is as it was.
    behind: Option<bool>,
}

/// The collector of one shard.
#[derive(Debug)]
pub struct Collector<L, N, S, C, I, O, K> {
    pub leases: L,
    pub nudges: N,
    pub desk: Desk<S, C, I, O, K>,
    pub idle: IdleRules,
    pub pace: Pace,
}

impl<L, N, S, C, I, O, K> Collector<L, N, S, C, I, O, K>
where
    L: Leases,
    N: NudgeQueue,
    S: Conversations,
    C: ContactCenter,
    I: InboundQueue,
    O: OutboundQueue,
    K: Clock,
{
    /// Watches the shard's chats until a successor takes over or the run ends.
    ///
    /// Takes the lease from the predecessor at once. For a moment both look, which is harmless:
    /// what an agent wrote is queued under the same id by either.
    pub async fn run(&self) -> Result<(), Failure> {
        let name = format!("collect-replies#{}", self.pace.shard);
        let length = self.until_the_end() + Duration::from_secs(10);
        let lease = self.leases.take_over(&name, length).await?;
        let watch = RefCell::new(Watch::default());
        let succession = Succession::new(lease, self.desk.clock.now());
        let list = async {
            let mut tidy = self.desk.clock.now();
            let lease = succession.lease();
            while self.clock_is_running() && self.leases.holds(lease).await.unwrap_or(true) {
                self.list(&watch).await;
                self.succeed(&succession, &watch).await;
                if self.pace.shard == 0 && tidy <= self.desk.clock.now() {
                    self.tidy_slots().await;
                    tidy = self.desk.clock.now() + TIDY_EVERY;
                }
                self.desk.clock.sleep(self.pace.list_every).await;
            }
            // The successor's first round takes some seconds; until then nobody else looks.
            let overlap = OVERLAP.min(self.until_the_end());
            self.desk.clock.sleep(overlap).await;
            watch.borrow_mut().close();
        };
        let work = async {
            future::join(list, self.look_around(&watch)).await;
            if succession.is_known() && watch.borrow().has_caught_up() {
                self.leave_word(succession.lease()).await;
            }
        };
        let nudges = self.hear_nudges(&watch);
        future::select(std::pin::pin!(work), std::pin::pin!(nudges)).await;
        Ok(())
    }

    fn clock_is_running(&self) -> bool {
        self.desk.clock.now() < self.pace.until
    }

    fn until_the_end(&self) -> Duration {
        let left = self.pace.until.duration_since(self.desk.clock.now());
        Duration::try_from(left).unwrap_or_default()
    }

    async fn list(&self, watch: &RefCell<Watch>) {
        match self.desk.store.open_chats(self.pace.shard).await {
            Ok(chats) => watch.borrow_mut().update(chats, self.desk.clock.now()),
            // The chats that we know of are looked at all the same.
            Err(failure) => tracing::warn!(
                error_type = failure.error_type(), error = %failure, "cannot list the open chats"
            ),
        }
    }

    /// One shard's collector does it for all.
    async fn tidy_slots(&self) {
        match self.desk.store.tidy_slots().await {
            Ok(occupancy) => tell(&occupancy),
            Err(failure) => tracing::warn!(
                error_type = failure.error_type(), error = %failure, "cannot tidy the slots"
            ),
        }
    }

    async fn hear_nudges(&self, watch: &RefCell<Watch>) {
        loop {
            match self.nudges.receive(Duration::from_secs(20)).await {
                Ok(chat_ids) => {
                    let now = self.desk.clock.now();
                    let mut watch = watch.borrow_mut();
                    for chat_id in &chat_ids {
                        watch.look_now(chat_id, now);
                    }
                }
                Err(failure) => {
                    tracing::warn!(
                        error_type = failure.error_type(), error = %failure, "cannot hear nudges"
                    );
                    self.desk.clock.sleep(self.pace.list_every).await;
                }
            }
        }
    }

    /// Looks at what is due until the watch closes. A look that has begun is always ended: what
    /// CIC has told it once it will not tell again.
    async fn look_around(&self, watch: &RefCell<Watch>) {
        let mut looks = FuturesUnordered::new();
        loop {
            let room = LOOKS_AT_ONCE.saturating_sub(looks.len());
            for due in watch.borrow_mut().take_due(self.desk.clock.now(), room) {
                looks.push(self.look(due));
            }
            let tick = std::pin::pin!(self.desk.clock.sleep(TICK));
            if looks.is_empty() {
                if watch.borrow().is_closed() {
                    return;
                }
                tick.await;
            } else if let future::Either::Left((Some(look), _)) =
                future::select(looks.next(), tick).await
            {
                watch.borrow_mut().looked(&look, self.pace, self.desk.clock.now());
            }
        }
    }

    async fn look(&self, due: Due) -> Look {
        let Due { open, behind } = due;
        let chat_id = open.chat.chat_id.clone();
        let caught_up = behind && self.catch_up(&open).await;
        let caught_up = caught_up.then_some(false);
        match self.look_and_take_in(&open).await {
            Ok(told) => Look {
                chat_id,
                something_happened: !told.events.is_empty(),
                poll_after: told.poll_after,
                chat: Some(told.chat),
                behind: caught_up,
            },
            Err(LookError::Chat(ChatError::Gone)) => Look {
                chat_id,
                chat: None,
                something_happened: false,
                poll_after: self.pace.quiet,
                behind: Some(false),
            },
            Err(error) => {
                let behind = if error.lost_something() { Some(true) } else { caught_up };
                // That CIC is down was said when it went down.
                if error.error_type() != HELD_BACK {
                    let failure = Failure::from(error);
                    tracing::warn!(
                        channel_id = %open.channel_id, error_type = failure.error_type(),
                        error = %failure, "look at a chat failed"
                    );
                }
                Look {
                    chat_id,
                    chat: Some(open.chat),
                    something_happened: false,
                    poll_after: self.pace.active,
                    behind,
                }
            }
        }
    }

    async fn look_and_take_in(&self, open: &OpenChat) -> Result<Told, LookError> {
        if open.lost_at.is_some_and(|lost_at| lost_at <= self.desk.clock.now()) {
            self.fill_gap(open).await;
        }
        let told = match self.desk.contact_center.poll(&open.chat).await {
            Ok(told)
                if told.events.is_empty() && told.numbers.is_empty() && told.chat == open.chat =>
            {
                if self.close_if_idle(open).await? {
                    return Err(LookError::Chat(ChatError::Gone));
                }
                return Ok(told);
            }
            Ok(told) => told,
            Err(ChatError::Gone) => {
                self.note_end(open).await?;
                return Err(LookError::Chat(ChatError::Gone));
            }
            Err(error) => return Err(LookError::Chat(error)),
        };
        self.keep_until_taken_in(open, &told).await?;
        Ok(told)
    }

    /// CIC tells an event once. While the bridge's state cannot be read or written, the chat is not
    /// looked at again, and what it told is kept until it can.
    async fn keep_until_taken_in(&self, open: &OpenChat, told: &Told) -> Result<(), LookError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.take_in(open, told).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if self.desk.clock.now() > self.pace.keep_until {
                tracing::error!(
                    metric = "EventsLost", channel_id = %open.channel_id, events = told.events.len(),
                    "what a chat told could not be stored in all the time that there was"
                );
                return Err(error);
            }
            if pause == FIRST_PAUSE {
                tracing::warn!(
                    metric = "ReplyAtRisk", channel_id = %open.channel_id,
                    error_type = error.error_type(), "what a chat told waits to be stored"
                );
            }
            self.desk.clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn take_in(&self, open: &OpenChat, told: &Told) -> Result<(), LookError> {
        let loaded = self.desk.store.load(&open.channel_id, &open.conversation).await;
        let mut conversation = loaded.map_err(LookError::Store)?;
        self.desk.take_in(&mut conversation, told, |_| {}).await.map_err(LookError::Desk)
    }

    /// Reads the whole history; `false` if that has to be done again.
    async fn catch_up(&self, open: &OpenChat) -> bool {
        let caught_up = async |conversation: &mut Conversation| {
            self.desk.catch_up(conversation, &open.chat).await.map(|_| ())
        };
        self.beside_the_poll(open, caught_up).await
    }

    async fn fill_gap(&self, open: &OpenChat) {
        let filled = async |conversation: &mut Conversation| {
            self.desk.fill_gap(conversation, &open.chat).await
        };
        self.beside_the_poll(open, filled).await;
    }

    /// The poll keeps the chat alive, whatever becomes of this; `false` where it failed.
    async fn beside_the_poll(
        &self,
        open: &OpenChat,
        work: impl AsyncFnOnce(&mut Conversation) -> Result<(), DeskError>,
    ) -> bool {
        let done = async {
            let loaded = self.desk.store.load(&open.channel_id, &open.conversation).await;
            let mut conversation = loaded.map_err(LookError::Store)?;
            work(&mut conversation).await.map_err(LookError::Desk)
        };
        let Err(error) = done.await else { return true };
        let failure = Failure::from(error);
        tracing::warn!(
            channel_id = %open.channel_id, error_type = failure.error_type(),
            error = %failure, "cannot look for what a chat told"
        );
        false
    }

    async fn note_end(&self, open: &OpenChat) -> Result<(), LookError> {
        let loaded = self.desk.store.load(&open.channel_id, &open.conversation).await;
        let mut conversation = loaded.map_err(LookError::Store)?;
        self.desk.hear_out(&mut conversation, &open.chat).await.map_err(LookError::Desk)
    }
}

fn tell(occupancy: &Occupancy) {
    let Occupancy { taken, waiting, longest } = *occupancy;
    tracing::info!(metric = "ChatsOpen", count = taken, "chats open in CIC");
    if waiting == 0 {
        tracing::info!(metric = "ConversationsWaiting", count = waiting, "no conversation waits");
    } else {
        tracing::warn!(
            metric = "ConversationsWaiting",
            count = waiting,
            longest_seconds = longest.as_secs(),
            "conversations wait for a chat: raise CicMaxChats, the channel's max_open_interactions, \
             and MaxInteractionsAllowedPerIP in CIC, or have agents close chats"
        );
    }
}

#[cfg(test)]
pub(crate) mod tests;

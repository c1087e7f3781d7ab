//! Succession: whether the runs before this one ended as they should. One that died may have been
//! told what nobody stored; the histories of its chats tell it again.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use jiff::Timestamp;

use super::{Collector, NudgeQueue, OVERLAP, Watch};
use crate::{
    chat::ContactCenter,
    clock::Clock,
    inbound::{InboundQueue, OutboundQueue},
    store::{Conversations, Lease, Leases},
};

/// After which a predecessor that lives has left its word: its last looks end soon after the overlap.
const LEFT_BY: Duration = Duration::from_secs(14).saturating_add(OVERLAP);
/// For the moment in which the word is read or left.
const MOMENT: Duration = Duration::from_secs(5);

/// A run, and when it asks after those before it.
#[derive(Debug)]
pub(super) struct Succession {
    lease: Lease,
    begun: Timestamp,
    /// `None`: all that there was to learn is learnt.
    ask_at: Cell<Option<Timestamp>>,
}

impl Succession {
    pub(super) fn new(lease: Lease, begun: Timestamp) -> Self {
        Self { lease, begun, ask_at: Cell::new(Some(begun)) }
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether the run knows what became of all before it.
    pub(super) fn is_known(&self) -> bool {
        self.ask_at.get().is_none()
    }
}

/// What a run knows of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Predecessors {
    /// All of them ended, or what they left behind was looked for.
    Ended,
    /// The last one may still be at work.
    Ending,
    /// Some run died.
    Died,
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
    /// Asks after the predecessors when the run begins, and once more when the last of them must have ended.
    pub(super) async fn succeed(&self, succession: &Succession, watch: &RefCell<Watch>) {
        let now = self.desk.clock.now();
        if succession.ask_at.get().is_none_or(|ask_at| now < ask_at) {
            return;
        }
        let left_by = succession.begun + LEFT_BY;
        let known = self.predecessors(&succession.lease).await;
        let last_time = now >= left_by;
        let died = known == Predecessors::Died || (last_time && known == Predecessors::Ending);
        if died {
            tracing::warn!(
                metric = "CollectorDied",
                "a run left no word that it ended; the histories of the open chats are read"
            );
            watch.borrow_mut().fall_behind();
        }
        let done = last_time || known == Predecessors::Ended;
        succession.ask_at.set((!done).then_some(left_by));
    }

    async fn predecessors(&self, lease: &Lease) -> Predecessors {
        let word = self.leases.take_over(&self.word(), MOMENT).await;
        let word = word.ok().and_then(|word| word.checkpoint);
        match word.and_then(|last| last.parse::<u64>().ok()) {
            Some(last) if last + 1 >= lease.epoch => Predecessors::Ended,
            Some(last) if last + 2 == lease.epoch => Predecessors::Ending,
            _ => Predecessors::Died,
        }
    }

    /// Leaves word that nothing is left behind by this run or any before it. Where that fails, the
    /// successor looks in vain.
    pub(super) async fn leave_word(&self, lease: &Lease) {
        let left = async {
            let word = self.leases.take_over(&self.word(), MOMENT).await?;
            self.leases.save_checkpoint(&word, &lease.epoch.to_string()).await
        };
        if let Err(failure) = left.await {
            tracing::warn!(
                error_type = failure.error_type(), error = %failure, "cannot leave word of the end"
            );
        }
    }

    fn word(&self) -> String {
        format!("collect-replies#{}#ended", self.pace.shard)
    }
}

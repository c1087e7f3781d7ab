//! Which searches a pass makes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use social_core::{Channel, Clock, budget::Budgets, channel::Handle};

use super::{
    Memory, TwitterPoll,
    checkpoint::{Checkpoint, CheckpointError},
    pass::Progress,
};
use crate::{
    matching::{Matcher, TermId},
    packing::{self, Causes, Packing, Query},
    snowflake,
};

/// Those of all terms; behind them, from `packed` on, those of the replying handles alone, for when
/// the budget allows no more than that.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) searches: Vec<PackedSearch>,
    pub(super) packed: usize,
    /// What it leaves out wherever it can.
    pub(super) left_out: Causes,
}

/// One query, and what the matcher calls its terms.
#[derive(Debug)]
pub(super) struct PackedSearch {
    pub(super) query: Query,
    pub(super) terms: HashMap<TermId, String>,
}

impl Plan {
    /// The searches for these channels. `own` has a timeline, and its search is the first.
    pub(super) fn new(
        channels: &[Arc<Channel>],
        matcher: &Matcher,
        own: Option<&Handle>,
        limit: usize,
        left_out: Causes,
    ) -> Self {
        let mut queries = packing::pack_mentions(own, limit);
        let packing = Packing { without: own, limit };
        queries.extend(packing::pack_apart(channels, &left_out, packing));
        let packed = queries.len();
        let handles =
            channels.iter().filter_map(|channel| channel.twitter()?.reply_handle.as_ref());
        queries.extend(packing::pack_mentions(handles.filter(|_| own.is_none()), limit));
        let search = |query| PackedSearch { terms: matcher.terms_of(&query), query };
        let searches = queries.into_iter().map(search).collect();
        Self { searches, packed, left_out }
    }

    /// The searches of all terms.
    pub(super) fn queries(&self) -> impl Iterator<Item = &Query> {
        self.searches.iter().take(self.packed).map(|search| &search.query)
    }

    /// How many of the searches of all terms a pass read up to the newest tweet.
    pub(super) fn read_whole(&self, progress: &Progress) -> usize {
        let whole = progress.whole.iter().map(|(index, _)| *index);
        whole.filter(|index| *index < self.packed).collect::<BTreeSet<usize>>().len()
    }

    /// Those of the replying handles alone.
    pub(super) fn mentions(&self) -> impl Iterator<Item = &Query> {
        self.searches.iter().skip(self.packed).map(|search| &search.query)
    }
}

impl PackedSearch {
    /// Whether it finds whatever tweets with its terms the other one would find.
    pub(super) fn finds_all_of(&self, other: &Self) -> bool {
        self.query.left_out.is_subset(&other.query.left_out)
    }
}

impl<C: Clock, B: Budgets> TwitterPoll<C, B> {
    fn plan(&self, left_out: Causes) -> Plan {
        let (channels, length) = (&self.channels, self.settings.query_length);
        Plan::new(channels, &self.matcher, self.own.as_ref(), length, left_out)
    }

    /// Goes on with the searches that the checkpoint is of.
    pub(super) fn follow(
        &self,
        memory: &mut Memory,
        stored: Option<&str>,
    ) -> Result<(), CheckpointError> {
        let stored = stored.map(Checkpoint::read).transpose()?.unwrap_or_default();
        if stored.noise.left_out != memory.plan.left_out {
            memory.take_up(self.plan(stored.noise.left_out));
        }
        Ok(())
    }

    /// X refused a search, and it may be for what it leaves out: from the next pass on none does. What
    /// was not found meanwhile is read then.
    pub(super) fn widen(&self, memory: &Memory, progress: &mut Progress) {
        if memory.plan.left_out.is_empty() {
            return;
        }
        progress.checkpoint.noise.give_up();
        tracing::error!(
            source = self.name,
            metric = "SearchesWidened",
            "X refuses a search that leaves out what no channel takes; it is read and paid for again"
        );
    }

    /// Once enough was counted, and only after a pass that left nothing unread: whether other
    /// searches take over with the next one. They begin where this pass knows everything.
    pub(super) fn judge(&self, memory: &Memory, progress: &mut Progress) {
        if progress.left > 0 || memory.plan.read_whole(progress) < memory.plan.packed {
            return;
        }
        let limit = self.settings.query_length;
        let packing = Packing { without: self.own.as_ref(), limit };
        let Some(causes) = progress.checkpoint.noise.judge(&self.channels, packing) else { return };
        progress.checkpoint.noise.leave_out(causes.clone());
        if causes == memory.plan.left_out {
            return;
        }
        let plan = self.plan(causes);
        let indexed = snowflake::at(snowflake::before(progress.now, self.settings.index_lag));
        let known = |search: &PackedSearch| {
            let pending = memory.pending.with(&search.terms, indexed);
            &pending | &memory.delivered.with(&search.terms, indexed)
        };
        let searches = plan.searches.iter().take(plan.packed);
        let queries = searches.map(|search| (&search.query, known(search)));
        progress.checkpoint.change(queries, indexed);
        tracing::info!(
            source = self.name,
            causes = plan.left_out.len(),
            searches = plan.packed,
            metric = "SearchesNarrowed",
            "searches leave out what no channel takes"
        );
    }
}

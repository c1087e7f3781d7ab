//! One pass: each search in its turn, as far as limits allow, and what it found.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use social_core::{Classify, Clock, budget::Budgets, polling::Pass, verdict::Failure};

use super::{
    Memory, PackedSearch, TwitterPoll,
    checkpoint::Checkpoint,
    gaps,
    joining::Matched,
    overlap::Omission,
    reading::{Allowance, End, REACH, Reading, Window},
};
use crate::{
    api::Asked,
    budget::Level,
    error::TwitterError,
    matching::{Subject, TermId},
    normal,
    packing::Query,
    snowflake,
    wire::Tweet,
};

/// Windows of one search that a pass tries before it goes on to the next search.
/// Enough to find a crowded hour in an empty week; empty answers cost nothing.
const WINDOWS: usize = 24;

/// How far a window reached.
#[derive(Debug, PartialEq, Eq)]
enum Reached {
    Newest,
    /// No farther than what was read before.
    Known,
}

/// What a pass knows so far.
struct Progress {
    now: Timestamp,
    checkpoint: Checkpoint,
    allowance: Allowance,
    cuts: usize,
    /// New tweets, each once.
    fresh: BTreeMap<u64, Tweet>,
    /// Searches that were read up to the newest tweet, and since when.
    whole: Vec<(usize, u64)>,
    done: usize,
    /// Searches that X calls invalid.
    refused: usize,
    /// Searches with tweets that this pass leaves to the next one.
    left: usize,
    moved: bool,
    unexplained: usize,
}

impl<C: Clock, B: Budgets> TwitterPoll<C, B> {
    /// Reads all searches. What one of them could not read leaves the others alone.
    pub(super) async fn read_all(
        &self,
        memory: &mut Memory,
        stored: Option<&str>,
        level: Level,
    ) -> Result<Pass, Failure> {
        let now = self.clock.now();
        let before = stored.map(Checkpoint::read).transpose()?;
        // A search that pauses keeps its place: from there the gap is filled when it may go on.
        let (base, count) = match level {
            Level::Open => (0, self.packed),
            Level::Reserve if self.own.is_some() => (0, 1),
            Level::Reserve => (self.packed, self.searches.len() - self.packed),
            Level::Exhausted => (0, 0),
        };
        let mut progress = self.begin(before.clone(), now, level);
        let first = std::mem::take(&mut memory.first);
        for turn in 0..count {
            let index = base + (first + turn) % count;
            let Some(search) = self.searches.get(index) else { continue };
            let read = self.read_search(memory, &mut progress, index, search).await;
            match read {
                Ok(()) => progress.done += 1,
                Err(error @ TwitterError::Invalid { .. }) => {
                    progress.refused += 1;
                    self.tell_refused(&error);
                }
                Err(error) if progress.done == 0 => {
                    // The others get their turn before this one again.
                    memory.first = index - base + 1;
                    return Err(error.into());
                }
                Err(error) => {
                    self.tell_cut_short(&error);
                    memory.first = index - base;
                    break;
                }
            }
            if progress.is_used_up() && turn + 1 < count {
                progress.left += count - turn - 1;
                memory.first = index - base + 1;
                break;
            }
        }
        self.note_gaps(&mut progress, level);
        self.end(progress, before.as_ref(), stored).await
    }

    /// What the pass means for what was missed before, and for what will be.
    fn note_gaps(&self, progress: &mut Progress, level: Level) {
        let credential = self.purse.name();
        if level != Level::Open {
            if let Some(since) = progress.checkpoint.pause(progress.now) {
                gaps::tell_pause(credential, since);
            }
            return;
        }
        let whole: BTreeSet<usize> = progress.whole.iter().map(|(index, _)| *index).collect();
        if progress.left == 0 && whole.len() + progress.refused >= self.packed {
            progress.checkpoint.close(progress.now, progress.moved).tell(credential);
        }
    }

    /// Never more searches than X's limit leaves over.
    fn cuts(&self) -> usize {
        let spare = self.api.spare_searches(&self.credential);
        let spare = spare.and_then(|spare| usize::try_from(spare).ok());
        spare.map_or(self.settings.cuts, |spare| spare.min(self.settings.cuts))
    }

    fn begin(&self, before: Option<Checkpoint>, now: Timestamp, level: Level) -> Progress {
        let channels = self.matcher.readers().iter().map(|reader| &*reader.channel);
        let packed = || self.searches.iter().take(self.packed).map(|search| &search.query);
        let mentions = self.searches.iter().skip(self.packed).map(|search| &search.query);
        let mentions: Vec<&Query> = mentions.filter(|_| level == Level::Reserve).collect();
        let known = |query: &&Query| before.as_ref().is_some_and(|before| before.knows(query));
        let new: Vec<&Query> = mentions.iter().copied().filter(|query| !known(query)).collect();
        let lag = self.settings.index_lag;
        let queries = packed().chain(mentions);
        let mut checkpoint = Checkpoint::begin(before, queries, channels, now, lag);
        for query in new {
            let finds = |other: &&Query| query.terms.iter().any(|term| other.terms.contains(term));
            checkpoint.begin_at(query, packed().filter(finds));
        }
        Progress {
            now,
            checkpoint,
            allowance: Allowance { tweets: self.limit, until: now + self.settings.pass_time },
            cuts: self.cuts(),
            fresh: BTreeMap::new(),
            whole: Vec::new(),
            done: 0,
            refused: 0,
            left: 0,
            moved: false,
            unexplained: 0,
        }
    }

    /// Reads one search: to its end, or the oldest part of what waits there.
    async fn read_search(
        &self,
        memory: &mut Memory,
        progress: &mut Progress,
        index: usize,
        search: &PackedSearch,
    ) -> Result<(), TwitterError> {
        let began = progress.checkpoint.since(&search.query);
        for _ in 0..WINDOWS {
            let since = progress.checkpoint.since(&search.query);
            let Some(end) = self.read_window(memory, progress, index, search).await? else {
                break;
            };
            if end == Reached::Newest {
                progress.whole.push((index, began));
            }
            let Some(backlog) = memory.backlogs.get_mut(index) else { break };
            let Some(given) = backlog.give(since, self.limit) else { continue };
            let is_waiting = backlog.is_waiting();
            let found = !given.tweets.is_empty();
            let read = given.tweets.iter().filter_map(|tweet| snowflake::parse(&tweet.id));
            let ids: BTreeSet<u64> = read.chain(given.known).collect();
            for tweet in given.tweets {
                self.take(memory, progress, since, tweet);
            }
            progress.moved |=
                progress.checkpoint.advance(&search.query, ids, given.high, given.indexed);
            if !is_waiting {
                return Ok(());
            }
            if found {
                break;
            }
        }
        progress.left += 1;
        Ok(())
    }

    /// Reads the window that is next: up to the newest, or the oldest part of what waits. `None`
    /// when the pass's time is up.
    async fn read_window(
        &self,
        memory: &mut Memory,
        progress: &mut Progress,
        index: usize,
        search: &PackedSearch,
    ) -> Result<Option<Reached>, TwitterError> {
        let since = progress.checkpoint.since(&search.query);
        let Some(backlog) = memory.backlogs.get(index) else { return Ok(None) };
        let reach = snowflake::at(snowflake::before(self.clock.now(), REACH)).max(since);
        let until = backlog.slice(reach, self.limit).or(backlog.unread_below());
        if until.is_some_and(|until| until <= since + 1) {
            return Ok(Some(Reached::Known));
        }
        let omission = self.omission(progress, memory, search, (since, until));
        progress.cuts -= omission.cuts.len();
        let text = format!("{}{}", search.query.text, omission.negations);
        let timeline = if index == 0 { self.own_timeline().await } else { None };
        let asked = timeline.as_ref().map_or(Asked::Search(&text), |own| Asked::Mentions(&own.id));
        let window = Window { since, until, known: omission.cuts };
        let (api, credential, settings) = (&self.api, &self.credential, &self.settings);
        let reading =
            Reading { api, credential, settings, clock: &self.clock, billed: &self.billed };
        let (mut piece, mut end) = reading.read(asked, &window, &mut progress.allowance).await;
        if let (Asked::Mentions(_), End::Failed(error)) = (asked, &end)
            && error.is_about_the_user()
        {
            // The app's own token still searches.
            self.give_up_own_timeline(error).await;
            let asked = Asked::Search(&text);
            (piece, end) = reading.read(asked, &window, &mut progress.allowance).await;
        }
        let whole = matches!(end, End::Whole);
        if let Some(backlog) = memory.backlogs.get_mut(index)
            && (whole || !piece.tweets.is_empty())
        {
            backlog.push(piece, whole, self.limit);
        }
        match end {
            End::Failed(error) => Err(error),
            End::Cut if self.clock.now() >= progress.allowance.until => Ok(None),
            End::Cut => {
                // The oldest part of it is read next.
                progress.allowance.tweets = progress.allowance.tweets.max(self.limit);
                Ok(Some(Reached::Known))
            }
            End::Whole if until.is_none() => Ok(Some(Reached::Newest)),
            End::Whole => Ok(Some(Reached::Known)),
        }
    }

    /// How a search leaves out what others delivered.
    fn omission(
        &self,
        progress: &Progress,
        memory: &Memory,
        search: &PackedSearch,
        (since, until): (u64, Option<u64>),
    ) -> Omission {
        if !memory.delivered.reaches(since) && !memory.pending.reaches(since) {
            return Omission::default();
        }
        let earlier = progress.whole.iter().filter(|(_, from)| *from <= since);
        let earlier = earlier.filter_map(|(index, _)| self.searches.get(*index));
        let negatable: HashMap<TermId, String> =
            earlier.flat_map(|earlier| earlier.terms.clone()).collect();
        let room = self.settings.query_length.saturating_sub(search.query.text.chars().count());
        let mut omission = Omission::default();
        for delivered in [&memory.delivered, &memory.pending] {
            let room = room.saturating_sub(omission.negations.chars().count());
            let cuts = progress.cuts.saturating_sub(omission.cuts.len());
            let more = delivered.omission(&search.terms, &negatable, since, room, cuts);
            if !omission.negations.contains(&more.negations) {
                omission.negations.push_str(&more.negations);
            }
            omission.cuts.extend(more.cuts);
        }
        let cut = |id: &u64| {
            until.is_none_or(|until| *id < until) && !progress.checkpoint.saw(&search.query, *id)
        };
        omission.cuts.retain(cut);
        omission.cuts.sort_unstable_by(|a, b| b.cmp(a));
        omission
    }

    /// Takes a tweet that no pass has taken before.
    fn take(&self, memory: &mut Memory, progress: &mut Progress, since: u64, tweet: Tweet) {
        let Some(id) = snowflake::parse(&tweet.id) else { return };
        // A search by time instead of by id begins earlier than it has to.
        let known =
            id <= since || progress.checkpoint.has_seen(id) || memory.delivered.contains(id);
        let found = self.matcher.found(&Subject::of(&tweet));
        if !known && !self.matcher.explains(&found) {
            progress.unexplained += 1;
        }
        memory.pending.insert(id, found);
        if !known {
            progress.fresh.entry(id).or_insert(tweet);
        }
    }

    /// Makes messages of what was found, and the checkpoint that goes with them.
    async fn end(
        &self,
        mut progress: Progress,
        before: Option<&Checkpoint>,
        stored: Option<&str>,
    ) -> Result<Pass, Failure> {
        let found = std::mem::take(&mut progress.fresh);
        let matched: Vec<Matched<'_>> =
            found.values().filter_map(|tweet| self.matched(&progress, tweet)).collect();
        let messages = self.messages(&matched, progress.now).await?;
        let whole = progress.whole.iter().filter_map(|(index, _)| self.searches.get(*index));
        if progress.moved {
            progress.checkpoint.finish(whole.map(|search| &search.query), progress.now);
        }
        self.tell(&progress);
        let checkpoint = match stored {
            Some(stored) if before == Some(&progress.checkpoint) => stored.to_owned(),
            _ => progress.checkpoint.write()?,
        };
        Ok(Pass { messages, checkpoint })
    }

    /// The channels that take a tweet; none of them from before its start.
    fn matched<'a>(&'a self, progress: &Progress, tweet: &'a Tweet) -> Option<Matched<'a>> {
        let subject = Subject::of(tweet);
        let mut readers = self.matcher.takers(&subject, &self.matcher.found(&subject));
        let written = normal::created_at(tweet);
        readers.retain(|reader| {
            let start = progress.checkpoint.start(&reader.channel.id);
            // X cuts times to seconds.
            start.is_none_or(|start| written.as_second() >= start.as_second())
        });
        (!readers.is_empty()).then_some(Matched { tweet, readers })
    }

    /// Says what was left, and what nobody can explain: our rules and X's have come apart.
    fn tell(&self, progress: &Progress) {
        if progress.left > 0 {
            tracing::info!(
                source = self.name,
                searches = progress.left,
                metric = "BacklogLeft",
                "a pass leaves tweets to the next one"
            );
        }
        if progress.unexplained > 0 {
            tracing::warn!(
                source = self.name,
                unexplained = progress.unexplained,
                metric = "Unexplained",
                "tweets match no channel's terms"
            );
        }
    }

    /// A query that X does not understand is a fault of ours; the others go on.
    fn tell_refused(&self, error: &TwitterError) {
        tracing::error!(
            source = self.name,
            error_type = error.error_type(),
            metric = "SearchRefused",
            "X refuses a search; its terms find nothing"
        );
    }

    fn tell_cut_short(&self, error: &TwitterError) {
        tracing::warn!(
            source = self.name,
            error_type = error.error_type(),
            metric = "PassCutShort",
            "a search failed; the pass ends with what the others found"
        );
    }
}

impl Progress {
    fn is_used_up(&self) -> bool {
        self.allowance.tweets == 0 || self.left > 0
    }
}

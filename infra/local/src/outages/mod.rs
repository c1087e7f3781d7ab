//! Takes CIC away while many people write, gives it back, and asks the simulated CIC what became of
//! what they wrote. The bridge's own tables are not asked.

mod talk;

use std::{collections::HashSet, fmt, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};

pub use talk::{Talk, public, seen};

use crate::{
    scenes::{SceneError, Stage, tidy_up},
    stack::{Options, Stack, StackError},
    world::{Addresses, Cic, Control, Fault, Mark, World, WorldError},
};

/// What each visitor writes, the post included.
const EACH: usize = 10;
/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(900);
/// Between two looks at what agents see: thousands of lines are much to read.
const PACE: Duration = Duration::from_secs(1);
/// Without end, as far as an outage goes.
const ALWAYS: u64 = 1_000_000;

/// Why a run came to no verdict.
#[derive(Debug, thiserror::Error)]
pub enum OutageError {
    /// The world does not answer.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Something never happened.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// AWS does not answer.
    #[error(transparent)]
    Stack(#[from] StackError),
}

/// How CIC goes away.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// That visitors write while it is away, or a few more.
    pub messages: usize,
    /// For how long at least: it comes back when all is written, too.
    pub away: Duration,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Of visitors with agents.
    pub conversations: usize,
    /// That came while CIC was away.
    pub messages: usize,
    /// How long that was.
    pub away: Duration,
    /// Calls to CIC in that time.
    pub calls: u64,
    /// From CIC's return until agents had seen all of them.
    pub took: Duration,
    /// Messages in the dead-letter queues.
    pub parked: u64,
    /// Messages that no agent saw.
    pub lost: usize,
    /// Messages that agents saw again.
    pub doubled: usize,
    /// Conversations that are not in the order in which they were written.
    pub disordered: usize,
}

impl Report {
    /// Whether nothing was lost, doubled, out of order or parked, and CIC was left in peace: called
    /// less often than messages wait.
    pub fn holds(&self) -> bool {
        let wrong = [self.lost, self.doubled, self.disordered];
        let patient = u64::try_from(self.messages).is_ok_and(|messages| self.calls < messages);
        wrong == [0; 3] && self.parked == 0 && patient
    }

    fn judge(&mut self, said: &[String], seen: &[String]) {
        let known: HashSet<&String> = seen.iter().collect();
        let mut once = HashSet::new();
        let firsts: Vec<&String> = seen.iter().filter(|text| once.insert(*text)).collect();
        let expected: Vec<&String> = said.iter().filter(|text| known.contains(text)).collect();
        self.lost += said.len() - expected.len();
        self.doubled += seen.len() - firsts.len();
        self.disordered += usize::from(firsts != expected);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { conversations, messages, away, calls, took, parked, lost, doubled, disordered } =
            self;
        writeln!(out, "CIC away            {:>6} s", away.as_secs())?;
        writeln!(out, "conversations       {conversations:>6}")?;
        writeln!(out, "messages meanwhile  {messages:>6}")?;
        writeln!(out, "calls in vain       {calls:>6}")?;
        writeln!(out, "all shown after     {:>6} s", took.as_secs())?;
        writeln!(out, "parked              {parked:>6}")?;
        writeln!(out, "lost                {lost:>6}")?;
        writeln!(out, "doubled             {doubled:>6}")?;
        writeln!(out, "out of order        {disordered:>6}")
    }
}

/// The stack that such a run wants.
pub fn options(options: Options) -> Options {
    Options { cic_limits: false, ..options }
}

/// Half of the visitors have an interaction when CIC goes; the others write for the first time while
/// it is away.
pub async fn run(
    stack: &Stack,
    outage: Outage,
    progress: &dyn Fn(&str),
) -> Result<Report, OutageError> {
    let world = World::new(&Addresses {
        facebook_url: stack.facebook_url.clone(),
        twitter_url: stack.twitter_url.clone(),
        cic_urls: stack.cic_urls.clone(),
    })?;
    let mark = Mark::new();
    let stage = Stage::new(&world, &mark);
    let servers = || world.cic.iter().map(Cic::control);
    let conversations = outage.messages.div_ceil(EACH).max(2);
    let mut talks = Vec::new();
    for _ in 0..conversations / 2 {
        talks.push(Talk::begin(&stage).await?);
    }
    all_seen(&stage, &talks, LIMIT).await?;

    progress("CIC goes away");
    let gone = Instant::now();
    for server in servers() {
        server.add_fault(&Fault::status("*", 503).times(ALWAYS)).await?;
    }
    let before = calls(servers()).await?;
    let mut report = Report { conversations, ..Report::default() };
    while talks.len() < conversations {
        talks.push(Talk::begin(&stage).await?);
        report.messages += 1;
    }
    while report.messages < outage.messages {
        for talk in &mut talks {
            talk.say(&stage, "And it still blinks.").await?;
            report.messages += 1;
        }
    }
    let told = async || Ok((world.facebook.untold().await? == 0).then_some(()));
    world.eventually("the last callback", LIMIT, told).await?;
    sleep_until(gone + outage.away).await;
    report.calls = calls(servers()).await? - before;
    for server in servers() {
        server.drop_faults().await?;
    }
    report.away = gone.elapsed();

    progress("CIC is back");
    let back = Instant::now();
    // What is not there by the limit is lost, and the verdict says how much.
    all_seen(&stage, &talks, LIMIT).await?;
    report.took = back.elapsed();
    // With this one, everything before it was dealt with: a conversation's messages wait in line.
    for talk in &mut talks {
        talk.say(&stage, "Now it is green.").await?;
    }
    all_seen(&stage, &talks, LIMIT).await?;
    for (talk, seen) in talks.iter().zip(seen(&stage, &talks).await?) {
        report.judge(&talk.said, &seen);
    }
    for queue in [&stack.queues.inbound_dlq, &stack.queues.outbound_dlq] {
        report.parked += stack.waiting_in(queue).await?;
    }
    tidy_up(&world, &mark).await?;
    Ok(report)
}

/// Awaits that agents have seen all that was written; `false` where they have not by then.
pub async fn all_seen(stage: &Stage, talks: &[Talk], limit: Duration) -> Result<bool, WorldError> {
    let deadline = Instant::now() + limit;
    loop {
        let last = Instant::now() >= deadline;
        let seen = seen(stage, talks).await?;
        let all = talks.iter().zip(seen).all(|(talk, seen)| {
            let seen: HashSet<&String> = seen.iter().collect();
            seen.len() == talk.said.len()
        });
        if all || last {
            return Ok(all);
        }
        sleep(PACE).await;
    }
}

async fn calls(servers: impl Iterator<Item = &Control>) -> Result<u64, WorldError> {
    let mut calls = 0;
    for server in servers {
        calls += server.requests().await?.values().sum::<u64>();
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(seen: &[&str]) -> [usize; 3] {
        let texts = |all: &[&str]| all.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let mut report = Report::default();
        report.judge(&texts(&["a", "b", "c"]), &texts(seen));
        [report.lost, report.doubled, report.disordered]
    }

    #[test]
    fn what_is_lost_doubled_or_out_of_order_is_told_apart() {
        assert_eq!(judged(&["a", "b", "c"]), [0, 0, 0]);
        assert_eq!(judged(&["a", "c"]), [1, 0, 0]);
        assert_eq!(judged(&["a", "b", "a", "c"]), [0, 1, 0]);
        assert_eq!(judged(&["b", "a", "c"]), [0, 0, 1]);
    }

    #[test]
    fn a_storm_of_calls_does_not_hold() {
        let quiet = Report { messages: 10, calls: 9, ..Report::default() };
        assert!(quiet.holds());
        assert!(!Report { calls: 10, ..quiet }.holds());
    }
}

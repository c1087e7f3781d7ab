//! Kills the functions' processes at every named point while visitors and agents talk, and asks the
//! simulated network and CIC what became of what was said. The bridge's own tables are not asked.

mod conversation;
mod orders;
mod place;

use std::{cell::RefCell, collections::BTreeMap, fmt, time::Duration};

use conversation::Verdict;
use futures::{StreamExt, future::try_join3, stream};
use orders::{Aws, Orders};
use place::PLACES;
use reqwest::Client;
use simulators::seed::facebook;
use social_failpoints::Point;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    scenes::{ACME_NORD, SceneError, Stage},
    stack::{Build, Options, Stack},
    world::{Addresses, Mark, World, WorldError},
};

/// Conversations that go on side by side.
const SIDE_BY_SIDE: usize = 24;
/// Between two of them that begin.
const BETWEEN: Duration = Duration::from_millis(400);
/// Between two words about how far it is.
const BETWEEN_WORDS: Duration = Duration::from_secs(30);
/// What the stack differs in from one that people try out: nothing waits for as long as in AWS, and
/// what a dead poller held is soon another's.
const PARAMETERS: [(&str, &str); 5] = [
    ("MessageLease", "10"),
    ("CollectSeconds", "60"),
    ("PassSeconds", "1"),
    ("RunSeconds", "1"),
    ("LastPassSeconds", "1"),
];

/// Why a run came to no verdict.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// The world does not answer.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Something never happened.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// An order could not be given.
    #[error("cannot order a process to die")]
    Order(#[from] std::io::Error),
    /// AWS does not answer.
    #[error("cannot reach the stack's AWS")]
    Aws(#[from] reqwest::Error),
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// How often a process died at each point.
    pub kills: BTreeMap<Point, u32>,
    /// What became of what people said.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// What came of two runs side by side.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (point, kills) in other.kills {
            *self.kills.entry(point).or_default() += kills;
        }
        self.verdict.add(other.verdict);
        self.took = self.took.max(other.took);
        self
    }

    /// Whether nothing was lost, nothing doubled, and all in order.
    pub fn holds(&self) -> bool {
        self.verdict.wrong.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (point, kills) in &self.kills {
            let (call, when) = (point.call.name(), point.when.name());
            writeln!(out, "{:<16} {call:<14} {when:<7} {kills:>5} kills", point.function)?;
        }
        let Verdict { conversations, messages, replies, returned, dropped, wrong } = &self.verdict;
        writeln!(
            out,
            "{} kills, {conversations} conversations, {messages} messages, {replies} replies, \
             {} given back, {dropped} chats dropped, {} s: {} wrong",
            self.kills.values().sum::<u32>(),
            returned.len(),
            self.took.as_secs(),
            wrong.len(),
        )?;
        returned.iter().try_for_each(|why| writeln!(out, "  given back: {why}"))?;
        wrong.iter().try_for_each(|wrong| writeln!(out, "  {wrong}"))
    }
}

/// The stack that such a run wants.
pub fn options(options: Options) -> Options {
    let parameters = PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Options {
        cic_limits: false,
        build: Build { failpoints: true, ..options.build },
        parameters: options.parameters.into_iter().chain(parameters).collect(),
        ..options
    }
}

/// Kills at each point until each had so many, and tells of what went wrong as it is found.
pub async fn run(stack: &Stack, each: u32, progress: &dyn Fn(&str)) -> Result<Report, KillError> {
    let start = Instant::now();
    let world = World::new(&Addresses {
        facebook_url: stack.facebook_url.clone(),
        twitter_url: stack.twitter_url.clone(),
        cic_urls: stack.cic_urls.clone(),
    })?;
    silence(stack, ACME_NORD.id).await?;
    let aws = Aws::new(stack)?;
    // One message a batch: a kill takes the messages that it is about, and no others.
    aws.one_at_a_time("router").await?;
    aws.one_at_a_time("publisher").await?;
    aws.forget_soon(&stack.queues.inbound).await?;
    aws.forget_soon(&stack.queues.outbound).await?;
    let orders = Orders::new(stack, each);
    let verdict = RefCell::new(Verdict::default());
    let talk = async {
        let begun = stream::iter((1..).zip(PLACES.into_iter().cycle()));
        let conversations = begun.map(|(begun, place)| {
            let (at, stage) = (start + BETWEEN * begun, Stage::new(&world, &Mark::new()));
            async move {
                sleep_until(at).await;
                conversation::play(&stage, place).await
            }
        });
        let running = stream::StreamExt::take_while(conversations, |_| {
            let goes_on = orders.is_open();
            async move { goes_on }
        });
        let mut ended = std::pin::pin!(running.buffer_unordered(SIDE_BY_SIDE));
        while let Some(ended) = ended.next().await {
            let ended = ended?;
            ended.wrong.iter().for_each(|wrong| progress(wrong));
            verdict.borrow_mut().add(ended);
        }
        orders.close();
        Ok::<(), KillError>(())
    };
    let tell = async {
        while orders.is_open() {
            sleep(BETWEEN_WORDS).await;
            progress(&format!("{} kills to go", orders.to_go()));
        }
        Ok(())
    };
    try_join3(talk, orders.give(&aws), tell).await?;
    Ok(Report { kills: orders.kills(), verdict: verdict.into_inner(), took: start.elapsed() })
}

/// Has the network call nobody back about that page: what is written there is the poller's alone to find.
#[expect(clippy::disallowed_methods, reason = "never leaves with a function")]
async fn silence(stack: &Stack, page: &str) -> Result<(), KillError> {
    let http = Client::builder().no_proxy().build()?;
    let url = format!("{}/v26.0/{page}/subscribed_apps", stack.facebook_url);
    let token = format!("{}|{}", facebook::APP_ID, facebook::APP_SECRET);
    http.delete(url).query(&[("access_token", token)]).send().await?.error_for_status()?;
    Ok(())
}

//! What stories share: a stage on a running stack, and the ways around the simulators.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, resume_unwind},
    time::Duration,
};

use futures::FutureExt;
use libtest_mimic::{Failed, Trial};
use local::{
    scenes::{Stage, tidy_up},
    stack::Stack,
    world::{Addresses, Mark, World, eventually},
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::{
    aws::Aws,
    floor::{CALLBACKS, Floor},
    webhook::Webhook,
};

/// How long a log line may take: it comes when the invocation has ended.
const LOG_LIMIT: Duration = Duration::from_secs(45);

/// How a story ended.
pub(crate) type Outcome<T = ()> = Result<T, Failed>;

/// One story on a stack that it shares with others.
pub(crate) struct Story {
    /// Visitors, agents, and what they see.
    pub(crate) stage: Stage,
    /// The administrators' way in.
    pub(crate) aws: Aws,
    /// The networks' and CIC's way in, for callbacks of the story's own.
    pub(crate) webhook: Webhook,
    /// Where everything is.
    pub(crate) stack: &'static Stack,
}

impl Story {
    fn new(stack: &'static Stack, mark: &Mark) -> Outcome<Self> {
        let world = world(stack)?;
        let (aws, webhook) = (Aws::new(stack)?, Webhook::new(stack)?);
        Ok(Self { stage: Stage::new(&world, mark), aws, webhook, stack })
    }

    /// Asks `condition` until it gives a value; too late, tells what the world held.
    pub(crate) async fn until<T>(
        &self,
        awaited: &str,
        limit: Duration,
        condition: impl AsyncFnMut() -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        if let Some(value) = eventually(limit, condition).await? {
            return Ok(value);
        }
        let held = self.stage.world.picture().await;
        let waited = limit.as_secs();
        Err(format!("waited {waited} s for {awaited}; the world held:\n{held}").into())
    }

    /// Awaits a metric in the log of `function`, with these fields beside it.
    pub(crate) async fn counted(
        &self,
        function: &str,
        metric: &str,
        fields: &[(&str, &str)],
    ) -> Outcome {
        let is_it = |line: &Value| {
            line.get("_aws").is_some()
                && line.get(metric).is_some_and(|count| count == 1)
                && fields.iter().all(|(name, value)| line.get(name).is_some_and(|it| it == value))
        };
        let awaited = format!("the metric {metric} with {fields:?} in the log of {function}");
        self.until(&awaited, LOG_LIMIT, async || {
            let log = self.aws.log(self.stack, function).await?;
            let lines = log.iter().filter_map(|line| serde_json::from_str(line).ok());
            Ok(lines.into_iter().any(|line: Value| is_it(&line)).then_some(()))
        })
        .await
    }
}

/// The simulated world of a stack.
pub(crate) fn world(stack: &Stack) -> Outcome<World> {
    let addresses = Addresses {
        facebook_url: stack.facebook_url.clone(),
        twitter_url: stack.twitter_url.clone(),
        cic_urls: stack.cic_urls.clone(),
    };
    Ok(World::new(&addresses)?)
}

/// A story that others may play beside.
pub(crate) fn story(name: &str, play: impl AsyncFn(&Story) -> Outcome + Send + 'static) -> Trial {
    story_on(&CALLBACKS, name, play)
}

/// The same on a stack of choice.
pub(crate) fn story_on(
    floor: &'static Floor,
    name: &str,
    play: impl AsyncFn(&Story) -> Outcome + Send + 'static,
) -> Trial {
    Trial::test(name, move || {
        let stack = floor.stack()?;
        let _floor = floor.shared();
        perform(stack, &play)
    })
}

/// A story that disturbs whoever plays beside it.
pub(crate) fn lonely_story(
    name: &str,
    play: impl AsyncFn(&Story) -> Outcome + Send + 'static,
) -> Trial {
    lonely_story_on(&CALLBACKS, name, play)
}

/// The same on a stack of choice.
pub(crate) fn lonely_story_on(
    floor: &'static Floor,
    name: &str,
    play: impl AsyncFn(&Story) -> Outcome + Send + 'static,
) -> Trial {
    Trial::test(name, move || {
        let stack = floor.stack()?;
        let _floor = floor.alone();
        perform(stack, &play)
    })
}

/// Plays a story, and then closes what it opened, whichever way it ended: CIC counts open chats.
fn perform(stack: &'static Stack, play: &impl AsyncFn(&Story) -> Outcome) -> Outcome {
    runtime()?.block_on(async {
        let mark = Mark::new();
        let story = Story::new(stack, &mark)?;
        let played = AssertUnwindSafe(play(&story)).catch_unwind().await;
        // What stays open only keeps a place; what the story found out counts.
        tidy_up(&story.stage.world, &mark).await.ok();
        played.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// A runtime for one thread: scenes stay on theirs.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Prints a line beside the tests' results.
pub(crate) fn tell(line: &str) {
    // Nobody may be reading.
    writeln!(io::stderr(), "{line}").ok();
}

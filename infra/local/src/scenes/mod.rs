//! The scripted conversations: what `cargo demo` plays and the integration tests drive.
//!
//! Every scene brings its own visitors and its own words, so that scenes can play side by side on
//! one stack, again and again; none assumes an empty world.

mod facebook;
mod narrator;
mod sample;
mod stage;
mod steps;
mod switchover;
mod twitter;

use std::io;

use futures::{StreamExt, future::LocalBoxFuture, stream};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    time::Instant,
};

use crate::world::{World, WorldError};

pub use facebook::{both_roads, facebook_conversation, own_post, two_pages};
pub use narrator::{JsonNarrator, Narrator, TextNarrator};
pub use sample::{ACME, ACME_NORD, BRAND, MARKET_WATCH, SOCIAL_NORD, SOCIAL_SUPPORT, SamplePage};
pub use stage::{Stage, tidy_up};
pub use steps::{Step, Steps, Summary};
pub use switchover::switchover;
pub use twitter::{competitor, keyword_without_handle, matching, mention};

/// How many scenes may play at once: more would open more chats than CIC lets one address have.
pub const SIDE_BY_SIDE: usize = 6;

/// Why a scene did not play to its end.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// A call failed, or something did not come in time.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Something is there that must not be, or is not as it must be.
    #[error("it does not hold that {claim}; the world held:\n{held}")]
    Broken {
        /// What should hold.
        claim: String,
        /// What there was instead.
        held: String,
    },
}

type Play = for<'a> fn(&'a World, &'a mut Steps) -> LocalBoxFuture<'a, Result<(), SceneError>>;

/// A scripted conversation.
#[derive(Clone, Copy)]
pub struct Scene {
    /// In every line that is printed of it.
    pub name: &'static str,
    /// Disturbs whoever plays beside it.
    pub exclusive: bool,
    /// How many steps it has.
    pub steps: usize,
    play: Play,
}

impl Scene {
    const fn beside_others(name: &'static str, steps: usize, play: Play) -> Self {
        Self { name, exclusive: false, steps, play }
    }

    const fn alone(name: &'static str, steps: usize, play: Play) -> Self {
        Self { name, exclusive: true, steps, play }
    }

    /// Plays it, and then closes what it opened, whichever way it ended: CIC counts open chats.
    pub async fn play(&self, world: &World, mut steps: Steps) -> Result<(), SceneError> {
        let played = (self.play)(world, &mut steps).await;
        if let Err(error) = &played {
            steps.broke_off(error);
        }
        // What stays open only keeps a place; what the scene found out counts.
        stage::tidy_up(world, steps.mark()).await.ok();
        played
    }
}

/// Every scene, in the order of the README.
pub fn all() -> Vec<Scene> {
    vec![
        Scene::beside_others("facebook conversation", 7, |world, steps| {
            Box::pin(facebook_conversation(world, steps))
        }),
        Scene::beside_others("the page's own post", 4, |world, steps| {
            Box::pin(own_post(world, steps))
        }),
        Scene::beside_others("two regional pages", 3, |world, steps| {
            Box::pin(two_pages(world, steps))
        }),
        Scene::beside_others("twitter mention", 3, |world, steps| Box::pin(mention(world, steps))),
        Scene::beside_others("twitter keyword", 3, |world, steps| {
            Box::pin(keyword_without_handle(world, steps))
        }),
        Scene::beside_others("twitter competitor", 4, |world, steps| {
            Box::pin(competitor(world, steps))
        }),
        Scene::beside_others("twitter matching", 3, |world, steps| {
            Box::pin(matching(world, steps))
        }),
        Scene::beside_others("both roads", 3, |world, steps| Box::pin(both_roads(world, steps))),
        Scene::alone("switchover", 4, |world, steps| Box::pin(switchover(world, steps))),
    ]
}

/// Plays every scene, up to `concurrency` of them side by side, and tells each step at once.
///
/// A scene that fails ends there; the others go on. The error is the narrator's: the scenes play to
/// their end without it. The future stays on its thread: the scenes are not `Send`.
pub async fn play(
    world: &World,
    narrator: &mut dyn Narrator,
    concurrency: usize,
) -> io::Result<Summary> {
    play_these(&all(), world, narrator, concurrency).await
}

/// Plays `scenes` as [`play`] does.
pub async fn play_these(
    scenes: &[Scene],
    world: &World,
    narrator: &mut dyn Narrator,
    concurrency: usize,
) -> io::Result<Summary> {
    let start = Instant::now();
    let (told, heard) = mpsc::unbounded_channel();
    let playing = async move {
        let run = async |scene: &Scene| {
            // A failure was told as a step of its scene.
            scene.play(world, Steps::told_to(scene.name, told.clone())).await.ok();
        };
        let (alone, beside): (Vec<_>, Vec<_>) = scenes.iter().partition(|scene| scene.exclusive);
        stream::iter(beside).for_each_concurrent(concurrency.max(1), run).await;
        stream::iter(alone).for_each_concurrent(1, run).await;
    };
    let ((), narrated) = tokio::join!(playing, narrate(heard, narrator));
    let (steps, failed) = narrated?;
    let summary = Summary { scenes: scenes.len(), steps, failed, elapsed: start.elapsed() };
    narrator.summary(&summary)?;
    Ok(summary)
}

/// Tells the steps as they come, and counts them: all, and those that failed.
async fn narrate(
    mut heard: UnboundedReceiver<Step>,
    narrator: &mut dyn Narrator,
) -> io::Result<(usize, usize)> {
    let (mut steps, mut failed, mut told) = (0, 0, Ok(()));
    while let Some(step) = heard.recv().await {
        steps += 1;
        failed += usize::from(!step.ok());
        if told.is_ok() {
            told = narrator.step(&step);
        }
    }
    told.map(|()| (steps, failed))
}

#[cfg(test)]
mod tests;

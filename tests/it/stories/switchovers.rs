//! The scenes of the demo, on every age of CIC, with a server lost at every step of each.
//!
//! Scenes that may play side by side do so here, too, and lose the server together: each waits
//! before the step of the round until the others are there.

use std::{cell::Cell, rc::Rc, time::Duration};

use futures::{FutureExt, future::join_all};
use libtest_mimic::Trial;
use local::{
    scenes::{self, Scene, SceneError, Steps},
    world::{Fault, FaultKind, World},
};
use tokio::sync::Notify;

use super::scenes::AGES;
use crate::{
    floor::SWITCHED,
    story::{self, Outcome, Story},
};

/// How long the pair may need until the first server serves again.
const HAND_BACK: Duration = Duration::from_secs(15);

/// What the pair loses before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// The server that serves. The other one takes over, and serves until the scenes have ended.
    Primary,
    /// The same, but it is back before the next step, and takes over again.
    PrimaryForOneStep,
    /// The server that stands by.
    Backup,
}

const LOSSES: [(&str, Lost); 3] = [
    ("the_primary", Lost::Primary),
    ("the_primary_for_one_step", Lost::PrimaryForOneStep),
    ("the_backup", Lost::Backup),
];

/// A story for each step, server lost and age of CIC.
pub(super) fn all() -> Vec<Trial> {
    let longest = scenes::all().iter().map(|scene| scene.steps).max().unwrap_or_default();
    let rounds = (1..=longest).flat_map(|step| LOSSES.map(|loss| (step, loss)));
    let stories = rounds.flat_map(|(step, (loss, lost))| {
        AGES.into_iter().zip(&SWITCHED).map(move |((age, floor), other)| {
            // Two stacks of each age share the rounds.
            let floor = if step % 2 == 0 { floor } else { other };
            let name = format!("switchovers::step_{step}_without_{loss}{age}");
            story::lonely_story_on(floor, &name, async move |story: &Story| {
                play(&story::world(story.stack)?, step, lost).await
            })
        })
    });
    stories.collect()
}

/// Plays every scene that has such a step: those that disturb others after the rest.
async fn play(world: &World, step: usize, lost: Lost) -> Outcome {
    let scenes = scenes::all().into_iter().filter(|scene| scene.steps >= step);
    let (alone, beside): (Vec<_>, Vec<_>) = scenes.partition(|scene| scene.exclusive);
    play_together(world, &beside, step, lost).await?;
    // Its own steps take the primary away: without the other one, nobody would be left.
    if lost != Lost::Backup {
        play_together(world, &alone, step, lost).await?;
    }
    Ok(())
}

/// Plays `scenes` side by side; the error names those that did not hold.
async fn play_together(world: &World, scenes: &[Scene], step: usize, lost: Lost) -> Outcome {
    let meeting = Rc::new(Meeting::of(scenes.len()));
    let playing = scenes.iter().map(async |scene| {
        let (its_world, met) = (world.clone(), meeting.clone());
        let steps = Steps::quiet(scene.name).disturbed_by(move |begun| {
            incident(its_world.clone(), met.clone(), begun, step, lost).boxed_local()
        });
        let played = scene.play(world, steps).await;
        meeting.leave();
        played.map_err(|error| format!("\"{}\": {error}", scene.name))
    });
    let played = join_all(playing).await;
    recovers(world).await?;
    let failed: Vec<_> = played.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n\n").into()) }
}

/// What happens before a scene's step `begun`, in the round that loses a server before `step`.
///
/// Everybody does it who has met, so each can fail with the reason; only the first changes anything.
async fn incident(
    world: World,
    meeting: Rc<Meeting>,
    begun: usize,
    step: usize,
    lost: Lost,
) -> Result<(), SceneError> {
    let loses = begun == step;
    let has_it_back = begun == step + 1 && lost == Lost::PrimaryForOneStep;
    if loses || has_it_back {
        meeting.gather().await;
    }
    if loses {
        loses_server(&world, lost).await?;
    }
    if has_it_back {
        recovers(&world).await?;
    }
    Ok(())
}

/// One server does not answer any more. Nobody waits until the other one has taken over.
async fn loses_server(world: &World, lost: Lost) -> Result<(), SceneError> {
    let [primary, backup] = &world.cic;
    let (server, fault) = match lost {
        // Its machine is well, and says that it does not serve.
        Lost::Primary => (primary, Fault::status("*", 503)),
        // Its machine is gone.
        Lost::PrimaryForOneStep => (primary, Fault::new(FaultKind::Reset, "*")),
        Lost::Backup => (backup, Fault::new(FaultKind::Reset, "*")),
    };
    Ok(server.control().add_fault(&fault.times(100_000)).await?)
}

/// Both servers are well, and the primary serves.
async fn recovers(world: &World) -> Result<(), SceneError> {
    let [primary, backup] = &world.cic;
    backup.control().drop_faults().await?;
    primary.control().drop_faults().await?;
    let serves = async || Ok(primary.status().await?.active.then_some(()));
    Ok(world.eventually("the primary to serve again", HAND_BACK, serves).await?)
}

/// Scenes that wait for each other. They are all on one thread.
struct Meeting {
    playing: Cell<usize>,
    here: Cell<usize>,
    met: Notify,
}

impl Meeting {
    fn of(playing: usize) -> Self {
        Self { playing: Cell::new(playing), here: Cell::new(0), met: Notify::new() }
    }

    /// Waits until everybody is here who has not left.
    async fn gather(&self) {
        let met = self.met.notified();
        self.here.set(self.here.get() + 1);
        if !self.goes_on() {
            met.await;
        }
    }

    /// Nobody need wait for one of them any more.
    fn leave(&self) {
        self.playing.set(self.playing.get() - 1);
        self.goes_on();
    }

    /// Whether nobody is missing; whoever waits is told.
    fn goes_on(&self) -> bool {
        let complete = self.here.get() == self.playing.get();
        if complete {
            self.here.set(0);
            self.met.notify_waiters();
        }
        complete
    }
}

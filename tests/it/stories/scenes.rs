//! The scripted conversations of the demo.

use libtest_mimic::Trial;
use local::scenes::{self, Scene, Steps};

use crate::story::{self, Outcome, Story};

/// The scenes that play beside others, and those that do not.
pub(super) fn all() -> (Vec<Trial>, Vec<Trial>) {
    let (alone, beside): (Vec<_>, Vec<_>) = scenes::all().into_iter().partition(|it| it.exclusive);
    let beside = beside.into_iter().map(|it| story::story(&name(&it), played(it)));
    let alone = alone.into_iter().map(|it| story::lonely_story(&name(&it), played(it)));
    (beside.collect(), alone.collect())
}

fn name(scene: &Scene) -> String {
    let words = scene.name.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| word.len() > 1).collect();
    format!("scenes::{}", words.join("_"))
}

fn played(scene: Scene) -> impl AsyncFn(&Story) -> Outcome + Send + 'static {
    async move |story: &Story| {
        let world = story::world(story.stack)?;
        Ok(scene.play(&world, Steps::quiet(scene.name)).await?)
    }
}

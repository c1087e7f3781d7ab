//! The scripted conversations of the demo.

use libtest_mimic::Trial;
use local::scenes::{self, Scene, Steps};

use crate::{
    floor::{CALLBACKS, CIC_OF_2016, CIC_OF_OLD, Floor},
    story::{self, Outcome, Story},
};

/// The ages of CIC, as the names of stories end, and where each is.
pub(super) const AGES: [(&str, &Floor); 3] =
    [("", &CALLBACKS), ("_on_cic_2016", &CIC_OF_2016), ("_on_websvcs", &CIC_OF_OLD)];

/// The scenes that play beside others, and those that do not; each on every age of CIC.
pub(super) fn all() -> (Vec<Trial>, Vec<Trial>) {
    let scenes =
        AGES.into_iter().flat_map(|age| scenes::all().into_iter().map(move |it| (age, it)));
    let (alone, beside): (Vec<_>, Vec<_>) = scenes.partition(|(_, it)| it.exclusive);
    let beside = beside.into_iter().map(|((age, floor), it)| {
        story::story_on(floor, &format!("{}{age}", name(&it)), played(it))
    });
    let alone = alone.into_iter().map(|((age, floor), it)| {
        story::lonely_story_on(floor, &format!("{}{age}", name(&it)), played(it))
    });
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

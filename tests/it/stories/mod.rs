//! What happens to people's messages, from one end to the other.

mod administrators;
mod commands;
mod desk;
mod doors;
mod queues;
mod roads;
mod scenes;

use libtest_mimic::Trial;

/// Every story: those that wait for long first, those that disturb others last.
pub(crate) fn all() -> Vec<Trial> {
    let (scenes, lonely_scenes) = scenes::all();
    [
        administrators::all(),
        commands::all(),
        roads::all(),
        scenes,
        queues::all(),
        doors::all(),
        desk::all(),
        lonely_scenes,
        desk::lonely(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

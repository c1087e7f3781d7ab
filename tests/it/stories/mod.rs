//! What happens to people's messages, from one end to the other.

mod administrators;
mod aws_faults;
mod commands;
mod desk;
mod doors;
mod killed;
mod outages;
mod parked;
mod privacy;
mod queues;
mod roads;
mod same;
mod scenes;
mod switchovers;
mod talks;
mod town;

use libtest_mimic::Trial;

/// Every story: those that wait for long first, those that disturb others last.
pub(crate) fn all() -> Vec<Trial> {
    let (scenes, lonely_scenes) = scenes::all();
    [
        town::all(),
        killed::all(),
        aws_faults::all(),
        administrators::all(),
        commands::all(),
        roads::all(),
        same::all(),
        scenes,
        queues::all(),
        doors::all(),
        privacy::all(),
        desk::all(),
        outages::all(),
        lonely_scenes,
        desk::lonely(),
        same::lonely(),
        parked::lonely(),
        switchovers::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

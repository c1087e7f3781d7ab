//! What must hold of the template and of the workspace, and what no story can notice.

mod cloudformation;
mod dependencies;
mod failpoints;
mod processes;
mod roles;
mod settings;
mod template;

use libtest_mimic::Trial;

pub(crate) fn all() -> Vec<Trial> {
    [
        template::all(),
        settings::all(),
        dependencies::all(),
        failpoints::all(),
        processes::all(),
        roles::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

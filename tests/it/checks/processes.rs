//! What the end of a run looks for can be found while the stack is up.

use libtest_mimic::Trial;
use std::path::Path;

use crate::{floor, floor::CALLBACKS, story::Outcome};

pub(super) fn all() -> Vec<Trial> {
    vec![Trial::test("processes::those_of_a_stack_are_known_by_its_directory", known)]
}

/// ministack, the simulators, and the functions that the deployment has started.
fn known() -> Outcome {
    CALLBACKS.stack()?;
    if !Path::new("/proc/self/environ").exists() {
        return Ok(());
    }
    let living = floor::living(&CALLBACKS.directory());
    for name in ["python", "simulators", "bootstrap"] {
        assert!(living.iter().any(|process| process.contains(name)), "no {name} in {living:?}");
    }
    Ok(())
}

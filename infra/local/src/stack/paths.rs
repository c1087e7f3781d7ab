//! Where things are.

use std::path::{Path, PathBuf};

/// The workspace.
pub(super) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// What the local stack makes: its virtual environment, the packed functions, the default stack.
pub(super) fn local() -> PathBuf {
    root().join("target/local")
}

/// A helper file of this crate.
pub(super) fn helper(name: &str) -> PathBuf {
    root().join("infra/local").join(name)
}

/// The template that runs in AWS.
pub(super) fn template() -> PathBuf {
    root().join("infra/template.yaml")
}

//! Models that drive the bridge's own transition functions through everything that may happen to
//! them: crashes, two workers at once, lost answers, delayed posts, late indexes, expired leases.
//!
//! `stateright` looks at every state. Naive designs run in the same model, and must fail in it.

pub mod design;
pub mod opening;
pub mod reply;

pub use design::Design;
pub use reply::{Setting, World};

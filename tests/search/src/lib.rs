//! The packed search held against the simulated X, and against a second opinion on what matches.
//! Neither knows of the other; only this crate knows both.

pub mod opinion;
pub mod town;
mod world;

pub use world::{Clock, World, keys};

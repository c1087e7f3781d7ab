//! The local stack: starts it, deploys the real template into it, and plays the demo through it.
//! Nothing here runs in AWS, and no function depends on it.

pub mod kills;
pub mod outages;
pub mod scenes;
pub mod stack;
pub mod world;

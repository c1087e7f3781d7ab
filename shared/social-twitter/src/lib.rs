//! X API v2: packed search, local match, replies, and the proof that a callback is X's.
//! Users of CIC still say Twitter. X's JSON never leaves this crate.

pub mod activity;
mod api;
mod authors;
mod budget;
mod error;
pub mod length;
mod limits;
mod links;
mod matching;
mod normal;
mod oauth;
mod owners;
pub mod packing;
mod poll;
mod publisher;
pub mod rate;
mod snowflake;
mod terms;
mod text;
mod tlds;
mod tokens;
pub mod webhook;
mod wire;

#[cfg(test)]
mod fixture;

pub use api::{Api, Vocabulary};
pub use budget::{Prices, Uncounted};
pub use error::{TwitterError, Wording};
pub use owners::TwitterThreadOwners;
pub use poll::{PollSettings, TwitterPoll};
pub use publisher::{PublishSettings, TwitterPublisher};

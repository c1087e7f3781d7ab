//! Types, rules, ports and use cases of the bridge: what a message, a conversation and a reply are.
//! No I/O ever: no AWS, no HTTP, no Lambda, and no network's own JSON.

pub mod approval;
pub mod breaker;
pub mod budget;
pub mod channel;
pub mod chat;
pub mod checkup;
pub mod clock;
pub mod collecting;
pub mod command;
pub mod conversation;
pub mod credential;
pub mod desk;
pub mod forgetting;
pub mod inbound;
pub mod intake;
pub mod message;
pub mod parked;
pub mod polling;
pub mod publishing;
pub mod reply;
pub mod routing;
pub mod slots;
pub mod store;
pub mod text;
pub mod verdict;

#[cfg(test)]
mod fakes;

pub use channel::{Channel, ChannelId, ChannelSet, ChannelSource, Channels};
pub use chat::ContactCenter;
pub use clock::Clock;
pub use message::{Author, Message, MessageId, Network};
pub use verdict::{Classify, Failure, Verdict};

//! The Graph API of Facebook pages: what is read, what is published, callbacks and their signatures.
//! Its JSON never leaves this crate.

mod admission;
pub mod callback;
pub mod graph;
mod normalise;
mod owners;
mod poll;
mod publish;
pub mod signature;
#[cfg(test)]
mod testing;
mod wire;

pub use graph::{Graph, GraphError, GraphSettings, ProofForm};
pub use owners::FacebookThreadOwners;
pub use poll::{FacebookInbox, FacebookPoll, PollPorts, PollSettings, Troubles};
pub use publish::{FacebookPublisher, PublisherSettings};

//! The Graph API of Facebook pages: what is read, what is published, callbacks and their signatures.
//! Its JSON never leaves this crate.
//!
//! Where the tests are that the contract's section E lists:
//!
//! | item | tests |
//! |---|---|
//! | E1 signatures | `signature::tests`; over HTTP and in base64 `e1_…` of the function `webhook` |
//! | E2 handshake | `signature::tests::a_verification_needs_mode_and_token`; over HTTP `e2_…` there |
//! | E3 batches, odd changes, order, `edit` and `edited` | `callback::tests` (`e3_…`, `verbs`, `shapes`); to the queue `e3_…` there |
//! | E4 own echoes | `callback::tests` (`e4_…`), `poll::tests::e4_…` |
//! | E5 numbers, missing authors, times | `callback::tests` (`e5_…`, `recorded`), `wire::tests` |
//! | E6 paging | `graph::tests` (`e6_…`), `poll::tests::faults` |
//! | E7 errors | `graph::tests::e7_…` |
//! | E8 usage headers | `graph::usage::tests`, `graph::tests::a_limit_stops_its_own_scope_only` |

mod admission;
pub mod callback;
pub mod deletion;
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

//! The bridge under faults: the very use cases, on a virtual clock, with every process mortal.
//!
//! CIC and the network are played by what also judges: what an agent was shown and what stands in
//! public counts, never the bridge's own tables. A run is its scenario and its seed.

pub mod absence;
pub mod catalogue;
pub mod chance;
pub mod cic;
pub mod clock;
pub mod faults;
pub mod functions;
pub mod judge;
pub mod memory;
pub mod network;
pub mod points;
pub mod ports;
pub mod report;
pub mod scenario;
pub mod sqs;
pub mod table;
pub mod town;
pub mod world;

pub use scenario::{Flaw, Outage, Outcome, Scenario, Store, Trouble};

//! Facebook, X and CIC as strict, stateful servers on this machine, each judged by its own ledger.
//! Nothing of the bridge may be used here: a shared mistake would go unseen.

pub mod cic;
pub mod control;
pub mod facebook;
pub mod seed;
pub mod server;
pub mod twitter;
pub mod world;

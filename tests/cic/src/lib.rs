//! The adapter to CIC against the simulated pair: every step of a chat, with every way to lose a
//! server, over every interface.

#[cfg(test)]
mod attendance;
#[cfg(test)]
mod bridge;
#[cfg(test)]
mod switchover;
#[cfg(test)]
mod town;

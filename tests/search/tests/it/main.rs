//! Polling held against the simulated X.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod packed;

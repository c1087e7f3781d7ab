//! Polling and publishing held against the simulated X.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod noise;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod publishing;

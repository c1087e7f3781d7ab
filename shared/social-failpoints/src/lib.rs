//! Named places at which a test may kill the process: before, during or after a call of a port.
//! Without the feature `failpoints`, which nothing that is shipped has, passing one does nothing.

#[cfg(feature = "failpoints")]
mod armed;
mod points;

#[cfg(feature = "failpoints")]
pub use armed::{Passing, passing};
pub use points::{Call, ORDERS, POINTS, Point, When};

/// Held while a call goes on.
#[cfg(not(feature = "failpoints"))]
#[derive(Debug)]
pub struct Passing;

/// Begins a call that a test may have the process die of; it ends where the guard is dropped.
#[cfg(not(feature = "failpoints"))]
pub const fn passing(_: Call) -> Passing {
    Passing
}

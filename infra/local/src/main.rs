//! `cargo local` and `cargo demo`.
fn main() {}

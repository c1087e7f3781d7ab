//! `cargo simulators`: placeholder
fn main() {}

//! The one outbound HTTP client: time-outs, no redirects, no retries of its own.
//! What an answer means is its adapter's business, never this crate's.

mod client;

pub use client::{Answer, CaError, Client, HttpError, Settings};
pub use reqwest::RequestBuilder;

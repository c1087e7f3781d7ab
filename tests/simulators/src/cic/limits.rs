//! The server's throttle on new chats (section 7 of the contract).

use std::collections::VecDeque;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

/// Remembers when the last chats were opened.
#[derive(Default)]
pub(super) struct Throttle(VecDeque<Timestamp>);

impl Throttle {
    /// Whether one more chat may be opened in the second that ends `now`; counts it if so.
    pub(super) fn admit(&mut self, per_second: usize, now: Timestamp) -> bool {
        let recent =
            |opened: &Timestamp| now.duration_since(*opened).abs() < SignedDuration::from_secs(1);
        self.0.retain(recent);
        let admitted = self.0.len() < per_second;
        if admitted {
            self.0.push_back(now);
        }
        admitted
    }
}

/// Whom a call comes from: the first address that a proxy noted, else this machine.
pub(super) fn client_address(headers: &HeaderMap) -> String {
    let noted = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = noted.and_then(|addresses| addresses.split(',').next()).map(str::trim);
    first.unwrap_or("127.0.0.1").to_owned()
}

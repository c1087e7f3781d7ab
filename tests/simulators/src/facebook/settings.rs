//! What differs from app to app, or is only remembered of the real network (contract A1, A2, A5, A8).

use jiff::SignedDuration;

use super::paging::Style;

/// Graph API versions that are alive, oldest first. Older ones are answered by the oldest (A1).
pub const VERSIONS: [&str; 6] = ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"];

/// Versions that have expired: answered all the same, by the oldest one alive.
pub(super) const EXPIRED: [&str; 8] =
    ["v13.0", "v14.0", "v15.0", "v16.0", "v17.0", "v18.0", "v19.0", "v20.0"];

/// The rules that may be bent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The app's "Require App Secret": calls without a proof are refused.
    pub require_proof: bool,
    /// How feeds are paged.
    pub paging: Style,
    /// How long the page may not repeat itself on the same target.
    pub duplicate_window: SignedDuration,
    /// Posts times nested comments above which a query is "too much data".
    pub too_much_data: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            require_proof: true,
            paging: Style::Cursor,
            duplicate_window: SignedDuration::from_hours(1),
            too_much_data: 5_000,
        }
    }
}

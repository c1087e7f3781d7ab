//! The table that is printed.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Rows of what was measured, with a verdict where a promise stands behind it.
pub(crate) struct Table {
    rows: Vec<(String, String, Option<bool>)>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, what: &str, value: impl Display) {
        self.rows.push((what.to_owned(), value.to_string(), None));
    }

    pub(crate) fn promise(&mut self, what: &str, value: impl Display, kept: bool) {
        self.rows.push((what.to_owned(), value.to_string(), Some(kept)));
    }

    /// Prints it; whether every promise was kept.
    pub(crate) fn print(&self) -> bool {
        tell("| | | |\n|---|---|---|");
        for (what, value, kept) in &self.rows {
            let verdict = kept.map_or("", |kept| if kept { "kept" } else { "BROKEN" });
            tell(&format!("| {what} | {value} | {verdict} |"));
        }
        self.rows.iter().all(|(_, _, kept)| *kept != Some(false))
    }
}

/// Prints a line.
pub(crate) fn tell(line: &str) {
    // Nobody may be reading.
    writeln!(io::stdout(), "{line}").ok();
}

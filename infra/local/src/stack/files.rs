//! Files, with errors that name them.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::sleep;

use super::StackError;

pub(super) fn create_directory(path: &Path) -> Result<(), StackError> {
    fs::create_dir_all(path).map_err(|source| StackError::File { path: path.to_owned(), source })
}

/// A new, empty file.
pub(super) fn create(path: &Path) -> Result<File, StackError> {
    File::create(path).map_err(|source| StackError::File { path: path.to_owned(), source })
}

/// Reads a JSON file; `None` when there is none.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StackError> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    let value = serde_json::from_slice(&bytes);
    value.map(Some).map_err(|source| StackError::Malformed { path: path.to_owned(), source })
}

/// Reads a file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StackError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StackError::File { path: path.to_owned(), source }),
    }
}

/// Writes a JSON file, whole or not at all.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StackError> {
    let failed = |source| StackError::File { path: path.to_owned(), source };
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|source| StackError::Malformed { path: path.to_owned(), source })?;
    text.push(b'\n');
    let part = path.with_extension("part");
    fs::write(&part, text).and_then(|()| fs::rename(&part, path)).map_err(failed)
}

/// Removes a file or a directory; that it is not there is fine.
pub(super) fn remove(path: &Path) -> Result<(), StackError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StackError::File { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// The last lines of a log; empty when it cannot be read.
pub(super) fn tail(path: &Path) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    last_lines(&text.unwrap_or_default())
}

/// The last twenty lines of `text`.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let skipped = lines.len().saturating_sub(20);
    lines.get(skipped..).unwrap_or_default().join("\n")
}

/// Waits until nobody else holds `path`; held until dropped.
pub(super) async fn lock(path: &Path) -> Result<File, StackError> {
    loop {
        // Asking again leaves the thread free for whoever holds it.
        match try_lock(path) {
            Err(StackError::Busy(_)) => sleep(Duration::from_millis(50)).await,
            locked => return locked,
        }
    }
}

/// Holds `path` until dropped, or says that someone else does.
pub(super) fn try_lock(path: &Path) -> Result<File, StackError> {
    let file = create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StackError::Busy(path.parent().unwrap_or(path).to_owned()))
        }
        Err(TryLockError::Error(source)) => Err(StackError::File { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let log: Vec<String> = (1..=30).map(|line| line.to_string()).collect();
        let shown = last_lines(&log.join("\n"));
        assert!(shown.starts_with("11\n") && shown.ends_with("\n30"), "{shown}");
        assert_eq!(last_lines("one\n"), "one");
    }
}

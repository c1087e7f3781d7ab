//! What a panic tells. In a process of its own: the hook is the process's.

use std::{
    io::{self, Write},
    panic::catch_unwind,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As a slice in the middle of a letter panics: with the text that it was to cut.
#[test]
fn a_panic_tells_where_it_happened_and_nothing_of_what_was_written() {
    let log = Log::default();
    let writer = log.clone();
    let _recording = tracing::subscriber::set_default(
        tracing_subscriber::fmt().with_writer(move || writer.clone()).finish(),
    );
    social_lambda::quiet_panics();
    let panicked = catch_unwind(|| "canary é".split_at(8).0.len());
    assert!(panicked.is_err());
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("panicked") && told.contains("tests/panics.rs"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

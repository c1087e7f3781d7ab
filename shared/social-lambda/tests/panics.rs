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

/// Panics quote texts: that of a slice in the middle of a letter has the text that it was to cut.
#[test]
fn a_panic_tells_where_it_happened_and_nothing_of_what_was_written() {
    let log = Log::default();
    let writer = log.clone();
    let _recording = tracing::subscriber::set_default(
        tracing_subscriber::fmt().with_writer(move || writer.clone()).finish(),
    );
    social_lambda::quiet_panics();
    let panicked = catch_unwind(|| assert_eq!("canary".len(), 7, "{}", "canary"));
    assert!(panicked.is_err());
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // What follows is to be read if it fails.
    drop(std::panic::take_hook());
    assert!(told.contains("panicked") && told.contains("tests/panics.rs"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

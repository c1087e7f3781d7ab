//! No line of the use cases tells what people wrote or who they are, whatever goes wrong. In a
//! process of its own: a run has threads, and the log is the process's.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use soak::catalogue::everything;
use tracing_subscriber::filter::LevelFilter;

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

#[test]
fn nothing_of_people_is_logged_at_any_level() {
    let log = Log::default();
    let writer = log.clone();
    let all = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE);
    let all = all.json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(all).unwrap();
    for seed in 101..=103 {
        everything(seed).run().unwrap();
    }
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(told.lines().count() > 100, "something went wrong, and was told: {told}");
    // Of visitors' messages, of agents' replies, of names.
    for canary in ["I am m", "Answer ", "Thanks!", "Zoë"] {
        let line = told.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary}");
    }
}

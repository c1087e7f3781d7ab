use std::{env, fs, path::PathBuf, process, thread, time::Duration};

use crate::{Call, ORDERS, Point, When};

/// How far a call under way comes: long enough for a request to leave, too short for most answers.
const UNDER_WAY: Duration = Duration::from_millis(2);

/// Held while a call goes on; the process may die when it is dropped.
#[derive(Debug)]
pub struct Passing(Call);

/// Begins a call that a test may have the process die of; it ends where the guard is dropped.
pub fn passing(call: Call) -> Passing {
    if is_ordered(call, When::Before) {
        process::abort();
    }
    if is_ordered(call, When::During) {
        thread::spawn(|| {
            thread::sleep(UNDER_WAY);
            process::abort();
        });
    }
    Passing(call)
}

impl Drop for Passing {
    fn drop(&mut self) {
        if is_ordered(self.0, When::After) {
            process::abort();
        }
    }
}

fn is_ordered(call: Call, when: When) -> bool {
    let function = env::var_os("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let order = Point { function: "", call, when }.order(&function.to_string_lossy());
    let directory = env::var_os(ORDERS).map(PathBuf::from);
    directory.is_some_and(|directory| fs::remove_file(directory.join(order)).is_ok())
}

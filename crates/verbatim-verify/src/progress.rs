//! How far a long check has come: on a terminal only, a line that replaces itself.

use std::io::{IsTerminal, Write, stderr};

/// Shows a line every so many.
const EVERY: u64 = 10_000;

/// Tells of progress until it is dropped.
pub(crate) struct Progress {
    shows: bool,
    last: u64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let shows = stderr().is_terminal();
        Self { shows, last: 0 }
    }

    pub(crate) fn at(&mut self, done: u64, of: u64) {
        if self.shows && (done >= self.last + EVERY) {
            self.last = done;
            eprint!("\r{done} of {of} records");
            // What cannot be shown is not needed.
            let _ = stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.last > 0 {
            eprintln!();
        }
    }
}

//! What the person at the terminal sees while the demo sets up: one line per step, with times.

use std::io::{IsTerminal, Write};
use std::time::Instant;

/// Back to the start of the line, and nothing on it.
const CLEAR: &str = "\r\x1b[2K";

/// Prints steps to standard output, or nothing at all.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    quiet: bool,
    terminal: bool,
}

impl Progress {
    /// `quiet` for `--json`: only machine-readable output is wanted.
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            began: now(),
            quiet,
            terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Begins a step; its line appears when it is done.
    pub(crate) fn step(&self, what: impl Into<String>) -> Step<'_> {
        let step = Step {
            progress: self,
            what: what.into(),
            began: now(),
        };
        step.detail("");
        step
    }

    fn print(&self, text: &str) {
        if !self.quiet {
            show(text);
        }
    }

    fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

/// Prints to standard output. A terminal or pipe that is gone is no reason to stop, and none
/// to panic.
pub(crate) fn show(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A step that is under way.
#[derive(Debug)]
#[must_use = "a step that is not done prints nothing"]
pub(crate) struct Step<'a> {
    progress: &'a Progress,
    what: String,
    began: Instant,
}

impl Step<'_> {
    /// Shows what the step is doing just now, where a terminal can overwrite it later.
    pub(crate) fn detail(&self, line: &str) {
        if !self.progress.terminal {
            return;
        }
        let text: String = format!("{} … {line}", self.what).chars().take(70).collect();
        self.progress.print(&format!(
            "{CLEAR}[{:>6.1} s]   {text}",
            self.progress.elapsed()
        ));
    }

    /// Says that this will take a while, where `detail` cannot.
    pub(crate) fn announce(&self, why: &str) {
        if !self.progress.terminal {
            let elapsed = self.progress.elapsed();
            self.progress
                .print(&format!("[{elapsed:>6.1} s]   {} … {why}\n", self.what));
        }
    }

    /// Ends the step and prints its line.
    pub(crate) fn done(self, result: impl AsRef<str>) {
        let result = result.as_ref();
        let colon = if result.is_empty() { "" } else { ": " };
        self.end('✓', &format!("{colon}{result}"));
    }

    /// Ends a step that the demo can do without.
    pub(crate) fn failed(self, why: impl AsRef<str>) {
        self.end('✗', &format!(": {}", why.as_ref()));
    }

    fn end(self, mark: char, result: &str) {
        let clear = if self.progress.terminal { CLEAR } else { "" };
        self.progress.print(&format!(
            "{clear}[{:>6.1} s] {mark} {}{result} ({} ms)\n",
            self.progress.elapsed(),
            self.what,
            self.began.elapsed().as_millis()
        ));
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "measures how long a step took, decides nothing"
)]
fn now() -> Instant {
    Instant::now()
}

//! What the person at the terminal sees while the demo sets up: one line per step, with times.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

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

    /// A line that is not a step.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            println!("{}", line.as_ref());
        }
    }

    fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
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
        if self.progress.quiet || !self.progress.terminal {
            return;
        }
        let text: String = format!("{} … {line}", self.what).chars().take(70).collect();
        print!("\r\x1b[2K[{:>6.1} s]   {text}", self.progress.elapsed());
        // A terminal that is gone is no reason to stop.
        let _ = std::io::stdout().flush();
    }

    /// The name of the step, for error messages.
    pub(crate) fn name(&self) -> &str {
        &self.what
    }

    /// Ends the step and prints its line; returns how long it took.
    pub(crate) fn done(self, result: impl AsRef<str>) -> Duration {
        let took = self.began.elapsed();
        if !self.progress.quiet {
            let clear = if self.progress.terminal {
                "\r\x1b[2K"
            } else {
                ""
            };
            let result = result.as_ref();
            let colon = if result.is_empty() { "" } else { ": " };
            println!(
                "{clear}[{:>6.1} s] ✓ {}{colon}{result} ({} ms)",
                self.progress.elapsed(),
                self.what,
                took.as_millis()
            );
        }
        took
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "measures how long a step took, decides nothing"
)]
fn now() -> Instant {
    Instant::now()
}

//! The table at the end.

use std::fmt::Write;
use std::time::Duration;

/// How one check went.
pub(super) struct Outcome {
    /// Its name.
    pub(super) name: &'static str,
    /// How long it ran.
    pub(super) took: Duration,
    /// Why it failed, if it did.
    pub(super) error: Option<String>,
}

/// One line.
pub(super) fn row(outcome: &Outcome) -> String {
    let verdict = if outcome.error.is_none() {
        "held"
    } else {
        "FAILED"
    };
    format!(
        "{:<14} {verdict:<7} {:>6.1} s",
        outcome.name,
        outcome.took.as_secs_f64()
    )
}

/// Failures in full, then the table, then the count.
pub(super) fn text(outcomes: &[Outcome], chosen: usize) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    for outcome in outcomes {
        if let Some(error) = &outcome.error {
            let _ = writeln!(text, "\n━━━ {} failed:\n{error}", outcome.name);
        }
    }
    let _ = writeln!(text, "\n━━━ Summary");
    for outcome in outcomes {
        let _ = writeln!(text, "{}", row(outcome));
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.error.is_some())
        .count();
    let not_run = chosen - outcomes.len();
    let _ = writeln!(
        text,
        "{:<14} {:<7} {:>6.1} s",
        "all",
        "",
        total.as_secs_f64()
    );
    if not_run > 0 {
        let _ = writeln!(text, "{not_run} not run, since one before them failed");
    }
    let _ = write!(
        text,
        "checks: {} passed, {failed} failed",
        outcomes.len() - failed
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &'static str, error: Option<&str>) -> Outcome {
        Outcome {
            name,
            took: Duration::from_millis(1500),
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn failures_come_with_their_reason() {
        let outcomes = [
            outcome("fmt", None),
            outcome("clippy", Some("unused variable")),
        ];
        let text = text(&outcomes, 3);
        for part in [
            "fmt            held",
            "clippy         FAILED",
            "unused variable",
            "1 not run",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.ends_with("checks: 1 passed, 1 failed"), "{text}");
    }
}

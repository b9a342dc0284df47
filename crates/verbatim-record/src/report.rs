//! What a check has found, in plain words.

use std::fmt;

use serde::Serialize;

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was proved.
    Proved,
    /// Nobody asked for it, and so it was not looked at.
    NotAsked,
    /// It could not be proved; nothing says that it is wrong.
    NotProved,
    /// It is wrong.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A word for programs.
    pub check: &'static str,
    /// How it stands.
    pub state: State,
    /// What it means.
    pub words: String,
}

/// All that was looked at, in order. It ends with the first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[must_use = "what was checked is only good if the report says so"]
pub struct Findings {
    /// In the order in which they were looked at.
    pub findings: Vec<Finding>,
}

impl Findings {
    /// Notes one.
    pub fn add(&mut self, check: &'static str, state: State, words: impl Into<String>) {
        let words = words.into();
        self.findings.push(Finding {
            check,
            state,
            words,
        });
    }

    /// The worst of all states.
    pub fn verdict(&self) -> State {
        let has = |state| self.findings.iter().any(|f| f.state == state);
        [State::Wrong, State::NotProved]
            .into_iter()
            .find(|state| has(*state))
            .unwrap_or(State::Proved)
    }

    /// The first thing that is wrong.
    pub fn wrong(&self) -> Option<&Finding> {
        self.findings.iter().find(|f| f.state == State::Wrong)
    }

    fn section(&self, f: &mut fmt::Formatter<'_>, head: &str, states: &[State]) -> fmt::Result {
        let mut those = self
            .findings
            .iter()
            .filter(|f| states.contains(&f.state))
            .peekable();
        if those.peek().is_none() {
            return Ok(());
        }
        writeln!(f, "{head}")?;
        those.try_for_each(|finding| writeln!(f, "  - {}", finding.words))
    }
}

/// For people.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.section(f, "Proved:", &[State::Proved])?;
        self.section(f, "Not proved:", &[State::NotProved, State::NotAsked])?;
        self.section(f, "WRONG:", &[State::Wrong])?;
        let words = match self.verdict() {
            State::Wrong => {
                "Something is wrong; what comes after it was not looked at. Do not rely on this."
            }
            State::NotProved => "Nothing is wrong, but not everything is proved.",
            State::Proved | State::NotAsked => "Everything that was asked for is proved.",
        };
        writeln!(f, "{words}")
    }
}

/// A check that ends at the first thing that is wrong: its word and what is wrong.
pub(crate) type Held<T> = Result<T, (&'static str, String)>;

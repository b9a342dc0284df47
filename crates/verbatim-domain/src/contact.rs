//! How far a contact has come on the way to texting with an employee, in the words that public
//! federation APIs use for it.

use serde::{Deserialize, Serialize};

/// The state of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ContactState {
    /// Set up; nothing has been sent to them yet.
    PendingConfirmation,
    /// The disclosure has been sent to them.
    Confirmed,
    /// They texted first, and nobody has said who they are.
    Incomplete,
    /// Their number cannot be reached.
    Unavailable,
}

impl ContactState {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::PendingConfirmation,
        Self::Confirmed,
        Self::Incomplete,
        Self::Unavailable,
    ];

    /// A stable word, for interfaces, storage and the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PendingConfirmation => "pending_confirmation",
            Self::Confirmed => "confirmed",
            Self::Incomplete => "incomplete",
            Self::Unavailable => "unavailable",
        }
    }

    /// The state that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_one_state_each() {
        for state in ContactState::ALL {
            assert_eq!(ContactState::from_word(state.word()), Some(state));
        }
        assert_eq!(ContactState::from_word("Confirmed"), None);
        assert_eq!(ContactState::from_word(""), None);
    }
}

//! Whether a client wants to be texted, as far as they have said so.
//!
//! Whole texts count, not words within them: "please cancel my order" is no wish to hear nothing more.
//! Sources: 47 CFR 64.1200(a)(10), whose words always count (stop, quit, end, revoke, opt out, cancel,
//! unsubscribe); the CTIA Messaging Principles; what carriers block on by themselves.

use serde::{Deserialize, Serialize};

/// What a client has said about being texted. Who has said nothing has no such word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// They agreed to be texted.
    OptedIn,
    /// They asked not to be texted.
    OptedOut,
}

/// Nothing more, in one word or two. Compared without spaces.
const STOP: [&str; 9] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "optmeout",
];
/// The same in a sentence that can hardly mean anything else.
const STOP_PHRASES: [&str; 7] = [
    "stoptextingme",
    "stopmessagingme",
    "donottextme",
    "donttextme",
    "donotcontactme",
    "unsubscribeme",
    "takemeoffyourlist",
];
/// Texts are welcome again. "Yes" is an answer to anything, and so is none here.
const START: [&str; 2] = ["start", "unstop"];

impl Consent {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OptedIn, Self::OptedOut];

    /// A stable word, for interfaces, storage and the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptedIn => "opted-in",
            Self::OptedOut => "opted-out",
        }
    }

    /// What a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|consent| consent.word() == word)
    }

    /// What a client's text says about being texted, if that is all that it says.
    pub fn said_in(text: &str) -> Option<Self> {
        let said = bare(text);
        let said = said.strip_prefix("please").unwrap_or(&said);
        let said = said.strip_suffix("please").unwrap_or(said);
        if STOP.contains(&said) || STOP_PHRASES.contains(&said) {
            Some(Self::OptedOut)
        } else if START.contains(&said) {
            Some(Self::OptedIn)
        } else {
            None
        }
    }

    /// What the employee is told when a client says so.
    pub const fn news(self) -> &'static str {
        match self {
            Self::OptedIn => "Your client agreed to be texted.",
            Self::OptedOut => {
                "Your client asked not to be texted: nothing is sent to them from now on. Reach them another way; \
                 they can text START to allow it again."
            }
        }
    }
}

/// Letters and digits alone, in lower case: typed in haste, with a full stop or a face, it means the same.
/// Longer than any of the words, it stays long.
fn bare(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_one_each() {
        for consent in Consent::ALL {
            assert_eq!(Consent::from_word(consent.word()), Some(consent));
            let as_json = serde_json::to_value(consent).unwrap();
            assert_eq!(as_json, consent.word());
        }
        assert_eq!(Consent::from_word("opted_in"), None);
    }

    #[track_caller]
    fn check(expected: Option<Consent>, texts: &[&str]) {
        for text in texts {
            assert_eq!(Consent::said_in(text), expected, "{text:?}");
        }
    }

    #[test]
    fn whole_texts_count() {
        check(
            Some(Consent::OptedOut),
            &[
                "STOP",
                "stop",
                " Stop. ",
                "“STOP”",
                "STOP!!! 😡",
                "STOP ALL",
                "StopAll",
                "unsubscribe",
                "Cancel",
                "END",
                "quit",
                "Revoke",
                "OPTOUT",
                "opt-out",
                "Opt out please",
                "opt me out",
                "Please stop",
                "please stop texting me.",
                "Stop texting me!",
                "Don’t text me",
                "do not text me",
                "Take me off your list",
                "Unsubscribe me",
            ],
        );
        check(Some(Consent::OptedIn), &["START", "start.", "Unstop"]);
        check(
            None,
            &[
                "",
                "👍",
                "yes",
                "HELP",
                "please",
                "Please cancel my order",
                "stop loss at 40?",
                "non-stop",
                "The end",
                "Let's start",
                "start Monday",
                "Don't stop",
                "Stop by any time",
                "ok",
            ],
        );
    }
}

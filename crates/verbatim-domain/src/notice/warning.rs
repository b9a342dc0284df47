//! The same, told before anything is sent: while an employee still writes.

use super::Notice;

impl Notice {
    /// What stands in the way of a text that is being written, and what to do about it. None for what
    /// cannot be known before it is sent.
    pub fn warning(&self) -> Option<String> {
        Some(match self {
            Self::NotYourConversation => {
                "Only the employee who holds this conversation writes to the client.".to_owned()
            }
            Self::NumberNotYours => "This conversation's number is no longer yours. Ask your \
                administrator who holds it now."
                .to_owned(),
            Self::OptedOut => {
                "The client asked not to be texted. Reach them another way; they can \
                text START to allow it again."
                    .to_owned()
            }
            Self::TooLong { chars, max } => format!(
                "It has {chars} characters, and at most {max} can be sent as one text. Send it in \
                 shorter messages."
            ),
            Self::Empty => "There is nothing in it to send.".to_owned(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_says_nothing_of_what_has_happened() {
        for notice in [
            Notice::NotYourConversation,
            Notice::NumberNotYours,
            Notice::OptedOut,
            Notice::TooLong { chars: 9, max: 5 },
            Notice::Empty,
        ] {
            let words = notice.warning().unwrap();
            assert!(!words.contains("was not sent"), "{words}");
            assert!(words.ends_with('.'), "{words}");
        }
        assert_eq!(Notice::Unconfirmed.warning(), None);
    }
}

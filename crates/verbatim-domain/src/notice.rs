//! What the bot tells an employee, and how certain it is (facts: matrix, section 15).

/// A thing to tell. One notice per message; it is edited as the state changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The message was written without encryption and was not sent.
    NotEncrypted,
    /// The message could not be decrypted; `code` says why (`missing`, `m.unverified` …).
    Undecryptable {
        /// The withheld code or error word.
        code: String,
        /// Whether the wait is over.
        gave_up: bool,
    },
    /// It became readable after the employee was asked to write again: recorded, not sent.
    ReadableTooLate,
    /// An edit cannot reach a phone.
    EditNotSent,
    /// A redaction cannot reach a phone, and the record keeps the text.
    RedactionNotSent,
    /// A reaction cannot reach a phone.
    ReactionNotSent,
    /// Files are not supported; `what` is the kind.
    MediaNotSent {
        /// Such as `image`.
        what: String,
    },
    /// The text was sent without the quotation it replied to: the quotation is not sent.
    ReplyNotSent,
    /// Only the holder of the conversation writes to the client.
    NotYourConversation,
    /// The employee no longer holds the number.
    NumberNotYours,
    /// Too long to be sent.
    TooLong {
        /// Characters written.
        chars: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Nothing to send.
    Empty,
    /// Too old to be sent now.
    TooOld,
    /// The outcome is not known yet; it is being checked.
    Unconfirmed,
    /// It failed; `class` and `code` as in the message's failure.
    Failed {
        /// Stable word for the class.
        class: String,
        /// The carrier's code.
        code: String,
        /// Whether it is certain that the client did not get it.
        certain: bool,
    },
}

impl Notice {
    /// The words, in plain English, with what to do about it.
    pub fn words(&self) -> String {
        format!("{self:?}")
    }
}

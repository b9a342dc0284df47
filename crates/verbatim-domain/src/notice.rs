//! What the bot tells an employee, and how certain it is (facts: matrix, section 15).

mod warning;

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
    /// Something of a kind that is not known.
    UnknownNotSent,
    /// A reply was not sent: SMS has no replies, and without its quotation it could mislead.
    ReplyNotSent,
    /// Only the holder of the conversation writes to the client.
    NotYourConversation,
    /// The employee no longer holds the number.
    NumberNotYours,
    /// The client asked not to be texted.
    OptedOut,
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

/// How a message stands after a notice, for status events that clients can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not decided yet.
    Pending,
    /// Failed; writing it again (as the notice says) may help.
    FailRetriable,
    /// Failed for good.
    FailPermanent,
}

impl Notice {
    /// The words, in plain English, with what to do about it.
    pub fn words(&self) -> String {
        match self {
            Self::NotEncrypted => {
                "Your message was not sent: it was not encrypted. Use a client that \
                encrypts (and has finished setting encryption up), then write it again."
                    .to_owned()
            }
            Self::Undecryptable { code, gave_up } => undecryptable(code, *gave_up),
            Self::ReadableTooLate => {
                "Your message became readable only after you had been asked to \
                write it again. It is recorded, and it was not sent."
                    .to_owned()
            }
            Self::EditNotSent => {
                "Your edit was not sent: a text cannot be changed on the client's \
                phone. Write a new message to correct it."
                    .to_owned()
            }
            Self::RedactionNotSent => {
                "Your deletion was not sent: a text cannot be taken back from the \
                client's phone, and the record keeps it."
                    .to_owned()
            }
            Self::ReactionNotSent => {
                "Your reaction was not sent: reactions cannot be texted. Write a \
                message instead."
                    .to_owned()
            }
            Self::MediaNotSent { what } => format!(
                "Your {} was not sent: only text can be texted so far. Write a message instead.",
                kind(what)
            ),
            Self::UnknownNotSent => {
                "What your client just sent cannot be texted and did not reach the client. \
                It is recorded. Write a message instead."
                    .to_owned()
            }
            Self::ReplyNotSent => {
                "Your reply was not sent: replies cannot be texted, and without what \
                it answers it could mislead. Write it as a new message."
                    .to_owned()
            }
            Self::NotYourConversation => {
                "Your message was not sent: only the employee who holds this \
                conversation writes to the client."
                    .to_owned()
            }
            Self::NumberNotYours => {
                "Your message was not sent: this conversation's number is no longer \
                yours. Ask your administrator who holds it now."
                    .to_owned()
            }
            Self::OptedOut => failed("opted_out", "", true),
            Self::TooLong { chars, max } => format!(
                "Your message was not sent: it has {chars} characters, and at most {max} can be sent \
                 as one text. Send it in shorter messages."
            ),
            Self::Empty => "Your message was not sent: there is nothing in it to send.".to_owned(),
            Self::TooOld => {
                "Your message was not sent: it arrived here too late, and sending it now \
                could mislead. Write it again if it still holds."
                    .to_owned()
            }
            Self::Unconfirmed => {
                "Your message may not have been sent: the carrier has not confirmed \
                it. It is being checked; please do not write it again yet."
                    .to_owned()
            }
            Self::Failed {
                class,
                code,
                certain,
            } => failed(class, code, *certain),
        }
    }

    /// Whether it is certain that the client did not get the message (or edit, reaction …).
    pub fn certain(&self) -> bool {
        match self {
            Self::Unconfirmed => false,
            Self::Failed { certain, .. } => *certain,
            _ => true,
        }
    }

    /// How the message stands now.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Undecryptable { gave_up: false, .. } | Self::Unconfirmed => Standing::Pending,
            Self::NotEncrypted
            | Self::Undecryptable { .. }
            | Self::ReadableTooLate
            | Self::ReplyNotSent
            | Self::TooLong { .. }
            | Self::TooOld => Standing::FailRetriable,
            Self::Failed { class, .. } => match class.as_str() {
                "address" | "opted_out" | "policy" | "request" => Standing::FailPermanent,
                _ => Standing::FailRetriable,
            },
            _ => Standing::FailPermanent,
        }
    }
}

fn undecryptable(code: &str, gave_up: bool) -> String {
    // What withheld keys mean: Matrix client-server API, "Reporting that decryption keys are withheld".
    let why = match code {
        "missing" => "its key has not arrived. Keep your client open and online".to_owned(),
        "m.unverified" => {
            "your client gives its keys only to verified devices. Turn that setting off \
            (“only send to verified devices”, in some clients “never send encrypted messages to \
            unverified sessions”), or verify the bot"
                .to_owned()
        }
        "m.blacklisted" => {
            "your client has blocked the bot's device. Unblock it in the list of the \
            bot's sessions"
                .to_owned()
        }
        "m.unauthorised" => {
            "your client did not let the bot have its key, as if the bot were not in \
            this room. Check that the bot is among the room's members"
                .to_owned()
        }
        "m.unavailable" => "your client no longer has its key. Restart your client".to_owned(),
        "m.no_olm" => {
            "your client could not set up a secure channel to the bot. Restart your client, \
            and tell your administrator if this comes back"
                .to_owned()
        }
        "m.history_not_shared" => {
            "it was encrypted before the bot could read along. Check that the \
            bot is among the room's members"
                .to_owned()
        }
        other => format!(
            "it could not be decrypted ({}). Restart your client, and tell your administrator if this \
             comes back",
            shown(other)
        ),
    };
    if gave_up {
        format!("Your message was not sent: {why}. Then write it again.")
    } else {
        format!(
            "Your message was not sent yet: {why}. If it becomes readable soon, it goes out by itself."
        )
    }
}

fn failed(class: &str, code: &str, certain: bool) -> String {
    let verb = if class == "delivery" {
        "delivered"
    } else {
        "sent"
    };
    let not = if certain {
        "was not"
    } else {
        "may not have been"
    };
    let (why, mend) = match class {
        "address" => (
            "the client's number cannot receive texts",
            "Check the number, or reach the client another way.",
        ),
        "opted_out" => (
            "the client asked not to be texted",
            "Reach them another way; they can text START to allow it again.",
        ),
        "policy" => (
            "the carrier refused it for what it says or for who sends it",
            "Tell your administrator before you try other words.",
        ),
        "configuration" => (
            "the firm's account with the carrier is not in order",
            "Your administrator has to act. Write it again once that is done.",
        ),
        "disclosure" => (
            "the client could not first be told whom they text with and that it is recorded",
            "Write it again: the client is told first then.",
        ),
        "delivery" => (
            "the client's phone or network did not take it",
            "The phone may be off. Write it again later, or reach the client another way.",
        ),
        "request" => (
            "the carrier could not accept it in this form",
            "Write it shorter or simpler.",
        ),
        "expired" => (
            "it could not go out in time",
            "Write it again if it still holds.",
        ),
        _ => (
            "the carrier reported a failure",
            "Tell your administrator if this comes back.",
        ),
    };
    let code = match shown(code) {
        code if code.is_empty() => String::new(),
        code => format!(" (carrier's code: {code})"),
    };
    let mend = if certain {
        mend
    } else {
        "Ask the client before you write it again."
    };
    format!("Your message {not} {verb}: {why}{code}. {mend}")
}

/// What a Matrix type is called.
fn kind(what: &str) -> &'static str {
    match what.strip_prefix("m.").unwrap_or(what) {
        "image" => "picture",
        "video" => "video",
        "audio" | "voice" => "audio message",
        "file" => "file",
        "sticker" => "sticker",
        "location" => "location",
        other if other.contains("poll") => "poll",
        _ => "attachment",
    }
}

/// A foreign code, made harmless: printable and short.
fn shown(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_ascii_graphic())
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests;

//! What can be wrong with a token, in words that name the mend.

use std::path::PathBuf;

use cryptoki::error::{Error, RvError};
use thiserror::Error as ThisError;

/// A token did not do what was asked. No variant shows a PIN or a key.
#[derive(Debug, ThisError)]
pub enum HsmError {
    /// The vendor's library cannot be loaded.
    #[error("the PKCS#11 module {} cannot be loaded: install it, or correct [keys.pkcs11] module", .path.display())]
    Module {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: Error,
    },
    /// No slot holds a token of this label.
    #[error(
        "there is no token `{label}` (found: {found}): plug it in, initialise it, or correct [keys.pkcs11] token"
    )]
    NoToken {
        /// The label wanted.
        label: String,
        /// The labels there are.
        found: String,
    },
    /// The token says that the PIN is wrong. It locks itself after a few.
    #[error(
        "the token `{label}` refuses the PIN: correct [keys.pkcs11] pin before you try again, a token locks itself after a few wrong ones"
    )]
    WrongPin {
        /// The token.
        label: String,
    },
    /// The token has locked its user's PIN.
    #[error("the PIN of the token `{label}` is locked: unlock it with its security officer's PIN")]
    Locked {
        /// The token.
        label: String,
    },
    /// The token does not have that key.
    #[error(
        "the token has no {what} `{label}`: `verbatim key hsm-init` makes it; if it had one, restore the token from its backup"
    )]
    NoKey {
        /// What kind of key.
        what: &'static str,
        /// Its label.
        label: String,
    },
    /// Two keys have the label, and nobody can tell which is meant.
    #[error("the token has {count} keys `{label}`: remove or rename all but one")]
    Ambiguous {
        /// The label.
        label: String,
        /// How many.
        count: usize,
    },
    /// The token's key is another one, or the wrapped bytes were altered.
    #[error(
        "the token's key `{label}` does not open what is wrapped: it was altered, or wrapped by another token's key"
    )]
    NotOpened {
        /// The key.
        label: String,
    },
    /// The public key is not in a form that we know.
    #[error("the token's key `{label}` is neither an Ed25519 key nor an ECDSA key on P-256")]
    UnknownKind {
        /// The key.
        label: String,
    },
    /// The token refuses, or is gone.
    #[error("the token cannot {what}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// Its answer.
        source: Error,
    },
    /// The operating system has no random bytes.
    #[error("no random bytes")]
    Entropy,
}

impl HsmError {
    pub(crate) fn refused(what: &'static str) -> impl Fn(Error) -> Self {
        move |source| Self::Refused { what, source }
    }

    /// Whether a new session may help: the token was pulled out, or another program reset it.
    pub(crate) fn ends_session(&self) -> bool {
        let Self::Refused {
            source: Error::Pkcs11(answer, _),
            ..
        } = self
        else {
            return false;
        };
        matches!(
            answer,
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn
                | RvError::TokenNotPresent
                | RvError::DeviceRemoved
                | RvError::DeviceError
        )
    }
}

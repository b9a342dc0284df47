//! What a token may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A right that a token can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// See employees, numbers, contacts, conversations and the states of messages, without texts.
    Read,
    /// Add and change employees, numbers, contacts and conversations.
    Provision,
    /// Read and verify the record, texts included.
    Record,
    /// Take records away, with keys and proofs.
    Export,
    /// Set, see and release legal holds.
    Hold,
    /// Extend retention, propose and approve disposals, ask for erasures.
    Dispose,
    /// Manage tokens and alarms.
    Admin,
}

impl Scope {
    /// Every scope.
    pub(crate) const ALL: [Self; 7] = [
        Self::Read,
        Self::Provision,
        Self::Record,
        Self::Export,
        Self::Hold,
        Self::Dispose,
        Self::Admin,
    ];

    /// Their words.
    pub(crate) const WORDS: [&str; 7] = {
        let [a, b, c, d, e, f, g] = Self::ALL;
        [
            a.word(),
            b.word(),
            c.word(),
            d.word(),
            e.word(),
            f.word(),
            g.word(),
        ]
    };

    /// Its word, as stored with a token and named in the API's description.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Provision => "provision",
            Self::Record => "record",
            Self::Export => "export",
            Self::Hold => "hold",
            Self::Dispose => "dispose",
            Self::Admin => "admin",
        }
    }
}

/// What an endpoint asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: anybody.
    Nothing,
    /// A token, whatever it may do.
    Token,
    /// A token with this scope.
    Scope(Scope),
}

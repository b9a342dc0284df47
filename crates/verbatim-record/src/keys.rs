//! The key-encryption key: what it derives, and its public fingerprints.

use std::fmt;

use zeroize::Zeroizing;

use crate::cipher::{Derivation, Secret};
use crate::record::Hash;

const ID_LABEL: &[u8] = b"verbatim/kek-id/1";
const CHECK_LABEL: &[u8] = b"verbatim/kek-check/1";
const KEY_LABEL: &[u8] = b"verbatim/key/1/";

/// The key that every other key of an installation is under; [`crate::wrap`] says how. Wiped when
/// dropped, never printed.
#[derive(Clone)]
pub struct Kek(Secret);

impl Kek {
    /// A key of 256 random bits that the caller drew.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The same, from bytes that nobody needs to wipe: fixed keys of tests.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself, for what wraps it.
    pub fn bytes(&self) -> &Zeroizing<[u8; 32]> {
        &self.0
    }

    /// Short fingerprint, to tell keys apart in messages, records and key files.
    pub fn id(&self) -> String {
        let full = Derivation::new(&self.0).expand(&[ID_LABEL]);
        hex::encode(&full[..8])
    }

    /// Full public fingerprint, kept with the installation so that a wrong key is noticed at start.
    pub fn check(&self) -> Hash {
        *Derivation::new(&self.0).expand(&[CHECK_LABEL])
    }

    /// The key for one use, named by its label (HKDF-SHA256, RFC 5869).
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derived(&self.0, label)
    }
}

/// The key for one use of a root, named by its label.
pub(crate) fn derived(root: &[u8; 32], label: &str) -> Secret {
    Derivation::new(root).expand(&[KEY_LABEL, label.as_bytes()])
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kek").field(&self.id()).finish()
    }
}

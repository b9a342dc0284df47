//! Sealing for state that is not a record: names, numbers, queue payloads, device state.
//!
//! A purpose is a fixed word of the program, such as `contact-name`; each has keys of its own. A context
//! says which row the bytes belong to, so that sealed values cannot change places.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::cipher::{self, Secret};
use crate::error::SealError;
use crate::seal::after_version;
use crate::wrap::StateRoot;

const VERSION: u8 = 1;
const LABEL: &[u8] = b"rec-vault/1";

/// Seals and opens state under keys derived from the state root.
pub struct Vault {
    root: StateRoot,
    /// Derived keys by label. There are as many as the program has purposes.
    keys: RwLock<HashMap<String, Secret>>,
}

impl Vault {
    /// The vault of an installation.
    pub fn new(root: &StateRoot) -> Self {
        Self {
            root: root.clone(),
            keys: RwLock::default(),
        }
    }

    /// Seals `plain` for a purpose and a context, with a random nonce.
    pub fn seal(&self, purpose: &str, context: &[u8], plain: &[u8], nonce: [u8; 24]) -> Vec<u8> {
        let key = self.key("seal", purpose);
        cipher::seal(&key, &[VERSION], &nonce, &associated(context), plain)
    }

    /// Opens what [`Self::seal`] made for the same purpose and context.
    pub fn open(&self, purpose: &str, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let sealed = after_version(sealed, "sealed state")?;
        let key = self.key("seal", purpose);
        let mut plain = cipher::open(&key, &associated(context), sealed).ok_or(SealError::State)?;
        Ok(std::mem::take(&mut *plain))
    }

    /// Blind index: a keyed hash (HMAC-SHA256) by which equal values are found without being readable.
    pub fn index(&self, purpose: &str, value: &str) -> [u8; 32] {
        let key = self.key("index", purpose);
        // HMAC takes keys of every length.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.as_ref()).expect("any key length is right");
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn key(&self, usage: &str, purpose: &str) -> Secret {
        let label = format!("vault/{usage}/{purpose}");
        let known = self
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&label)
            .cloned();
        known.unwrap_or_else(|| {
            let key = self.root.derive(&label);
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.insert(label, key.clone());
            key
        })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

fn associated(context: &[u8]) -> Vec<u8> {
    [LABEL, &[VERSION], context].concat()
}

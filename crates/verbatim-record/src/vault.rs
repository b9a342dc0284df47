//! Sealing for state that is not a record: names, numbers, queue payloads, device state.
//!
//! A purpose is a fixed word of the program, such as `contact-name`; each has keys of its own. A context
//! says which row the bytes belong to, so that sealed values cannot change places.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::archive::{self, ArchiveKey};
use crate::cipher::{self, Secret};
use crate::error::{FormatError, SealError};
use crate::wrap::StateRoot;

const VERSION: u8 = 1;
const LABEL: &[u8] = b"rec-vault/1";

/// Seals and opens state under keys derived from the state root.
pub struct Vault {
    root: StateRoot,
    /// Opens what edges sealed.
    archive: Option<ArchiveKey>,
    /// Derived keys by label. There are as many as the program has purposes.
    keys: RwLock<HashMap<String, Secret>>,
}

/// The key of one blind index. Wiped when dropped.
#[derive(Clone)]
pub struct IndexKey(pub(crate) Secret);

impl IndexKey {
    /// Blind index: a keyed hash (HMAC-SHA256) by which equal values are found without being readable.
    pub fn index(&self, value: &str) -> [u8; 32] {
        // HMAC takes keys of every length.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_ref()).expect("any key length is right");
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexKey").finish_non_exhaustive()
    }
}

impl Vault {
    /// The vault of an installation.
    pub fn new(root: &StateRoot) -> Self {
        Self {
            root: root.clone(),
            archive: None,
            keys: RwLock::default(),
        }
    }

    /// The same, which opens what edges sealed as well.
    #[must_use]
    pub fn with_archive(self, key: ArchiveKey) -> Self {
        let archive = Some(key);
        Self { archive, ..self }
    }

    /// Seals `plain` for a purpose and a context, with a random nonce.
    pub fn seal(&self, purpose: &str, context: &[u8], plain: &[u8], nonce: [u8; 24]) -> Vec<u8> {
        let key = self.key("seal", purpose);
        cipher::seal(&key, &[VERSION], &nonce, &associated(context), plain)
    }

    /// Opens what [`Self::seal`] made for the same purpose and context, or an edge with
    /// [`Beside::seal`](crate::archive::Beside::seal).
    pub fn open(&self, purpose: &str, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut plain = match (sealed.split_first(), &self.archive) {
            (Some((&VERSION, sealed)), _) => {
                let key = self.key("seal", purpose);
                cipher::open(&key, &associated(context), sealed).ok_or(SealError::State)?
            }
            (Some((&archive::VERSION, sealed)), Some(key)) => {
                key.open_state(purpose, context, sealed)?
            }
            (Some((&archive::VERSION, _)), None) => return Err(SealError::NoArchiveKey),
            (version, _) => return Err(FormatError::version("sealed state", version, 2).into()),
        };
        Ok(std::mem::take(&mut *plain))
    }

    /// Blind index of a value; see [`IndexKey::index`].
    pub fn index(&self, purpose: &str, value: &str) -> [u8; 32] {
        self.index_key(purpose).index(value)
    }

    /// The key of one blind index, for an edge.
    pub fn index_key(&self, purpose: &str) -> IndexKey {
        IndexKey(self.key("index", purpose))
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

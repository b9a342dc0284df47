//! The key-encryption key: what it derives, its public fingerprints, and its text file.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::cipher::{Derivation, Secret, sha256};
use crate::error::KeyError;
use crate::record::Hash;

const FILE_VERSION: &str = "1";
const ID_LABEL: &[u8] = b"verbatim/kek-id/1";
const CHECK_LABEL: &[u8] = b"verbatim/kek-check/1";
const KEY_LABEL: &[u8] = b"verbatim/key/1/";
const SUM_LABEL: &[u8] = b"verbatim-kek/1";

/// The key that every other key of an installation is under. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Kek(Secret);

impl Kek {
    /// A key of 256 random bits that the caller drew.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Short fingerprint, to tell keys apart in messages and file names.
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
        Derivation::new(&self.0).expand(&[KEY_LABEL, label.as_bytes()])
    }

    /// The content of its file.
    pub fn to_text(&self) -> String {
        let id = self.id();
        let key = Zeroizing::new(STANDARD.encode(*self.0));
        let sum = checksum(&id, &key);
        format!(
            "# Key-encryption key of a Verbatim installation.\n\
             # Whoever holds this file can read every record; without it nobody can read any.\n\
             # Keep it readable by the service only, and keep a copy offline.\n\
             verbatim-kek: {FILE_VERSION}\n\
             id: {id}\n\
             key: {}\n\
             sum: {sum}\n",
            *key
        )
    }

    /// Reads what [`Self::to_text`] wrote. Comments, empty lines and line endings may differ.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let file = KeyFile::parse(text)?;
        let mut bytes = Zeroizing::new([0; 32]);
        // The base64 decoder wants room for a whole last group: 33 bytes for 44 characters.
        let mut room = Zeroizing::new([0; 33]);
        match STANDARD.decode_slice(file.key, room.as_mut()) {
            Ok(32) => bytes.copy_from_slice(&room[..32]),
            _ => return Err(KeyError::Damaged),
        }
        if checksum(file.id, file.key) != file.sum {
            return Err(KeyError::Altered);
        }
        let key = Self(bytes);
        match key.id() {
            found if found == file.id => Ok(key),
            found => Err(KeyError::WrongId {
                stated: file.id.to_owned(),
                found,
            }),
        }
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kek").field(&self.id()).finish()
    }
}

/// Finds slips of the hand and of the disk; it is not a secret and protects nothing.
fn checksum(id: &str, key: &str) -> String {
    let sum = sha256(&[
        SUM_LABEL,
        b"\n",
        id.as_bytes(),
        b"\n",
        key.as_bytes(),
        b"\n",
    ]);
    hex::encode(&sum[..8])
}

/// The lines of a key file.
struct KeyFile<'a> {
    id: &'a str,
    key: &'a str,
    sum: &'a str,
}

impl<'a> KeyFile<'a> {
    fn parse(text: &'a str) -> Result<Self, KeyError> {
        let mut lines = significant_lines(text);
        let version = match lines.next().and_then(|(_, line)| line.split_once(':')) {
            Some(("verbatim-kek", version)) => version.trim(),
            _ => return Err(KeyError::NotAKeyFile),
        };
        if version != FILE_VERSION {
            return Err(KeyError::UnknownVersion(version.to_owned()));
        }
        let (mut id, mut key, mut sum) = (None, None, None);
        for (number, line) in lines {
            let slot = match line.split_once(':') {
                Some(("id", value)) => (&mut id, value),
                Some(("key", value)) => (&mut key, value),
                Some(("sum", value)) => (&mut sum, value),
                _ => return Err(KeyError::UnexpectedLine(number)),
            };
            if slot.0.replace(slot.1.trim()).is_some() {
                return Err(KeyError::UnexpectedLine(number));
            }
        }
        Ok(Self {
            id: id.ok_or(KeyError::Incomplete("id"))?,
            key: key.ok_or(KeyError::Incomplete("key"))?,
            sum: sum.ok_or(KeyError::Incomplete("sum"))?,
        })
    }
}

/// Lines that are neither empty nor comments, with their numbers from 1.
fn significant_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

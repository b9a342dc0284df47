//! The signing key in a file: the default behind the signer port.
//!
//! The file's line is the one that Go's `sumdb/note` writes (`PRIVATE+KEY+name+id+base64`), so that a firm
//! can make, read and use the key with tools we did not write.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use crate::note::{Algorithm, NoteError, SignError, Signer, VerifierKey};

const MARK: &str = "PRIVATE+KEY+";

/// An Ed25519 key held in memory, wiped when dropped.
pub struct FileSigner {
    key: SigningKey,
    verifier: VerifierKey,
}

impl FileSigner {
    /// A key from 32 random bytes that the caller drew.
    ///
    /// # Errors
    /// [`NoteError::Key`] if the name cannot be one.
    pub fn from_seed(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, algorithm, key.verifying_key().to_bytes())?;
        Ok(Self { key, verifier })
    }

    /// The content of its file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 33]);
        bytes[0] = self.verifier.algorithm() as u8;
        bytes[1..].copy_from_slice(self.key.as_bytes());
        let (name, id) = (self.verifier.name(), hex::encode(self.verifier.id()));
        let secret = Zeroizing::new(STANDARD.encode(bytes.as_ref()));
        Zeroizing::new(format!(
            "# Signing key. Whoever holds this file can sign in the name of {name}.\n\
             # Its public half: {}\n\
             {MARK}{name}+{id}+{}\n",
            self.verifier, *secret
        ))
    }

    /// Reads what [`Self::to_text`] or Go's `note.GenerateKey` wrote.
    ///
    /// # Errors
    /// [`NoteError::Key`]; no variant shows key material.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        let mut parts = line
            .and_then(|line| line.strip_prefix(MARK))
            .ok_or(NoteError::Key("the file has no line `PRIVATE+KEY+…`"))?
            .splitn(3, '+');
        let (Some(name), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NoteError::Key("the line is cut off"));
        };
        let bytes = STANDARD
            .decode(secret)
            .map(Zeroizing::new)
            .map_err(|_| NoteError::Key("its last part is not base64"))?;
        let algorithm = match bytes.first() {
            Some(1) => Algorithm::Ed25519,
            Some(4) => Algorithm::CosignatureEd25519,
            _ => return Err(NoteError::Key("its algorithm is not known to this program")),
        };
        let seed = bytes[1..]
            .try_into()
            .map_err(|_| NoteError::Key("its key has a wrong length"))?;
        let signer = Self::from_seed(name, algorithm, seed)?;
        if hex::encode(signer.verifier.id()) != id {
            return Err(NoteError::Key("its id is not that of its name and key"));
        }
        Ok(signer)
    }
}

impl Signer for FileSigner {
    fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.key.sign(message).to_bytes().to_vec())
    }
}

impl fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileSigner")
            .field(&self.verifier.to_string())
            .finish()
    }
}

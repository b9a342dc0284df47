//! The signing key in a file: the default behind the signer port.
//!
//! The file's line is the one that Go's `sumdb/note` writes (`PRIVATE+KEY+name+id+base64`), so that a firm
//! can make, read and use the key with tools we did not write. An ECDSA key, which Go's package does not
//! know, stands there in the same way: its algorithm and its 32-byte number.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

use crate::note::{Algorithm, NoteError, SignError, Signer, VerifierKey};

const MARK: &str = "PRIVATE+KEY+";

/// The private half. Each kind is wiped when dropped.
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    EcdsaP256(p256::ecdsa::SigningKey),
}

/// A key held in memory, wiped when dropped.
pub struct FileSigner {
    secret: Secret,
    verifier: VerifierKey,
}

impl FileSigner {
    /// A key from 32 random bytes that the caller drew.
    ///
    /// # Errors
    /// [`NoteError::Key`] if the name cannot be one, or, once in four thousand million draws, the bytes are
    /// no number below the order of P-256: draw again.
    pub fn from_seed(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let (secret, verifier) = match algorithm {
            Algorithm::Ed25519 | Algorithm::CosignatureEd25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(seed);
                let verifier = VerifierKey::new(name, algorithm, key.verifying_key().as_bytes())?;
                (Secret::Ed25519(Box::new(key)), verifier)
            }
            Algorithm::EcdsaP256 => {
                let wrong =
                    || NoteError::Key("its secret is not a number below the order of P-256");
                let key = p256::ecdsa::SigningKey::from_bytes(seed.into()).map_err(|_| wrong())?;
                let point = key.verifying_key().to_encoded_point(false);
                let point = point.as_bytes().try_into().map_err(|_| wrong())?;
                let verifier = VerifierKey::ecdsa_p256(name, point)?;
                (Secret::EcdsaP256(key), verifier)
            }
        };
        Ok(Self { secret, verifier })
    }

    /// The content of its file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 33]);
        bytes[0] = self.verifier.algorithm() as u8;
        match &self.secret {
            Secret::Ed25519(key) => bytes[1..].copy_from_slice(key.as_bytes()),
            Secret::EcdsaP256(key) => {
                bytes[1..].copy_from_slice(Zeroizing::new(key.to_bytes()).as_slice());
            }
        }
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
    /// [`NoteError::Key`] or [`NoteError::Algorithm`]; no variant shows key material.
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
        let (&code, seed) = bytes
            .split_first()
            .ok_or(NoteError::Key("its last part is empty"))?;
        let algorithm = Algorithm::of_code(code)?;
        let seed = seed
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
        Ok(match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            // Without chance (RFC 6979).
            Secret::EcdsaP256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        })
    }
}

impl fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileSigner")
            .field(&self.verifier.to_string())
            .finish()
    }
}

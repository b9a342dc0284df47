//! Keys by name and algorithm, in the spelling of C2SP `signed-note`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier as _;

use super::{NoteError, is_name};
use crate::cipher::sha256;

/// What stands before the uncompressed point in the DER of a P-256 key (RFC 5480: `id-ecPublicKey`,
/// `prime256v1`, a bit string of 65 bytes). Nothing in it varies, so it is compared and not parsed.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What a key signs with, and what it signs. The numbers are those of C2SP `signed-note`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032) over the text. The key is its 32 bytes.
    Ed25519 = 0x01,
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5) over the text. The key is its `SubjectPublicKeyInfo`, the
    /// signature its `ECDSA-Sig-Value`, both in DER.
    EcdsaP256 = 0x02,
    /// Ed25519 over a checkpoint and a time: a witness's cosignature (C2SP `tlog-cosignature`).
    CosignatureEd25519 = 0x04,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Ed25519, Self::EcdsaP256, Self::CosignatureEd25519];

    /// The algorithm of this number.
    ///
    /// # Errors
    /// [`NoteError::Algorithm`] if it is not known here.
    pub fn of_code(code: u8) -> Result<Self, NoteError> {
        let known = Self::ALL.into_iter().find(|known| *known as u8 == code);
        known.ok_or(NoteError::Algorithm { code })
    }

    /// Whether it signs the text of a note as it stands, as a log does.
    pub const fn signs_notes(self) -> bool {
        matches!(self, Self::Ed25519 | Self::EcdsaP256)
    }
}

/// What an algorithm that we do not know is called, if we have heard of it.
pub(super) const fn name_of_unknown(code: u8) -> &'static str {
    match code {
        0x05 => " (RFC 6962 tree heads)",
        0x06 => " (ML-DSA-44 cosignatures)",
        0xff => " (without an assigned number)",
        _ => "",
    }
}

/// The public half of a named key. Its text is `name+<id in hex>+<base64 of algorithm and key>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    key: Vec<u8>,
}

impl VerifierKey {
    /// A key of a name, encoded as its [`Algorithm`] says. The name must not be empty and holds neither `+`
    /// nor white space.
    ///
    /// # Errors
    /// [`NoteError::Key`] for another name or encoding.
    pub fn new(name: &str, algorithm: Algorithm, key: &[u8]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key(
                "its name is empty, or has `+` or white space in it",
            ));
        }
        match algorithm {
            Algorithm::EcdsaP256 => {
                p256_key(key).ok_or(NoteError::Key("it is not an ECDSA key on P-256"))?;
            }
            Algorithm::Ed25519 | Algorithm::CosignatureEd25519 if key.len() == 32 => {}
            _ => return Err(NoteError::Key("its key has a wrong length")),
        }
        Ok(Self {
            name: name.to_owned(),
            algorithm,
            key: key.to_vec(),
        })
    }

    /// An ECDSA key on P-256 by its uncompressed point (SEC 1 section 2.3.3).
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn ecdsa_p256(name: &str, point: &[u8; 65]) -> Result<Self, NoteError> {
        let key = [P256_HEAD.as_slice(), point].concat();
        Self::new(name, Algorithm::EcdsaP256, &key)
    }

    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The first four bytes of `SHA-256(name ‖ "\n" ‖ algorithm ‖ key)`; for ECDSA those of `SHA-256(key)`,
    /// as the specification has it.
    pub fn id(&self) -> [u8; 4] {
        let hash = match self.algorithm {
            Algorithm::EcdsaP256 => sha256(&[&self.key]),
            code => sha256(&[self.name.as_bytes(), b"\n", &[code as u8], &self.key]),
        };
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Whether a raw signature over these bytes is this key's (RFC 8032, strict: no small-order keys; or
    /// FIPS 186-5, in strict DER).
    pub fn fits(&self, message: &[u8], signature: &[u8]) -> bool {
        let fits = match self.algorithm {
            Algorithm::EcdsaP256 => ecdsa_fits(&self.key, message, signature),
            Algorithm::Ed25519 | Algorithm::CosignatureEd25519 => {
                ed25519_fits(&self.key, message, signature)
            }
        };
        fits == Some(true)
    }
}

fn ed25519_fits(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    Some(key.verify_strict(message, &signature).is_ok())
}

fn ecdsa_fits(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
    Some(p256_key(key)?.verify(message, &signature).is_ok())
}

fn p256_key(spki: &[u8]) -> Option<p256::ecdsa::VerifyingKey> {
    let point: &[u8; 65] = spki.strip_prefix(&P256_HEAD)?.try_into().ok()?;
    p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
}

/// The DER of a signature that is given as two numbers of 32 bytes each, as tokens make it (PKCS#11,
/// `CKM_ECDSA`). None if they cannot be one.
pub fn ecdsa_der(raw: &[u8]) -> Option<Vec<u8>> {
    let signature = p256::ecdsa::Signature::from_slice(raw).ok()?;
    Some(signature.to_der().as_bytes().to_vec())
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm as u8], self.key.as_slice()].concat();
        let id = hex::encode(self.id());
        write!(f, "{}+{id}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it has not three parts joined by `+`"));
        };
        let key = STANDARD
            .decode(key)
            .map_err(|_| NoteError::Key("its last part is not base64"))?;
        let (&code, key) = key
            .split_first()
            .ok_or(NoteError::Key("its last part is empty"))?;
        let key = Self::new(name, Algorithm::of_code(code)?, key)?;
        if hex::encode(key.id()) != id {
            return Err(NoteError::Key("its id is not that of its name and key"));
        }
        Ok(key)
    }
}

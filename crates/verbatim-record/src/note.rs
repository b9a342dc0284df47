//! Signed notes: a text, and under it signatures by named keys (C2SP `signed-note`).
//!
//! Checkpoints, disposal certificates and every other statement that the installation signs is one, so
//! that tools we did not write can check it. Which algorithm a key is for is a byte of the key, so a new
//! algorithm is a new [`Algorithm`] and nothing else.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::cipher::sha256;

/// A line of signature begins with this: an em dash and a space.
const MARK: &str = "\u{2014} ";
/// Signatures read from one note, at most (the specification asks for at least 16).
const MOST_SIGNATURES: usize = 64;
/// Bytes of one note, at most. Our longest are disposal certificates.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Why a note or a key is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Not a signed note at all.
    #[error("this is not a signed note: {0}")]
    Malformed(&'static str),
    /// Not a verifier key of the form `name+id+key`.
    #[error("this is not a verifier key: {0}")]
    Key(&'static str),
    /// None of the signatures is by a key that is trusted here.
    #[error("no signature is by a key that is trusted here")]
    NoTrustedSignature,
    /// A trusted key's signature does not fit the text: somebody altered one of them.
    #[error("the signature of {0} does not fit the text")]
    BadSignature(String),
}

/// What a key signs with, and what it signs. The numbers are those of C2SP `signed-note`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032) over the text.
    Ed25519 = 0x01,
    /// Ed25519 over a checkpoint and a time: a witness's cosignature (C2SP `tlog-cosignature`).
    CosignatureEd25519 = 0x04,
}

impl Algorithm {
    fn from_code(code: u8) -> Option<Self> {
        [Self::Ed25519, Self::CosignatureEd25519]
            .into_iter()
            .find(|known| *known as u8 == code)
    }
}

/// The public half of a named key. Its text is `name+<id in hex>+<base64 of algorithm and key>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    key: [u8; 32],
}

impl VerifierKey {
    /// A key of a name. The name must not be empty and holds neither `+` nor white space.
    ///
    /// # Errors
    /// [`NoteError::Key`] for such a name.
    pub fn new(name: &str, algorithm: Algorithm, key: [u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key(
                "its name is empty, or has `+` or white space in it",
            ));
        }
        let name = name.to_owned();
        Ok(Self {
            name,
            algorithm,
            key,
        })
    }

    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The first four bytes of `SHA-256(name ‖ "\n" ‖ algorithm ‖ key)`.
    pub fn id(&self) -> [u8; 4] {
        let hash = sha256(&[
            self.name.as_bytes(),
            b"\n",
            &[self.algorithm as u8],
            &self.key,
        ]);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Whether a raw signature over these bytes is this key's (RFC 8032, strict: no small-order keys).
    pub fn fits(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = <&[u8; 64]>::try_from(signature) else {
            return false;
        };
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        ed25519_dalek::VerifyingKey::from_bytes(&self.key)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
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
        let algorithm = Algorithm::from_code(code)
            .ok_or(NoteError::Key("its algorithm is not known to this program"))?;
        let key = key
            .try_into()
            .map_err(|_| NoteError::Key("its key has a wrong length"))?;
        let key = Self::new(name, algorithm, key)?;
        if hex::encode(key.id()) != id {
            return Err(NoteError::Key("its id is not that of its name and key"));
        }
        Ok(key)
    }
}

/// A key that cannot sign now (a token that was pulled out, say).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the key cannot sign: {0}")]
pub struct SignError(pub String);

/// The signer port: whoever holds the private half. File, token or service; it may block.
pub trait Signer: Send + Sync {
    /// The public half.
    fn verifier(&self) -> &VerifierKey;

    /// The raw signature over these bytes.
    ///
    /// # Errors
    /// When the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// One signature under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub key_id: [u8; 4],
    /// What the key made: the raw signature, for a cosignature with its time before it.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// Reads one line, without its end.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(line: &str) -> Result<Self, NoteError> {
        let bad = NoteError::Malformed("a line of signature is not `— name base64`");
        let (name, signature) = line
            .strip_prefix(MARK)
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| bad.clone())?;
        let bytes = STANDARD.decode(signature).map_err(|_| bad.clone())?;
        match bytes.split_first_chunk::<4>() {
            Some((key_id, rest)) if is_name(name) && !rest.is_empty() => Ok(Self {
                name: name.to_owned(),
                key_id: *key_id,
                bytes: rest.to_vec(),
            }),
            _ => Err(bad),
        }
    }

    /// Whether it claims to be by this key: both name and id.
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.key_id == key.id()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.bytes].concat();
        write!(f, "{MARK}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A text with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text, its last newline included.
    pub text: String,
    /// In the order of their lines.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Signs a text, which must end in a newline and hold no other control character.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(text: String, signer: &dyn Signer) -> Result<Self, SignError> {
        if !is_text(&text) {
            return Err(SignError("the text is not one that a note can have".into()));
        }
        let key = signer.verifier();
        let signature = NoteSignature {
            name: key.name.clone(),
            key_id: key.id(),
            bytes: signer.sign(text.as_bytes())?,
        };
        Ok(Self {
            text,
            signatures: vec![signature],
        })
    }

    /// Reads a note. Nothing is believed yet: see [`Self::check`].
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MOST_BYTES {
            return Err(NoteError::Malformed("it is too long"));
        }
        // Texts may hold empty lines themselves; the last one is what divides.
        let divide = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("it has no signatures"))?;
        let (text, signatures) = (&note[..=divide], &note[divide + 2..]);
        if !is_text(text) {
            return Err(NoteError::Malformed("it has control characters in it"));
        }
        let lines = signatures
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("its last line has no end"))?;
        let signatures: Vec<_> = lines
            .split('\n')
            .take(MOST_SIGNATURES + 1)
            .map(NoteSignature::parse)
            .collect::<Result<_, _>>()?;
        if signatures.len() > MOST_SIGNATURES {
            return Err(NoteError::Malformed("it has too many signatures"));
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Checks the signatures over the text by these keys; keys that are not named here are ignored.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] as soon as one of these keys' signatures does not fit,
    /// [`NoteError::NoTrustedSignature`] if none is by any of them.
    pub fn check(&self, keys: &[VerifierKey]) -> Result<(), NoteError> {
        let mut any = false;
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| signature.is_by(key)) else {
                continue;
            };
            let fits = key.algorithm == Algorithm::Ed25519
                && key.fits(self.text.as_bytes(), &signature.bytes);
            if !fits {
                return Err(NoteError::BadSignature(key.name.clone()));
            }
            any = true;
        }
        if any {
            Ok(())
        } else {
            Err(NoteError::NoTrustedSignature)
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(f, "{signature}")?;
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && !text.contains(|c: char| c < ' ' && c != '\n')
}

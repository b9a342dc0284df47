//! Signed notes: a text, and under it signatures by named keys (C2SP `signed-note`).
//!
//! Checkpoints, disposal certificates and every other statement that the installation signs is one, so
//! that tools we did not write can check it. Which algorithm a key is for is a byte of the key, so a new
//! algorithm is a new [`Algorithm`] and nothing else.

mod key;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

pub use key::{Algorithm, VerifierKey, ecdsa_der};

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
    /// A key for an algorithm that is not known here. A newer program may know it.
    #[error(
        "the key signs with the algorithm 0x{code:02x}{}; this program knows Ed25519 (0x01), ECDSA on P-256 (0x02) and Ed25519 cosignatures (0x04)",
        key::name_of_unknown(*.code)
    )]
    Algorithm {
        /// The algorithm's byte (C2SP `signed-note`).
        code: u8,
    },
    /// None of the signatures is by a key that is trusted here.
    #[error("no signature is by a key that is trusted here")]
    NoTrustedSignature,
    /// A trusted key's signature does not fit the text: somebody altered one of them.
    #[error("the signature of {0} does not fit the text")]
    BadSignature(String),
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
        self.name == key.name() && self.key_id == key.id()
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
            name: key.name().to_owned(),
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
            let fits =
                key.algorithm().signs_notes() && key.fits(self.text.as_bytes(), &signature.bytes);
            if !fits {
                return Err(NoteError::BadSignature(key.name().to_owned()));
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

//! Checkpoints: the signed statement "at this size the log has this root" (C2SP `tlog-checkpoint`), and
//! the cosignatures of witnesses under it (C2SP `tlog-cosignature`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::note::{Algorithm, Note, NoteError, NoteSignature, SignError, Signer, VerifierKey};
use crate::record::Hash;

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The note is not right.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text under the signature is not a checkpoint.
    #[error("this is not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It is signed, but by a key of the log that does not count at this size: one that was replaced before,
    /// or one that came later.
    #[error(
        "the checkpoint of {size} records is signed by a key that does not count at this size: the log has changed its key"
    )]
    OutOfRange {
        /// Its size.
        size: u64,
    },
    /// It is another log's.
    #[error("this is a checkpoint of the log {found}, not of {expected}")]
    Origin {
        /// Whose it should be.
        expected: String,
        /// Whose it is.
        found: String,
    },
}

/// What a log says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: an address without a scheme, and the name of its key.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root over them (RFC 6962).
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note. Further lines, which the format allows, are left alone.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let bad = CheckpointError::Malformed;
        let mut lines = text
            .strip_suffix('\n')
            .ok_or(bad("its last line has no end"))?
            .split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(bad("it has fewer than three lines"));
        };
        if origin.is_empty() {
            return Err(bad("its origin is empty"));
        }
        if lines.any(str::is_empty) {
            return Err(bad("it has an empty line"));
        }
        let root = STANDARD.decode(root).ok().and_then(|r| r.try_into().ok());
        Ok(Self {
            origin: origin.to_owned(),
            size: number(size).ok_or(bad("its size is not a number"))?,
            root: root.ok_or(bad("its root is not a hash"))?,
        })
    }

    /// Reads a note, checks the log's own signature and that it is that log's.
    ///
    /// # Errors
    /// When either is wrong. Cosignatures are looked at by [`cosigned_at`].
    pub fn open(note: &Note, log: &VerifierKey) -> Result<Self, CheckpointError> {
        note.check(std::slice::from_ref(log))?;
        let checkpoint = Self::parse(&note.text)?;
        if checkpoint.origin != log.name() {
            return Err(CheckpointError::Origin {
                expected: log.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(checkpoint)
    }

    /// Signs it as its log.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Note, SignError> {
        Note::sign(self.to_string(), signer)
    }
}

/// The text of the note.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = STANDARD.encode(self.root);
        writeln!(f, "{}\n{}\n{root}", self.origin, self.size)
    }
}

/// Cosigns the text of a checkpoint: "at this time it was the largest consistent tree that I had seen".
/// `at` is in seconds since the Unix epoch and not zero.
///
/// # Errors
/// When the key cannot sign, or is not one for cosignatures.
pub fn cosign(text: &str, at: u64, signer: &dyn Signer) -> Result<NoteSignature, SignError> {
    let key = signer.verifier();
    if key.algorithm() != Algorithm::CosignatureEd25519 {
        return Err(SignError("it is not a key for cosignatures".into()));
    }
    let mut bytes = at.to_be_bytes().to_vec();
    bytes.extend(signer.sign(&cosigned(text, at))?);
    Ok(NoteSignature {
        name: key.name().to_owned(),
        key_id: key.id(),
        bytes,
    })
}

/// When this witness cosigned the note, in seconds since the Unix epoch; none if it did not.
///
/// # Errors
/// [`NoteError::BadSignature`] if there is a cosignature by this key that does not fit.
pub fn cosigned_at(note: &Note, witness: &VerifierKey) -> Result<Option<u64>, NoteError> {
    let Some(signature) = note.signatures.iter().find(|s| s.is_by(witness)) else {
        return Ok(None);
    };
    cosignature_fits(&note.text, signature, witness)
        .map(Some)
        .ok_or_else(|| NoteError::BadSignature(witness.name().to_owned()))
}

/// The time of a cosignature, if it is this witness's and fits the checkpoint's text.
pub fn cosignature_fits(
    text: &str,
    signature: &NoteSignature,
    witness: &VerifierKey,
) -> Option<u64> {
    let (time, raw) = signature.bytes.split_first_chunk::<8>()?;
    let at = u64::from_be_bytes(*time);
    let right = witness.algorithm() == Algorithm::CosignatureEd25519
        && signature.is_by(witness)
        && i64::try_from(at).is_ok()
        && witness.fits(&cosigned(text, at), raw);
    right.then_some(at)
}

fn cosigned(text: &str, at: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {at}\n{text}").into_bytes()
}

/// A decimal number without a sign or leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

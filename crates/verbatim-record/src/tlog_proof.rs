//! A proof in a file of its own (C2SP `tlog-proof`, extension `.tlog-proof`): position, hashes from the
//! leaf upwards, and the checkpoint that they lead to. Beside it belongs the leaf itself, which we put
//! into the `extra` line; the format does not protect that line, so the leaf's hash is what is proved.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError, number};
use crate::merkle::leaf_hash;
use crate::note::{Note, NoteError};
use crate::policy::{Policy, Unmet};
use crate::proof::{LONGEST, ProofError, check_inclusion};
use crate::record::Hash;

const HEAD: &str = "c2sp.org/tlog-proof@v1";

/// Why a proof file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TlogProofError {
    /// Some other file, or a damaged one.
    #[error("this is not a proof file: {0}")]
    Malformed(&'static str),
    /// Its checkpoint is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its checkpoint is not believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its checkpoint does not have the cosignatures that are asked for.
    #[error(transparent)]
    Policy(#[from] Unmet),
    /// It does not lead from the leaf to the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A proof that one entry is in the log of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The entry (our encoded leaf), if the file carries it.
    pub entry: Option<Vec<u8>>,
    /// Its position in the log.
    pub index: u64,
    /// From the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The checkpoint that it leads to.
    pub checkpoint: Note,
}

impl TlogProof {
    /// Checks signatures and inclusion of this entry. Which logs and witnesses count is the policy's.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, entry: &[u8], policy: &Policy) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = policy.open(&self.checkpoint)?;
        policy.quorum(&self.checkpoint)?;
        let leaf = leaf_hash(entry);
        check_inclusion(
            &leaf,
            self.index,
            checkpoint.size,
            &self.hashes,
            &checkpoint.root,
        )?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        if let Some(entry) = &self.entry {
            writeln!(f, "extra {}", STANDARD.encode(entry))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        let bad = TlogProofError::Malformed;
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(bad("it has no checkpoint"))?;
        let mut lines = proof.split('\n').peekable();
        if lines.next() != Some(HEAD) {
            return Err(bad("its first line is not that of a proof file"));
        }
        let entry = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            None => None,
            Some(extra) => {
                let entry = STANDARD.decode(extra);
                lines.next();
                Some(entry.map_err(|_| bad("its extra line is not base64"))?)
            }
        };
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(number)
            .ok_or(bad("it has no line `index N`"))?;
        let hashes: Option<Vec<Hash>> = lines
            .take(LONGEST + 1)
            .map(|line| STANDARD.decode(line).ok()?.try_into().ok())
            .collect();
        let hashes = hashes.ok_or(bad("one of its lines is not a hash"))?;
        if hashes.len() > LONGEST {
            return Err(bad("it has too many hashes"));
        }
        Ok(Self {
            entry,
            index,
            hashes,
            checkpoint: Note::parse(checkpoint)?,
        })
    }
}

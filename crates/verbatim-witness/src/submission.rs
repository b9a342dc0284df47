//! What a log asks of a witness, and whether it is granted: no clock, no disk, no waiting.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::merkle::Frontier;
use verbatim_record::note::Note;
use verbatim_record::policy::Policy;
use verbatim_record::proof::check_consistency;
use verbatim_record::{Checkpoint, Hash};

/// Hashes in the proof of a submission, at most (C2SP `tlog-witness`).
const MOST_HASHES: usize = 63;

/// Why a checkpoint is not cosigned. Each is one status code of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// 400: not a submission.
    #[error("malformed: {0}")]
    Malformed(String),
    /// 404: a log that this witness was not told of.
    #[error("this witness does not know the log")]
    UnknownLog,
    /// 403: not signed by the log, or by a key of it that does not count at this size.
    #[error("{0}")]
    Unsigned(CheckpointError),
    /// 409: the proof begins at another size than the one that this witness holds.
    #[error("the largest tree seen here has {0} leaves")]
    Size(u64),
    /// 422: it does not extend what this witness holds.
    #[error("the checkpoint does not extend the largest tree seen here: {0}")]
    Inconsistent(String),
    /// 500: it could not be made durable, so nothing was cosigned.
    #[error("the witness cannot keep its state: {0}")]
    Storage(String),
}

/// A request to cosign, read but not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The size that the proof begins at.
    pub old: u64,
    /// From that size to the checkpoint's.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub note: Note,
    /// What its text says.
    pub checkpoint: Checkpoint,
}

impl Submission {
    /// Reads `old <size>`, the proof's lines, an empty line, the checkpoint.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn parse(body: &str) -> Result<Self, Refusal> {
        let bad = |why: &str| Refusal::Malformed(why.to_owned());
        let (head, note) = body
            .split_once("\n\n")
            .ok_or_else(|| bad("there is no checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(size)
            .ok_or_else(|| bad("the first line is not `old SIZE`"))?;
        let proof: Vec<Hash> = lines
            .take(MOST_HASHES + 1)
            .map(|line| STANDARD.decode(line).ok()?.try_into().ok())
            .collect::<Option<_>>()
            .ok_or_else(|| bad("a line of the proof is not a hash"))?;
        if proof.len() > MOST_HASHES {
            return Err(bad("the proof has more than 63 hashes"));
        }
        let note = Note::parse(note).map_err(|e| Refusal::Malformed(e.to_string()))?;
        let checkpoint =
            Checkpoint::parse(&note.text).map_err(|e| Refusal::Malformed(e.to_string()))?;
        Ok(Self {
            old,
            proof,
            note,
            checkpoint,
        })
    }

    /// Whether it is the log's and extends what was seen last.
    ///
    /// # Errors
    /// The refusals of the protocol, in its order.
    pub fn check(&self, logs: &Policy, seen: Option<&Checkpoint>) -> Result<(), Refusal> {
        let origin = &self.checkpoint.origin;
        if !logs.logs().any(|key| key.name() == origin) {
            return Err(Refusal::UnknownLog);
        }
        logs.open(&self.note).map_err(Refusal::Unsigned)?;
        if self.old > self.checkpoint.size {
            let why = "the old size is larger than the checkpoint's";
            return Err(Refusal::Malformed(why.to_owned()));
        }
        let (size, root) = seen.map_or_else(
            || (0, Frontier::new().root()),
            |seen| (seen.size, seen.root),
        );
        if self.old != size {
            return Err(Refusal::Size(size));
        }
        let new = &self.checkpoint;
        check_consistency(size, &root, new.size, &new.root, &self.proof)
            .map_err(|e| Refusal::Inconsistent(e.to_string()))
    }
}

/// A decimal number without a sign or leading zeros.
fn size(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

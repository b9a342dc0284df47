//! The witness itself: one log after the other, each checked, kept and only then cosigned.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use verbatim_record::checkpoint::cosign;
use verbatim_record::note::{Note, NoteSignature};
use verbatim_record::{Checkpoint, Signer, VerifierKey};

use crate::disk::{Disk, replace};
use crate::folder::{Folder, FolderError, Seen, origin_id};
use crate::submission::{Refusal, Submission};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Seconds since the Unix epoch.
    fn now_s(&self) -> u64;
}

/// Signatures of a log that are kept with its checkpoint, at most: fewer than a note may have.
const MOST_SIGNATURES: usize = 16;

/// A log that it cosigns.
struct Log {
    keys: Vec<VerifierKey>,
    /// Held from the check until the answer, so that of two submissions one sees the other's.
    seen: Mutex<Option<Seen>>,
}

impl Log {
    /// One by each key of the log's name, those that we have checked first. One that we do not know may be the
    /// log's next one: whoever knows that one alone shall believe what we show. What others have signed is theirs
    /// to tell.
    fn signatures(&self, submission: &Submission) -> Vec<NoteSignature> {
        let origin = &submission.checkpoint.origin;
        let of_log = submission.note.signatures.iter();
        let of_log = of_log.filter(|s| s.name == *origin);
        let is_known = |s: &&NoteSignature| self.keys.iter().any(|key| s.is_by(key));
        let (known, others): (Vec<_>, Vec<_>) = of_log.partition(is_known);
        let mut kept: Vec<NoteSignature> = Vec::new();
        for signature in known.into_iter().chain(others) {
            let is_there = kept.iter().any(|kept| kept.key_id == signature.key_id);
            if !is_there && kept.len() < MOST_SIGNATURES {
                kept.push(signature.clone());
            }
        }
        kept
    }
}

/// A witness, which holds its folder.
pub struct Witness {
    folder: Folder,
    disk: Box<dyn Disk>,
    clock: Box<dyn Clock>,
    /// By the origin's hash.
    logs: HashMap<String, Log>,
}

impl Witness {
    /// Takes up what the folder remembers.
    ///
    /// # Errors
    /// [`FolderError::Damaged`] for a state that is not whole: it is never taken for an empty one.
    pub fn open(
        folder: Folder,
        disk: Box<dyn Disk>,
        clock: Box<dyn Clock>,
    ) -> Result<Self, FolderError> {
        let mut remembered: HashMap<String, Seen> = folder
            .all()?
            .into_iter()
            .map(|seen| (origin_id(&seen.checkpoint.origin), seen))
            .collect();
        let mut logs = HashMap::new();
        for key in folder.logs().logs() {
            let id = origin_id(key.name());
            let log = logs.entry(id.clone()).or_insert_with(|| Log {
                keys: Vec::new(),
                seen: Mutex::new(remembered.remove(&id)),
            });
            log.keys.push(key.clone());
        }
        Ok(Self {
            folder,
            disk,
            clock,
            logs,
        })
    }

    /// Its public key.
    pub fn key(&self) -> &VerifierKey {
        self.folder.signer().verifier()
    }

    /// How many logs it cosigns.
    pub fn logs(&self) -> usize {
        self.logs.len()
    }

    /// Cosigns a checkpoint if it extends what was seen of its log, and remembers it.
    ///
    /// # Errors
    /// When it does not, or cannot be kept; then nothing was cosigned.
    pub fn submit(&self, submission: &Submission) -> Result<NoteSignature, Refusal> {
        let log = self
            .logs
            .get(&origin_id(&submission.checkpoint.origin))
            .ok_or(Refusal::UnknownLog)?;
        let mut seen = whole(&log.seen);
        let before = seen.as_ref().map(|seen| &seen.checkpoint);
        submission.check(self.folder.logs(), before)?;
        let (next, ours) = self.cosigned(submission, log, seen.as_ref())?;
        // Died before here: as if nobody had asked.
        let path = self.folder.path(&next.checkpoint.origin);
        let kept = replace(&*self.disk, &path, next.note.to_string().as_bytes());
        kept.map_err(|e| Refusal::Storage(e.to_string()))?;
        // A step of it failed, or we died in it: the old checkpoint lies there, or this one, whose
        // cosignature nobody has. After an error we go on from the old one: whatever is cosigned next
        // replaces this one on the disk before it is given out.
        *seen = Some(next);
        // Died before the answer: it is remembered. The log hears of the size by its next question (409)
        // and asks for this checkpoint again.
        Ok(ours)
    }

    fn cosigned(
        &self,
        submission: &Submission,
        log: &Log,
        seen: Option<&Seen>,
    ) -> Result<(Seen, NoteSignature), Refusal> {
        // A clock that steps back does not take a log back; a time of zero would mean none.
        let before = seen.map_or(1, |seen| seen.at);
        let at = self.clock.now_s().max(before);
        let text = &submission.note.text;
        let ours =
            cosign(text, at, self.folder.signer()).map_err(|e| Refusal::Storage(e.to_string()))?;
        let mut signatures = log.signatures(submission);
        signatures.push(ours.clone());
        let note = Note {
            text: text.clone(),
            signatures,
        };
        let checkpoint: Checkpoint = submission.checkpoint.clone();
        let next = Seen {
            checkpoint,
            at,
            note,
        };
        Ok((next, ours))
    }

    /// The last cosigned checkpoint of the log whose origin has this hash, in hexadecimal.
    pub fn latest(&self, id: &str) -> Option<String> {
        let log = self.logs.get(id)?;
        let seen = whole(&log.seen);
        seen.as_ref().map(|seen| seen.note.to_string())
    }
}

/// What the lock guards is whole even after a panic: it is replaced, not changed in steps.
fn whole<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

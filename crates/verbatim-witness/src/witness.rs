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

/// A log that it cosigns.
struct Log {
    keys: Vec<VerifierKey>,
    /// Held from the check until the answer, so that of two submissions one sees the other's.
    seen: Mutex<Option<Seen>>,
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
        // What others have signed is theirs to tell.
        let by_log = |s: &&NoteSignature| log.keys.iter().any(|key| s.is_by(key));
        let mut signatures: Vec<_> = submission
            .note
            .signatures
            .iter()
            .filter(by_log)
            .cloned()
            .collect();
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

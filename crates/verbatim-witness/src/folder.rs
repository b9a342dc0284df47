//! A witness's folder: its key, the logs that it knows, and the last checkpoint of each.
//!
//! A checkpoint's file is the cosigned note itself, so that it needs no format of its own: it can be read by
//! any tool, and the witness's own signature over it shows that it was not altered.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;
use verbatim_record::checkpoint::cosigned_at;
use verbatim_record::note::{Algorithm, Note, NoteError};
use verbatim_record::policy::{Policy, PolicyError};
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Signer, VerifierKey};

use crate::disk::{RealDisk, is_leftover, replace};

const KEY: &str = "witness.key";
const LOGS: &str = "logs.policy";
const LOCK: &str = "lock";
const CHECKPOINTS: &str = "checkpoints";
const ENDING: &str = "checkpoint";

const NO_LOGS: &str = "\
# The logs that this witness cosigns, one a line: log VKEY
# A log's key is what its operator publishes; after a change of it, all lines of the log's policy, #sizes included. This file is read at the start.
quorum none
";

/// The folder cannot be used.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a witness already; its key must not be lost.
    #[error("{0} exists already: this folder has a witness")]
    Exists(PathBuf),
    /// Another process is this witness.
    #[error("{0} is locked: another process runs the witness of this folder")]
    Locked(PathBuf),
    /// The key cannot be one, or is not a witness's.
    #[error("{path}: {source}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: NoteError,
    },
    /// The list of logs cannot be read.
    #[error("{path}: {source}")]
    Logs {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: PolicyError,
    },
    /// The state was altered or is cut off. To go on without it would be to forget.
    #[error(
        "{path} is damaged ({why}): restore it from a copy that is no older than the last cosignature, or give this witness up and make another with a new key"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What was seen last of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) checkpoint: Checkpoint,
    /// When it was cosigned, in seconds since the Unix epoch.
    pub(crate) at: u64,
    /// With the log's signatures and ours.
    pub(crate) note: Note,
}

/// An open folder. No other process can open it meanwhile.
#[derive(Debug)]
pub struct Folder {
    checkpoints: PathBuf,
    signer: FileSigner,
    logs: Policy,
    _lock: File,
}

impl Folder {
    /// Makes a folder with a key from 32 random bytes and an empty list of logs; answers the public key.
    ///
    /// # Errors
    /// When there is a witness already, the name cannot be one, or the disk does not take it.
    pub fn create(dir: &Path, name: &str, seed: &[u8; 32]) -> Result<VerifierKey, FolderError> {
        let path = dir.join(KEY);
        let key = |source| FolderError::Key {
            path: path.clone(),
            source,
        };
        let signer =
            FileSigner::from_seed(name, Algorithm::CosignatureEd25519, seed).map_err(key)?;
        if path.exists() {
            return Err(FolderError::Exists(path));
        }
        let checkpoints = dir.join(CHECKPOINTS);
        let mut folders = DirBuilder::new();
        folders
            .recursive(true)
            .mode(0o700)
            .create(&checkpoints)
            .map_err(|e| io_error(&checkpoints, e))?;
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            replace(&RealDisk, &path, text.as_bytes()).map_err(|e| io_error(&path, e))
        };
        write(LOGS, NO_LOGS)?;
        // The key last: with it the folder is complete. Died before: it can be made again.
        write(KEY, &signer.to_text())?;
        Ok(signer.verifier().clone())
    }

    /// Opens a folder for as long as the answer lives.
    ///
    /// # Errors
    /// When another process has it, or one of its files is missing or not as it should be.
    pub fn open(dir: &Path) -> Result<Self, FolderError> {
        let (key, logs) = (dir.join(KEY), dir.join(LOGS));
        let signer = FileSigner::parse(&read(&key)?)
            .and_then(|signer| match signer.verifier().algorithm() {
                Algorithm::CosignatureEd25519 => Ok(signer),
                _ => Err(NoteError::Key("it is not a key for cosignatures")),
            })
            .map_err(|source| FolderError::Key { path: key, source })?;
        let policy: Policy = read(&logs)?
            .parse()
            .map_err(|source| FolderError::Logs { path: logs, source })?;
        let checkpoints = dir.join(CHECKPOINTS);
        if !checkpoints.is_dir() {
            return Err(FolderError::Damaged {
                path: checkpoints,
                why: "it is not there".into(),
            });
        }
        Ok(Self {
            _lock: lock(&dir.join(LOCK))?,
            checkpoints,
            signer,
            logs: policy,
        })
    }

    /// The logs that it cosigns, with the sizes for which each of their keys counts.
    pub const fn logs(&self) -> &Policy {
        &self.logs
    }

    /// Its key.
    pub const fn signer(&self) -> &FileSigner {
        &self.signer
    }

    /// Where the last checkpoint of a log lies.
    pub(crate) fn path(&self, origin: &str) -> PathBuf {
        let name = origin_id(origin);
        self.checkpoints.join(format!("{name}.{ENDING}"))
    }

    /// The last checkpoint of every log, those included that are not cosigned any more.
    pub(crate) fn all(&self) -> Result<Vec<Seen>, FolderError> {
        let entries =
            fs::read_dir(&self.checkpoints).map_err(|e| io_error(&self.checkpoints, e))?;
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| io_error(&self.checkpoints, e))?.path();
            if !is_leftover(&path) {
                all.push(self.read(path)?);
            }
        }
        Ok(all)
    }

    /// Start-up verifies instead of trusting: it must be ours, unaltered, and under its own name.
    fn read(&self, path: PathBuf) -> Result<Seen, FolderError> {
        let text = read(&path)?;
        let seen = Note::parse(&text)
            .map_err(|e| e.to_string())
            .and_then(|note| self.seen(note));
        match seen {
            Ok(seen) if self.path(&seen.checkpoint.origin) == path => Ok(seen),
            Ok(_) => Err(FolderError::Damaged {
                path,
                why: "it is another log's".into(),
            }),
            Err(why) => Err(FolderError::Damaged { path, why }),
        }
    }

    fn seen(&self, note: Note) -> Result<Seen, String> {
        let at = cosigned_at(&note, self.signer.verifier())
            .map_err(|e| e.to_string())?
            .ok_or("it lacks this witness's cosignature")?;
        let checkpoint = Checkpoint::parse(&note.text).map_err(|e| e.to_string())?;
        Ok(Seen {
            checkpoint,
            at,
            note,
        })
    }
}

/// How a log is named in addresses and files: its origin may hold anything.
pub(crate) fn origin_id(origin: &str) -> String {
    hex::encode(Sha256::digest(origin))
}

/// The operating system gives it back when the process ends, however it ends.
fn lock(path: &Path) -> Result<File, FolderError> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let file = options.open(path).map_err(|e| io_error(path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(io_error(path, error)),
    }
}

fn read(path: &Path) -> Result<String, FolderError> {
    fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => FolderError::Damaged {
            path: path.to_owned(),
            why: "it is not text".into(),
        },
        _ => io_error(path, source),
    })
}

fn io_error(path: &Path, source: io::Error) -> FolderError {
    let path = path.to_owned();
    FolderError::Io { path, source }
}

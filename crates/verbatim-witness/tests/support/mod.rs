//! Logs, and a witness in a folder of its own.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verbatim_record::merkle::{leaf_hash, root_of};
use verbatim_record::note::{Algorithm, Note, NoteSignature};
use verbatim_record::proof::consistency;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Hash, Signer, VerifierKey};
use verbatim_witness::{Clock, Disk, Folder, RealDisk, Witness};

pub(crate) const ORIGIN: &str = "archive.firm.example/log";
pub(crate) const WITNESS: &str = "witness.example/w1";
/// When the tests' clock begins.
pub(crate) const START: u64 = 1_700_000_000;

/// A clock that is set by hand.
#[derive(Clone)]
pub(crate) struct Hands(pub(crate) Arc<AtomicU64>);

impl Hands {
    pub(crate) fn at(now: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now)))
    }
}

impl Clock for Hands {
    fn now_s(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A log whose leaves say which one it is, so that two of a size differ.
pub(crate) struct Log {
    pub(crate) signer: FileSigner,
    pub(crate) leaves: Vec<Hash>,
}

impl Log {
    pub(crate) fn new(origin: &str, seed: u8, flavour: &str, size: usize) -> Self {
        let leaf = |n| leaf_hash(format!("{flavour} {n}").as_bytes());
        Self {
            signer: FileSigner::from_seed(origin, Algorithm::Ed25519, &[seed; 32]).unwrap(),
            leaves: (0..size).map(leaf).collect(),
        }
    }

    /// The log that the witness knows.
    pub(crate) fn known(size: usize) -> Self {
        Self::new(ORIGIN, 1, "leaf", size)
    }

    /// The same log's key over other leaves, from `shared` on.
    pub(crate) fn forked(shared: usize, size: usize) -> Self {
        let mut log = Self::new(ORIGIN, 1, "other", size);
        log.leaves[..shared].copy_from_slice(&Self::known(shared).leaves);
        log
    }

    pub(crate) fn checkpoint(&self, size: usize) -> Checkpoint {
        Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            size: size as u64,
            root: root_of(&self.leaves[..size]),
        }
    }

    pub(crate) fn note(&self, size: usize) -> Note {
        self.checkpoint(size).sign(&self.signer).unwrap()
    }

    /// An honest submission.
    pub(crate) fn body(&self, old: usize, new: usize) -> String {
        let proof = consistency(old as u64, new as u64, self.leaves.as_slice()).unwrap();
        body(&format!("{old}"), &proof, &self.note(new).to_string())
    }
}

pub(crate) fn body(old: &str, proof: &[Hash], note: &str) -> String {
    let lines: String = proof
        .iter()
        .map(|hash| format!("{}\n", STANDARD.encode(hash)))
        .collect();
    format!("old {old}\n{lines}\n{note}")
}

/// A folder with a witness that knows [`Log::known`].
pub(crate) fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    Folder::create(dir.path(), WITNESS, &[9; 32]).unwrap();
    let log = Log::known(0);
    let policy = format!("log {}\nquorum none\n", log.signer.verifier());
    std::fs::write(dir.path().join("logs.policy"), policy).unwrap();
    dir
}

pub(crate) fn open(dir: &Path) -> Witness {
    open_with(dir, RealDisk, Hands::at(START))
}

pub(crate) fn open_with(dir: &Path, disk: impl Disk + 'static, clock: Hands) -> Witness {
    let folder = Folder::open(dir).unwrap();
    Witness::open(folder, Box::new(disk), Box::new(clock)).unwrap()
}

/// The time of a cosignature, which must be the witness's and fit.
pub(crate) fn time_of(note: &Note, signature: &NoteSignature, witness: &VerifierKey) -> u64 {
    let fits = verbatim_record::checkpoint::cosignature_fits(&note.text, signature, witness);
    fits.expect("the cosignature fits")
}

/// Fails at one step; `done` says whether the step was taken all the same.
pub(crate) struct Cutting {
    pub(crate) left: AtomicUsize,
    pub(crate) done: bool,
}

impl Cutting {
    pub(crate) fn at(step: usize, done: bool) -> Self {
        Self {
            left: AtomicUsize::new(step),
            done,
        }
    }

    fn step(&self, real: impl Fn() -> io::Result<()>) -> io::Result<()> {
        match self.left.load(Ordering::SeqCst) {
            0 => {
                if self.done {
                    real()?;
                }
                // The process is dead: nothing after this happens either.
                self.left.store(usize::MAX, Ordering::SeqCst);
                Err(io::Error::other("cut"))
            }
            usize::MAX => Err(io::Error::other("dead")),
            left => {
                self.left.store(left - 1, Ordering::SeqCst);
                real()
            }
        }
    }
}

impl Disk for Cutting {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(|| RealDisk.write(path, bytes))
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step(|| RealDisk.sync(path))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| RealDisk.rename(from, to))
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(|| RealDisk.sync_folder(folder))
    }
}

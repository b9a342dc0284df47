//! The demo's data directory: marked as ours, locked while in use, wiped only if ours.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const MARKER: &str = ".verbatim-demo";

/// A data directory that this process alone uses.
#[derive(Debug)]
pub(crate) struct Place {
    root: PathBuf,
    /// Held for as long as the demo runs; the system frees it however the process ends.
    _lock: File,
}

impl Place {
    /// Opens or makes the directory; with `reset`, from nothing.
    pub(crate) fn open(root: &Path, reset: bool) -> anyhow::Result<Self> {
        refuse_foreign(root)?;
        // Passwords and keys will be in it.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .with_context(|| format!("cannot make {}", root.display()))?;
        let root = root.canonicalize()?;
        let lock = lock(&root)?;
        if reset {
            wipe(&root)?;
        }
        for folder in ["logs", "synapse", "client", "verbatim"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root, _lock: lock })
    }

    /// Passwords and tokens.
    pub(crate) fn secrets_file(&self) -> PathBuf {
        self.root.join("demo.json")
    }

    /// The homeserver's folder.
    pub(crate) fn synapse(&self) -> PathBuf {
        self.root.join("synapse")
    }

    /// What is handed out to examiners.
    pub(crate) fn bundles(&self) -> PathBuf {
        self.root.join("bundles")
    }

    /// The independent client's folder.
    pub(crate) fn client(&self) -> PathBuf {
        self.root.join("client")
    }

    /// Verbatim's own folder: config, keys, registration, store.
    pub(crate) fn verbatim(&self) -> PathBuf {
        self.root.join("verbatim")
    }

    /// What the simulated carrier remembers.
    pub(crate) fn carrier_ledger(&self) -> PathBuf {
        self.root.join("carrier.jsonl")
    }

    /// Where every part logs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }
}

/// A folder with other things in it is neither used nor wiped.
fn refuse_foreign(root: &Path) -> anyhow::Result<()> {
    let Ok(mut entries) = fs::read_dir(root) else {
        return Ok(());
    };
    if entries.next().is_some() && !root.join(MARKER).exists() {
        bail!(
            "{} is not empty and was not made by a demo; \
             choose another place with --data, or empty it yourself",
            root.display()
        );
    }
    Ok(())
}

fn lock(root: &Path) -> anyhow::Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(root.join(MARKER))
        .with_context(|| format!("cannot write into {}", root.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another demo runs in {}; stop it, or choose another place with --data \
             and other ports with --port-base",
            root.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the data directory"),
    }
}

/// Everything but the marker, which is locked and says that the place is ours.
fn wipe(root: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name() == MARKER {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        }
        .with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_folder_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let theirs = dir.path().join("thesis.txt");
        fs::write(&theirs, "years of work").unwrap();
        for reset in [false, true] {
            let error = Place::open(dir.path(), reset).unwrap_err().to_string();
            assert!(error.contains("--data"), "{error}");
            assert!(theirs.exists());
        }
    }

    #[test]
    fn a_reset_wipes_our_own_place() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("demo");
        let place = Place::open(&root, false).unwrap();
        fs::write(place.synapse().join("homeserver.db"), "old").unwrap();
        fs::write(place.secrets_file(), "old").unwrap();
        drop(place);
        let kept = Place::open(&root, false).unwrap();
        assert!(kept.secrets_file().exists());
        drop(kept);
        let fresh = Place::open(&root, true).unwrap();
        assert!(!fresh.secrets_file().exists());
        assert!(!fresh.synapse().join("homeserver.db").exists());
    }

    #[test]
    fn two_demos_do_not_share_a_place() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("demo");
        let _first = Place::open(&root, false).unwrap();
        let error = Place::open(&root, true).unwrap_err().to_string();
        assert!(error.contains("another demo"), "{error}");
    }
}

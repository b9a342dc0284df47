//! The folder of a bundle that is being made.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use verbatim_record::bundle::{PROGRESS, Progress};

use crate::files::replace_private;

/// What an interrupted export needs to go on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) progress: Progress,
    /// Of the log.
    pub(super) policy: String,
    /// As it was asked for.
    pub(super) wanted: Value,
}

/// A folder that only its owner can read.
pub(super) struct Place(PathBuf);

impl Place {
    /// Makes it, or takes the one of an export that was begun.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot use {}", path.display());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(cannot)?;
        let place = Self(path.to_owned());
        let is_empty = fs::read_dir(path).with_context(cannot)?.next().is_none();
        let is_ours = [PROGRESS, verbatim_record::bundle::MANIFEST].iter().any(|f| place.has(f));
        if !is_empty && !is_ours {
            bail!(
                "{} is neither empty nor the folder of an export that was begun",
                path.display()
            );
        }
        Ok(place)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }

    /// What was kept, if anything.
    pub(super) fn state(&self) -> Result<Option<State>> {
        let path = self.0.join(PROGRESS);
        match fs::read(&path) {
            Ok(bytes) => {
                let state = serde_json::from_slice(&bytes);
                Ok(Some(state.with_context(|| path.display().to_string())?))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    pub(super) fn keep(&self, state: &State) -> Result<()> {
        self.put(PROGRESS, &serde_json::to_vec(state)?)
    }

    pub(super) fn forget(&self) -> Result<()> {
        match fs::remove_file(self.0.join(PROGRESS)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => self.sync(),
        }
    }

    /// Puts a file in place, whole and durable.
    pub(super) fn put(&self, path: &str, content: &[u8]) -> Result<()> {
        self.written(path, |file| replace_private(file, content))
    }

    /// Puts a file in place; it is durable after [`Self::sync`].
    pub(super) fn put_later(&self, path: &str, content: &[u8]) -> Result<()> {
        self.written(path, |file| fs::write(file, content))
    }

    fn written(&self, path: &str, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<()> {
        let file = self.0.join(path);
        let folder = file.parent().unwrap_or(&self.0);
        let done = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .and_then(|()| write(&file));
        done.map_err(|error| {
            let shown = file.display();
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => anyhow::anyhow!(
                    "no room for {shown}: make room and repeat the command, which goes on where it was"
                ),
                _ => anyhow::Error::new(error).context(format!("cannot write {shown}")),
            }
        })
    }

    /// Removes a folder below, if it is there.
    pub(super) fn clear(&self, folder: &str) -> Result<()> {
        match fs::remove_dir_all(self.0.join(folder)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Everything is on the disk.
    pub(super) fn sync(&self) -> Result<()> {
        Ok(rustix::fs::syncfs(File::open(&self.0)?)?)
    }
}

//! Where a bundle is made: a folder, or a sealed file.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use verbatim_record::bundle::{MANIFEST, PROGRESS, Progress, TIMESTAMPS};

use crate::files::replace_private;

/// What an interrupted export needs to go on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) progress: Progress,
    /// As it was asked for.
    pub(super) wanted: Value,
}

/// Which export it was, and nothing of who is in it or asked for it: the log has that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begun {
    /// Position of its record in the log.
    pub(super) export: u64,
    /// The log's name.
    pub(super) origin: String,
}

/// What was kept of an export that was interrupted.
pub(super) enum Kept {
    /// How far it had come.
    State(Box<State>),
    /// That it was begun.
    Begun(Begun),
}

/// Takes the files of a bundle.
pub(super) trait Place: Send {
    /// Where it is.
    fn path(&self) -> &Path;
    /// What was kept of an export that was interrupted here.
    fn kept(&self) -> Result<Option<Kept>>;
    /// Keeps how far it has come, or that it was begun: all files before are durable.
    fn keep(&mut self, state: &State) -> Result<()>;
    /// Puts a file in place.
    fn put(&mut self, path: &str, content: &[u8]) -> Result<()>;
    /// Forgets the files of the log and the timestamps, which an earlier try may have left.
    fn clear_log(&mut self) -> Result<()>;
    /// Puts a file of the log or a timestamp in place; it is durable after [`Self::sync`].
    fn put_log(&mut self, path: &str, content: &[u8]) -> Result<()>;
    /// Everything that was put is on the disk.
    fn sync(&mut self) -> Result<()>;
    /// The bundle is whole: forgets the state.
    fn finish(&mut self) -> Result<()>;
}

/// A folder that only its owner can read.
pub(super) struct Folder {
    path: PathBuf,
    #[cfg(test)]
    pub(super) writes_left: Option<u32>,
}

impl Folder {
    /// Makes it, or takes the one of an export that was begun.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot use {}", path.display());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(cannot)?;
        let is_empty = is_empty(path).with_context(cannot)?;
        let folder = Self {
            path: path.to_owned(),
            #[cfg(test)]
            writes_left: None,
        };
        let shown = path.display();
        if folder.path.join(MANIFEST).exists() {
            folder.forget()?;
            bail!("{shown} holds a finished bundle: name another folder");
        }
        if !is_empty && !folder.path.join(PROGRESS).exists() {
            bail!("{shown} is neither empty nor the folder of an export that was begun");
        }
        Ok(folder)
    }

    fn forget(&self) -> Result<()> {
        gone(fs::remove_file(self.path.join(PROGRESS)))
    }

    fn written(&mut self, path: &str, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<()> {
        let file = self.path.join(path);
        let folder = file.parent().unwrap_or(&self.path);
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        #[cfg(test)]
        let made = made.and_then(|()| self.fail_if_told());
        made.and_then(|()| write(&file))
            .map_err(|error| no_room(error, &file))
    }

    #[cfg(test)]
    fn fail_if_told(&mut self) -> io::Result<()> {
        match &mut self.writes_left {
            Some(0) => Err(ErrorKind::StorageFull.into()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Place for Folder {
    fn path(&self) -> &Path {
        &self.path
    }

    fn kept(&self) -> Result<Option<Kept>> {
        let state = read_kept(&self.path.join(PROGRESS))?;
        Ok(state.map(|state| Kept::State(Box::new(state))))
    }

    fn keep(&mut self, state: &State) -> Result<()> {
        self.put(PROGRESS, &serde_json::to_vec(state)?)
    }

    fn put(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.written(path, |file| replace_private(file, content))
    }

    fn clear_log(&mut self) -> Result<()> {
        gone(fs::remove_dir_all(self.path.join("log")))?;
        gone(fs::remove_dir_all(self.path.join(TIMESTAMPS)))
    }

    fn put_log(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.written(path, |file| fs::write(file, content))
    }

    fn sync(&mut self) -> Result<()> {
        Ok(rustix::fs::syncfs(File::open(&self.path)?)?)
    }

    fn finish(&mut self) -> Result<()> {
        self.forget()?;
        self.sync()
    }
}

/// Whether nothing is there but what is left of a state that could not be kept: it was the first file.
fn is_empty(folder: &Path) -> io::Result<bool> {
    let left_over = format!("{PROGRESS}.part");
    for entry in fs::read_dir(folder)? {
        if entry?.file_name() != *left_over {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn read_kept<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => {
            let kept = serde_json::from_slice(&bytes);
            Ok(Some(kept.with_context(|| path.display().to_string())?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Removed, or not there before.
pub(super) fn gone(removed: io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// What to do about a file that could not be written.
pub(super) fn no_room(error: io::Error, file: &Path) -> anyhow::Error {
    let shown = file.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            anyhow::anyhow!(
                "no room for {shown}: make room and repeat the command, which goes on with this export"
            )
        }
        _ => anyhow::Error::new(error).context(format!("cannot write {shown}")),
    }
}

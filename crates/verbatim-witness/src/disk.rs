//! Replacing a file so that it is whole at every moment, in steps that a test can cut between.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The end of a file's name while it is written.
const FRESH: &str = ".new";

/// The steps, each of which may fail, or be the last before the process dies.
pub trait Disk: Send + Sync {
    /// Writes a file that nobody else reads yet, whatever lay there, for its owner only.
    ///
    /// # Errors
    /// When the disk does not take it.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Makes the content of a file durable.
    ///
    /// # Errors
    /// When the disk does not say so.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Gives a file the name of another, which is gone.
    ///
    /// # Errors
    /// When the disk does not do so.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// When the disk does not say so.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The operating system's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Left by a process that died here; its mode need not be ours.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}

/// Replaces a file. When this returns without an error, the new content survives a power cut.
///
/// # Errors
/// When a step fails; the file then holds the old content or the new, whole.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = fresh(path);
    disk.write(&fresh, bytes)?;
    // Died before here: the old content, and a leftover that is never read and that the next write removes.
    disk.sync(&fresh)?;
    // Died before here: the same. Without this step a power cut could leave the new name on an empty file.
    disk.rename(&fresh, path)?;
    // Died before here: the old content or the new, as the file system chooses.
    disk.sync_folder(path.parent().unwrap_or(Path::new(".")))
    // Died after this: the new content.
}

fn fresh(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(FRESH);
    name.into()
}

/// Whether a file is one that was being written.
pub(crate) fn is_leftover(path: &Path) -> bool {
    path.to_string_lossy().ends_with(FRESH)
}

//! Where the files of a bundle are.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Longest path of a file in a bundle.
const LONGEST_PATH: usize = 200;

/// A folder with files, by their paths below it.
pub trait Folder {
    /// A file, to be read from its beginning.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>>;

    /// The paths of all files.
    ///
    /// # Errors
    /// When they cannot be listed, or there is something that is neither file nor folder.
    fn paths(&self) -> io::Result<Vec<String>>;

    /// A whole file, of at most so many bytes.
    ///
    /// # Errors
    /// Those of [`Self::open`], or [`io::ErrorKind::FileTooLarge`].
    fn read(&self, path: &str, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = self.open(path)?.take(most + 1);
        file.read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }
}

/// Whether a path stays below its folder and is written alike everywhere.
pub fn is_plain_path(path: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && name.bytes().all(fits);
    path.len() <= LONGEST_PATH && path.split('/').all(is_name)
}

/// A folder on the disk.
#[derive(Debug, Clone)]
pub struct DirFolder(PathBuf);

impl DirFolder {
    /// This one.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn walk(&self, below: &Path, paths: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(below)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                self.walk(&path, paths)?;
                continue;
            }
            let name = path.strip_prefix(&self.0).unwrap_or(&path);
            let name = name.to_string_lossy().into_owned();
            if !kind.is_file() {
                let why = format!("{name} is neither a file nor a folder");
                return Err(io::Error::other(why));
            }
            paths.push(name);
        }
        Ok(())
    }
}

impl Folder for DirFolder {
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        if !is_plain_path(path) {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        Ok(Box::new(File::open(self.0.join(path))?))
    }

    fn paths(&self) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        self.walk(&self.0, &mut paths)?;
        paths.sort_unstable();
        Ok(paths)
    }
}

/// A folder in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFolder(pub BTreeMap<String, Vec<u8>>);

impl Folder for MemoryFolder {
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }

    fn paths(&self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }
}

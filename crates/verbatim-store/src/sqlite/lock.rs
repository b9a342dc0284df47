//! One process per store file: an advisory lock held for as long as the store is open.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use verbatim_engine::ports::StoreError;

/// The lock. The operating system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock beside the store file.
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let path = beside(store);
        let unavailable =
            |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        }
        // Who holds it is a courtesy to the operator: a full disk must not keep us from starting.
        let _ = file
            .set_len(0)
            .and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(32).read_to_string(&mut text));
    match text.trim().parse::<u32>() {
        Ok(pid) if read.is_ok() => format!("process {pid}"),
        _ => "process unknown".into(),
    }
}

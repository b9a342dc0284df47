//! The ledger's file: one JSON object a line, only ever appended to.

use crate::event::Entry;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

/// Where entries are kept.
#[derive(Debug)]
pub(crate) enum Ledger {
    /// Only in the state.
    Memory,
    /// Also in a file.
    File {
        /// Open for appending.
        file: File,
        /// The length of what is known to be whole.
        length: u64,
    },
}

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be read or written: mend the path or the disk.
    #[error("the ledger cannot be read or written")]
    Io(#[from] io::Error),
    /// Another simulator uses the file: stop it, or take another file.
    #[error("another simulator uses the ledger")]
    InUse,
    /// A line in the middle is not an entry: the file is not a ledger or was damaged.
    #[error("line {line} of the ledger is damaged")]
    Damaged {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, if it is the JSON.
        #[source]
        source: Option<serde_json::Error>,
    },
}

impl Ledger {
    /// Opens the file, creates it if need be, and gives what it holds. A last line without its
    /// newline was cut off by a kill; it was never answered for, so it is removed.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Entry>), LedgerError> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LedgerError::InUse,
            TryLockError::Error(error) => LedgerError::Io(error),
        })?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut reader = BufReader::new(&mut file);
        let mut complete: u64 = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let number = entries.len() + 1;
            let damaged = |source| LedgerError::Damaged {
                line: number,
                source,
            };
            let entry: Entry =
                serde_json::from_slice(&line).map_err(|error| damaged(Some(error)))?;
            if usize::try_from(entry.seq).ok() != Some(number) {
                return Err(damaged(None));
            }
            entries.push(entry);
            complete += length as u64;
        }
        drop(reader);
        file.set_len(complete)?;
        file.seek(SeekFrom::End(0))?;
        Ok((
            Self::File {
                file,
                length: complete,
            },
            entries,
        ))
    }

    /// Keeps the entries. One write, so that a kill leaves all of them or a cut-off tail. It
    /// survives the death of the process; it is not synced against the loss of power.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let Self::File { file, length } = self else {
            return Ok(());
        };
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        if let Err(error) = file.write_all(&lines) {
            // A full disk can leave half a line; take it back, so that later lines stay readable.
            file.set_len(*length)?;
            return Err(error);
        }
        *length += lines.len() as u64;
        Ok(())
    }
}

//! Readers: a few read-only connections beside the writer. Each read sees one committed state.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;
use verbatim_engine::ports::StoreError;

use super::tx::{self, SqliteTx};
use crate::tx::{Frame, Tx};
use crate::work::Read;

/// Connections reading at once, at most.
const MOST: usize = 4;

/// The readers of a file.
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<SqliteTx>>>,
    places: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        let (idle, places) = (Arc::default(), Arc::new(Semaphore::new(MOST)));
        Self {
            path: path.to_owned(),
            idle,
            places,
        }
    }

    /// Runs a read on a thread that may block.
    pub(super) async fn run(&self, read: Box<dyn Read>) {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            return read.refuse(super::gone());
        };
        let (path, idle) = (self.path.clone(), Arc::clone(&self.idle));
        let task = tokio::task::spawn_blocking(move || {
            let _place = place;
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match taken.map_or_else(|| open(&path), Ok) {
                Err(error) => read.refuse(error),
                Ok(tx) => {
                    if read_once(&tx, read) {
                        idle.lock().unwrap_or_else(PoisonError::into_inner).push(tx);
                    }
                }
            }
        });
        // If the task panicked, the caller's answer was dropped with it and says so.
        let _ = task.await;
    }
}

pub(super) fn open(path: &Path) -> Result<SqliteTx, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    let connection = connection.map_err(|error| tx::error(&error))?;
    let settings = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;";
    connection
        .execute_batch(settings)
        .map_err(|error| tx::error(&error))?;
    Ok(SqliteTx::new(connection))
}

/// Runs a read in a transaction of its own, so that its statements agree with each other. Whether the
/// connection may be used again.
fn read_once(tx: &SqliteTx, read: Box<dyn Read>) -> bool {
    let frame = |frame| super::ready(tx.frame(frame));
    if let Err(error) = frame(Frame::BeginRead) {
        read.refuse(error);
        return false;
    }
    let done = read.run(tx).now_or_never().is_some();
    frame(Frame::Rollback).is_ok() && done
}

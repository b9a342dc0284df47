//! SQLite: one file, one process, one writer thread with group commit, readers beside it.

mod lock;
mod readers;
mod tx;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Notify;
use verbatim_engine::ports::StoreError;

use crate::batch::{self, End, Fault, Faults};
use crate::schema;
use crate::stmt::Dialect;
use crate::store::Backend;
use crate::work::{Read, Work, Write};
use lock::Lock;
use readers::Readers;
pub(crate) use tx::SqliteTx;
use writer::Writer;

/// What is deleted is overwritten: destroyed keys must not stay in free pages (control C14).
/// Pages added to the write-ahead log before it is folded into the file: about 16 MB.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 4000; \
    PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; \
    PRAGMA secure_delete = ON;";

/// A store file with its writer and readers.
pub(crate) struct SqliteFile {
    writer: Writer,
    readers: Readers,
    arrived: Arc<Notify>,
    faults: Faults,
}

impl SqliteFile {
    /// Opens or makes the file, brings its schema up to date and starts the writer.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = Lock::take(path)?;
        let tx = prepared(Connection::open(path).map_err(|error| tx::error(&error))?)?;
        let (arrived, faults) = (Arc::new(Notify::new()), Faults::default());
        let writer = Writer::start(tx, lock, Arc::clone(&arrived), faults.clone())?;
        Ok(Self {
            writer,
            readers: Readers::new(path),
            arrived,
            faults,
        })
    }
}

/// A connection that cannot write; none where there is no file.
pub(crate) fn look(path: &Path) -> Result<Option<SqliteTx>, StoreError> {
    match std::fs::metadata(path) {
        Ok(_) => readers::open(path).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Unavailable(format!(
            "{}: {error}",
            path.display()
        ))),
    }
}

/// Applies the settings and the schema, and looks the log over.
fn prepared(connection: Connection) -> Result<SqliteTx, StoreError> {
    connection
        .execute_batch(SETTINGS)
        .map_err(|error| tx::error(&error))?;
    let tx = SqliteTx::new(connection);
    ready(schema::migrate(&tx, Dialect::Sqlite))?;
    Ok(tx)
}

/// The value of a future over [`SqliteTx`], which never waits.
pub(crate) fn ready<R>(
    future: impl Future<Output = Result<R, StoreError>>,
) -> Result<R, StoreError> {
    let waited = || Err(StoreError::Damaged("a SQLite statement waited".into()));
    future.now_or_never().unwrap_or_else(waited)
}

#[async_trait]
impl Backend for SqliteFile {
    async fn submit(&self, write: Box<dyn Write>) {
        self.writer.submit(write).await;
    }

    async fn read(&self, read: Box<dyn Read>) {
        self.readers.run(read).await;
    }

    fn arrived(&self) -> &Notify {
        &self.arrived
    }

    fn inject(&self, fault: Fault) {
        self.faults.plan(fault);
    }

    async fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError> {
        self.writer.limit_pages(most).await
    }
}

/// A store in memory: every operation runs at once, in the caller, as a batch of its own. Made for
/// simulations, where the order of things must not depend on threads.
pub(crate) struct SqliteMemory {
    work: Mutex<Option<Work>>,
    arrived: Notify,
    faults: Faults,
}

impl SqliteMemory {
    /// An empty one.
    pub(crate) fn open() -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = Connection::open_in_memory_with_flags(flags);
        let tx = prepared(connection.map_err(|error| tx::error(&error))?)?;
        let work = Mutex::new(Some(Work::new(Arc::new(tx))));
        Ok(Self {
            work,
            arrived: Notify::new(),
            faults: Faults::default(),
        })
    }

    fn with<R>(&self, run: impl FnOnce(&mut Option<Work>) -> R) -> R {
        run(&mut self.work.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

#[async_trait]
impl Backend for SqliteMemory {
    async fn submit(&self, write: Box<dyn Write>) {
        self.with(|slot| {
            let Some(work) = slot.as_mut() else {
                return write.answer(Err(gone()));
            };
            match batch::run(work, vec![write], &self.faults).now_or_never() {
                Some(End::Done { woke: true }) => self.arrived.notify_one(),
                Some(End::Done { woke: false } | End::Failed) => {}
                Some(End::Dead) | None => *slot = None,
            }
        });
    }

    async fn read(&self, read: Box<dyn Read>) {
        self.with(|slot| match slot.as_mut() {
            None => read.refuse(gone()),
            // Over this connection a future never waits, so it has answered when this returns.
            Some(work) => drop(read.run(&*work.tx).now_or_never()),
        });
    }

    fn arrived(&self) -> &Notify {
        &self.arrived
    }

    fn inject(&self, fault: Fault) {
        self.faults.plan(fault);
    }

    async fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError> {
        let _ = most;
        Err(StoreError::Unavailable("only files have a limit".into()))
    }
}

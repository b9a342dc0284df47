//! A store on either database: where operations are handed over to the backend.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;
use verbatim_engine::ports::StoreError;

use crate::batch::Fault;
use crate::postgres::Postgres;
use crate::sqlite::{SqliteFile, SqliteMemory};
use crate::work::{AheadFn, OpFn, Read, ReadFn, Write, asked, queued};

/// Where operations run.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Queues a writing operation; it answers by itself.
    async fn submit(&self, write: Box<dyn Write>);
    /// Runs a reading operation on what is committed; it answers by itself.
    async fn read(&self, read: Box<dyn Read>);
    /// Told when work has arrived.
    fn arrived(&self) -> &Notify;
    /// Plans a fault at the next commit.
    fn inject(&self, fault: Fault);
    /// Lets the store grow by so many pages only.
    async fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError>;
}

/// A store, on whichever database.
pub struct SqlStore {
    backend: Box<dyn Backend>,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").finish_non_exhaustive()
    }
}

impl SqlStore {
    /// Opens or makes a SQLite store. One process at a time: a second one gets [`StoreError::Locked`].
    pub fn open(path: &Path) -> Result<Arc<Self>, StoreError> {
        Ok(Self::on(SqliteFile::open(path)?))
    }

    /// A SQLite store in memory, for simulations: no threads, every operation runs in its caller.
    pub fn in_memory() -> Result<Arc<Self>, StoreError> {
        Ok(Self::on(SqliteMemory::open()?))
    }

    /// Connects to a PostgreSQL database and brings its schema up to date.
    pub async fn connect(url: &str) -> Result<Arc<Self>, StoreError> {
        Ok(Self::on(Postgres::connect(url).await?))
    }

    /// Connects to a PostgreSQL database whose schema others keep up to date.
    pub async fn join(url: &str) -> Result<Arc<Self>, StoreError> {
        Ok(Self::on(Postgres::join(url).await?))
    }

    pub(crate) fn on(backend: impl Backend + 'static) -> Arc<Self> {
        Arc::new(Self {
            backend: Box::new(backend),
        })
    }

    /// Plans a fault at the next commit, for tests.
    #[doc(hidden)]
    pub fn inject(&self, fault: Fault) {
        self.backend.inject(fault);
    }

    /// Lets the file grow by so many pages only, for tests of a full disk.
    #[doc(hidden)]
    pub async fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError> {
        self.backend.limit_pages(most).await
    }

    pub(crate) fn arrived(&self) -> &Notify {
        self.backend.arrived()
    }

    pub(crate) async fn write<I, R>(
        &self,
        input: I,
        ahead: AheadFn<I>,
        op: OpFn<I, R>,
    ) -> Result<R, StoreError>
    where
        I: Send + Sync + 'static,
        R: Send + Sync + 'static,
    {
        let (write, answer) = queued(input, ahead, op);
        self.backend.submit(write).await;
        answer.wait().await
    }

    pub(crate) async fn read<I, R>(&self, input: I, read: ReadFn<I, R>) -> Result<R, StoreError>
    where
        I: Send + Sync + 'static,
        R: Send + 'static,
    {
        let (read, answer) = asked(input, read);
        self.backend.read(read).await;
        answer.wait().await
    }
}

/// Hands a writing operation over.
macro_rules! write_with {
    ($self:ident, $op:path, $input:expr) => {
        write_with!($self, $op, $input, |_| None)
    };
    ($self:ident, $op:path, $input:expr, $ahead:expr) => {
        $self
            .write($input, $ahead, |work, input| Box::pin($op(work, input)))
            .await
    };
}
/// Hands a reading operation over.
macro_rules! read_with {
    ($self:ident, $read:path, $input:expr) => {
        $self
            .read($input, |tx, input| Box::pin($read(tx, input)))
            .await
    };
}
pub(crate) use {read_with, write_with};

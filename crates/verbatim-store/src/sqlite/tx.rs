//! Statements on a SQLite connection. Nothing in here waits: every future is ready at its first poll.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, params_from_iter};
use verbatim_engine::ports::StoreError;

use crate::stmt::{Dialect, Stmt};
use crate::tx::{Frame, Tx};
use crate::value::{Row, Value};

/// More than there are named statements, so that none is prepared twice.
const PREPARED: usize = 256;

/// A connection. The mutex is never contended; it makes the futures over it sendable.
pub(crate) struct SqliteTx {
    connection: Mutex<Connection>,
}

impl SqliteTx {
    pub(super) fn new(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Self {
            connection: Mutex::new(connection),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(
        &self,
        stmt: &'static Stmt,
        run: impl FnOnce(CachedStatement<'_>) -> rusqlite::Result<R>,
    ) -> Result<R, StoreError> {
        let connection = self.lock();
        let prepared = connection.prepare_cached(stmt.sql(Dialect::Sqlite));
        let result = prepared.and_then(run).map_err(|cause| named(stmt, &cause));
        stmt.mark(Dialect::Sqlite);
        result
    }

    fn run(&self, stmt: &'static Stmt, params: &[Value]) -> Result<u64, StoreError> {
        self.with(stmt, |mut prepared| {
            // Statements with RETURNING are queries; everything else counts rows.
            prepared
                .execute(params_from_iter(params))
                .map(|count| count as u64)
        })
    }

    /// Caps the size of the file: how tests fill a disk.
    pub(super) fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError> {
        let connection = self.lock();
        let used: u32 = connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .map_err(|cause| error(&cause))?;
        let most = most.map_or(u32::MAX - 1, |spare| used + spare);
        connection
            .pragma_update(None, "max_page_count", most)
            .map_err(|cause| error(&cause))
    }
}

fn rows(mut prepared: CachedStatement<'_>, params: &[Value]) -> rusqlite::Result<Vec<Row>> {
    let columns = prepared.column_count();
    let mut found = prepared.query(params_from_iter(params))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..columns).map(|index| row.get_ref(index).map(value));
        rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
    }
    Ok(rows)
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        // No column of ours holds fractions; one that did would be refused where it is read.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn named(stmt: &Stmt, cause: &rusqlite::Error) -> StoreError {
    match error(cause) {
        StoreError::Unavailable(text) => StoreError::Unavailable(format!("{}: {text}", stmt.name)),
        StoreError::Damaged(text) => StoreError::Damaged(format!("{}: {text}", stmt.name)),
        other => other,
    }
}

/// What the caller can do about an error of SQLite.
pub(super) fn error(cause: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, _) = cause else {
        return StoreError::Damaged(cause.to_string());
    };
    match code.code {
        ErrorCode::ConstraintViolation => StoreError::Conflict(cause.to_string()),
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::SystemIoFailure if disk_is_full() => StoreError::Full,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::Damaged(cause.to_string())
        }
        // A text that does not compile is a fault of ours and of the one operation.
        ErrorCode::Unknown | ErrorCode::TypeMismatch | ErrorCode::ApiMisuse => {
            StoreError::Damaged(cause.to_string())
        }
        _ => StoreError::Unavailable(cause.to_string()),
    }
}

/// SQLite reports some full disks as input/output errors; the system remembers why.
fn disk_is_full() -> bool {
    std::io::Error::last_os_error().kind() == std::io::ErrorKind::StorageFull
}

#[async_trait]
impl Tx for SqliteTx {
    async fn execute(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<u64, StoreError> {
        self.run(stmt, &params)
    }

    async fn execute_many(
        &self,
        stmt: &'static Stmt,
        params: Vec<Vec<Value>>,
    ) -> Result<Vec<u64>, StoreError> {
        params.iter().map(|params| self.run(stmt, params)).collect()
    }

    async fn send(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<(), StoreError> {
        self.run(stmt, &params).map(drop)
    }

    async fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn query(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.with(stmt, |prepared| rows(prepared, &params))
    }

    async fn frame(&self, frame: Frame) -> Result<(), StoreError> {
        let connection = self.lock();
        if frame == Frame::Rollback && connection.is_autocommit() {
            // Some failures, such as a full disk, have ended the transaction already.
            return Ok(());
        }
        let sql = frame.sql("BEGIN IMMEDIATE");
        let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
        let mut parts = sql.split("; ");
        parts
            .try_for_each(|part| run(part).map(drop))
            .map_err(|cause| error(&cause))
    }

    async fn script(&self, text: &str) -> Result<(), StoreError> {
        self.lock()
            .execute_batch(text)
            .map_err(|cause| error(&cause))
    }
}

//! What an operation may do to a database: run named statements inside a transaction that somebody
//! else begins and ends. One small trait, so that every operation is written once.

use async_trait::async_trait;
use verbatim_engine::ports::StoreError;

use crate::stmt::Stmt;
use crate::value::{Row, Value};

/// The frame around operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Begin a transaction that writes.
    Begin,
    /// Begin a transaction that only reads.
    BeginRead,
    /// Mark where an operation begins.
    Mark,
    /// The operation holds.
    Keep,
    /// Undo back to the mark.
    Undo,
    /// Make the transaction durable.
    Commit,
    /// Undo the transaction.
    Rollback,
}

impl Frame {
    /// Its text: the same in both dialects, but for the beginning of a transaction that writes.
    pub(crate) const fn sql(self, begin: &'static str) -> &'static str {
        match self {
            Self::Begin => begin,
            Self::BeginRead => "BEGIN",
            Self::Mark => "SAVEPOINT op",
            Self::Keep => "RELEASE SAVEPOINT op",
            Self::Undo => "ROLLBACK TO SAVEPOINT op; RELEASE SAVEPOINT op",
            Self::Commit => "COMMIT",
            Self::Rollback => "ROLLBACK",
        }
    }
}

/// A connection on which statements run.
///
/// [`StoreError::Unavailable`] and [`StoreError::Full`] mean that the whole transaction is lost; any
/// other error is the operation's own.
#[async_trait]
pub(crate) trait Tx: Send + Sync {
    /// Runs a statement; how many rows it touched.
    async fn execute(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<u64, StoreError>;

    /// Runs a statement once per set of parameters, without waiting in between where that saves time.
    async fn execute_many(
        &self,
        stmt: &'static Stmt,
        params: Vec<Vec<Value>>,
    ) -> Result<Vec<u64>, StoreError>;

    /// Runs a statement whose outcome nobody asks for. It may still be under way when this returns;
    /// a failure may show only at [`Tx::settle`]. Order is kept.
    async fn send(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<(), StoreError>;

    /// Waits for everything sent; the first failure, if any.
    async fn settle(&self) -> Result<(), StoreError>;

    /// All rows of a query.
    async fn query(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<Vec<Row>, StoreError>;

    /// The first row of a query.
    async fn query_opt(
        &self,
        stmt: &'static Stmt,
        params: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(stmt, params).await?.into_iter().next())
    }

    /// The first row of a query, for each set of parameters.
    async fn query_each(
        &self,
        stmt: &'static Stmt,
        sets: Vec<Vec<Value>>,
    ) -> Result<Vec<Option<Row>>, StoreError> {
        let mut answers = Vec::with_capacity(sets.len());
        for params in sets {
            answers.push(self.query_opt(stmt, params).await?);
        }
        Ok(answers)
    }

    /// Begins or ends a transaction or one operation in it.
    async fn frame(&self, frame: Frame) -> Result<(), StoreError>;

    /// Runs statements without parameters: the schema.
    async fn script(&self, text: &str) -> Result<(), StoreError>;
}
